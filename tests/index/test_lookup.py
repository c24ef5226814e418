"""Postings on disk and in memory against a dictionary of lists."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from dedup.arrays import Hashes
from dedup.index.storage.lookup import Part, Sought
from dedup.index.storage.memtable import Memtable
from dedup.index.storage.segment import merge_segments, open_segment, write_segment

_PLACES = 300  # of each part
_CAP = 40


def draw_keys(rng: np.random.Generator) -> Hashes:
    """Keys of one article: some are everyone's, some share their first 20 bits, some are rare."""
    common = rng.geometric(0.05, 12).astype(np.uint64) << np.uint64(52)
    close = (np.uint64(5) << np.uint64(44)) | (
        rng.integers(0, 400, 8, dtype=np.uint64) << np.uint64(28)
    )
    rare = rng.integers(0, 1 << 36, 10, dtype=np.uint64) << np.uint64(28)
    return np.unique(np.concatenate([common, close, rare]))


@pytest.fixture(name="articles")
def draw_articles() -> list[Hashes]:
    """The keys of the articles at each place."""
    rng = np.random.default_rng(3)
    return [draw_keys(rng) for _ in range(3 * _PLACES)]


@pytest.fixture(name="parts")
def post_articles(articles: list[Hashes], tmp_path: Path) -> list[Part]:
    """Two segments, and the rest in memory."""
    parts: list[Part] = []
    for number in range(2):
        first, last = number * _PLACES, (number + 1) * _PLACES
        own = articles[first:last]
        places = np.repeat(np.arange(first, last, dtype=np.uint32), [len(keys) for keys in own])
        path = tmp_path / str(number)
        write_segment(path, first, last, np.concatenate(own), places)
        parts.append(open_segment(path))
    recent = Memtable()
    for place in range(2 * _PLACES, 3 * _PLACES):
        recent.add(articles[place], np.full(len(articles[place]), place, dtype=np.uint32))
    return [*parts, recent]  # it has no bounds of its own


def list_places(articles: list[Hashes]) -> dict[int, list[int]]:
    """By key its places, ascending."""
    listed = defaultdict(list)
    for place, keys in enumerate(articles):
        for key in keys.tolist():
            listed[key].append(place)
    return listed


def seek_all(parts: list[Part], keys: Hashes, limit: int, cap: int) -> Sought:
    """What the parts have of the keys."""
    limits = np.full(len(keys), limit, dtype=np.uint32)
    sought = Sought(keys, limits, np.full(len(keys), cap, dtype=np.int64), len(parts))
    for number, part in enumerate(parts):
        part.seek(sought, number)
    return sought


def test_each_key_finds_its_places(articles: list[Hashes], parts: list[Part]) -> None:
    """Of a key at most as many as its cap, all; of one with more, the first, and that it is so."""
    listed = list_places(articles)
    unknown = np.array([1 << 63, (1 << 64) - 1, 3 << 28], dtype=np.uint64)
    keys = np.concatenate([np.array(sorted(listed), dtype=np.uint64), unknown])
    sought = seek_all(parts, keys, len(articles), _CAP)
    found = defaultdict(list)
    for k, places in sought.list_runs():
        found[int(keys[k])] += places.tolist()
    for key, size in zip(keys.tolist(), sought.sizes.tolist(), strict=True):
        expected = listed.get(key, [])
        if len(expected) > _CAP:
            assert size > _CAP
            assert found[key][0] == expected[0]
        else:
            assert sorted(found[key]) == expected
            assert size == len(expected)
    sizes = Counter(len(places) > _CAP for places in listed.values())
    assert min(sizes[True], sizes[False]) > 5, "both kinds are tried"


def test_places_beyond_a_limit_are_not_found(articles: list[Hashes], parts: list[Part]) -> None:
    """In memory, where an article's own batch is."""
    listed, limit = list_places(articles), 2 * _PLACES + 100
    keys = np.array(sorted(listed), dtype=np.uint64)
    sought = seek_all(parts, keys, limit, len(articles))
    found = defaultdict(list)
    for k, places in sought.list_runs():
        found[int(keys[k])] += places.tolist()
    for key in keys.tolist():
        assert sorted(found[key]) == [place for place in listed[key] if place < limit]


def test_memory_lists_every_entry(articles: list[Hashes], parts: list[Part]) -> None:
    """Each key with each of its places, once: what a segment is written of."""
    recent = parts[-1]
    assert isinstance(recent, Memtable)
    keys, places = recent.entries
    expected = [
        (key, place)
        for place in range(2 * _PLACES, 3 * _PLACES)
        for key in articles[place].tolist()
    ]
    assert sorted(zip(keys.tolist(), places.tolist(), strict=True)) == sorted(expected)


def test_merged_segments_find_the_same(
    articles: list[Hashes], parts: list[Part], tmp_path: Path
) -> None:
    """But for the articles that are gone."""
    flags = np.ones(2 * _PLACES, dtype=np.uint8)
    flags[::7] = 0
    merge_segments(tmp_path / "both", parts[:2], flags)  # as a mapped array would be
    listed = list_places(articles[: 2 * _PLACES])
    keys = np.array(sorted(listed), dtype=np.uint64)
    sought = seek_all([open_segment(tmp_path / "both")], keys, len(articles), len(articles))
    found = {int(keys[k]): places.tolist() for k, places in sought.list_runs()}
    assert found == {
        key: alive for key, own in listed.items() if (alive := [p for p in own if flags[p]])
    }
