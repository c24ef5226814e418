"""`dedup index`: verdicts as JSON Lines, a pipe that never ends, errors in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dedup.cli import main

ROOT = Path(__file__).parent.parent
BODY = "The {0} met in the {0} hall on {0} day and {0} spoke of the {0} treaty until {0} o'clock."


def run(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(main, ["index", *arguments], **options)


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def as_page(name: str, word: str) -> str:
    return json.dumps({"id": name, "text": BODY.format(word), "language": "en"}) + "\n"


@pytest.fixture
def index(tmp_path: Path) -> str:
    return str(tmp_path / "news.index")


def test_pages_added_queried_and_counted(index: str) -> None:
    verdicts = lines(run("add", index, str(ROOT / "seeds")))
    assert [verdict["status"] for verdict in verdicts][:2] == ["new", "rewrite"]
    (asked,) = lines(run("query", index, str(ROOT / "seeds" / "000_1e9884309846ef1e.txt")))
    assert (asked["status"], asked["matches"][0]["relation"]) == ("copy", "exact")
    (stats,) = lines(run("stats", index, "--json"))
    assert stats["articles"] == 8
    assert "articles       8" in run("stats", index).stdout
    assert {cluster["level"] for cluster in lines(run("clusters", index))} == {"copies", "story"}


def test_a_known_id_is_rejected_and_the_rest_is_added(index: str) -> None:
    result = run("add", index, "-", input=as_page("a", "Quarzel") + as_page("a", "Brimont"))
    assert [line["id"] for line in lines(result)] == ["a"]
    assert "Rejected: stdin:2: the index has the id 'a'" in result.stderr
    replaced = lines(run("add", index, "-", "--replace", input=as_page("a", "Brimont")))
    assert replaced[0]["status"] == "new"
    asked = lines(run("query", index, "-", input=as_page("b", "Brimont")))
    assert asked[0]["canonical"] == "a"


def test_removed_and_expired(index: str) -> None:
    run("add", index, "-", input=as_page("a", "Quarzel") + as_page("b", "Brimont"))
    assert lines(run("remove", index, "a")) == [{"id": "a", "removed": 1}]
    assert run("remove", index, "a").exit_code == 2
    assert lines(run("expire", index, "--days", "90"))[0]["removed"] == 0
    assert lines(run("expire", index, "--before", "2100-01-01"))[0]["removed"] == 1
    assert run("compact", index).exit_code == 0
    assert lines(run("verify", index)) == []
    assert run("expire", index).exit_code == 2
    assert run("expire", index, "--before", "soon").exit_code == 2


def test_an_index_that_is_not_there_is_not_made_by_asking(index: str, tmp_path: Path) -> None:
    for command in (["stats", index], ["query", index, "-"], ["remove", index, "a"]):
        result = run(*command)
        assert result.exit_code == 2
        assert "no index there" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_another_recipe_is_refused_with_the_difference_until_rebuilt(
    index: str, tmp_path: Path
) -> None:
    run("add", index, "-", input=as_page("a", "Quarzel"))
    config = tmp_path / "own.yaml"
    config.write_text("verify: {min_jaccard: 0.4}\n")
    result = run("add", index, "-", "-c", str(config), input=as_page("b", "Quarzel"))
    assert result.exit_code == 2
    assert "verify.min_jaccard is 0.25 there, 0.4 here" in result.stderr
    assert run("rebuild", index, "-c", str(config)).exit_code == 0
    told = lines(run("add", index, "-", input=as_page("b", "Quarzel")))
    assert told[0]["canonical"] == "a"
    assert lines(run("verify", index)) == []


def test_a_verdict_comes_out_of_an_open_pipe_and_is_stored_by_then(index: str) -> None:
    command = [
        sys.executable,
        "-c",
        "from dedup.cli import main; main()",
        "index",
        "add",
        index,
        "-",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        ask: Callable[[str], Any] = lambda page: (  # noqa: E731
            process.stdin.write(page),  # type: ignore[union-attr]
            process.stdin.flush(),  # type: ignore[union-attr]
            json.loads(process.stdout.readline()),  # type: ignore[union-attr]
        )[-1]
        assert ask(as_page("a", "Quarzel"))["status"] == "new"
        assert lines(run("stats", index, "--json"))[0]["articles"] == 1
        assert ask(as_page("b", "Quarzel"))["canonical"] == "a"
        process.kill()
    assert lines(run("stats", index, "--json"))[0]["articles"] == 2
