"""Tokens to shingles: runs of consecutive words, as hashes.

A shingle's hash combines the hashes of its words, so that no byte is hashed twice:

    h = ((t1 * P + t2) * P + ...) * P + tn   mod 2**64,    P = 0x9E3779B185EBCA87
    shingle = mix(h) >> 32                                 mix: the splitmix64 finaliser

but for its lowest bit, which says whether one of its words is a figure (its token's lowest bit).

A text shorter than the width is one shingle, of all its words and their number, so that short
texts are alike only when they are the same; an empty text has none and is like nothing.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.arrays import Array, Scalar
from dedup.kernels.lowering import prefer_wide_vectors

_P = np.uint64(0x9E3779B185EBCA87)
_USUAL_WIDTH = 5  # words; the default


@njit(cache=True, nogil=True, inline="always")
def mix_bits(value: Scalar) -> Scalar:
    """The splitmix64 finaliser: a bijection on uint64 that spreads every bit over all.

    Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
    """
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True, inline="always")
def combine_hashes(left: Scalar, right: Scalar) -> Scalar:
    """One hash of two in order; chained, of any number."""
    return left * _P + right


@njit(cache=True, nogil=True)
def count_shingles(words: int, width: int) -> int:
    """How many shingles a text of so many words has, repeats included."""
    if words >= width:
        return words - width + 1
    return 1 if words else 0


# Layout: `tokens` uint64[words] in text order; `out` uint32[count_shingles(words, width)], shingle
# i beginning at token i.
@njit(cache=True, nogil=True)
def shingle_tokens(tokens: Array, width: int, out: Array) -> None:
    """Write the shingle hashes of a token sequence to `out`, in order."""
    prefer_wide_vectors()
    words = tokens.shape[0]
    if words == 0:
        return
    if words < width:
        state = np.uint64(words)
        figure = np.uint64(0)
        for i in range(words):
            state = combine_hashes(state, tokens[i])
            figure |= tokens[i]
        out[0] = _seal(state, figure)
        return
    if width == _USUAL_WIDTH:  # a loop of a length known before runs on vectors
        for i in range(words - _USUAL_WIDTH + 1):
            out[i] = _shingle_at(tokens, i, _USUAL_WIDTH)
    else:
        for i in range(words - width + 1):
            out[i] = _shingle_at(tokens, i, width)


@njit(cache=True, nogil=True, inline="always")
def _shingle_at(tokens: Array, i: int, width: int) -> Scalar:
    """The shingle of `width` tokens from the one at `i` on."""
    state = figure = tokens[i]
    for j in range(1, width):
        state = combine_hashes(state, tokens[i + j])
        figure |= tokens[i + j]
    return _seal(state, figure)


@njit(cache=True, nogil=True, inline="always")
def _seal(state: Scalar, figure: Scalar) -> Scalar:
    """The shingle of a combined state; the lowest bit of `figure` becomes its own."""
    mixed = mix_bits(state) >> np.uint64(32)
    return np.uint32((mixed >> np.uint64(1) << np.uint64(1)) | (figure & np.uint64(1)))


@njit(cache=True, nogil=True)
def find_lost(ordered: Array, lost: Array, width: int) -> tuple[int, int]:
    """The words that stand in lost shingles only, and the most of them in a row.

    `ordered`: uint32, the shingles of a text in order; `lost`: those that are lost, ascending.
    """
    words = ordered.shape[0] + width - 1
    count, longest, start = 0, 0, 0  # words from `start` on stand in no shingle that is kept
    for i in range(ordered.shape[0]):
        place = np.searchsorted(lost, ordered[i])
        if place == lost.shape[0] or lost[place] != ordered[i]:
            run = max(0, i - start)
            count, longest, start = count + run, max(longest, run), i + width
    run = max(0, words - start)
    return count + run, max(longest, run)
