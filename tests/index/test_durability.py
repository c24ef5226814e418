"""What was acknowledged stays, for real: processes killed, disks full, files torn, servers gone."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

import dedup
from dedup.config import Config, IndexConfig, VerifyConfig
from dedup.index import integrity as proof
from dedup.index.answer import stored_scores as compare
from dedup.index.log.recipe import shaping_recipe
from dedup.index.storage import derived
from dedup.index.storage import segment_set as segments
from dedup.index.storage import sketch_block as block
from dedup.index.storage.files import Folder
from dedup.records import Article

ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("index_worker.py")
WORDS = [f"{a}{b}{c}" for a in "bdfgklmn" for b in ("a", "e", "io") for c in ("rst", "lk", "nde")]


def story(number: int, words: int = 120) -> str:
    rng = random.Random(number)
    return " ".join(f"{rng.choice(WORDS)}{rng.choice(WORDS)}" for _ in range(words)) + "."


def page(name: str, number: int) -> Article:
    return Article(id=name, page=name, text=story(number), language="en")


def pages(first: int, last: int) -> Iterator[Article]:
    return (page(f"p{number}", number) for number in range(first, last))


class Lives:
    """Forks that add to an index, one after the other, each until it is killed."""

    def __init__(self, where: str, cache: Path) -> None:
        self.parent = subprocess.Popen(
            [sys.executable, str(WORKER), where, str(cache)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.pid = 0

    def read(self) -> list[str]:
        assert self.parent.stdout is not None
        return self.parent.stdout.readline().split()

    def begin(self, name: str, first: int = 0) -> None:
        assert self.parent.stdin is not None
        self.parent.stdin.write(f"{name} {first}\n")
        self.parent.stdin.flush()
        while (line := self.read())[0] != "open":
            assert line[0] in ("ready", "born")
        self.pid = int(line[1])

    def kill(self) -> list[list[str]]:
        """Returns what it had acknowledged and was not yet read: id, status, canonical."""
        os.kill(self.pid, signal.SIGKILL)
        return list(iter(self.read, ["end"]))

    def close(self) -> None:
        self.parent.kill()
        self.parent.communicate()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "news.index"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of eight places, so that a few articles make many segments, and merges."""
    for module in (block, compare, derived, proof, segments):
        monkeypatch.setattr(module, "BLOCK", 8)


# --- killed, and several at once


@pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)
def test_what_was_acknowledged_survives_kills(where: str, tmp_path: Path) -> None:
    rng, cache = random.Random(1), tmp_path / "cache"
    acknowledged: set[str] = set()
    lives = Lives(where, cache)
    for life in range(10):
        lives.begin(f"life{life}", 1000 * life)
        acknowledged |= {lives.read()[0] for _ in range(3)}
        time.sleep(rng.uniform(0, 0.1))
        acknowledged |= {line[0] for line in lives.kill()}
    lives.close()
    assert len(acknowledged) > 20
    with dedup.open_index(where, cache=cache) as index:
        kept = [one.id for one in index]
        assert acknowledged <= set(kept)
        assert len(kept) == len(set(kept))
        assert index.verify() == []


@pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)
def test_of_two_that_add_a_story_at_once_the_later_is_told(where: str, tmp_path: Path) -> None:
    """Two processes add the same stories under names of their own: each story is new once."""
    workers = [Lives(where, tmp_path / f"cache {name}") for name in ("left", "right")]
    for worker, name in zip(workers, ("left", "right"), strict=True):
        worker.begin(name)
    told = [[worker.read() for _ in range(60)] for worker in workers]
    for worker, lines in zip(workers, told, strict=True):
        lines.extend(worker.kill())
        worker.close()
    statuses: dict[str, list[tuple[str, str]]] = {}
    for name, status, canonical in (line for lines in told for line in lines):
        statuses.setdefault(name.partition("-")[2], []).append((status, canonical))
    twice = {story: pair for story, pair in statuses.items() if len(pair) == 2}
    assert len(twice) > 10
    for number, pair in twice.items():
        assert sorted(status for status, _ in pair) == ["copy", "new"]
        assert {canonical for status, canonical in pair if status == "copy"} <= {
            f"left-{number}",
            f"right-{number}",
        }
    with dedup.open_index(where, cache=tmp_path / "cache left") as index:
        assert index.verify() == []


