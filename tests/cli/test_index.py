"""`dedup index`: verdicts as JSON Lines, a pipe that never ends, errors in one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dedup.cli import main
from dedup.cli.options import INTERRUPTED, is_interrupt

ROOT = Path(__file__).parents[2]
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


def start_adding(index: str) -> subprocess.Popen[str]:
    """A process that adds what comes in on its pipe."""
    code = "from dedup.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, "index", "add", index, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )


def ask(process: subprocess.Popen[str], page: str) -> Any:
    assert process.stdin
    assert process.stdout
    process.stdin.write(page)
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def test_a_verdict_comes_out_of_an_open_pipe_and_is_stored_by_then(index: str) -> None:
    with start_adding(index) as process:
        assert ask(process, as_page("a", "Quarzel"))["status"] == "new"
        assert lines(run("stats", index, "--json"))[0]["articles"] == 1
        assert ask(process, as_page("b", "Quarzel"))["canonical"] == "a"
        process.kill()
    assert lines(run("stats", index, "--json"))[0]["articles"] == 2


def test_an_interrupt_of_an_open_pipe_is_said_and_loses_nothing(index: str) -> None:
    with start_adding(index) as process:
        ask(process, as_page("a", "Quarzel"))
        process.send_signal(signal.SIGINT)
        assert process.stderr
        assert "Interrupted. What was printed is done" in process.stderr.read()
    assert process.returncode == INTERRUPTED
    assert lines(run("verify", index)) == []
    assert lines(run("stats", index, "--json"))[0]["articles"] == 1


def test_verdicts_that_nobody_reads_are_said_once_their_pages_are_stored(index: str) -> None:
    with start_adding(index) as process:
        ask(process, as_page("a", "Quarzel"))
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write(as_page("b", "Quarzel"))
        process.stdin.close()
        error = process.stderr.read()
    assert "1 pages are stored without one, from 'b' on" in error
    assert "Traceback" not in error
    assert process.returncode == 2
    assert lines(run("stats", index, "--json"))[0]["articles"] == 2


@pytest.mark.parametrize("replace", [[], ["--replace"]])
def test_what_cannot_be_added_is_said_with_its_line_and_the_rest_goes_on(
    index: str, replace: list[str]
) -> None:
    clashing = as_page("003_6a0d19d922ab8790#1", "Vandrel")
    run("add", index, str(ROOT / "seeds"))
    pages = [
        as_page("a", "Quarzel"),
        "not json\n",
        clashing,
        '{"id": "b"}\n',
        as_page("c", "Brimont"),
    ]
    result = run("add", index, "-", *replace, input="".join(pages))
    assert [line["id"] for line in lines(result)] == ["a", "c"]
    rejected = [line.split(" ")[1] for line in result.stderr.splitlines() if "Rejected" in line]
    assert sorted(rejected) == ["stdin:2:", "stdin:3:", "stdin:4:"]
    assert "Added: 2 new, 3 rejected" in result.stderr


def test_an_unknown_id_is_said_and_the_others_are_removed(index: str) -> None:
    run("add", index, "-", input=as_page("a", "Quarzel") + as_page("b", "Brimont"))
    result = run("remove", index, "-", input=b"a\r\n\nq\xff\nb\n")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["a", "b"]
    assert "Not removed" in result.stderr
    assert result.exit_code == 2


def test_a_wrong_input_makes_no_index(index: str) -> None:
    assert run("add", index, "missing.jsonl").exit_code == 2
    assert not Path(index).exists()


def test_days_beyond_all_dates_are_refused(index: str) -> None:
    result = run("expire", index, "--days", "1e12")
    assert result.exit_code == 2
    assert "before the year 1" in result.stderr


def test_a_shipped_config_is_known_by_its_name(index: str) -> None:
    assert run("add", index, "-", "-c", "precision", input=as_page("a", "Quarzel")).exit_code == 0
    assert run("rebuild", index).exit_code == 0
    result = run("add", index, "-", "-c", "recall", input=as_page("b", "Quarzel"))
    assert "give no config to open it with its own" in result.stderr


@pytest.mark.parametrize(
    "name",
    ["add", "query", "remove", "expire", "stats", "clusters", "verify", "compact", "rebuild"],
)
def test_every_help_has_an_example(name: str) -> None:
    assert f"dedup index {name} news.index" in run(name, "--help").stdout


def test_an_interrupt_that_falls_in_a_kernel_is_one() -> None:
    inner, outer = SystemError("a result with an exception set"), SystemError("the same")
    inner.__cause__ = KeyboardInterrupt()
    outer.__context__ = inner
    assert is_interrupt(outer)
    assert not is_interrupt(SystemError())
    assert not is_interrupt(ValueError())
