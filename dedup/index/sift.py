"""Sift: which keys were surely never marked, told without looking for them."""

from __future__ import annotations

import numpy as np

from dedup.arrays import Hashes

_MARKS = 8  # for each key there is room for: one in eight that was not marked seems to be


class Sieve:
    """Marks by the lowest bits of keys, with room for so many keys, a power of two."""

    def __init__(self, room: int) -> None:
        self._marks = np.zeros(_MARKS * room, dtype=np.bool_)

    def mark(self, keys: Hashes) -> None:
        """Let these keys pass from now on."""
        self._marks[keys & np.uint64(len(self._marks) - 1)] = True

    def keep_marked(self, keys: Hashes) -> Hashes:
        """Those of the keys that were marked, and some that were not.

        >>> sieve = Sieve(4)
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
