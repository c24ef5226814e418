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
from typing import NamedTuple

import numpy as np
from numba import njit

from dedup.arrays import Array, Hashes, Numbers, Offsets
from dedup.index.frame import Frame, open_frame, write_frame

_PREFIXES = 1 << 20
_KEPT_FROM = np.uint64(28)  # of a key's 64 bits, these lowest are not kept
_PREFIX_FROM = np.uint64(44)
_LOW = np.uint64(0xFFFF)
_HALF = np.uint64(32)
_WALKED = 8  # entries


_KEY = np.dtype([("key", "u8"), ("count", "u4"), ("first", "u4"), ("newest", "i4")], align=True)
_ENTRY = np.dtype([("key", "u4"), ("place", "u4"), ("before", "i4")])


class Found(NamedTuple):
    """The articles of each key that was looked for: `places[runs[k, 0] : runs[k, 1]]`."""

    runs: Offsets  # int64[keys, 2]
    places: Numbers  # within a run ascending
    sizes: Offsets  # articles that have the key; a run may have the first only


class Segment:
    """Postings on disk."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.first, self.last = frame.facts["first"], frame.facts["last"]
        self.prefix, self.lows = frame.arrays["prefix"], frame.arrays["lows"]
        self.places = frame.arrays["places"]

    def __len__(self) -> int:
        return len(self.places)

    def find(self, keys: Hashes, _limits: Numbers, _caps: Offsets) -> Found:
        """The articles that have each of the keys."""
        runs = _find_runs(keys, self.prefix, self.lows)
        return Found(runs, self.places, runs[:, 1] - runs[:, 0])

    def posted(self) -> Numbers:
        """The place of every posting."""
        return self.places


def open_segment(path: Path) -> Segment:
    """The segment at `path`; raises `TornError`."""
    return Segment(open_frame(path))


# All buckets first, without a branch: then the next need not wait for the memory of the last. An
# entry or two is in most, so that to walk them is faster than to halve them.
@njit(cache=True, nogil=True)
def _find_runs(keys: Array, prefix: Array, lows: Array) -> Offsets:
    runs = np.empty((keys.shape[0], 2), dtype=np.int64)
    for k in range(keys.shape[0]):
        bucket = np.int64(keys[k] >> _PREFIX_FROM)
        runs[k, 0], runs[k, 1] = prefix[bucket], prefix[bucket + 1]
    for k in range(keys.shape[0]):
        low = np.uint16((keys[k] >> _KEPT_FROM) & _LOW)
        start, end = runs[k, 0], runs[k, 1]
        while end - start > _WALKED:
            middle = (start + end) >> 1
            if lows[middle] < low:
                start = middle + 1
            else:
                end = middle
        while start < end and lows[start] < low:
            start += 1
        stop, end = start, runs[k, 1]
        while stop < end and lows[stop] == low:
            stop += 1
        runs[k, 0], runs[k, 1] = start, stop
    return runs


def write_segment(path: Path, first: int, last: int, keys: Hashes, places: Numbers) -> None:
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
    """Write neighbouring segments as one, without what is not alive (bit 0 of `flags`, by place).

    Readers of the old ones are not stopped.
    """
    prefixes = tuple(segment.prefix for segment in segments)
    lows = tuple(segment.lows for segment in segments)
    places = tuple(segment.places for segment in segments)
    entries = sum(_count_alive(part, flags) for part in places)
    shapes = {
        "prefix": (np.uint32, _PREFIXES + 1),
        "lows": (np.uint16, entries),
        "places": (np.uint32, entries),
    }
    facts = {"first": segments[0].first, "last": segments[-1].last}
    with write_frame(path, facts, shapes) as arrays:
        _merge(prefixes, lows, places, flags, *arrays.values())


@njit(cache=True, nogil=True)
def _count_alive(places: Array, flags: Array) -> int:
    alive = 0
    for place in places:
        alive += flags[place] & 1
    return alive


# Of each bucket the entries of all segments, by their low bits; on a tie the earlier segment's,
# whose places come before.
@njit(cache=True, nogil=True)
def _merge(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    prefixes: tuple[Array, ...], lows: tuple[Array, ...], places: tuple[Array, ...],
    flags: Array, prefix: Array, merged_lows: Array, merged_places: Array,
) -> None:  # fmt: skip
    parts = len(prefixes)
    cursors = np.zeros(parts, dtype=np.int64)
    written = 0
    for bucket in range(prefix.shape[0] - 1):
        while True:
            best, best_low = -1, 1 << 17
            for part in range(parts):
                at = cursors[part]
                if at < prefixes[part][bucket + 1] and lows[part][at] < best_low:
                    best, best_low = part, int(lows[part][at])
            if best < 0:
                break
            place = places[best][cursors[best]]
            cursors[best] += 1
            if flags[place] & 1:
                merged_lows[written] = best_low
                merged_places[written] = place
                written += 1
        prefix[bucket + 1] = written


class Recent:
    """Postings in memory, of places that are added one after the other.

    A hash table of keys, each with its count, its first place and its newest entry; an entry has
    the one before it.
    """

    def __init__(self) -> None:
        self._slots = np.full(1 << 12, -1, dtype=np.int32)
        self._keys = np.zeros(1 << 11, dtype=_KEY)  # at most half as many as slots
        self._entries = np.zeros(1 << 12, dtype=_ENTRY)
        self._used = np.zeros(2, dtype=np.int64)  # keys, entries

    @property
    def entries(self) -> tuple[Hashes, Numbers]:
        """Every key with its place."""
        used = self._entries[: self._used[1]]
        return self._keys["key"][used["key"]], used["place"].copy()

    def add(self, keys: Hashes, places: Numbers) -> None:
        """Add entries; of one key, places must ascend."""
        needed = self._used + len(keys)
        if needed[0] > len(self._keys):
            self._keys = _widen(self._keys, needed[0])
            self._slots = np.full(2 * len(self._keys), -1, dtype=np.int32)
            _fill_slots(self._slots, self._keys, self._used[0])
        if needed[1] > len(self._entries):
            self._entries = _widen(self._entries, needed[1])
        _chain(keys, places, self._slots, self._keys, self._entries, self._used)

    def find(self, keys: Hashes, limits: Numbers, caps: Offsets) -> Found:
        """The articles that have each of the keys, at places below the key's limit.

        Of a key of more articles than its cap, the first.
        """
        return Found(*_walk(keys, limits, caps, self._slots, self._keys, self._entries))


def _widen(array: Array, needed: int) -> Array:
    wider = np.zeros(1 << (int(needed) - 1).bit_length(), dtype=array.dtype)
    wider[: len(array)] = array
    return wider


@njit(cache=True, nogil=True)
def _fill_slots(slots: Array, keys: Array, used: int) -> None:
    mask = np.uint64(slots.shape[0] - 1)
    for k in range(used):
        slot = keys[k].key & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = k


@njit(cache=True, nogil=True)
def _chain(
    keys: Array, places: Array, slots: Array, known: Array, entries: Array, used: Array
) -> None:
    mask = np.uint64(slots.shape[0] - 1)
    for k in range(keys.shape[0]):
        slot = keys[k] & mask
        while slots[slot] >= 0 and known[slots[slot]].key != keys[k]:
            slot = (slot + np.uint64(1)) & mask
        number = slots[slot]
        if number < 0:
            number = used[0]
            slots[slot] = number
            known[number].key, known[number].count = keys[k], 0
            known[number].first, known[number].newest = places[k], -1
            used[0] += 1
        entry = used[1]
        entries[entry].key, entries[entry].place = number, places[k]
        entries[entry].before = known[number].newest
        known[number].newest = entry
        known[number].count += np.uint32(1)
        used[1] += 1


@njit(cache=True, nogil=True)
def _walk(
    keys: Array, limits: Array, caps: Array, slots: Array, known: Array, entries: Array
) -> tuple[Offsets, Numbers, Offsets]:
    mask = np.uint64(slots.shape[0] - 1)
    runs = np.zeros((keys.shape[0], 2), dtype=np.int64)
    sizes = np.zeros(keys.shape[0], dtype=np.int64)
    found = np.empty(256, dtype=np.uint32)
    used = 0
    guesses = np.empty(keys.shape[0], dtype=np.int32)  # all first: as in `_find_runs`
    for k in range(keys.shape[0]):
        guesses[k] = slots[keys[k] & mask]
    for k in range(keys.shape[0]):
        runs[k, 0] = runs[k, 1] = used
        slot, number = keys[k] & mask, guesses[k]
        while number >= 0 and known[number].key != keys[k]:
            slot = (slot + np.uint64(1)) & mask
            number = slots[slot]
        if number < 0 or known[number].first >= limits[k]:
            continue
        count = np.int64(known[number].count)
        while used + count > found.shape[0]:
            found = np.concatenate((found, np.empty_like(found)))
        if count > caps[k]:
            found[used] = known[number].first
            runs[k, 1] = used + 1
            sizes[k] = count
            used += 1
            continue
        entry = known[number].newest
        while entry >= 0:
            if entries[entry].place < limits[k]:
                found[used] = entries[entry].place
                used += 1
            entry = entries[entry].before
        runs[k, 1] = used
        sizes[k] = used - runs[k, 0]
        found[runs[k, 0] : used] = found[runs[k, 0] : used][::-1].copy()
    return runs, found[:used], sizes
