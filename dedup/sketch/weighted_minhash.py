"""Weighted MinHash of the story view: a sample of an article's features, heavy ones more often.

Two articles share a sample with a probability that grows with their weighted Jaccard. The sample
is consistent: a feature that weighs the same in two articles draws the same random numbers.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from dedup.arrays import Array, Scalar
from dedup.kernels.lowering import prefer_wide_vectors
from dedup.sketch.shingles import mix_bits
from dedup.sketch.story_features import LOW_HALF

NO_SAMPLE = np.uint32(0)


# One permutation hashing: each feature falls into one bin, and a bin keeps the feature whose
# exponential race time, -ln(u) / weight, is smallest. A feature weighs the same in every article of
# a language, so two articles keep the same feature in a bin with the probability of their weighted
# Jaccard there: consistent weighted sampling without its inner loop.
#
# Nearly always a rough logarithm tells who is first, many at a time; where two times are as close
# as its error, or a number is at an end of its range, the exact ones are compared. Layout:
# `features` uint32 and `weights` float32 are of one text, without repeats; `samples` uint32 is a
# power of two long.
@njit(cache=True, nogil=True)
def sample_features(features: Array, weights: Array, samples: Array) -> None:
    """Write to each bin of `samples` its sampled feature, or NO_SAMPLE where none fell."""
    workspace, bins = (
        np.empty((2, features.shape[0]), np.uint64),
        np.empty(samples.shape[0], np.uint64),
    )
    draw_samples(features, weights, samples, workspace[0], workspace[1], bins)


@njit(cache=True, nogil=True)
def draw_samples(  # as above
    features: Array, weights: Array, samples: Array, times: Array, chosen: Array, nearest: Array
) -> None:
    """As `sample_features`; `times` and `chosen` are room for the features, `nearest` for bins."""
    count, bins = features.shape[0], samples.shape[0]
    if count == 0:
        samples[:] = NO_SAMPLE
        return
    times, chosen = times[:count], chosen[:count]
    unsure = _race(features, weights, bins, times, chosen)
    nearest[:] = _NEVER
    for i in range(count):
        nearest[chosen[i]] = min(nearest[chosen[i]], times[i])
    last = np.uint64(count - 1)
    for k in range(bins):  # read even where none fell: cheaper than a branch
        feature = features[min(nearest[k] & LOW_HALF, last)]
        samples[k] = NO_SAMPLE if nearest[k] == _NEVER else feature
    if unsure | _is_close(times, chosen, nearest):
        sample_exactly(features, weights, samples)


@njit(cache=True, nogil=True)
def _is_close(times: Array, chosen: Array, nearest: Array) -> Scalar:
    """Whether in any bin one is so close behind the first that it may be the first."""
    prefer_wide_vectors()
    close = np.uint8(0)
    for i in range(times.shape[0]):
        first = nearest[chosen[i]]
        gap = (times[i] >> np.uint64(32)) - (first >> np.uint64(32))
        close |= np.uint8((gap < _CLOSE) & (times[i] != first))
    return close != 0


_NEVER = np.uint64(0xFFFFFFFFFFFFFFFF)
_CLOSE = np.uint64(512)  # units in the last place of float32; the rough times are within 200
_END = np.uint32(1 << 16)  # of 2**32: so near 0 or 1, `u` has too few digits for the rough time
_LN2 = np.float32(math.log(2))
_ONE, _TWO, _SCALE = np.float32(1), np.float32(2), np.float32(2.0**-32)


@njit(cache=True, nogil=True, error_model="numpy")  # no test of divisors: no branches
def _race(features: Array, weights: Array, bins: int, times: Array, chosen: Array) -> Scalar:
    """Write the bin of each feature, and its rough time: float32 bits, and below them its index.

    Returns whether a time may be too rough to be compared.
    """
    prefer_wide_vectors()
    ends = np.uint32(0)
    for i in range(times.shape[0]):
        bits = mix_bits(np.uint64(features[i]))
        chosen[i] = bits & np.uint64(bins - 1)
        uniform = np.uint32(bits >> np.uint64(32))
        ends |= np.uint32(uniform < _END) | np.uint32(~uniform < _END)
        time = _rough_log(uniform) / weights[i]
        times[i] = (np.uint64(np.float32(time).view(np.uint32)) << np.uint64(32)) | np.uint64(i)
    return ends != 0


@njit(cache=True, nogil=True, inline="always", error_model="numpy")
def _rough_log(uniform: Scalar) -> Scalar:
    """About -ln(uniform / 2**32), float32: of 1 - x, by the series of atanh(x / (2 - x))."""
    written = np.float32(uniform).view(np.uint32)
    halved = np.uint32((written & np.uint32(0x7FFFFF)) | np.uint32(0x3F000000)).view(np.float32)
    is_half = uniform >= np.uint32(0x80000000)
    x = np.float32(~uniform) * _SCALE if is_half else _ONE - halved
    halvings = np.uint32(0) if is_half else np.uint32(158) - (written >> np.uint32(23))
    z = x / (_TWO - x)
    square = z * z
    series = np.float32(1 / 9) + square * np.float32(1 / 11)
    series = np.float32(1 / 5) + square * (np.float32(1 / 7) + square * series)
    series = _ONE + square * (np.float32(1 / 3) + square * series)
    return np.float32(np.int32(halvings)) * _LN2 + _TWO * z * series


@njit(cache=True, nogil=True)
def sample_exactly(features: Array, weights: Array, samples: Array) -> None:
    """As `sample_features`, which need not be asked for what this is sure of."""
    bins = samples.shape[0]
    times = np.full(bins, np.inf, dtype=np.float64)
    samples[:] = NO_SAMPLE
    for i in range(features.shape[0]):
        bits = mix_bits(np.uint64(features[i]))
        chosen = bits & np.uint64(bins - 1)
        uniform = (np.float64(bits >> np.uint64(11)) + 0.5) / 9007199254740992.0
        time = -math.log(uniform) / np.float64(weights[i])
        if time < times[chosen]:
            times[chosen], samples[chosen] = time, features[i]
