"""docs/testing.md, followed from top to bottom: its files are written, its commands run."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from dedup.check import analyse_corpus

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
PAGE = ROOT / "docs" / "testing.md"
BLOCK = re.compile(r'^```(\w+)(?: title="([^"\n]+)")?\n(.*?)^```$', re.M | re.S)


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """Load all there is to load: pytester unloads what is new, and numpy and numba cannot twice."""
    analyse_corpus([SEEDS])


class Block(NamedTuple):
    """A fenced block: a file where it has a title, else a session at a console."""

    language: str
    title: str
    text: str


BLOCKS = [Block(*found.groups()) for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def is_shown(expected: str, output: str) -> bool:
    """Whether the output has these lines, `...` standing for anything."""
    pattern = re.escape(expected.strip()).replace(re.escape("..."), ".*")
    return re.search(pattern, output, re.S) is not None


def run_command(command: str, pytester: pytest.Pytester) -> str:
    program, *arguments = shlex.split(command)
    if program == "pytest":
        return pytester.runpytest(*arguments).stdout.str()
    assert program == "dedup"
    code = "import sys; from dedup.cli import main; main(sys.argv[1:])"
    done = pytester.run(sys.executable, "-c", code, *arguments)
    assert done.ret == 0
    return done.stdout.str()


def test_page_is_true(pytester: pytest.Pytester) -> None:
    sessions = 0
    for block in BLOCKS:
        if block.title:
            file = pytester.path / block.title
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
            continue
        assert block.language == "console"
        command, _, expected = block.text.removeprefix("$ ").partition("\n")
        if command.startswith("dedup check") and find_spec("dedup.cli.check") is None:
            continue
        output = run_command(command, pytester)
        assert is_shown(expected, output), output
        sessions += 1
    assert sessions >= 5