def at_once(act: Callable[[int], None], count: int = 8) -> None:
    """Runs `act` in threads that begin together; raises what the first of them raised."""
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        act(number)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


def test_many_may_make_one_index_at_once(tmp_path: Path) -> None:
    for attempt in range(20):
        at_once(lambda _, name=f"{attempt}.index": dedup.open_index(tmp_path / name).close())


def test_many_may_add_to_a_new_index_at_once(place: Path) -> None:
    def add(number: int) -> None:
        with dedup.open_index(place) as index:
            index.add(page(f"p{number}", number))

    at_once(add)
    with dedup.open_index(place) as index:
        assert len(index) == 8
        assert index.verify() == []


@pytest.mark.usefixtures("small_blocks")
def test_readers_ask_while_a_writer_merges_and_compacts(place: Path) -> None:
    with dedup.open_index(place) as writer, dedup.open_index(place) as reader:
        list(writer.add_many(pages(0, 40)))
        failed: list[BaseException] = []
        done = threading.Event()

        def ask() -> None:
            try:
                while not done.is_set():
                    assert reader.query(page("asked", 39)).canonical == "p39"
                    assert reader.verify() == []
            except BaseException as error:
                failed.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        for first in range(40, 120, 20):
            list(writer.add_many(pages(first, first + 20)))
            writer.remove(f"p{first - 40}")
            writer.compact()
        done.set()
        asking.join()
        assert not failed
        assert writer.verify() == []


# --- the disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("together", [True, False], ids=["batches", "alone"])
def test_a_full_disk_is_said_and_loses_nothing(small_disk: Path, together: bool) -> None:
    index = dedup.open_index(small_disk / "news.index")
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (1 << 20))
    told: list[str] = []
    with pytest.raises(dedup.DedupError, match=r"full|room|space") as raised:
        if together:
            told.extend(verdict.id for verdict in index.add_many(pages(0, 2000)))
        told.extend(index.add(one).id for one in pages(0, 2000))
    assert "news.index" in str(raised.value)
    ballast.unlink()
    assert [one.id for one in index] == told
    assert index.verify() == []
    assert index.add(page("after", 7)).canonical == "p7"
    index.close()
    with dedup.open_index(small_disk / "news.index") as again:
        assert [one.id for one in again] == [*told, "after"]
        assert again.verify() == []


def test_a_folder_that_may_not_be_written_is_said(place: Path) -> None:
    with dedup.open_index(place) as index:
        index.add(page("a", 1))
    code = f"""
import dedup
try:
    dedup.open_index({str(place)!r}).add(dedup.Page(id='b', text='b'))
except dedup.DedupError as error:
    print(error)
"""
    if os.geteuid() == 0:  # who may write anywhere
        if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
            pytest.skip("root, and no folder can be mounted read only")
        script = f'mount --bind -r {place} {place} && exec "$0" "$@"'
        command = ["unshare", "-m", "sh", "-c", script, sys.executable, "-c", code]
    else:
        for path in (place, *place.rglob("*")):
            path.chmod(0o500 if path.is_dir() else 0o400)
        command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ran.returncode == 0, ran.stderr
    assert "may not be written" in ran.stdout
    for path in (place, *place.rglob("*")):
        path.chmod(0o700)
    with dedup.open_index(place) as index:
        assert [one.id for one in index] == ["a"]


# --- damaged files


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def scramble_head(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"not what was here" * 4)


def delete(path: Path) -> None:
    path.unlink()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", [".postings", ".sketches", ".counts"])
