"""Postings: which articles have a key. On disk, sorted, in segments; the newest, in memory.

A segment covers the places `first` to `last` of the log and is never changed. It keeps 36 bits of
a key: the upper 20 by where its entries stand (`prefix`), the next 16 with each entry, which takes
six bytes in all. Two of a million articles' 200 million keys meet by chance about once in 300
look-ups, and then cost one verification.

Layout of a segment: `prefix` uint32[2**20 + 1]: the entries of keys with the upper bits b are those
from prefix[b] to prefix[b + 1]; `lows` uint16 and `places` uint32: the entries, by key, then place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numba import njit

from dedup.arrays import Array, Hashes, Rows
from dedup.index.storage.array_file import Frame, open_frame, write_frame
from dedup.index.storage.lookup import SOME, Sought, widen_places

_PREFIXES = 1 << 20
_KEPT_FROM = np.uint64(28)  # of a key's 64 bits, these lowest are not kept
_PREFIX_FROM = np.uint64(44)
_LOW = np.uint64(0xFFFF)
_STEPS = 16  # entries
_NO_ENTRIES = np.zeros(_PREFIXES + 1, np.uint32), np.empty(0, np.uint16), np.empty(0, np.uint32)


class Segment:
    """Postings on disk."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.first, self.last = frame.facts["first"], frame.facts["last"]
        self.prefix, self.lows = frame.arrays["prefix"], frame.arrays["lows"]
        self.places = frame.arrays["places"]

    def __len__(self) -> int:
        return len(self.places)

    def seek(self, sought: Sought, number: int) -> None:
        """Find what has the keys."""
        start = sought.stops[number - 1, -1] if number else 0
        sought.places = _seek(
            sought.keys, sought.caps, sought.sizes, self.prefix, self.lows, self.places,
            sought.stops[number], sought.places, start,
        )  # fmt: skip

    def posted(self) -> Rows:
        """The place of every posting."""
        return self.places


def open_segment(path: Path) -> Segment:
    """The segment at `path`; raises `TornError`."""
    return Segment(open_frame(path))


# Memory is what takes the time. So each step is taken for many keys before the next, and without a
# branch: a key then need not wait for the memory of the one before. Not for so many that the cache
# does not hold what they touched.
@njit(cache=True, nogil=True)
def _seek(  # a kernel takes arrays, not objects
    keys: Array, caps: Array, sizes: Array, prefix: Array, lows: Array, listed: Array,
    stops: Array, places: Array, used: int,
) -> Rows:  # fmt: skip
    """Add the articles of each key to `places`, of which so many are used, or to more room."""
    bounds = np.empty((SOME, 2), dtype=np.int64)
    for first in range(0, keys.shape[0], SOME):
        some = slice(first, min(first + SOME, keys.shape[0]))
        total = _find_runs(keys[some], caps[some], sizes[some], prefix, lows, bounds)
        places = widen_places(places, used, used + total)
        if total:
            used = _copy_runs(bounds, listed, places, used, stops[some])
        else:
            stops[some] = used
    return places


# The low bits of a bucket's entries are spread evenly, so that the first look is close to the entry
# that is looked for.
@njit(cache=True, nogil=True)
def _find_runs(
    keys: Array, caps: Array, sizes: Array, prefix: Array, lows: Array, bounds: Array
) -> int:
    """Set `bounds` to where the entries of each key are; returns how many those are."""
    count, last = keys.shape[0], lows.shape[0] - 1
    for k in range(count):
        bucket = np.int64(keys[k] >> _PREFIX_FROM)
        bounds[k, 0], bounds[k, 1] = prefix[bucket], prefix[bucket + 1]
    guesses = np.empty(count, dtype=np.int64)
    is_below = np.empty(count, dtype=np.bool_)
    for k in range(count if last >= 0 else 0):
        low = int((keys[k] >> _KEPT_FROM) & _LOW)
        guesses[k] = bounds[k, 0] + ((low * (bounds[k, 1] - bounds[k, 0])) >> 16)
        is_below[k] = lows[min(guesses[k], last)] < low
    total = 0
    for k in range(count):
        low = int((keys[k] >> _KEPT_FROM) & _LOW)
        left = caps[k] - sizes[k]
        start, end = bounds[k, 0], bounds[k, 1]
        if start == end or left < 0:
            bounds[k, 1] = start
            continue
        start = _find_low(lows, start, end, guesses[k], low, is_below[k])
        if start + left < end and lows[start + left] == low:  # too many: the first will do
            stop, size = start + 1, left + 1
        else:
            stop = start
            while stop + _STEPS <= end and lows[stop + _STEPS - 1] == low:
                stop += _STEPS
            while stop < end and lows[stop] == low:
                stop += 1
            size = stop - start
        sizes[k] += size
        total += stop - start
        bounds[k, 0], bounds[k, 1] = start, stop
    return total


