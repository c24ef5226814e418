"""The story view of a token sequence: its features, their weights, and a sample of them.

A feature is the hash of a word, or of two adjacent words, and weighs the rarity of its words.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from dedup.arrays import Array, Scalar
from dedup.room import Room
from dedup.shingle import combine_hashes, mix_bits
from dedup.sift import sift_marked
from dedup.sort import sort_hashes
from dedup.stress import A_FIGURE, IN_LEAD, code_use
from dedup.widen import widen_vectors

NO_SAMPLE = np.uint32(0)
_HIGH = np.uint64(0xFFFFFFFF00000000)
_LOW = np.uint64(0xFFFFFFFF)


# Layout: `tokens` uint64 and `rarity` float32 are of one text. `features` uint32, `weights` float32
# and `uses` uint8 have room for two a token. Packed: the feature in the high half; below, from the
# lowest bit on, whether it is a figure, whether it is a pair, and its token's index. One sort
# groups repeats, and each still knows where it stands.
@njit(cache=True, nogil=True)
def weigh_features(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    tokens: Array, rarity: Array, lead_words: int,
    features: Array, weights: Array, uses: Array, room: Room,
) -> Scalar:  # fmt: skip  # inputs on the first line, outputs and room to work in on the second
    """Write the distinct features that weigh anything, ascending, their weights and uses.

    Returns how many. Of different words with one hash, the first in the text says the rest.
    """
    found = _pack_features(tokens, rarity, room)
    ordered = room.ordered[:found]
    sort_hashes(room.packed[:found], 32, ordered, room.counts)
    kept = _find_firsts(ordered, room)
    heads = room.packed[:kept]
    _weigh_packed(heads, room.worth, features, weights)
    _code_packed(heads, room.firsts, lead_words, uses)
    return kept


@njit(cache=True, nogil=True)
def _pack_features(tokens: Array, rarity: Array, room: Room) -> Scalar:
    """Write the features that weigh anything to `packed`, with repeats, words before pairs."""
    words = tokens.shape[0]
    hashed, marks = room.ordered[: 2 * words], room.marks[: 2 * words]
    _hash_features(tokens, hashed[:words], hashed[words:])
    _weigh_pairs(rarity, room.worth, marks[:words], marks[words:])
    return sift_marked(hashed, marks, room.packed)


@njit(cache=True, nogil=True)
def _hash_features(tokens: Array, singles: Array, pairs: Array) -> None:
    """Write each word and each pair of words, packed; there is one pair less."""
    widen_vectors()
    for i in range(tokens.shape[0]):
        low = np.uint64(i) << np.uint64(2) | (tokens[i] & np.uint64(1))
        singles[i] = (mix_bits(tokens[i]) & _HIGH) | low
    for i in range(tokens.shape[0] - 1):
        hashed = mix_bits(combine_hashes(tokens[i], tokens[i + 1]))
        pairs[i] = (hashed & _HIGH) | np.uint64(i) << np.uint64(2) | np.uint64(2)


@njit(cache=True, nogil=True)
def _weigh_pairs(rarity: Array, worth: Array, singles: Array, pairs: Array) -> None:
    """Write what each word and the pair it begins weigh, in turn, and mark which weigh anything."""
    widen_vectors()
    words = rarity.shape[0]
    for i in range(words - 1):
        worth[2 * i], worth[2 * i + 1] = rarity[i], rarity[i] + rarity[i + 1]
    for i in range(words - 1):
        pairs[i] = rarity[i] + rarity[i + 1] > 0
    for i in range(words):
        singles[i] = rarity[i] > 0
    if words:
        worth[2 * words - 2], pairs[words - 1] = rarity[words - 1], 0


@njit(cache=True, nogil=True)
def _find_firsts(ordered: Array, room: Room) -> Scalar:
    """Write to `packed` the first of each feature, to `firsts` where; returns how many."""
    widen_vectors()
    marks, count = room.marks, ordered.shape[0]
    marks[0] = 1
    for i in range(count - 1):
        marks[i + 1] = (ordered[i + 1] ^ ordered[i]) > _LOW
    kept = sift_marked(ordered, marks, room.packed)
    sift_marked(room.numbers[:count], marks, room.firsts)
    room.firsts[kept] = count  # where the last end
    return kept


@njit(cache=True, nogil=True)
def _weigh_packed(packed: Array, worth: Array, features: Array, weights: Array) -> None:
    widen_vectors()
    for k in range(packed.shape[0]):
        features[k] = np.uint32(packed[k] >> np.uint64(32))
    for k in range(packed.shape[0]):
        weights[k] = worth[(packed[k] & _LOW) >> np.uint64(1)]


@njit(cache=True, nogil=True)
def _code_packed(packed: Array, firsts: Array, lead_words: int, uses: Array) -> None:
    widen_vectors()
    lead = np.uint32(lead_words)
    for k in range(packed.shape[0]):
        low = np.uint32(packed[k])
        pair, figure = low >> np.uint32(1) & np.uint32(1), low & np.uint32(1)
        in_lead = np.uint32(low >> np.uint32(2) < lead)
        kind = pair | in_lead * np.uint32(IN_LEAD) | figure * np.uint32(A_FIGURE)
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
    room, bins = np.empty((2, features.shape[0]), np.uint64), np.empty(samples.shape[0], np.uint64)
    draw_samples(features, weights, samples, room[0], room[1], bins)


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
        feature = features[min(nearest[k] & _LOW, last)]
        samples[k] = NO_SAMPLE if nearest[k] == _NEVER else feature
    if unsure | _is_close(times, chosen, nearest):
        sample_exactly(features, weights, samples)


@njit(cache=True, nogil=True)
def _is_close(times: Array, chosen: Array, nearest: Array) -> Scalar:
    """Whether in any bin one is so close behind the first that it may be the first."""
    widen_vectors()
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
