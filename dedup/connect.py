"""Connect: which pairs hang together, over however many others."""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.arrays import Array, Numbers


@njit(cache=True, nogil=True)
def connect_pairs(left: Array, right: Array) -> Numbers:
    """For each pair of rows the first row of all that pairs connect with it.

    Union-find, the smaller row on top.
    """
    rows = max(left.max(), right.max()) + 1 if left.shape[0] else 0
    above = np.arange(rows).astype(np.uint32)
    for k in range(left.shape[0]):
        ours, theirs = _find_first(above, left[k]), _find_first(above, right[k])
        above[max(ours, theirs)] = min(ours, theirs)
    sets = np.empty(left.shape[0], dtype=np.uint32)
    for k in range(left.shape[0]):
        sets[k] = _find_first(above, left[k])
    return sets


@njit(cache=True, nogil=True)
def _find_first(above: Array, row: int) -> int:
    while above[row] != row:
        above[row] = above[above[row]]
        row = above[row]
    return row
