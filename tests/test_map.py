"""The map holds: names, sizes and places of modules, and every path that a text names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "dedup"
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_MODULES = 14  # in a folder: more are two folders
LONGEST, SHORTEST = 600, 50  # lines
# Short, and still a file that a reader looks for by its name.
MAY_BE_SHORT = {"__init__.py", "arrays.py", "errors.py", "version.py", "progress.py"} | {
    "pytest_plugin.py",  # every run of pytest loads it, so it imports next to nothing
    "location.py",  # below the log and the storage of an index, which both need it
}
TEXTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks" / "README.md",
]
SOURCES = [*MODULES, *sorted((ROOT / "benchmarks").glob("*.py"))]
# A path with a folder we have, as a text names it.
IN_A_WHEEL = {"dedup/configs"}  # where a wheel has `configs/`
NAMED_PATH = re.compile(
    r"(?<![\w./-])((?:dedup|configs|seeds|tests|benchmarks|docs)/[\w./-]*[\w/])(?![\w*{<])"
)


def test_no_folder_holds_more_than_fourteen_modules() -> None:
    folders = {module.parent for module in MODULES}
    sizes = {folder: len(list(folder.glob("*.py"))) for folder in folders}
    assert {f.name: size for f, size in sizes.items() if size > MOST_MODULES} == {}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_is_one_idea(module: Path) -> None:
    lines = len(module.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST
    assert lines >= SHORTEST or module.name in MAY_BE_SHORT


@pytest.mark.parametrize("text", [*TEXTS, *SOURCES], ids=lambda path: path.name)
def test_every_path_that_a_text_names_exists(text: Path) -> None:
    named = NAMED_PATH.findall(text.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists() | (path in IN_A_WHEEL)] == []
