"""Candidates: known articles that share enough keys with new ones, as in `propose`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Rows
from dedup.config import CandidatesConfig
from dedup.index.storage.lookup import Sought
from dedup.index.storage.lsh_keys import Keys, View

_MOST_COUNTED = 255
_ROUGH = 1 << 14  # places counted apart: what a row has in common with others is less by far

# A batch weighs what two articles share in the story view by how many have it (`agree`). Here keys
# are counted: each for so many bits, as one that this many articles have is worth in 20,000.
_KEY_BITS = 6
_STORY_BUCKET = 300


class Rules(NamedTuple):
    """How keys become candidates, by `View`."""

    min_shared: NDArray[np.uint8]  # keys of a view that two articles must share
    caps: NDArray[np.int64]  # articles; a key of more proposes its first, or nothing
    star: NDArray[np.bool_]  # such a key proposes its first


def make_rules(config: CandidatesConfig) -> Rules:
    """The rules of a config."""
    min_shared, caps = np.ones(len(View), np.uint8), np.full(len(View), config.near_bucket)
    min_shared[View.PASSAGE], caps[View.PASSAGE] = config.passage_shared, config.passage_bucket
    story_keys = min(_MOST_COUNTED, max(1, round(config.story_bits / _KEY_BITS)))
    min_shared[View.STORY], caps[View.STORY] = story_keys, _STORY_BUCKET
    star = np.ones(len(View), dtype=np.bool_)
    star[View.STORY] = False
    return Rules(min_shared, caps.astype(np.int64), star)


def find_candidates(sought: Sought, keys: Keys, flags: Array, rules: Rules) -> tuple[Rows, Rows]:
    """Pairs (row of `keys`, place) to verify: ascending, without repeats, each place alive.

    A row is compared with the places below its limit.
    """
    return _find_shared(
        keys.rows, keys.views, sought.stops, sought.places, sought.sizes, sought.caps, flags,
        rules.min_shared, rules.star,
    )  # fmt: skip


# Keys come grouped by row, and within a row by view.
@njit(cache=True, nogil=True)
def _find_shared(  # a kernel takes arrays, not objects
    rows: Array, views: Array, stops: Array, places: Array, sizes: Array, caps: Array,
    flags: Array, min_shared: Array, star: Array,
) -> tuple[Rows, Rows]:  # fmt: skip
    hits = np.empty((stops[-1, -1] if stops.size else 0) + 1, dtype=np.uint32)
    counts = np.zeros(_ROUGH, dtype=np.uint8)
    left, right = np.empty(256, dtype=np.uint32), np.empty(256, dtype=np.uint32)
    own, found, seen = 0, 0, 0
    last = rows.shape[0] - 1
    for k in range(rows.shape[0]):
        seen = _list_hits(k, stops, places, sizes[k] > caps[k], star[views[k]], hits, seen)
        is_last = k == last or rows[k + 1] != rows[k]
        if not is_last and views[k + 1] == views[k]:
            continue
        while found + seen > right.shape[0]:
            right = np.concatenate((right, np.empty_like(right)))
        found = _keep_frequent(hits[:seen], min_shared[views[k]], counts, right, found)
        seen = 0
        if is_last:
            right[own:found].sort()
            found = _drop_repeats(right, own, found, flags)
            while found > left.shape[0]:
                left = np.concatenate((left, np.empty_like(left)))
            left[own:found] = rows[k]
            own = found
    return left[:found], right[:found]


@njit(cache=True, nogil=True)
def _list_hits(  # a kernel takes arrays, not objects
    k: int, stops: Array, places: Array, is_hot: bool, star: bool, hits: Array, seen: int
) -> int:
    """Write the articles that have the key to `hits`; of a hot key the very first, or none."""
    last = stops.shape[1] - 1
    for part in range(stops.shape[0]):
        start = stops[part, k - 1] if k else (stops[part - 1, last] if part else 0)
        stop = stops[part, k]
        if is_hot:
            stop = min(stop, start + 1) if star else start
        for at in range(start, stop):
            hits[seen] = places[at]
            seen += 1
        if is_hot and start < stop:
            break
    return seen


# Counted in a table that fits the nearest cache, by the lowest bits of a place: so none has fewer
# than there, and those that may have enough are few. They are sorted. Nothing branches on a count:
# which it is cannot be foretold.
@njit(cache=True, nogil=True)
def _keep_frequent(hits: Array, needed: int, counts: Array, kept: Array, start: int) -> int:
    """Write, from `start` on, what is among the hits so many times; returns where that ends.

    `counts` are zeros, and are so again in the end. The hits are written over.
    """
    low = np.uint32(counts.shape[0] - 1)
    for place in hits:
        counts[place & low] += np.uint8(counts[place & low] < _MOST_COUNTED)
    several = 0
    for place in hits:
        hits[several] = place
        several += int(counts[place & low] >= needed)
    counts[:] = 0
    hits[:several].sort()
    run, kept_to = 0, start
    for k in range(several):
        run = run + 1 if k and hits[k] == hits[k - 1] else 1
        kept[kept_to] = hits[k]
        kept_to += int(run == needed)
    return kept_to


@njit(cache=True, nogil=True)
def _drop_repeats(values: Array, start: int, stop: int, flags: Array) -> int:
    """Keep each value once, if it is alive; returns where they end."""
    kept = start
    for at in range(start, stop):
        if values[at] >= flags.shape[0]:  # a disk that does not keep what was written
            continue
        if (at == start or values[at] != values[at - 1]) and flags[values[at]] & 1:
            values[kept] = values[at]
            kept += 1
    return kept
