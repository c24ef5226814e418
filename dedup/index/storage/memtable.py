"""Recent: the newest places, in memory, with their postings."""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.arrays import Array, Hashes, Rows, Scalar
from dedup.index.storage.lookup import Sought, widen_places
from dedup.index.storage.sketch_block import Growing

_KEY = np.dtype([("key", "u8"), ("count", "u4"), ("first", "u4"), ("newest", "i4")], align=True)
_MANY = 7  # places: so that a link takes 32 bytes
_LINK = np.dtype([("before", "i4"), ("places", "u4", _MANY)])


class Memtable:
    """Postings in memory, of places that are added one after the other.

    A hash table of keys, each with its count and its first place. Of the places that follow, seven
    are in a link, the newest link of a key is noted with it, and each has the one before it.
    """

    def __init__(self) -> None:
        self._slots = np.full(1 << 12, -1, dtype=np.int32)
        self._keys = np.zeros(1 << 11, dtype=_KEY)  # at most half as many as slots
        self._links = np.zeros(1 << 10, dtype=_LINK)
        self._used = np.zeros(2, dtype=np.int64)  # keys, links

    @property
    def entries(self) -> tuple[Hashes, Rows]:
        """Every key with its place."""
        return _list_entries(self._keys, self._links, self._used)

    def add(self, keys: Hashes, places: Rows) -> None:
        """Add entries; of one key, places must ascend."""
        needed = self._used + len(keys)
        if needed[0] > len(self._keys):
            self._keys = _widen(self._keys, needed[0])
            self._slots = np.full(2 * len(self._keys), -1, dtype=np.int32)
            _fill_slots(self._slots, self._keys, self._used[0])
        if needed[1] > len(self._links):
            self._links = _widen(self._links, needed[1])
        _chain(keys, places, self._slots, self._keys, self._links, self._used)

    def seek(self, sought: Sought, number: int) -> None:
        """Find what has the keys."""
        start = sought.stops[number - 1, -1] if number else 0
        sought.places, _ = _walk(
            sought.keys, sought.limits, sought.caps, sought.sizes, self._slots, self._keys,
            self._links, sought.stops[number], sought.places, start,
        )  # fmt: skip


class Fresh(Growing):
    """A block that is not on disk yet, with its postings."""

    def __init__(self, first: int) -> None:
        super().__init__(first)
        self.postings = Memtable()

    def seek(self, sought: Sought, number: int) -> None:
        """See `Memtable.seek`."""
        self.postings.seek(sought, number)

    def posted(self) -> Rows:
        """The place of every posting."""
        return self.postings.entries[1]


def _widen(array: Array, needed: int) -> Array:
    wider = np.zeros(1 << (int(needed) - 1).bit_length(), dtype=array.dtype)
    wider[: len(array)] = array
    return wider


@njit(cache=True, nogil=True)
def _list_entries(known: Array, links: Array, used: Array) -> tuple[Hashes, Rows]:
    total = 0
    for number in range(used[0]):
        total += known[number]["count"]
    keys, places = np.empty(total, dtype=np.uint64), np.empty(total, dtype=np.uint32)
    found = 0
    for number in range(used[0]):
        left, link = np.int64(known[number]["count"]) - 1, known[number]["newest"]
        while left >= 0:
            # The newest link is the only one that may not be full.
            own = (left - 1) % _MANY + 1 if left else 1
            for k in range(own):
                keys[found] = known[number]["key"]
                places[found] = links[link]["places"][k] if left else known[number]["first"]
                found += 1
            if left == 0:
                break
            left -= own
            link = links[link]["before"]
    return keys, places


@njit(cache=True, nogil=True)
def _fill_slots(slots: Array, keys: Array, used: int) -> None:
    mask = np.uint64(slots.shape[0] - 1)
    for k in range(used):
        slot = keys[k]["key"] & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = k


# As in `postings`: each step for all keys before the next.
@njit(cache=True, nogil=True)
def _look_ahead(keys: Array, slots: Array, known: Array) -> Scalar:
    """Have the memory read that looking for these keys will need."""
    mask = np.uint64(slots.shape[0] - 1)
    guesses = np.empty(keys.shape[0], dtype=np.int32)
    for k in range(keys.shape[0]):
        guesses[k] = slots[keys[k] & mask]
    seen = np.uint64(0)
    for k in range(keys.shape[0]):
        seen ^= known[max(guesses[k], 0)]["key"]
    return seen  # else it would not be read


@njit(cache=True, nogil=True)
def _find_slot(key: Scalar, slots: Array, known: Array) -> Scalar:
    """The slot of a key, or the one it is to have."""
    mask = np.uint64(slots.shape[0] - 1)
    slot = key & mask
    while slots[slot] >= 0 and known[slots[slot]]["key"] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@njit(cache=True, nogil=True)
def _chain(
    keys: Array, places: Array, slots: Array, known: Array, links: Array, used: Array
) -> Scalar:
    seen = _look_ahead(keys, slots, known)
    for k in range(keys.shape[0]):
        slot = _find_slot(keys[k], slots, known)
        number = slots[slot]
        if number < 0:
            number = used[0]
            slots[slot] = number
            known[number]["key"], known[number]["count"] = keys[k], 1
            known[number]["first"], known[number]["newest"] = places[k], -1
            used[0] += 1
            continue
        at = (known[number]["count"] - np.uint32(1)) % np.uint32(_MANY)
        if at == 0:
            links[used[1]]["before"] = known[number]["newest"]
            known[number]["newest"] = used[1]
            used[1] += 1
        links[known[number]["newest"]]["places"][at] = places[k]
        known[number]["count"] += np.uint32(1)
    return seen


@njit(cache=True, nogil=True)
def _walk(  # a kernel takes arrays, not objects
    keys: Array, limits: Array, caps: Array, sizes: Array, slots: Array, known: Array,
    links: Array, stops: Array, places: Array, used: int,
) -> tuple[Rows, Scalar]:  # fmt: skip
    """As `postings._seek`; of a key of more articles than its cap, those beyond its limit count."""
    seen = _look_ahead(keys, slots, known)
    numbers = np.empty(keys.shape[0], dtype=np.int64)
    most = 0
    for k in range(keys.shape[0]):
        number = np.int64(slots[_find_slot(keys[k], slots, known)])
        numbers[k] = number
        if number >= 0:
            most += max(1, min(np.int64(known[number]["count"]), caps[k] - sizes[k]))
    places = widen_places(places, used, used + most)
    for k in range(keys.shape[0]):
        number = numbers[k]
        if number >= 0 and known[number]["first"] < limits[k]:
            start, count = used, np.int64(known[number]["count"])
            places[used] = known[number]["first"]
            used += 1
            if count > caps[k] - sizes[k]:
                sizes[k] += count
            else:
                used = _walk_links(
                    links, known[number]["newest"], int(count) - 1, limits[k], places, used
                )
                sizes[k] += used - start
        stops[k] = used
    return places, seen


@njit(cache=True, nogil=True)
def _walk_links(links: Array, link: int, left: int, limit: int, places: Array, used: int) -> int:
    while left > 0:
        own = (left - 1) % _MANY + 1  # the newest alone may not be full
        for k in range(own):
            if links[link]["places"][k] < limit:
                places[used] = links[link]["places"][k]
                used += 1
        left -= own
        link = links[link]["before"]
    return used
