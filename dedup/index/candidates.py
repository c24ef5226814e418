"""Candidates: known articles that share enough keys with new ones, as in `propose`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Numbers
from dedup.config import ProposeConfig
from dedup.index.keys import Keys, View
from dedup.index.seek import Sought

_MOST_COUNTED = 255
# A batch weighs what two articles share in the story view by how many have it (`agree`). Here keys
# are counted: each for so many bits, as one that this many articles have is worth in 20,000.
_KEY_BITS = 6
_STORY_BUCKET = 300


class Rules(NamedTuple):
    """How keys become candidates, by `View`."""

    min_shared: NDArray[np.uint8]  # keys of a view that two articles must share
    caps: NDArray[np.int64]  # articles; a key of more proposes its first, or nothing
    star: NDArray[np.bool_]  # such a key proposes its first


def make_rules(config: ProposeConfig) -> Rules:
    """The rules of a config."""
    min_shared, caps = np.ones(len(View), np.uint8), np.full(len(View), config.near_bucket)
    min_shared[View.PASSAGE], caps[View.PASSAGE] = config.passage_shared, config.passage_bucket
    story_keys = min(_MOST_COUNTED, max(1, round(config.story_bits / _KEY_BITS)))
    min_shared[View.STORY], caps[View.STORY] = story_keys, _STORY_BUCKET
    star = np.ones(len(View), dtype=np.bool_)
    star[View.STORY] = False
    return Rules(min_shared, caps.astype(np.int64), star)


def find_candidates(
    sought: Sought, keys: Keys, flags: Array, rules: Rules, counts: Array
) -> tuple[Numbers, Numbers]:
    """Pairs (row of `keys`, place) to verify: ascending, without repeats, each place alive.

    A row is compared with the places below its limit. `counts` are zeros, one for each place, and
    are so again in the end.
    """
    return _count_shared(
        keys.rows, keys.views, sought.stops, sought.places, sought.sizes, sought.caps, flags,
        counts, rules.min_shared, rules.star,
    )  # fmt: skip


# Keys come grouped by row, and within a row by view. A hot key proposes its very first article, or
# none. What was touched of `counts` is listed, to be cleared.
@njit(cache=True, nogil=True)
def _count_shared(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    rows: Array, views: Array, stops: Array, places: Array, sizes: Array, caps: Array,
    flags: Array, counts: Array, min_shared: Array, star: Array,
) -> tuple[Numbers, Numbers]:  # fmt: skip
    touched = np.empty((stops[-1, -1] if stops.size else 0) + 1, dtype=np.uint32)
    left, right = np.empty(256, dtype=np.uint32), np.empty(256, dtype=np.uint32)
    own, found, seen = 0, 0, 0
    last = rows.shape[0] - 1
    for k in range(rows.shape[0]):
        hot = sizes[k] > caps[k]
        for part in range(stops.shape[0]):
            start = stops[part, k - 1] if k else (stops[part - 1, last] if part else 0)
            stop = stops[part, k]
            if hot:
                stop = min(stop, start + 1) if star[views[k]] else start
            if start == stop:
                continue
            while found + stop - start > right.shape[0]:
                right = np.concatenate((right, np.empty_like(right)))
            seen, found = _count_run(
                places[start:stop], counts, touched, seen, min_shared[views[k]], right, found
            )
            if hot:
                break
        is_last = k == last or rows[k + 1] != rows[k]
        if not is_last and views[k + 1] == views[k]:
            continue
        for t in range(seen):
            counts[touched[t]] = 0
        seen = 0
        if is_last:
            right[own:found].sort()
            found = _drop_repeats(right, own, found, flags)
            while found > left.shape[0]:
                left = np.concatenate((left, np.empty_like(left)))
            left[own:found] = rows[k]
            own = found
    return left[:found], right[:found]


# Nothing branches on a count: which it is cannot be foretold.
@njit(cache=True, nogil=True)
def _count_run(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    places: Array, counts: Array, touched: Array, seen: int, needed: int, right: Array, found: int
) -> tuple[int, int]:
    for place in places:
        if place >= counts.shape[0]:  # a disk that does not keep what was written
            continue
        count = counts[place] + np.uint8(counts[place] < _MOST_COUNTED)
        counts[place] = count
        touched[seen] = place
        seen += int(count == 1)
        right[found] = place
        found += int(count == needed)
    return seen, found


@njit(cache=True, nogil=True)
def _drop_repeats(values: Array, start: int, stop: int, flags: Array) -> int:
    """Keep each value once, if it is alive; returns where they end."""
    kept = start
    for at in range(start, stop):
        if (at == start or values[at] != values[at - 1]) and flags[values[at]] & 1:
            values[kept] = values[at]
            kept += 1
    return kept
