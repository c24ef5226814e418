"""The README and every `--help` example are run: what they show is what happens."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from dedup.cli import main
from dedup.corpus.files import ArticleLine
from dedup.corpus.output import Summary
from dedup.corpus.page_log import Removed
from dedup.corpus.workspace import FILES
from dedup.pipeline import clean
from dedup.records import Attribution, Cluster, Match, Relation, SpanKind, Term, Tie

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def examples() -> list[str]:
    """The example lines of every command's help."""
    found = []
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert command.help
        shown = re.findall(r"^\s+(dedup .*)$", command.help.partition("Example:")[2], re.MULTILINE)
        assert shown, f"{name} --help shows no example"
        found += shown
    return found


def matches(shown: str, printed: str) -> bool:
    """Whether output is as shown, `...` standing for any characters and spaces at ends aside.

    Spaces before it too: a number of seconds is wider on a slower machine.
    """
    lines = [
        re.sub(rf"(?:{re.escape(re.escape(' '))})*{re.escape(re.escape('...'))}", ".*", line)
        for line in (re.escape(line.rstrip()) for line in shown.splitlines())
    ]
    got = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    return re.fullmatch("\n".join(lines), got) is not None


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.split()[2])
def test_readme_commands_print_what_it_shows(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, _, shown = block.removeprefix("$ ").partition("\n")
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    assert matches(shown, result.output), result.output


@pytest.mark.parametrize("block", blocks("python"))
def test_readme_code_runs(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})


INGESTION = (ROOT / "docs" / "ingestion.md").read_text(encoding="utf-8")


def test_the_ingestion_job_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"^```python\n(.*?)^```", INGESTION, re.MULTILINE | re.DOTALL)
    exec(compile(block, "docs/ingestion.md", "exec"), {"__name__": "ingestion"})


def test_readme_names_every_file_a_run_writes() -> None:
    for name in FILES:
        assert f"`{name}`" in README or name == "report.html"


RUN_FILES = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", [ArticleLine, Attribution, Match, Term, Cluster, Tie, Removed])
def test_every_key_a_run_writes_is_explained(line: type[msgspec.Struct]) -> None:
    untold = [key for key in line.__struct_fields__ if f"`{key}`" not in RUN_FILES]
    assert untold == []


def test_every_name_and_count_a_run_writes_is_explained(tmp_path: Path) -> None:
    counts = clean([ROOT / "seeds"], tmp_path / "out").counts
    names = [*(set(SpanKind) - {"body", "blank"}), *Relation, *(f"counts.{key}" for key in counts)]
    untold = [
        key
        for key in (*names, *Summary.__struct_fields__)
        if not re.search(rf"`{key}\b", RUN_FILES)
    ]
    assert untold == []


@pytest.mark.parametrize("example", examples())
def test_help_examples_run(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As written, in a folder that has the files they name."""
    if "|" in example:  # what comes before the pipe is not ours: its output is a page
        example = example.rpartition("| ")[2]
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    (tmp_path / "pages").symlink_to(ROOT / "seeds")
    page = (ROOT / "seeds" / "001_d8f760fbf85c5939.txt").read_text(encoding="utf-8")
    (tmp_path / "page.txt").write_text(page, encoding="utf-8")
    for year in ("2024", "2025"):
        (tmp_path / f"{year}.jsonl.gz").write_text(
            f'{{"id": "{year}", "text": "A page of {year}."}}'
        )
    if "some-page" in example or "--against" in example:  # an article of a finished run
        clean([tmp_path / "page.txt"], tmp_path / "cleaned")
        example = example.replace("some-page", "page")
    monkeypatch.chdir(tmp_path)
    html = f"<html><body><article><p>{page}</p></article></body></html>"
    result = CliRunner().invoke(main, shlex.split(example)[1:], input=html)
    assert result.exit_code == 0, result.output
    assert result.exception is None
