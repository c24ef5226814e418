"""Look keys up in one part of the postings after another; skip keys that no part has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numba import njit

from dedup.arrays import Array, Hashes, Offsets, Rows

SOME = 512  # keys looked for at a time: what they touch fits the cache of a core


class Sought:
    """Keys that are looked for, and what was found of them so far, the earliest part first."""

    def __init__(self, keys: Hashes, limits: Rows, caps: Offsets, parts: int) -> None:
        self.keys = keys
        self.limits = limits  # of each key: only articles at places below are asked for
        self.caps = caps  # of each key: of more articles the first will do
        # Articles that have each key; when they are more than its cap, perhaps not all of them.
        self.sizes = np.zeros(len(keys), dtype=np.int64)
        # By part and key where its articles end in `places`; they start where those before end.
        self.stops = np.zeros((parts, len(keys)), dtype=np.int64)
        self.places = np.empty(1024, dtype=np.uint32)

    def list_runs(self) -> Iterator[tuple[int, Rows]]:
        """Every key by its number with the places a part has of it."""
        stops = self.stops.ravel()
        starts = np.concatenate([[0], stops[:-1]])
        for run in np.flatnonzero(stops > starts).tolist():
            yield run % len(self.keys), self.places[starts[run] : stops[run]]


class Part(Protocol):
    """Some of the postings: those of a stretch of places."""

    first: int
    last: int  # not included

    def seek(self, sought: Sought, number: int) -> None:
        """Find what has the keys, as part of this number, after all earlier parts have."""

    def posted(self) -> Rows:
        """The place of every posting."""


@njit(cache=True, nogil=True)
def widen_places(places: Array, used: int, needed: int) -> Rows:
    """An array with room for so many, that starts as this one does."""
    if needed <= places.shape[0]:
        return places
    wider = np.empty(2 * needed, dtype=np.uint32)
    wider[:used] = places[:used]
    return wider


_MARKS = 8  # for each key there is room for: one in eight that was not marked seems to be


class MembershipFilter:
    """Marks by the lowest bits of keys, with room for so many keys, a power of two."""

    def __init__(self, room: int) -> None:
        self._marks = np.zeros(_MARKS * room, dtype=np.bool_)

    def mark(self, keys: Hashes) -> None:
        """Let these keys pass from now on."""
        self._marks[keys & np.uint64(len(self._marks) - 1)] = True

    def keep_marked(self, keys: Hashes) -> Hashes:
        """Those of the keys that were marked, and some that were not.

        >>> sieve = MembershipFilter(4)
        >>> sieve.mark(np.array([3, 70], np.uint64))
        >>> sieve.keep_marked(np.array([3, 5, 70, 35], np.uint64)).tolist()
        [3, 70, 35]
        >>> sieve.double()
        >>> sieve.keep_marked(np.array([3, 5, 70], np.uint64)).tolist()
        [3, 70]
        """
        marked: Hashes = keys[self._marks[keys & np.uint64(len(self._marks) - 1)]]
        return marked

    def double(self) -> None:
        """Make room for twice as many keys: with one more bit, either may be a marked key's."""
        self._marks = np.concatenate([self._marks, self._marks])
