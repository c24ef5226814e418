"""Candidates: articles of the index that share enough keys with new ones.

The rule is that of a batch run (`match/lsh.py`, `match/story_candidates.py`): a key of the near or
passage view counts as one, a key of the story view for the bits that its rarity is worth. A batch
then compares the samples of each pair; an index does not keep samples, so that all pairs that share
`story_rare_bits` are scored.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Rows, Scalar
from dedup.config import CandidatesConfig
from dedup.index.storage.lookup import Sought
from dedup.index.storage.lsh_keys import Keys, View
from dedup.match.story_candidates import set_bars, weigh_buckets

_ROUGH = 1 << 14  # slots in which hits are counted first: most articles have a slot of their own
_MOST_COUNTED = np.uint16(60_000)  # a slot that has more stays there


class Rules(NamedTuple):
    """How keys become candidates, by `View`."""

    needed: NDArray[np.uint16]  # what two articles must share: keys, or quarters of a bit
    caps: NDArray[np.int64]  # articles; a key of more proposes its first, or nothing
    star: NDArray[np.bool_]  # such a key proposes its first


def make_rules(config: CandidatesConfig) -> Rules:
    """The rules of a config."""
    needed = np.ones(len(View), dtype=np.uint16)
    caps = np.full(len(View), config.near_bucket, dtype=np.int64)
    star = np.ones(len(View), dtype=np.bool_)
    needed[View.PASSAGE], caps[View.PASSAGE] = config.passage_shared, config.passage_bucket
    # An index lacks the newcomer that a batch counts in.
    needed[View.STORY], caps[View.STORY] = set_bars(0, config).rare, config.story_bucket - 1
    star[View.STORY] = False
    return Rules(needed, caps, star)


def find_candidates(
    sought: Sought, keys: Keys, flags: Array, rules: Rules, articles: int
) -> tuple[Rows, Rows]:
    """Pairs (row of `keys`, place) to verify: ascending, without repeats, each place alive.

    A row is compared with the places below its limit. `articles` is how many look for their story.
    """
    worth = np.ones(len(keys.views), dtype=np.uint8)
    story = keys.views == View.STORY
    worth[story] = weigh_buckets(sought.sizes[story] + 1, articles + 1)
    return _find_shared(
        keys.rows, keys.views, sought.stops, sought.places, sought.sizes, sought.caps, worth,
        flags, rules.needed, rules.star,
    )  # fmt: skip


# Keys come grouped by row, and within a row by view. A hit is packed: the place above the eight
# bits of what its key is worth.
@njit(cache=True, nogil=True)
def _find_shared(  # a kernel takes arrays, not objects
    rows: Array, views: Array, stops: Array, places: Array, sizes: Array, caps: Array,
    worth: Array, flags: Array, needed: Array, star: Array,
) -> tuple[Rows, Rows]:  # fmt: skip
    hits = np.empty((stops[-1, -1] if stops.size else 0) + 1, dtype=np.uint64)
    counts = np.zeros(_ROUGH, dtype=np.uint16)
    left, right = np.empty(256, dtype=np.uint32), np.empty(256, dtype=np.uint32)
    own, found, seen = 0, 0, 0
    last = rows.shape[0] - 1
    for k in range(rows.shape[0]):
        is_hot, low = sizes[k] > caps[k], np.uint64(worth[k])
        seen = _list_hits(k, stops, places, is_hot, star[views[k]], low, hits, seen)
        is_last = k == last or rows[k + 1] != rows[k]
        if not is_last and views[k + 1] == views[k]:
            continue
        while found + seen > right.shape[0]:
            right = np.concatenate((right, np.empty_like(right)))
        found = _keep_shared(hits[:seen], needed[views[k]], counts, right, found)
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
    k: int,
    stops: Array,
    places: Array,
    is_hot: bool,
    star: bool,
    low: Scalar,
    hits: Array,
    seen: int,
) -> int:
    """Write the articles that have the key to `hits`; of a hot key the very first, or none."""
    last = stops.shape[1] - 1
    for part in range(stops.shape[0]):
        start = stops[part, k - 1] if k else (stops[part - 1, last] if part else 0)
        stop = stops[part, k]
        if is_hot:
            stop = min(stop, start + 1) if star else start
        for at in range(start, stop):
            hits[seen] = (np.uint64(places[at]) << np.uint64(8)) | low
            seen += 1
        if is_hot and start < stop:
            break
    return seen


# Summed in a table that fits the nearest cache, by the lowest bits of a place: no article has more
# than its slot, and the few whose slots have enough are sorted and summed by themselves. The loops
# have no branch on a sum, because a processor cannot predict it.
@njit(cache=True, nogil=True)
def _keep_shared(hits: Array, needed: int, counts: Array, kept: Array, start: int) -> int:
    """Write, from `start` on, the places whose hits are worth enough; returns where that ends.

    `counts` are zeros, and are so again in the end. The hits are written over.
    """
    slots, worth = np.uint64(counts.shape[0] - 1), np.uint64(0xFF)
    for hit in hits:
        slot = (hit >> np.uint64(8)) & slots
        more = np.uint16(hit & worth) * np.uint16(counts[slot] < _MOST_COUNTED)
        counts[slot] = np.uint16(counts[slot] + more)
    several = 0
    for hit in hits:
        hits[several] = hit
        several += int(counts[(hit >> np.uint64(8)) & slots] >= needed)
    counts[:] = 0
    hits[:several].sort()
    shared, kept_to = np.int64(0), start
    for k in range(several):
        place = hits[k] >> np.uint64(8)
        same = k > 0 and hits[k - 1] >> np.uint64(8) == place
        before = shared if same else np.int64(0)
        shared = before + np.int64(hits[k] & worth)
        kept[kept_to] = np.uint32(place)
        kept_to += int(before < needed <= shared)
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
