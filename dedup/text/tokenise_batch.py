"""Scan texts for words, many bytes at a time: the tokens of whole batches.

Nearly all words of a newspaper are short and ASCII: they are found and hashed many at a time.
Every other run of bytes between ASCII separators goes to `tokenise_bytes`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from dedup.arrays import Array, Bytes, Hashes, Places, Scalar
from dedup.kernels.lowering import borrow, prefer_wide_vectors
from dedup.text.tokenise import tokenise_bytes
from dedup.text.xxh64 import hash_runs

_LOW_BITS = np.uint64(0x0101010101010101)
_HIGH_BITS = _LOW_BITS << np.uint64(7)
_MARKING = np.uint64(0x0102040810204080)  # times eight lowest bits: they meet in the top byte
_ONE = np.uint64(1)
_BLOCK = 64  # bytes whose marks fill a uint64


# Layout: `lanes` uint64 are a text's bytes, eight a lane, low byte first; `marks` uint8 has a bit a
# byte. Eight bytes at a time: adding to seven bits of each carries into the eighth from a bound on.
@njit(cache=True, nogil=True)
def mark_words(lanes: Array, marks: Array) -> None:
    """Lower the ASCII capitals of `lanes`, and mark what is ASCII letter or digit, or not ASCII."""
    prefer_wide_vectors()
    for i in range(marks.shape[0]):
        lane = lanes[i]
        seven = lane & ~_HIGH_BITS
        lowered = seven | (_LOW_BITS * np.uint64(0x20))
        letters = _from(lowered, 0x61) & ~_from(lowered, 0x7B)
        digits = _from(seven, 0x30) & ~_from(seven, 0x3A)
        ascii_letters = letters & ~lane & _HIGH_BITS
        lanes[i] = lane | (ascii_letters >> np.uint64(2))
        marked = ((letters | digits | lane) & _HIGH_BITS) >> np.uint64(7)
        marks[i] = np.uint8((marked * _MARKING) >> np.uint64(56))


@njit(cache=True, nogil=True, inline="always")
def _from(sevens: Scalar, bound: int) -> Scalar:
    """The highest bit of each byte (of seven bits) that is at least `bound`."""
    return sevens + _LOW_BITS * np.uint64(0x80 - bound)


_OFTEN = 24  # edges of a block of English, or fewer


@njit(cache=True, nogil=True)
def find_edges(marks: Array, edges: Array) -> Scalar:
    """Write where runs of marked bytes begin and end, in turn; returns how many there are.

    `marks` uint64 has a bit a byte; the last byte is not marked. `edges` has room for one more
    than a byte each.
    """
    found = np.uint64(0)
    before = np.uint64(0)
    for i in range(marks.shape[0]):
        mark = marks[i]
        changed = mark ^ ((mark << _ONE) | before)
        before = mark >> np.uint64(63)
        count = count_bits(changed)
        # Written even where no more are left: cheaper than a branch.
        for k in range(_OFTEN):
            edges[found + np.uint64(k)] = np.uint32(np.uint64(_BLOCK * i) + _lowest_bit(changed))
            changed &= changed - _ONE
        for k in range(np.uint64(_OFTEN), count):
            edges[found + np.uint64(k)] = np.uint32(np.uint64(_BLOCK * i) + _lowest_bit(changed))
            changed &= changed - _ONE
        found += count
    return np.int64(found)


# LLVM knows this shape, and the one below, for single instructions.
@njit(cache=True, nogil=True, inline="always")
def count_bits(value: Scalar) -> Scalar:
    """How many bits of a uint64 are set."""
    value -= (value >> _ONE) & np.uint64(0x5555555555555555)
    pairs = np.uint64(0x3333333333333333)
    value = (value & pairs) + ((value >> np.uint64(2)) & pairs)
    value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (value * _LOW_BITS) >> np.uint64(56)


@njit(cache=True, nogil=True, inline="always")
def _lowest_bit(value: Scalar) -> Scalar:
    """The place of the lowest bit set in a uint64; 64 where there is none."""
    return count_bits(~value & (value - _ONE))


@njit(cache=True, nogil=True, inline="always")
def _eight_at(letters: Array, byte: Scalar) -> Scalar:
    """The eight bytes from `byte` on, low byte first: LLVM makes one load of it."""
    lane = np.uint64(letters[byte])
    for k in range(1, 8):
        lane |= np.uint64(letters[byte + np.uint64(k)]) << np.uint64(8 * k)
    return lane


class TokenBuffers(NamedTuple):
    """Room to work in for texts of so many bytes, whole blocks of them and one more."""

    lanes: Hashes  # [bytes / 8]: the text
    letters: Bytes  # [bytes]: the same memory
    marks: Hashes  # [bytes / 64]
    edges: Places  # [bytes + _OFTEN]
    sides: Hashes  # [2, bytes]: the first and the second eight bytes of each run
    tokens: Hashes  # [bytes]
    is_odd: Bytes  # [bytes]
    places: Places  # [bytes]: of tokens in an odd run, which nobody asks for


@njit(cache=True, nogil=True)
def make_buffers(longest: int) -> TokenBuffers:
    """Room for texts of at most so many bytes."""
    buffers = longest // _BLOCK * _BLOCK + 2 * _BLOCK
    lanes = np.empty(buffers // 8, dtype=np.uint64)
    return TokenBuffers(
        lanes,
        lanes.view(np.uint8),
        np.empty(buffers // _BLOCK, dtype=np.uint64),
        np.empty(buffers + _OFTEN, dtype=np.uint32),
        np.empty((2, buffers), dtype=np.uint64),
        np.empty(buffers, dtype=np.uint64),
        np.empty(buffers, dtype=np.uint8),
        np.empty(buffers, dtype=np.uint32),
    )


@njit(cache=True, nogil=True)
def tokenise_words(
    text: Array, classes: Array, folded: Array, buffers: TokenBuffers, tokens: Array
) -> Scalar:
    """Write the tokens of UTF-8 `text` to `tokens`, as `tokenise_bytes`; returns how many."""
    edges, is_odd, places = buffers.edges, buffers.is_odd, buffers.places
    runs = _find_runs(text, buffers)
    padded = (runs + 15) // 16 * 16  # so that loops end with whole vectors
    edges[2 * runs : 2 * padded] = 0
    _load_sides(buffers.letters, edges, buffers.sides, padded)
    hashes = buffers.tokens[:padded]
    if not hash_runs(buffers.sides[0], buffers.sides[1], edges, hashes, is_odd):
        tokens[:runs] = hashes[:runs]
        return runs
    found: Scalar = 0
    for k in range(runs):
        if is_odd[k]:
            run = buffers.letters[edges[2 * k] : edges[2 * k + 1]]
            found += tokenise_bytes(run, classes, folded, tokens[found:], places, places)
        else:
            tokens[found] = hashes[k]
            found += 1
    return found


@njit(cache=True, nogil=True)
def _find_runs(text: Array, buffers: TokenBuffers) -> Scalar:
    """Fill `lanes` with the text, lowered, and `edges` with its runs; returns how many."""
    letters = buffers.letters
    size = text.shape[0]
    blocks = size // _BLOCK + 1
    if not _copy_text(text, letters):
        _copy_blanked(text, letters, buffers.is_odd)
    for i in range(size, (blocks + 1) * _BLOCK):
        letters[i] = 0
    marks = buffers.marks[:blocks]
    mark_words(buffers.lanes, marks.view(np.uint8))
    return find_edges(marks, buffers.edges) // 2


@njit(cache=True, nogil=True)
def _copy_text(text: Array, letters: Array) -> Scalar:
    """Copy a text to `letters`; returns whether it is of ASCII alone."""
    prefer_wide_vectors()
    all_bits = np.uint8(0)
    for i in range(text.shape[0]):  # a slice is slower
        letters[i] = text[i]
        all_bits |= text[i]
    return all_bits < 0x80


# The quotes and dashes of typographers are most of what is not ASCII in English: taken for spaces,
# they leave ASCII words.
@njit(cache=True, nogil=True)
def _copy_blanked(text: Array, letters: Array, is_last: Array) -> None:
    """Copy a text, but 0 for U+2010 to U+2027: of three bytes each, all of them separators."""
    prefer_wide_vectors()
    size = text.shape[0]
    is_last[0] = is_last[1] = is_last[size] = is_last[size + 1] = np.uint8(0)
    for i in range(size - 2):
        begins = (text[i] == np.uint8(0xE2)) & (text[i + 1] == np.uint8(0x80))
        third = np.uint8(text[i + 2] - np.uint8(0x90))
        is_last[i + 2] = np.uint8(0xFF) * np.uint8(begins & (third < np.uint8(0x18)))
    for i in range(size):
        letters[i] = text[i] & ~(is_last[i] | is_last[i + 1] | is_last[i + 2])


@njit(cache=True, nogil=True)
def _load_sides(letters: Array, edges: Array, sides: Array, runs: int) -> None:
    firsts, seconds = sides[0], sides[1]
    for i in range(runs):
        start = np.uint64(edges[2 * i])
        firsts[i] = _eight_at(letters, start)
        seconds[i] = _eight_at(letters, start + np.uint64(8))


@njit(cache=True, nogil=True)
def tokenise_batch(
    data: Array, starts: Array, sizes: Array, classes: Array, folded: Array
) -> tuple[Array, Array]:
    """The tokens of the texts that lie in `data`, end to end, and where each text's are.

    Text i is `data[starts[i]:starts[i] + sizes[i]]`; tokens and bounds are as in `Ragged`.
    """
    bounds = np.zeros(sizes.shape[0] + 1, dtype=np.int64)
    tokens = np.empty(data.shape[0], dtype=np.uint64)
    longest = 0
    for size in sizes:
        longest = max(longest, size)
    buffers = make_buffers(longest)
    _tokenise_rows(data, starts, sizes, classes, folded, buffers, tokens, bounds)
    return tokens[: bounds[-1]], bounds


@njit(cache=True, nogil=True)
def _tokenise_rows(  # a kernel takes arrays, not objects
    data: Array, starts: Array, sizes: Array, classes: Array, folded: Array, buffers: TokenBuffers,
    tokens: Array, bounds: Array,
) -> None:  # fmt: skip  # inputs and room on the first line, outputs on the second
    data, classes, folded = borrow(data), borrow(classes), borrow(folded)
    buffers, tokens = borrow(buffers), borrow(tokens)
    for i in range(starts.shape[0]):
        text = data[starts[i] : starts[i] + sizes[i]]
        found = tokenise_words(text, classes, folded, buffers, tokens[bounds[i] :])
        bounds[i + 1] = bounds[i] + found
