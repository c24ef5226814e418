"""Sort hashes: a bucket by value for each, and the few that meet in one put in order."""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.arrays import Array, Scalar
from dedup.kernels.lowering import prefer_wide_vectors

_ONES = np.uint64(0x0101010101010101)
_EXCHANGES = 4  # rounds: in order is a bucket of as many


# Layout: `values` are uint32 or uint64, spread evenly by their upper 32 bits; `low` is 0 or 32, the
# bits below those. `counts` is uint32, with room for four a value and eight more. With two to four
# buckets a value most stand alone, and what is left to do is nearly nothing.
@njit(cache=True, nogil=True)
def sort_hashes(values: Array, low: int, ordered: Array, counts: Array) -> None:
    """Write hashes to `ordered`, ascending."""
    size = values.shape[0]
    bits = 3
    while 1 << bits < 2 * size:
        bits += 1
    shift = np.uint64(low + 32 - bits)
    buckets = 1 << bits
    ends, starts = counts[: buckets // 4], counts[buckets // 4 : buckets // 4 + buckets // 8]
    if not _spread(values, shift, ends.view(np.uint64), starts, ordered):
        _spread_repeats(values, shift, counts[:buckets], ordered)
    own = ordered[:size]
    if not _exchange_pairs(own):
        _settle(own)


# A byte for each bucket, eight together in one of `lanes`, and where these eight begin in `starts`:
# one product adds up eight.
@njit(cache=True, nogil=True)
def _spread(values: Array, shift: Scalar, lanes: Array, starts: Array, ordered: Array) -> bool:
    """Write values to `ordered` by bucket; False, and nothing, where bytes cannot count them."""
    lanes[:] = 0
    ends = lanes.view(np.uint8)
    for i in range(values.shape[0]):
        ends[np.uint64(values[i]) >> shift] += np.uint8(1)
    start = np.uint32(0)
    for k in range(lanes.shape[0]):
        sums = lanes[k] * _ONES
        lanes[k] = sums << np.uint64(8)
        starts[k] = start
        start += np.uint32(sums >> np.uint64(56))
    if start != values.shape[0]:  # each carry has lost 256
        return False
    for i in range(values.shape[0]):
        bucket = np.uint64(values[i]) >> shift
        ordered[starts[bucket >> np.uint64(3)] + np.uint32(ends[bucket])] = values[i]
        ends[bucket] += np.uint8(1)
    return True


@njit(cache=True, nogil=True)
def _spread_repeats(values: Array, shift: Scalar, ends: Array, ordered: Array) -> None:
    """As `_spread`, however many meet."""
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


# Without branches, on vectors: which of two that met came first cannot be predicted.
@njit(cache=True, nogil=True)
def _exchange_pairs(values: Array) -> Scalar:
    """Put each pair of neighbours in order, a few times over; returns whether all now are."""
    prefer_wide_vectors()
    size = values.shape[0]
    for k in range(_EXCHANGES):
        own = values[k % 2 :]  # the first and the second, the third and the fourth; then between
        for i in range((size - k % 2) // 2):
            left, right = own[2 * i], own[2 * i + 1]
            own[2 * i], own[2 * i + 1] = min(left, right), max(left, right)
    falls = np.uint8(0)
    for i in range(size - 1):
        falls |= np.uint8(values[i] > values[i + 1])
    return falls == 0


@njit(cache=True, nogil=True)
def _settle(ordered: Array) -> None:
    """Insertion sort, of what is nearly sorted."""
    for i in range(1, ordered.shape[0]):
        value = ordered[i]
        j = i
        while j > 0 and ordered[j - 1] > value:
            ordered[j] = ordered[j - 1]
            j -= 1
        ordered[j] = value
