"""Sort hashes: a bucket by value for each, and the few that meet in one put in order."""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.arrays import Array


# Layout: `values` are uint32, or uint64 that are sorted by their high half; `low` is 0 or 32, the
# bits below what sorts. `counts` is uint32, with room for four buckets a value. Hashes are spread
# evenly: with two to four buckets a value most stand alone, and what is left to do is nearly
# nothing.
@njit(cache=True, nogil=True)
def sort_hashes(values: Array, low: int, ordered: Array, counts: Array) -> None:
    """Write hashes to `ordered`, ascending; those alike stay in the order they had."""
    bits = 1
    while 1 << bits < 2 * values.shape[0]:
        bits += 1
    shift = np.uint64(low + 32 - bits)
    ends = counts[: 1 << bits]
    ends[:] = 0
    for i in range(values.shape[0]):
        ends[np.uint64(values[i]) >> shift] += np.uint32(1)
    start = np.uint32(0)
    for k in range(ends.shape[0]):
        count = ends[k]
        ends[k] = start
        start = np.uint32(start + count)
    for i in range(values.shape[0]):
        bucket = np.uint64(values[i]) >> shift
        ordered[ends[bucket]] = values[i]
        ends[bucket] += np.uint32(1)
    _settle(ordered[: values.shape[0]], low)


@njit(cache=True, nogil=True)
def _settle(ordered: Array, low: int) -> None:
    """Insertion sort, of what is nearly sorted."""
    below = np.uint64(low)
    for i in range(1, ordered.shape[0]):
        value = ordered[i]
        key = np.uint64(value) >> below
        j = i
        while j > 0 and np.uint64(ordered[j - 1]) >> below > key:
            ordered[j] = ordered[j - 1]
            j -= 1
        ordered[j] = value
