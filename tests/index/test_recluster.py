"""Clusters of an index: its bodies are not held in memory, and pages stay together."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

import dedup
from dedup.corpus.spool import Spool
from dedup.index import Index
from dedup.index import recluster as regroup
from dedup.progress import ignore_progress
from dedup.records import Article

WORDS = [f"{a}{b}{c}" for a in "bdfgklmn" for b in ("a", "e", "io") for c in ("rst", "lk", "nde")]


def story(number: int, words: int = 120) -> str:
    rng = random.Random(number)
    return " ".join(f"{rng.choice(WORDS)}{rng.choice(WORDS)}" for _ in range(words)) + "."


def page(name: str, number: int, *embedded: int) -> Article:
    own = tuple(
        Article(id=f"{name}#{k}", page=name, kind="embedded", text=story(story_of), language="en")
        for k, story_of in enumerate(embedded, 1)
    )
    return Article(id=name, page=name, text=story(number), language="en", embedded=own)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with dedup.open_index(tmp_path / "news.index") as opened:
        yield opened


def spool_pages(index: Index, folder: Path) -> list[list[str]]:
    """The ids of each spooled page's articles."""
    folder.mkdir()
    spool = Spool(folder, keep=False)
    regroup._spool_articles(spool, index._store, ignore_progress)
    pages = [[one.id for one in page.articles] for page in spool.pages()]
    spool.close()
    return pages


@pytest.mark.parametrize("batch", [1, 2, 256])
def test_a_page_whose_articles_lie_apart_is_put_together(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """What loses the article it is a copy of is taken in anew, behind all others."""
    monkeypatch.setattr(regroup, "_BATCH", batch)
    index.add(page("first", 1))
    index.add(page("other", 3))
    kept = [page("copies", 1, *range(10, 21)), page("embeds", 4, 3, 5)]
    list(index.add_many(kept))
    index.remove("first")
    index.remove("other")
    assert [one.id for one in index][-2:] == ["copies", "embeds#1"]
    assert spool_pages(index, tmp_path / "spool") == [
        ["copies", *(f"copies#{k}" for k in range(1, 12))],
        ["embeds", "embeds#1", "embeds#2"],
    ]
    with dedup.open_index(tmp_path / "fresh.index") as fresh:
        list(fresh.add_many([*kept, page("again", 4)]))
        index.add(page("again", 4))
        assert fresh.clusters() == index.clusters()


def test_bodies_are_not_held_in_memory(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(index.add_many(page(f"p{k}", k, 1000 + k) for k in range(40)))
    long = "x" * 100_000
    list(index.add_many(Article(id=f"l{k}", page=f"l{k}", text=long + str(k)) for k in range(100)))
    monkeypatch.setattr(regroup, "_BATCH", 4)
    monkeypatch.setattr(regroup, "_FETCHED", 4)
    tracemalloc.start()
    try:
        spool_pages(index, tmp_path / "warm")
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        spool_pages(index, tmp_path / "spool")
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000  # all together are ten million