@pytest.mark.parametrize("harm", [cut, empty, scramble_head, delete])
def test_torn_files_are_derived_anew(place: Path, kind: str, harm: Callable[[Path], None]) -> None:
    with dedup.open_index(place) as index:
        list(index.add_many(pages(0, 45)))
        asked = index.query(page("asked", 3))
    harmed = list((place / "derived").rglob(f"*{kind}"))
    assert harmed
    for path in harmed:
        harm(path)
    with dedup.open_index(place) as again:
        assert again.verify() == []
        assert again.query(page("asked", 3)) == asked
        assert len(again) == 45


def flip(path: Path) -> None:
    """A byte in the last of its arrays."""
    content = bytearray(path.read_bytes())
    content[-70] ^= 0x10
    path.write_bytes(content)


@pytest.mark.usefixtures("small_blocks")
def test_a_flipped_byte_is_found_by_verify_and_cured_by_deleting(place: Path) -> None:
    with dedup.open_index(place) as index:
        list(index.add_many(pages(0, 45)))
    path = sorted((place / "derived").rglob("*.sketches"))[0]
    flip(path)
    with dedup.open_index(place) as index:
        faults = index.verify()
    assert faults[0].where == str(path)
    assert "delete it" in faults[0].what
    path.unlink()
    with dedup.open_index(place) as index:
        assert index.verify() == []


@pytest.mark.usefixtures("small_blocks")
def test_a_damaged_segment_is_not_merged_but_made_anew(place: Path) -> None:
    with dedup.open_index(place) as index:
        list(index.add_many(pages(0, 72)))
    segments = sorted((place / "derived").rglob("*.postings"))
    assert len(segments) == 2
    flip(segments[1])
    with dedup.open_index(place) as index:
        list(index.add_many(pages(72, 88)))
        index.add(page("p88", 88))  # a turn begins by putting what is full on disk
        assert index.verify() == []
        assert [index.query(page("asked", k)).canonical for k in range(88)] == [
            f"p{k}" for k in range(88)
        ]
    assert segments[1].name not in {path.name for path in (place / "derived").rglob("*.postings")}


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("uncounted", [True, False])
def test_nothing_is_derived_from_a_damaged_block(place: Path, uncounted: bool) -> None:
    with dedup.open_index(place) as index:
        list(index.add_many(pages(0, 45)))
    for path in (place / "derived").rglob("*.sketches"):
        flip(path)
    lost = ["*.postings", *(["*.counts"] if uncounted else [])]
    for path in (path for kind in lost for path in (place / "derived").rglob(kind)):
        path.unlink()
    with dedup.open_index(place) as index:
        assert index.verify() == []
        assert len(index) == 45


def test_files_of_those_who_go_on_are_left_to_them(
    place: Path, monkeypatch: pytest.MonkeyPatch, small_blocks: None
) -> None:
    """Between two looks of an open, at the files and at the log, another process fills blocks."""
    listed = Folder.list_all
    with dedup.open_index(place) as other:

        def list_all(folder: Folder) -> Any:
            found = listed(folder)
            list(other.add_many(pages(0, 9)))
            list(other.add_many(pages(9, 20)))
            monkeypatch.setattr(Folder, "list_all", listed)
            return found

        monkeypatch.setattr(Folder, "list_all", list_all)
        with dedup.open_index(place) as index:
            assert len(index) == 20
        assert other.add(page("after", 3)).canonical == "p3"
        assert sorted(path.name for path in (place / "derived").rglob("*.sketches"))[:2] == [
            "0000000000-0000000008.sketches",
            "0000000008-0000000016.sketches",
        ]


