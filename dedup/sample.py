"""The story view of a token sequence: its features, their weights, and a sample of them.

A feature is the hash of a word, or of two adjacent words, and weighs the rarity of its words.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from dedup.arrays import Array, Scalar
from dedup.shingle import combine_hashes, mix_bits
from dedup.sort import sort_hashes
from dedup.stress import A_FIGURE, IN_LEAD, code_use
from dedup.widen import widen_vectors

NO_SAMPLE = np.uint32(0)
_HIGH = np.uint64(0xFFFFFFFF00000000)
_LOW = np.uint64(0xFFFFFFFF)


# Layout: `tokens` uint64 and `rarity` float32 are of one text. `features` uint32, `weights` float32
# and `uses` uint8 have room for two a token, each row of `room` uint64[3, …] for one more, `counts`
# uint32 for four a row. Packed: the feature in the high half, twice its token's index below, plus
# one for a pair. One sort groups repeats, and each still knows where it stands.
@njit(cache=True, nogil=True)
def weigh_features(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    tokens: Array, rarity: Array, lead_words: int,
    features: Array, weights: Array, uses: Array, room: Array, counts: Array,
) -> Scalar:  # fmt: skip  # inputs on the first line, outputs and room to work in on the second
    """Write the distinct features that weigh anything, ascending, their weights and uses.

    Returns how many. Of different words with one hash, the first in the text says the rest.
    """
    packed, ordered, firsts = room[0], room[1], room[2]
    found = _pack_features(tokens, rarity, packed, ordered)
    sort_hashes(packed[:found], 32, ordered, counts)
    kept = _find_firsts(ordered[:found], packed, firsts)
    own = packed[:kept]
    _weigh_packed(own, rarity, features, weights)
    _code_packed(own, firsts, tokens, np.uint64(lead_words), uses)
    return kept


@njit(cache=True, nogil=True)
def _pack_features(tokens: Array, rarity: Array, packed: Array, room: Array) -> Scalar:
    """Write the features that weigh anything to `packed`, in the text's order, with repeats."""
    words = tokens.shape[0]
    singles, pairs = room[:words], room[words : 2 * words]
    _hash_features(tokens, singles, pairs)
    found: Scalar = 0
    for i in range(words - 1):  # written even where it weighs nothing: cheaper than a branch
        packed[found] = singles[i]
        found += np.int64(rarity[i] > 0)
        packed[found] = pairs[i]
        found += np.int64(rarity[i] + rarity[i + 1] > 0)
    if words and rarity[words - 1] > 0:
        packed[found] = singles[words - 1]
        found += 1
    return found


@njit(cache=True, nogil=True)
def _hash_features(tokens: Array, singles: Array, pairs: Array) -> None:
    """Write each word and each pair of words, packed; there is one pair less."""
    widen_vectors()
    for i in range(tokens.shape[0]):
        singles[i] = (mix_bits(tokens[i]) & _HIGH) | np.uint64(2 * i)
    for i in range(tokens.shape[0] - 1):
        pairs[i] = (mix_bits(combine_hashes(tokens[i], tokens[i + 1])) & _HIGH) | np.uint64(
            2 * i + 1
        )


@njit(cache=True, nogil=True)
def _find_firsts(ordered: Array, heads: Array, firsts: Array) -> Scalar:
    """Write the first of each feature, where it is, and where the last end; returns how many."""
    kept: Scalar = 0
    before = np.uint64(0)
    for i in range(ordered.shape[0]):
        feature = ordered[i] >> np.uint64(32)
        heads[kept], firsts[kept] = ordered[i], np.uint64(i)
        kept += np.int64((i == 0) | (feature != before))
        before = feature
    firsts[kept] = np.uint64(ordered.shape[0])
    return kept


@njit(cache=True, nogil=True)
def _weigh_packed(packed: Array, rarity: Array, features: Array, weights: Array) -> None:
    widen_vectors()
    for k in range(packed.shape[0]):
        features[k] = np.uint32(packed[k] >> np.uint64(32))
    for k in range(packed.shape[0]):
        word, is_pair = (packed[k] & _LOW) >> np.uint64(1), packed[k] & np.uint64(1)
        weights[k] = rarity[word] + rarity[word + is_pair] * np.float32(is_pair)


@njit(cache=True, nogil=True)
def _code_packed(packed: Array, firsts: Array, tokens: Array, lead: Scalar, uses: Array) -> None:
    widen_vectors()
    for k in range(packed.shape[0]):
        word, is_pair = (packed[k] & _LOW) >> np.uint64(1), packed[k] & np.uint64(1)
        figure = (tokens[word] & ~is_pair & np.uint64(1)) * np.uint64(A_FIGURE)
        kind = is_pair | np.uint64(IN_LEAD) * np.uint64(word < lead) | figure
        uses[k] = code_use(np.int64(firsts[k + 1] - firsts[k]), np.uint8(kind))


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
    count, bins = features.shape[0], samples.shape[0]
    room, nearest = np.empty((2, count), np.uint64), np.full((2, bins), _NEVER, np.uint64)
    times, chosen, first, second = room[0], room[1], nearest[0], nearest[1]
    unsure = _race(features, weights, bins, times, chosen)
    for i in range(count):
        place = chosen[i]
        second[place] = min(second[place], max(first[place], times[i]))
        first[place] = min(first[place], times[i])
    for k in range(bins):
        gap = (second[k] >> np.uint64(32)) - (first[k] >> np.uint64(32))
        unsure |= (gap < _CLOSE) & (second[k] != _NEVER)
        samples[k] = NO_SAMPLE if first[k] == _NEVER else features[first[k] & _LOW]
    if unsure:
        sample_exactly(features, weights, samples)


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
    widen_vectors()
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