@njit(cache=True, nogil=True)
def _copy_runs(bounds: Array, listed: Array, places: Array, used: int, stops: Array) -> int:
    warmed = np.uint32(0)
    for k in range(stops.shape[0]):  # all at once: then no copy waits for memory
        start, stop = bounds[k, 0], bounds[k, 1]
        warmed ^= listed[start * (start < stop)]
    stops[0] = warmed  # else it would not be looked up
    for k in range(stops.shape[0]):
        for at in range(bounds[k, 0], bounds[k, 1]):
            places[used] = listed[at]
            used += 1
        stops[k] = used
    return used


@njit(cache=True, nogil=True)
def _find_low(lows: Array, start: int, end: int, at: int, low: int, is_below: bool) -> int:
    """The first place of `start` to `end` whose low bits are not below `low`, near `at`.

    `is_below`: those at `at` are. Most are a few steps off; what the articles of a common key lie
    between is halved.
    """
    if is_below:
        start = at + 1
        if start + _STEPS < end and lows[start + _STEPS] >= low:
            end = start + _STEPS
    else:
        end = at
        if end - _STEPS > start and lows[end - _STEPS - 1] < low:
            start = end - _STEPS
    while end - start > _STEPS:
        middle = (start + end) >> 1
        if lows[middle] < low:
            start = middle + 1
        else:
            end = middle
    while start < end and lows[start] < low:
        start += 1
    return start


def write_segment(path: Path, first: int, last: int, keys: Hashes, places: Rows) -> None:
    """Write the postings of the places `first` to `last`, at most 2**28 of them."""
    kept = keys >> _KEPT_FROM << _KEPT_FROM
    entries = np.sort(kept | (places - np.uint32(first)).astype(np.uint64))
    shapes = {
        "prefix": (np.uint32, _PREFIXES + 1),
        "lows": (np.uint16, len(keys)),
        "places": (np.uint32, len(keys)),
    }
    with write_frame(path, {"first": first, "last": last}, shapes) as arrays:
        _fill_segment(entries, first, *arrays.values())


@njit(cache=True, nogil=True)
def _fill_segment(entries: Array, first: int, prefix: Array, lows: Array, places: Array) -> None:
    own = (np.uint64(1) << _KEPT_FROM) - np.uint64(1)
    for k in range(entries.shape[0]):
        prefix[np.int64(entries[k] >> _PREFIX_FROM) + 1] += np.uint32(1)
        lows[k] = np.uint16((entries[k] >> _KEPT_FROM) & _LOW)
        places[k] = np.uint32((entries[k] & own) + np.uint64(first))
    for bucket in range(prefix.shape[0] - 1):
        prefix[bucket + 1] += prefix[bucket]


def merge_segments(path: Path, segments: Sequence[Segment], flags: Array) -> None:
    """Write one segment, or two neighbours, as one, without what is not alive (bit 0 of `flags`).

    Readers of the old ones are not stopped.
    """
    first, last = segments[0], segments[-1]
    entries = sum(_count_alive(segment.places, flags) for segment in segments)
    shapes = {
        "prefix": (np.uint32, _PREFIXES + 1),
        "lows": (np.uint16, entries),
        "places": (np.uint32, entries),
    }
    # Of one alone the second has nothing.
    then: tuple[Array, Array, Array] = _NO_ENTRIES
    if last is not first:
        then = last.prefix, last.lows, last.places
    facts = {"first": first.first, "last": last.last}
    with write_frame(path, facts, shapes) as arrays:
        _merge(first.prefix, first.lows, first.places, *then, flags, *arrays.values())


@njit(cache=True, nogil=True)
def _count_alive(places: Array, flags: Array) -> int:
    alive = 0
    for place in places:
        alive += int(flags[place] & 1)
    return alive


# Of each bucket the entries of both, by their low bits; on a tie the first's, whose places come
# before. Which is next cannot be foretold: nothing branches on it.
@njit(cache=True, nogil=True)
def _merge(  # a kernel takes arrays, not objects
    prefix: Array, lows: Array, places: Array,
    other_prefix: Array, other_lows: Array, other_places: Array,
    flags: Array, merged_prefix: Array, merged_lows: Array, merged_places: Array,
) -> None:  # fmt: skip
    i, j, written = 0, 0, 0
    for bucket in range(1, prefix.shape[0]):
        i_end, j_end = prefix[bucket], other_prefix[bucket]
        while i < i_end and j < j_end:
            low, other = lows[i], other_lows[j]
            is_first = low <= other
            place = places[i] if is_first else other_places[j]
            if flags[place] & 1:
                merged_lows[written] = min(low, other)
                merged_places[written] = place
                written += 1
            i += is_first
            j += not is_first
        while i < i_end:
            if flags[places[i]] & 1:
                merged_lows[written], merged_places[written] = lows[i], places[i]
                written += 1
            i += 1
        while j < j_end:
            if flags[other_places[j]] & 1:
                merged_lows[written], merged_places[written] = other_lows[j], other_places[j]
                written += 1
            j += 1
        merged_prefix[bucket] = written
