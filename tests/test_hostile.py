"""What only a hostile input, a full shell or an impatient person brings about."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dedup import CleanOptions, InputError, clean
from dedup.cli import main
from dedup.cli.options import INTERRUPTED
from dedup.config import ReadConfig
from dedup.corpus.files import name_file, write_new
from dedup.corpus.page_log import Record
from dedup.corpus.spool import Reading
from dedup.corpus.workspace import open_run

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
EMBEDDING = SEEDS / "003_6a0d19d922ab8790.txt"  # embeds three articles
BODY = "The mayor of Springfield opened a bridge over the Orinoco on Monday, engineers said."


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def start(*arguments: str | Path, stdin: int | None = None, **environment: str) -> Result:
    """The command in a process of its own, as a shell starts it."""
    command = [sys.executable, "-c", "from dedup.cli import main; main()", *map(str, arguments)]
    done = subprocess.run(
        command, env={**os.environ, **environment}, stdin=stdin, capture_output=True, check=False
    )
    return Result(
        CliRunner(), done.stdout, done.stderr, done.stdout, None, done.returncode, None, None
    )


def write_pages(path: Path, *pages: dict[str, str]) -> Path:
    path.write_text("".join(json.dumps(page) + "\n" for page in pages), encoding="utf-8")
    return path


def read_ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("step", [1, -1])
def test_no_two_articles_have_one_id(tmp_path: Path, step: int) -> None:
    """A page may be named as `dedup` names an article that another page embeds."""
    embedding = {"id": "a", "text": EMBEDDING.read_text(encoding="utf-8")}
    named = [{"id": name, "text": f"{BODY} {name}"} for name in ("a#1", "a#01", "a#4", "#1")]
    pages = write_pages(tmp_path / "pages.jsonl", *[embedding, *named][::step])
    clean([pages], tmp_path / "out")
    ids = read_ids(tmp_path / "out" / "articles.jsonl")
    assert sorted(ids) == ["#1", "a", "a#01", "a#1", "a#2", "a#3", "a#4"]
    rejected = (tmp_path / "out" / "rejected.jsonl").read_text(encoding="utf-8")
    assert rejected.count("\n") == 1
    assert "id 'a#1' is that of an article embedded in" in rejected


def test_mined_rules_stay_in_their_folder(tmp_path: Path) -> None:
    pages = [
        {
            "id": f"{outlet}/{n}",
            "outlet": outlet,
            "text": " ".join(f"{subject}{word} won its seat." for word in "abcdefgh")
            + "\n\nEvery page of this house says so much about us.\n",
        }
        for outlet in ("../escaped", "x" * 300)
        for n, subject in enumerate(("Que", "Lis", "Nai", "Han", "Qui", "Osl"))
    ]
    clean([write_pages(tmp_path / "pages.jsonl", *pages)], tmp_path / "out")
    done = run("rules", "mine", tmp_path / "out", "-o", tmp_path / "mined" / "rules")
    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "mined").iterdir()] == ["rules"]
    assert len(list((tmp_path / "mined" / "rules").iterdir())) == 2


@pytest.mark.parametrize("name", ["../x", "/etc/x", "..", ".hidden", "新" * 300, "a\nb", "a\\b"])
def test_name_file_names_a_file(name: str, tmp_path: Path) -> None:
    write_new(tmp_path / f"{name_file(name)}.yaml", "")
    assert [path.suffix for path in tmp_path.iterdir()] == [".yaml"]


def test_write_new_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written: File exists"):
        write_new(tmp_path / "file" / "rules.yaml", "")


@pytest.mark.parametrize("out", ["file/out", "x" * 300])
def test_clean_says_where_it_cannot_write(tmp_path: Path, out: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        clean([SEEDS], tmp_path / out)


def test_clean_that_fails_leaves_folders_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "link").symlink_to("made")
    (tmp_path / "bad.jsonl").write_text("{", encoding="utf-8")
    for out in ("made", "link", "new"):
        assert run("clean", tmp_path / "bad.jsonl", "-o", tmp_path / out, "--strict").exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.jsonl", "link", "made"]
    assert not list((tmp_path / "made").iterdir())


def test_run_that_breaks_off_while_it_finishes_tells_the_cause(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), open_run(tmp_path / "out") as under_way:
        under_way.spool.close()
        raise KeyboardInterrupt
    assert (tmp_path / "out" / ".work").is_dir()


def test_full_disk_is_told_and_the_run_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("dedup.corpus.output.write_json", fill)
        done = run("clean", SEEDS, "-o", tmp_path / "out", "--workers", "1")
    assert done.exit_code == 2
    assert done.stderr.strip().endswith("disk full; make room and go on with --resume")
    assert run("clean", SEEDS, "-o", tmp_path / "out", "--resume").exit_code == 0


def test_second_run_does_not_join_the_first(tmp_path: Path) -> None:
    with open_run(tmp_path / "out") as first:
        (first.new / "articles.jsonl").touch()
        with pytest.raises(InputError, match="another run is writing there"):
            clean([SEEDS], tmp_path / "out", options=CleanOptions(resume=True))
        assert (first.new / "articles.jsonl").exists()


def test_overwriting_run_leaves_alone_what_is_under_way(tmp_path: Path) -> None:
    with open_run(tmp_path / "out") as first:
        reading, record = Reading(b"d", "id", "source", 1), Record(1, b"packed")
        first.spool.add([reading], [record])
        with pytest.raises(InputError, match="another run is writing there"):
            clean([SEEDS], tmp_path / "out", options=CleanOptions(overwrite=True))
        assert first.spool.knows(b"d")
        assert first.work.is_dir()
        assert (first.work / "spool.log").read_bytes() == b"packed"


def test_junit_says_where_it_cannot_write(tmp_path: Path) -> None:
    done = run("check", SEEDS / "pairs.yaml", "--junit", tmp_path / "none" / "junit.xml")
    assert done.exit_code == 2
    assert "junit.xml: cannot be written: No such file or directory" in done.stderr


@pytest.mark.parametrize(
    "setting", ["read: max_page_bytes", "sketch: shingle_words", "sketch: permutations"]
)
def test_number_beyond_any_memory_is_a_wrong_setting(tmp_path: Path, setting: str) -> None:
    section, key = setting.split(": ")
    config = tmp_path / "c.yaml"
    config.write_text(f"{section}: {{{key}: 99999999999999999999999}}", encoding="utf-8")
    done = run("clean", SEEDS, "-o", tmp_path / "out", "-c", config)
    assert done.exit_code == 2
    assert f"{setting}: " in done.stderr


def test_strip_with_standard_input_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="empty"):
        from dedup.read.single import read_page  # this test only

        read_page("-", ReadConfig())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_terminal_that_lacks_characters(encoding: str, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(f"It’s said. {BODY}", encoding="utf-8")
    done = start("strip", page, "--explain", PYTHONIOENCODING=encoding)
    assert done.exit_code == 0
    assert b"\\u2019" in done.stdout_bytes


def children_of(process: int) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == process:
                yield int(path.parent.name)
        except OSError:  # ended meanwhile
            continue


_PATIENCE_SECONDS = 180


def is_running(process: int) -> bool:
    return Path(f"/proc/{process}/cmdline").exists() and bool(
        Path(f"/proc/{process}/cmdline").read_bytes()
    )


def wait_until(holds: object) -> bool:
    """Gives up only after so long that no machine is that slow."""
    assert callable(holds)
    end = time.monotonic() + _PATIENCE_SECONDS
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(holds())


@pytest.fixture
def long_run(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run with two workers, under way."""
    text = EMBEDDING.read_text(encoding="utf-8")
    pages = [{"id": str(n), "text": f"{text} {n}"} for n in range(3000)]
    source = write_pages(tmp_path / "pages.jsonl", *pages)
    code = "from dedup.cli import main; main()"
    arguments = ["clean", source, "-o", tmp_path / "out", "--workers", "2"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        yield process
        process.kill()


linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")


@linux
def test_killed_run_leaves_no_worker(long_run: subprocess.Popen[bytes]) -> None:
    assert wait_until(lambda: len(list(children_of(long_run.pid))) == 3)  # two and their tracker
    workers = list(children_of(long_run.pid))
    time.sleep(1)  # until they watch
    long_run.kill()
    assert wait_until(lambda: not any(map(is_running, workers)))


@linux
def test_interrupted_run_says_how_to_go_on(long_run: subprocess.Popen[bytes]) -> None:
    assert wait_until(lambda: len(list(children_of(long_run.pid))) == 3)
    time.sleep(1)
    os.killpg(long_run.pid, signal.SIGINT)
    _, said = long_run.communicate(timeout=_PATIENCE_SECONDS)
    assert long_run.returncode == INTERRUPTED
    *others, last = said.decode().strip().splitlines()
    assert last == "Interrupted. Go on with the same command and --resume."
    assert all("compiling" in line for line in others)  # the first run of a new checkout says so


@pytest.mark.parametrize("line", ["why: 2024-13-45", "x: " + "[" * 5000], ids=["date", "depth"])
def test_a_pairs_file_that_yaml_cannot_make_anything_of(line: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.pairs.yaml"
    path.write_text(f"corpus: .\n{line}\n")
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 2
    assert "Error:" in result.output and "not valid YAML" in result.output


@pytest.mark.parametrize(
    "command", [["strip"], ["compare", str(SEEDS / "001_d8f760fbf85c5939.txt")]]
)
def test_a_page_looked_at_has_the_size_limit_of_a_page_cleaned(
    tmp_path: Path, command: list[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("read: {max_page_bytes: 20000}", encoding="utf-8")
    page = tmp_path / "page.txt"
    page.write_text("x" * 20_001, encoding="utf-8")
    result = run(*command, page, "--config", config)
    assert result.exit_code == 2
    assert "page.txt: over 20,000 bytes (setting read.max_page_bytes)" in result.stderr


@pytest.mark.parametrize(
    "command", [["strip"], ["compare", str(SEEDS / "001_d8f760fbf85c5939.txt")]]
)
def test_a_file_of_many_pages_is_not_looked_at_as_one(tmp_path: Path, command: list[str]) -> None:
    pages = tmp_path / "pages.jsonl"
    pages.write_text('{"id": "a", "text": "words"}\n', encoding="utf-8")
    result = run(*command, pages)
    assert result.exit_code == 2
    assert "pages.jsonl: holds many pages; give one, as text or HTML" in result.stderr


def test_standard_input_is_not_compared_with_itself() -> None:
    result = run("compare", "-", "-")
    assert result.exit_code == 2
    assert "Error: - once: standard input is one page" in result.stderr
