"""Hash words: `xxh64`, seed 0, of folded words, one at a time or many short ones at once.

Source: the xxHash specification, section "XXH64 algorithm".
"""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.arrays import Array, Scalar
from dedup.kernels.lowering import prefer_wide_vectors

MAX_SHORT_BYTES = 15  # of a word that `hash_short` takes: one lane and what is left over
_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0x165667B19E3779F9)
_P4 = np.uint64(0x85EBCA77C2B2AE63)
_P5 = np.uint64(0x27D4EB2F165667C5)
_ONES, _HIGH_BITS = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0x8080808080808080)
_BYTE, _HALF = np.uint64(0xFF), np.uint64(0xFFFFFFFF)


@njit(cache=True, nogil=True, inline="always")
def _rotate(value: Scalar, bits: int) -> Scalar:
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@njit(cache=True, nogil=True, inline="always")
def _round(state: Scalar, lane: Scalar) -> Scalar:
    return _rotate(state + lane * _P2, 31) * _P1


@njit(cache=True, nogil=True, inline="always")
def _merge(state: Scalar, lane_state: Scalar) -> Scalar:
    return (state ^ _round(np.uint64(0), lane_state)) * _P1 + _P4


@njit(cache=True, nogil=True, inline="always")
def _add_lane(state: Scalar, lane: Scalar) -> Scalar:
    return _rotate(state ^ _round(np.uint64(0), lane), 27) * _P1 + _P4


@njit(cache=True, nogil=True, inline="always")
def _add_half(state: Scalar, half: Scalar) -> Scalar:
    return _rotate(state ^ ((half & _HALF) * _P1), 23) * _P2 + _P3


@njit(cache=True, nogil=True, inline="always")
def _add_byte(state: Scalar, byte: Scalar) -> Scalar:
    return _rotate(state ^ ((byte & _BYTE) * _P5), 11) * _P1


@njit(cache=True, nogil=True, inline="always")
def _finish(state: Scalar) -> Scalar:
    state = (state ^ (state >> np.uint64(33))) * _P2
    state = (state ^ (state >> np.uint64(29))) * _P3
    return state ^ (state >> np.uint64(32))


@njit(cache=True, nogil=True, inline="always")
def mark_figure(hashed: Scalar, figure: Scalar) -> Scalar:
    """The hash with `figure`, 0 or 1, as its lowest bit."""
    return (hashed >> np.uint64(1) << np.uint64(1)) | figure


@njit(cache=True, nogil=True)
def hash_lanes(lanes: Array, length: int) -> Scalar:
    """`xxh64` of `length` bytes packed low byte first into uint64 `lanes`."""
    whole = length // 8
    lane = 0
    if length >= 32:
        s1, s2, s3, s4 = _P1 + _P2, _P2, np.uint64(0), np.uint64(0) - _P1
        while lane + 4 <= whole:
            s1, s2 = _round(s1, lanes[lane]), _round(s2, lanes[lane + 1])
            s3, s4 = _round(s3, lanes[lane + 2]), _round(s4, lanes[lane + 3])
            lane += 4
        state = _rotate(s1, 1) + _rotate(s2, 7) + _rotate(s3, 12) + _rotate(s4, 18)
        state = _merge(_merge(_merge(_merge(state, s1), s2), s3), s4)
    else:
        state = _P5
    state += np.uint64(length)
    while lane < whole:
        state = _add_lane(state, lanes[lane])
        lane += 1
    rest = length % 8
    tail = lanes[lane] if rest else np.uint64(0)
    if rest >= 4:
        state = _add_half(state, tail)
        tail >>= np.uint64(32)
        rest -= 4
    for _ in range(rest):
        state = _add_byte(state, tail)
        tail >>= np.uint64(8)
    return _finish(state)


# Layout: run i begins at byte `edges[2 * i]` uint32 and ends before the next of them; `firsts[i]`
# and `seconds[i]` uint64 are the sixteen bytes from its beginning, low byte first. The outputs are
# uint64 and uint8. Every step is done for every run and chosen by its length: without branches the
# loop runs on vectors, and no length of a word is mispredicted.
@njit(cache=True, nogil=True)
def hash_runs(firsts: Array, seconds: Array, edges: Array, hashes: Array, is_odd: Array) -> Scalar:
    """Write the token of each run that is a short ASCII word: `xxh64`, with the bit of figures.

    Of the others, longer than MAX_SHORT_BYTES or not of ASCII letters and digits alone, `is_odd`
    is not 0; returns whether there are any.
    """
    prefer_wide_vectors()
    odd = np.uint8(0)
    for i in range(hashes.shape[0]):
        length = np.uint64(edges[2 * i + 1]) - np.uint64(edges[2 * i])
        size = min(length, np.uint64(MAX_SHORT_BYTES))
        is_long = size >= np.uint64(8)
        first, second = firsts[i], seconds[i]
        # Two shifts: one of 64 bits is none.
        unused = (np.uint64(15) - size) << np.uint64(3)
        first &= _ONES if is_long else _ONES >> np.uint64(8) >> (unused - np.uint64(64))
        second &= _ONES >> np.uint64(8) >> unused if is_long else np.uint64(0)
        state = _P5 + size
        state = _add_lane(state, first) if is_long else state
        tail = second if is_long else first
        has_half = size & np.uint64(4) != 0
        state = _add_half(state, tail) if has_half else state
        tail = tail >> np.uint64(32) if has_half else tail
        rest = size & np.uint64(3)
        state = _add_byte(state, tail) if rest >= np.uint64(1) else state
        state = _add_byte(state, tail >> np.uint64(8)) if rest >= np.uint64(2) else state
        state = _add_byte(state, tail >> np.uint64(16)) if rest >= np.uint64(3) else state
        hashes[i] = mark_figure(_finish(state), _has_digit(first) | _has_digit(second))
        is_odd[i] = (length != size) | ((first | second) & _HIGH_BITS != 0)
        odd |= is_odd[i]
    return odd


@njit(cache=True, nogil=True, inline="always")
def _has_digit(lane: Scalar) -> Scalar:
    """1 where one of eight bytes, each a small ASCII letter, a digit or 0, is a digit."""
    # Of the three only digits have bit 4 and 5 without bit 6.
    found = lane & (lane << np.uint64(1)) & ~(lane >> np.uint64(1)) & np.uint64(0x2020202020202020)
    return np.uint64(found != 0)
