"""Text to tokens: the folded words of a text, as hashes, with their places in it.

A token is an ideograph or a run of letters, as `fold` has them; its hash is `xxh64` of its folded
UTF-8 bytes, but for the lowest bit, which says whether it is a figure: has one of the digits 0-9.
Anyone can recompute one: `xxhash.xxh64_intdigest("g20".encode()) & ~1 | 1`. A run of more than
`MAX_TOKEN_BYTES` folded bytes (a data URI, a base64 blob) is cut there into several tokens.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import numpy as np
from numba import njit

from dedup.arrays import Array, Bytes, Hashes, Places, Scalar
from dedup.fold import DROPPED, IDEOGRAPH, LETTER, fold_tables

MAX_TOKEN_BYTES = 128
_LANES = MAX_TOKEN_BYTES // 8

# Hangul letters, kana voicing marks and some Indic vowel signs compose across code points, which
# one-by-one folding cannot see: a text that has them apart is composed first.
_HALF_WIDTH_MARKS = "\uff9e\uff9f"
_COMPOSING = re.compile(
    ".[\u1160-\u11ff\u3099\u309a]+"
    f"|[\uff66-\uff9d][{_HALF_WIDTH_MARKS}]"
    "|[\u0928\u0930\u0933]\u093c"  # Devanagari
    "|\u09c7[\u09be\u09d7]"  # Bengali
    "|\u0b47[\u0b3e\u0b56\u0b57]"  # Odia
    "|[\u0b92\u0bc6\u0bc7][\u0bbe\u0bd7]"  # Tamil
    "|\u0c46\u0c56"  # Telugu
    "|[\u0cbf\u0cc6\u0cca][\u0cc2\u0cd5\u0cd6]+"  # Kannada
    "|[\u0d46\u0d47][\u0d3e\u0d57]"  # Malayalam
    "|[\u0dd9\u0ddc][\u0dca\u0dcf\u0ddf]+"  # Sinhala
    "|\u1025\u102e"  # Myanmar
    "|[\u1b05-\u1b42]\u1b35",  # Balinese
    re.DOTALL,
)
# What no text without them needs the slower search for.
_SECOND_PARTS = re.compile(
    f"[\u093c-\u0ddf\u102e\u1160-\u11ff\u1b35\u3099\u309a{_HALF_WIDTH_MARKS}]"
)


class Tokens(NamedTuple):
    """The tokens of one text, in order: columns of equal length."""

    hashes: Hashes  # xxh64 of the folded token, the lowest bit set in a figure
    starts: Places  # character index of its first character in the text
    ends: Places  # character index after its last


_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0x165667B19E3779F9)
_P4 = np.uint64(0x85EBCA77C2B2AE63)
_P5 = np.uint64(0x27D4EB2F165667C5)


@njit(cache=True, nogil=True, inline="always")
def _rotate(value: Scalar, bits: int) -> Scalar:
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@njit(cache=True, nogil=True, inline="always")
def _round(state: Scalar, lane: Scalar) -> Scalar:
    return _rotate(state + lane * _P2, 31) * _P1


@njit(cache=True, nogil=True, inline="always")
def _merge(state: Scalar, lane_state: Scalar) -> Scalar:
    return (state ^ _round(np.uint64(0), lane_state)) * _P1 + _P4


@njit(cache=True, nogil=True)
def hash_lanes(lanes: Array, length: int) -> Scalar:
    """`xxh64`, seed 0, of `length` bytes packed low byte first into uint64 `lanes`.

    Source: the xxHash specification, section "XXH64 algorithm".
    """
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
        state = _rotate(state ^ _round(np.uint64(0), lanes[lane]), 27) * _P1 + _P4
        lane += 1
    rest = length % 8
    tail = lanes[lane] if rest else np.uint64(0)
    if rest >= 4:
        state = _rotate(state ^ ((tail & np.uint64(0xFFFFFFFF)) * _P1), 23) * _P2 + _P3
        tail >>= np.uint64(32)
        rest -= 4
    for _ in range(rest):
        state = _rotate(state ^ ((tail & np.uint64(0xFF)) * _P5), 11) * _P1
        tail >>= np.uint64(8)
    state = (state ^ (state >> np.uint64(33))) * _P2
    state = (state ^ (state >> np.uint64(29))) * _P3
    return state ^ (state >> np.uint64(32))


# Layout: `text` is one text's UTF-8 bytes; the three outputs have room for len(text) tokens, since
# a token takes at least one byte. The folded bytes of the token under way fill `lanes`, low byte
# first, and are cleared lane by lane as a new one is begun.
@njit(cache=True, nogil=True)
def tokenise_bytes(
    text: Array, classes: Array, folded: Array, hashes: Array, starts: Array, ends: Array
) -> int:
    """Write the tokens of UTF-8 `text` to the three outputs; returns how many there are."""
    lanes = np.zeros(_LANES + 2, dtype=np.uint64)
    found = 0
    length = 0  # folded bytes of the token under way
    figure = np.uint64(0)  # whether a digit is among them
    place = np.uint32(0)  # character index
    start = np.uint32(0)
    end = np.uint32(0)
    i = 0
    size = text.shape[0]
    while i < size:
        code, width = _decode_character(text, i)
        i += width
        kind = classes[code]
        if length and kind not in (LETTER, DROPPED):
            hashes[found] = _mark_figure(hash_lanes(lanes, length), figure)
            starts[found], ends[found] = start, end
            found += 1
            length = 0
        end = place + np.uint32(1)  # of accents too: no letter is shown without its own
        if kind in (LETTER, IDEOGRAPH):
            if length == 0:
                start = place
                figure = np.uint64(0)
            form = folded[code]
            while form:
                if length % 8 == 0:
                    lanes[length // 8] = np.uint64(0)
                byte = form & np.uint64(0xFF)
                if np.uint64(48) <= byte <= np.uint64(57):
                    figure = np.uint64(1)
                lanes[length // 8] |= byte << np.uint64(8 * (length % 8))
                length += 1
                form >>= np.uint64(8)
            if kind == IDEOGRAPH or length >= MAX_TOKEN_BYTES:
                hashes[found] = _mark_figure(hash_lanes(lanes, length), figure)
                starts[found], ends[found] = start, end
                found += 1
                length = 0
        place += np.uint32(1)
    if length:
        hashes[found] = _mark_figure(hash_lanes(lanes, length), figure)
        starts[found], ends[found] = start, end
        found += 1
    return found


@njit(cache=True, nogil=True, inline="always")
def _decode_character(text: Array, i: int) -> tuple[Scalar, int]:
    """The code point of the UTF-8 character at byte `i`, and how many bytes it takes."""
    byte = np.uint32(text[i])
    if byte < 0x80:
        return byte, 1
    second = np.uint32(text[i + 1] & 0x3F)
    if byte < 0xE0:
        return ((byte & np.uint32(0x1F)) << np.uint32(6)) | second, 2
    third = np.uint32(text[i + 2] & 0x3F)
    if byte < 0xF0:
        code = ((byte & np.uint32(0x0F)) << np.uint32(12)) | (second << np.uint32(6)) | third
        return code, 3
    code = ((byte & np.uint32(0x07)) << np.uint32(18)) | (second << np.uint32(12))
    return code | (third << np.uint32(6)) | np.uint32(text[i + 3] & 0x3F), 4


@njit(cache=True, nogil=True, inline="always")
def _mark_figure(hashed: Scalar, figure: Scalar) -> Scalar:
    return (hashed >> np.uint64(1) << np.uint64(1)) | figure


def tokenise_text(text: str) -> Tokens:
    """The tokens of a text, with their places in it as character indexes.

    >>> text = "Putin’s “Kremlin” — 東京"
    >>> tokens = tokenise_text(text)
    >>> [text[s:e] for s, e in zip(tokens.starts, tokens.ends)]
    ['Putin', 's', 'Kremlin', '東', '京']
    """
    composed, origins = compose_text(text)
    data = encode_text(composed)
    hashes = np.empty(len(data), dtype=np.uint64)
    starts = np.empty(len(data), dtype=np.uint32)
    ends = np.empty(len(data), dtype=np.uint32)
    found = tokenise_bytes(data, *fold_tables(), hashes, starts, ends)
    # Copies: the slack of the outputs would otherwise be kept alive by the views.
    tokens = Tokens(hashes[:found].copy(), starts[:found].copy(), ends[:found].copy())
    if origins is None:
        return tokens
    return Tokens(tokens.hashes, origins[tokens.starts], origins[tokens.ends])


def encode_text(text: str) -> Bytes:
    """The UTF-8 bytes of a text; a lone surrogate, which has none, becomes `?`."""
    return np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)


def compose_text(text: str) -> tuple[str, Places | None]:
    """The text with jamo and voicing marks composed, and where each of its characters began.

    The places are None where nothing had to be composed, which is nearly always.
    """
    if text.isascii() or not _SECOND_PARTS.search(text):
        return text, None
    pieces: list[str] = []
    places: list[Places] = []
    done = 0
    for apart in _COMPOSING.finditer(text):
        half_width = apart[0][-1] in _HALF_WIDTH_MARKS
        composed = unicodedata.normalize("NFKC" if half_width else "NFC", apart[0])
        pieces += text[done : apart.start()], composed
        # What does not compose comes last, one by one.
        rest = _places(apart.end() + 1 - len(composed), apart.end())
        places += _places(done, apart.start()), _places(apart.start(), apart.start() + 1), rest
        done = apart.end()
    if not done:
        return text, None
    return "".join([*pieces, text[done:]]), np.concatenate([*places, _places(done, len(text) + 1)])


def _places(start: int, end: int) -> Places:
    return np.arange(start, end, dtype=np.uint32)
