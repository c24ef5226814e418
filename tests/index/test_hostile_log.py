"""The index and what a hostile, or only unlucky, caller does to it: an error in words, or none."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import FrameType

import pytest

import dedup
from dedup.cli.options import is_interrupt
from dedup.index import Index
from dedup.records import Article, Page, Rejected

WORDS = [f"{a}{b}{c}" for a in "bdfgklmn" for b in ("a", "e", "io") for c in ("rst", "lk", "nde")]
NOON = 1_700_049_600.0


def story(number: int, words: int = 120) -> str:
    rng = random.Random(number)
    return " ".join(f"{rng.choice(WORDS)}{rng.choice(WORDS)}" for _ in range(words)) + "."


def page(name: str, number: int = 1, *embedded: Article) -> Article:
    return Article(id=name, page=name, text=story(number), language="en", embedded=embedded)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "missing" / "news.index"


@pytest.fixture
def index(place: Path) -> Iterator[Index]:
    with dedup.open_index(place) as opened:
        yield opened


@pytest.mark.parametrize(
    "name", ["a\nb", "'; DROP TABLE dedup_head; --", "😀", "", "x" * 100_000, "../../etc", "%s{}"]
)
def test_any_id_that_is_text_is_kept(where: str, tmp_path: Path, name: str) -> None:
    with dedup.open_index(where, cache=tmp_path / "cache") as index:
        index.add(page(name))
        assert name in index
        assert [one.id for one in index] == [name]
        assert index.add(page("copy")).canonical == name
        assert index.remove(name) == 1


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"id": 5}, r"\$\.id"),
        ({"text": None}, r"\$\.text"),
        ({"outlet": 7}, r"\$\.outlet"),
        ({"published": 2020}, r"\$\.published"),
        ({"url": object()}, "object"),
    ],
)
@pytest.mark.parametrize("kind", ["page", "article"])
def test_a_field_of_a_wrong_type_is_said(
    index: Index, kind: str, wrong: dict[str, object], found: str
) -> None:
    given = {"id": "a", "text": story(1), **wrong}
    bad = Page(**given) if kind == "page" else Article(page="a", **given)  # wrong on purpose
    rejected: list[Rejected] = []
    assert [one.id for one in index.add_many([bad, page("good")], rejected=rejected)] == ["good"]
    (told,) = rejected
    assert re.search(found, told.reason)
    with pytest.raises(dedup.InputError, match=found):
        index.query(bad)


def test_a_place_where_nothing_can_be_derived_is_said(place: Path) -> None:
    with dedup.open_index(place) as index:
        index.add(page("kept"))
    shutil.rmtree(place / "derived")
    (place / "derived").touch()
    with pytest.raises(dedup.StoreError, match=r"derived.*cannot lie there: Not a directory"):
        dedup.open_index(place)
    (place / "derived").unlink()
    with dedup.open_index(place) as index:
        assert "kept" in index


@pytest.mark.parametrize(
    "bad", [page("nul\0", 2), page("half \udc80", 2), Page(id="x", text="half \udc80")]
)
def test_what_cannot_be_stored_is_refused_and_the_others_are_not(
    where: str, tmp_path: Path, bad: Page | Article
) -> None:
    with dedup.open_index(where, cache=tmp_path / "cache") as index:
        with pytest.raises(dedup.InputError, match=r"NUL|surrogate"):
            index.add(bad)
        with pytest.raises(dedup.InputError, match=r"NUL|surrogate"):
            index.query(bad)
        rejected: list[Rejected] = []
        told = index.add_many([page("a"), bad, page("b", 3)], rejected=rejected)
        assert [verdict.id for verdict in told] == ["a", "b"]
        assert len(rejected) == 1
        assert bad.id not in index
        assert index.verify() == []


def test_bodies_of_ten_megabytes_and_of_nothing(index: Index) -> None:
    big = " ".join(WORDS[k % 72] + WORDS[k * 7 % 71] for k in range(1_200_000))
    assert len(big) > 10_000_000
    assert index.add(Article(id="big", page="big", text=big, language="en")).status == "new"
    assert index.add(Article(id="big 2", page="big 2", text=big)).canonical == "big"
    assert index.add(Page(id="nul", text="a \0 b. " * 20)).status == "new"
    for name, text in (("empty", ""), ("blank", " \n\n\t"), ("nothing", "\0")):
        assert index.add(Page(id=name, text=text)).status == "new"
    assert index.verify() == []


def test_what_is_no_page_is_refused(index: Index) -> None:
    with pytest.raises(dedup.InputError, match="not a page and not an article: dict"):
        index.add({"id": "a"})  # as above


def test_a_page_is_not_removed_as_what_another_embeds(index: Index) -> None:
    index.add(page("a"))
    index.add(page("a#1", 2))
    assert index.remove("a") == 1
    assert "a#1" in index
    with pytest.raises(dedup.InputError, match="no page has the id"):
        index.remove("a")


def test_articles_of_one_page_need_ids_of_their_own(index: Index) -> None:
    with pytest.raises(dedup.InputError, match="two of its articles have one id"):
        index.add(page("a", 1, page("a", 2)))
    embedded = Article(id="b#1", page="b", kind="embedded", text=story(3), language="en")
    assert len(index.add(page("b", 4, embedded)).embedded) == 1
    with pytest.raises(dedup.InputError, match="has the id 'b#1'"):
        index.add(page("b#1", 5))


def test_expiry_is_exact_in_every_time_zone(place: Path) -> None:
    now = [NOON]
    tokyo = timezone(timedelta(hours=9))
    with dedup.open_index(place, clock=lambda: now[0]) as index:
        index.add(page("noon"))
        noon = datetime.fromtimestamp(NOON, UTC)
        assert index.expire(before=noon) == 0
        assert index.expire(before=noon.astimezone(tokyo)) == 0
        assert index.expire(before=noon.replace(tzinfo=tokyo)) == 0  # nine hours earlier
        assert index.expire(before=datetime.min) == 0
        assert index.expire(before=noon.replace(tzinfo=None) + timedelta(microseconds=1)) == 1
        index.add(page("again"))
        assert index.expire(before=datetime.max.replace(tzinfo=tokyo)) == 1


def test_an_heir_that_expires_with_its_canonical_does_not_stay(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dedup.index.index._REMOVED", 2)
    with dedup.open_index(place, clock=lambda: NOON) as index:
        for name in "abcdef":
            index.add(page(name))
        assert index.expire(before=datetime.fromtimestamp(NOON + 1, UTC)) == 6
        assert len(index) == 0
        assert index.verify() == []


def test_replacing_a_canonical_leaves_its_copies_findable(index: Index) -> None:
    index.add(page("a"))
    index.add(page("b"))
    assert index.replace(page("a", 2)).status == "new"
    assert index.query(page("c")).canonical == "b"
    assert index.query(page("c", 2)).canonical == "a"
    assert index.verify() == []


def test_the_same_index_twice_in_one_process(index: Index, place: Path) -> None:
    with dedup.open_index(place) as other:
        other.add(page("a"))
        assert index.add(page("b")).canonical == "a"
        assert other.add(page("c")).canonical == "a"
        assert len(index) == len(other) == 3


def test_closing_twice_and_use_after_it(where: str, tmp_path: Path) -> None:
    index = dedup.open_index(where, cache=tmp_path / "cache")
    index.add(page("a"))
    index.close()
    index.close()
    for use in (lambda: index.add(page("b")), lambda: index.query(page("b")), lambda: len(index)):
        with pytest.raises(dedup.DedupError, match="is closed; open it again"):
            use()


def test_threads_share_an_index(index: Index) -> None:
    failed: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for k in range(10):
                index.add(page(f"{worker}-{k}", k))
                index.query(page("asked", k))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    statuses = index.stats().statuses
    assert statuses == {"copy": 40, "new": 10}
    assert index.verify() == []


def test_a_fork_must_open_its_own(where: str, tmp_path: Path) -> None:
    with dedup.open_index(where, cache=tmp_path / "cache") as index:
        index.add(page("a"))
        child = os.fork()
        if child == 0:
            try:
                index.add(page("b"))
            except dedup.DedupError as error:
                index.close()
                os._exit(0 if "forked" in str(error) else 2)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        assert index.add(page("c")).canonical == "a"
        assert index.verify() == []


def test_a_source_that_fails_leaves_the_batches_before_it(index: Index) -> None:
    def source() -> Iterator[Article]:
        yield from (page(f"p{k}", k) for k in range(300))
        raise RuntimeError("the queue is gone")

    told = []
    with pytest.raises(RuntimeError, match="the queue is gone"):
        told.extend(verdict.id for verdict in index.add_many(source()))
    assert told == [one.id for one in index]
    assert len(told) == 256
    assert index.verify() == []


@pytest.mark.parametrize("after", [0.02, 0.1, 0.3, 0.6])
def test_an_interrupt_loses_and_locks_nothing(index: Index, place: Path, after: float) -> None:
    told: list[str] = []
    index.add(page("warm", 999))
    armed = True

    def interrupt(number: int, frame: FrameType | None) -> None:
        if armed:  # an alarm after the adding has ended would kill the test worker
            signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, after)
        source = (page(f"p{k}", k) for k in range(1500))  # an interrupt in a callback is lost
        told.extend(verdict.id for verdict in index.add_many(source))
        armed = False
    except (KeyboardInterrupt, SystemError) as error:  # so numba words one that falls in a kernel
        assert is_interrupt(error)
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert set(told) <= {one.id for one in index}
    with dedup.open_index(place) as other:  # nothing keeps it out
        assert other.add(page("next", 999)).canonical == "warm"
    assert index.verify() == []
    assert index.add(page("last", 999)).canonical == "warm"


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("file", "is a file"),
        ("file/below", "cannot be used"),
        ("full", "no index: holds"),
        ("nul\0", "cannot be used"),
        ("mysql://host/news", "not PostgreSQL"),
        ("postgresql://host:port/news", "no URL that can be read"),
        ("postgresql://127.0.0.1:1/news", "is the server running"),
    ],
)
def test_a_place_that_cannot_be_is_refused(
    where: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("full").mkdir()
    Path("full/letter").touch()
    with pytest.raises(dedup.DedupError, match=words):
        dedup.open_index(where)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]


def test_a_relative_place_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    index = dedup.open_index("news.index")
    monkeypatch.chdir("/")
    index.add(page("a"))
    index.close()
    with dedup.open_index(tmp_path / "news.index") as again:
        assert len(again) == 1
