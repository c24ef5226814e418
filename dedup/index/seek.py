"""Seek: keys, looked for in one part of the postings after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numba import njit

from dedup.arrays import Array, Hashes, Numbers, Offsets

SOME = 512  # keys looked for at a time: what they touch fits the cache of a core


class Sought:
    """Keys that are looked for, and what was found of them so far, the earliest part first."""

    def __init__(self, keys: Hashes, limits: Numbers, caps: Offsets, parts: int) -> None:
        self.keys = keys
        self.limits = limits  # of each key: only articles at places below are asked for
        self.caps = caps  # of each key: of more articles the first will do
        # Articles that have each key; when they are more than its cap, perhaps not all of them.
        self.sizes = np.zeros(len(keys), dtype=np.int64)
        # By part and key where its articles end in `places`; they start where those before end.
        self.stops = np.zeros((parts, len(keys)), dtype=np.int64)
        self.places = np.empty(1024, dtype=np.uint32)

    def list_runs(self) -> Iterator[tuple[int, Numbers]]:
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

    def posted(self) -> Numbers:
        """The place of every posting."""


@njit(cache=True, nogil=True)
def widen_places(places: Array, used: int, needed: int) -> Numbers:
    """An array with room for so many, that starts as this one does."""
    if needed <= places.shape[0]:
        return places
    wider = np.empty(2 * needed, dtype=np.uint32)
    wider[:used] = places[:used]
    return wider
