"""Candidates: known articles that share enough keys with new ones, by the rules of `propose`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Numbers, Offsets
from dedup.config import ProposeConfig
from dedup.index.keys import Keys, View
from dedup.index.postings import Found

_MOST_COUNTED = 255


class Part(Protocol):
    """Some of the postings: those of a stretch of places."""

    first: int
    last: int  # not included

    def find(self, keys: Hashes, limits: Numbers, caps: Offsets) -> Found:
        """The articles that have each of the keys, at places below the key's limit.

        Of a key of more articles than its cap, the first may do.
        """

    def posted(self) -> Numbers:
        """The place of every posting."""


class Rules(NamedTuple):
    """How keys become candidates, by `View`."""

    min_shared: NDArray[np.uint8]  # keys of a view that two articles must share
    caps: NDArray[np.int64]  # articles; a key of more proposes its first, or nothing
    star: NDArray[np.bool_]  # such a key proposes its first


def make_rules(config: ProposeConfig) -> Rules:
    """The rules of a config."""
    min_shared, caps = np.ones(len(View), np.uint8), np.full(len(View), config.near_bucket)
    min_shared[View.PASSAGE], caps[View.PASSAGE] = config.passage_shared, config.passage_bucket
    min_shared[View.STORY], caps[View.STORY] = config.story_shared, config.story_bucket
    star = np.ones(len(View), dtype=np.bool_)
    star[View.STORY] = False
    return Rules(min_shared, caps.astype(np.int64), star)


def find_candidates(
    parts: Sequence[Part], keys: Keys, limits: Numbers, flags: Array, rules: Rules
) -> tuple[Numbers, Numbers]:
    """Pairs (row of `keys`, place) to verify: ascending, without repeats, each place alive.

    A row is compared with the places below its limit (one for each key).
    """
    caps = rules.caps[keys.views]
    found: list[Found] = []
    sizes = np.zeros((len(parts) + 1, len(keys.values)), dtype=np.int64)
    for k, part in enumerate(parts):
        found.append(part.find(keys.values, limits, caps - sizes[k]))
        np.add(sizes[k], found[-1].sizes, out=sizes[k + 1])
    hot = sizes[-1] > caps
    pairs = [
        _count_shared(
            keys.rows, keys.views, one.runs, one.places, hot, sizes[k], flags, part.first,
            part.last - part.first, rules.min_shared, rules.star,
        )
        for k, (part, one) in enumerate(zip(parts, found, strict=True))
        if len(one.places)
    ]  # fmt: skip
    joined = np.unique(np.concatenate([np.empty(0, np.uint64), *pairs]))
    return (joined >> np.uint64(32)).astype(np.uint32), joined.astype(np.uint32)


# Keys come grouped by row, and within a row by view. `before` is how many articles of a key lie in
# earlier parts: a star is the very first. Counts live in an array as wide as the part, cleared by
# the list of what was touched.
@njit(cache=True, nogil=True)
def _count_shared(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    rows: Array, views: Array, runs: Array, places: Array, hot: Array, before: Array,
    flags: Array, first: int, span: int, min_shared: Array, star: Array,
) -> Hashes:  # fmt: skip
    total = 0
    for k in range(rows.shape[0]):
        total += 0 if hot[k] else runs[k, 1] - runs[k, 0]
    counts = np.zeros(span, dtype=np.uint8)
    touched = np.empty(span, dtype=np.uint32)
    pairs = np.empty(64, dtype=np.uint64)
    found, seen = 0, 0
    for k in range(rows.shape[0]):
        start, stop = runs[k, 0], runs[k, 1]
        if hot[k]:
            stop = min(stop, start + 1) if star[views[k]] and before[k] == 0 else start
        for at in range(start, stop):
            place = np.int64(places[at]) - first
            if not 0 <= place < span:  # a disk that does not keep what was written
                continue
            if counts[place] == 0:
                touched[seen] = place
                seen += 1
            if counts[place] < _MOST_COUNTED:
                counts[place] += np.uint8(1)
        if k + 1 < rows.shape[0] and rows[k + 1] == rows[k] and views[k + 1] == views[k]:
            continue
        for t in range(seen):
            place = np.int64(touched[t])
            if counts[place] >= min_shared[views[k]] and flags[place + first] & 1:
                if found == pairs.shape[0]:
                    pairs = np.concatenate((pairs, np.empty_like(pairs)))
                pairs[found] = (np.uint64(rows[k]) << np.uint64(32)) | np.uint64(place + first)
                found += 1
            counts[place] = 0
        seen = 0
    return pairs[:found]