def test_files_that_go_while_they_are_measured_count_nothing(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "there").write_bytes(b"four")
    assert Folder(tmp_path).measure() == 4


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (cut, "damaged|no SQLite database"),
        (empty, "is empty, and was not"),
        (scramble_head, "no SQLite database"),
        (delete, "no index: holds derived and no log.sqlite"),
    ],
)
def test_a_harmed_log_is_said_and_left_as_it_is(
    place: Path, harm: Callable[[Path], None], words: str
) -> None:
    with dedup.open_index(place) as index:
        list(index.add_many(pages(0, 300)))
    log = place / "log.sqlite"
    harm(log)
    before = log.read_bytes() if log.exists() else None
    for _ in range(2):
        with pytest.raises(dedup.DedupError, match=words), dedup.open_index(place) as index:
            index.verify()
            list(index)
    if before:  # of an empty file SQLite makes an empty database, which is refused as well
        assert log.read_bytes() == before


def test_a_database_of_something_else_is_refused(place: Path) -> None:
    place.mkdir()
    with sqlite3.connect(place / "log.sqlite") as other:
        other.execute("CREATE TABLE letters (letter TEXT)")
    with pytest.raises(dedup.DedupError, match="no index of dedup"):
        dedup.open_index(place)


@pytest.mark.usefixtures("small_blocks")
def test_an_older_log_put_back_is_what_the_index_then_holds(place: Path, tmp_path: Path) -> None:
    with dedup.open_index(place) as index:
        list(index.add_many(pages(0, 20)))
    shutil.copy(place / "log.sqlite", tmp_path / "backup")
    with dedup.open_index(place) as index:
        list(index.add_many(pages(20, 40)))
    shutil.copy(tmp_path / "backup", place / "log.sqlite")
    with dedup.open_index(place) as index:
        assert len(index) == 20
        assert index.verify() == []
        assert index.add(page("again", 30)).status == "new"


# --- the server


def test_a_server_that_goes_and_comes_back(postgres: Any, tmp_path: Path) -> None:
    where = postgres.new_database()
    index = dedup.open_index(where, cache=tmp_path / "cache")
    told: list[str] = []
    begun = threading.Event()
    stopping = threading.Thread(target=lambda: (begun.wait(), postgres.stop()))

    def add_until_it_fails() -> None:
        for first in range(0, 100_000, 64):
            told.extend(verdict.id for verdict in index.add_many(pages(first, first + 64)))
            begun.set()

    stopping.start()
    try:
        with pytest.raises(dedup.DedupError, match="add again"):
            add_until_it_fails()
        stopping.join()
        with pytest.raises(dedup.DedupError, match="is the server running"):
            index.query(page("asked", 1))
    finally:
        begun.set()
        stopping.join()
        postgres.start()
    assert index.query(page("asked", 1)).canonical == "p1"
    assert set(told) <= {one.id for one in index}
    assert index.add(page("after", 2)).canonical == "p2"
    assert index.verify() == []
    index.close()


def test_a_connection_that_was_cut_while_idle_is_made_again(postgres: Any, tmp_path: Path) -> None:
    index = dedup.open_index(postgres.new_database(), cache=tmp_path / "cache")
    index.add(page("a", 1))
    postgres.stop()
    postgres.start()
    assert index.add(page("b", 1)).canonical == "a"
    postgres.stop()
    postgres.start()
    assert index.query(page("c", 1)).canonical == "a"
    index.close()


# --- recipes, formats, durability


def test_another_recipe_is_refused_with_the_difference(where: str, tmp_path: Path) -> None:
    if where == ":memory:":
        pytest.skip("memory is never opened again")
    dedup.open_index(where, cache=tmp_path).close()
    other = Config(verify=VerifyConfig(min_jaccard=0.3))
    with pytest.raises(dedup.DedupError, match=r"verify\.min_jaccard is 0\.25 there, 0\.3 here"):
        dedup.open_index(where, other, cache=tmp_path)


def set_fact(place: Path, name: str, fact: str) -> None:
    with sqlite3.connect(place / "log.sqlite") as log:
        log.execute("UPDATE dedup_facts SET fact = ? WHERE name = ?", (fact, name))


def test_an_older_format_is_upgraded_by_a_rebuild(place: Path) -> None:
    with dedup.open_index(place) as index:
        told = [index.add(one) for one in (page("a", 1), page("b", 1), page("c", 2))]
        open_while_rebuilt = dedup.open_index(place)
    set_fact(place, "format", "0")
    with sqlite3.connect(place / "log.sqlite") as log:  # the names of format 1
        log.execute("ALTER TABLE dedup_records RENAME COLUMN sequence TO place")
        log.execute("ALTER TABLE dedup_head RENAME COLUMN next_sequence TO place")
    with pytest.raises(dedup.DedupError, match=r"format 0, not 2.*dedup index rebuild"):
        dedup.open_index(place)
    dedup.index.rebuild_index(place)
    with dedup.open_index(place) as index:
        assert index.verify() == []
        assert [one.id for one in index] == [verdict.id for verdict in told]
        assert index.query(page("d", 1)).canonical == "a"
    with pytest.raises(dedup.DedupError, match="rebuilt by another process"):
        open_while_rebuilt.add(page("e", 1))
    open_while_rebuilt.close()


def test_a_rebuild_keeps_an_indexs_own_settings_and_no_older_files(place: Path) -> None:
    config = Config(verify=VerifyConfig(min_jaccard=0.4))
    with dedup.open_index(place, config) as index:
        index.add(page("a", 1))
        (before,) = (place / "derived").iterdir()
    set_fact(place, "recipe", msgspec.json.encode(shaping_recipe(config) | {"rules": "x"}).decode())
    with pytest.raises(dedup.DedupError, match=rf"rules is x there.*`dedup index rebuild {place}`"):
        dedup.open_index(place)
    dedup.index.rebuild_index(place)
    with dedup.open_index(place, config) as index:
        assert index.query(page("b", 1)).canonical == "a"
    assert before.name in {path.name for path in (place / "derived").iterdir()}
    dedup.index.rebuild_index(place, Config())
    (after,) = (place / "derived").iterdir()
    assert after != before
    with pytest.raises(dedup.DedupError, match=r"give no config.*rebuild .* -c CONFIG"):
        dedup.open_index(place, config)


def test_several_may_rebuild_at_once(where: str, tmp_path: Path) -> None:
    if where == ":memory:":
        pytest.skip("memory is never opened again")
    with dedup.open_index(where, cache=tmp_path / "cache") as index:
        list(index.add_many(pages(0, 5)))
    at_once(lambda _: dedup.index.rebuild_index(where, cache=tmp_path / "cache"), 4)
    with dedup.open_index(where, cache=tmp_path / "cache") as index:
        assert index.verify() == []
        assert len(index) == 5


def test_a_newer_format_is_refused(place: Path) -> None:
    dedup.open_index(place).close()
    set_fact(place, "format", "9")
    with pytest.raises(dedup.DedupError, match="format 9; this dedup reads up to 2: update it"):
        dedup.open_index(place)


def test_without_bodies_a_rebuild_is_refused(place: Path) -> None:
    config = Config(index=IndexConfig(store_text=False))
    dedup.open_index(place, config).close()
    with pytest.raises(dedup.DedupError, match="without stored bodies"):
        dedup.index.rebuild_index(place, config)


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1)])
def test_full_durability_waits_for_the_disk(place: Path, durability: Any, level: int) -> None:
    config = Config(index=IndexConfig(durability=durability))
    with dedup.open_index(place, config) as index:
        log = index._store.log
        assert log._connected().exec_driver_sql("PRAGMA synchronous").scalar_one() == level


def test_what_an_index_was_made_with_says_how_surely_it_stores(place: Path) -> None:
    dedup.open_index(place, Config(index=IndexConfig(durability="full"))).close()
    with dedup.open_index(place) as index:
        log = index._store.log
        assert log._connected().exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        log.disconnect()
        assert log._connected().exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
