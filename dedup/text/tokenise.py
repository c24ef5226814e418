"""Text to tokens: the folded words of a text, as hashes, with their places in it.

A token is an ideograph or a run of letters, as `fold` has them; its hash is `xxh64` of its folded
UTF-8 bytes, but for the lowest bit, which says whether it is a figure: has one of the digits 0-9,
to which those of every script fold.
Anyone can recompute one: `xxhash.xxh64_intdigest("g20".encode()) & ~1 | 1`. A run of more than
`MAX_TOKEN_BYTES` folded bytes (a data URI, a base64 blob) is cut there into several tokens.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from dedup.arrays import Array, Hashes, Places, Scalar
from dedup.text.normalise import DROPPED, IDEOGRAPH, LETTER, encode_text, fold_tables
from dedup.text.xxh64 import hash_lanes, mark_figure

MAX_TOKEN_BYTES = 128
_LANES = MAX_TOKEN_BYTES // 8


class Tokens(NamedTuple):
    """The tokens of one text, in order: columns of equal length."""

    hashes: Hashes  # xxh64 of the folded token, the lowest bit set in a figure
    starts: Places  # character index of its first character in the text
    ends: Places  # character index after its last


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
            hashes[found] = mark_figure(hash_lanes(lanes, length), figure)
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
                hashes[found] = mark_figure(hash_lanes(lanes, length), figure)
                starts[found], ends[found] = start, end
                found += 1
                length = 0
        place += np.uint32(1)
    if length:
        hashes[found] = mark_figure(hash_lanes(lanes, length), figure)
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


def tokenise_text(text: str) -> Tokens:
    """The tokens of a text, with their places in it as character indexes.

    >>> text = "Putin’s “Kremlin” — 東京"
    >>> tokens = tokenise_text(text)
    >>> [text[s:e] for s, e in zip(tokens.starts, tokens.ends)]
    ['Putin', 's', 'Kremlin', '東', '京']
    """
    written, origins = encode_text(text)
    data = np.frombuffer(written, dtype=np.uint8)
    hashes = np.empty(len(data), dtype=np.uint64)
    starts = np.empty(len(data), dtype=np.uint32)
    ends = np.empty(len(data), dtype=np.uint32)
    found = tokenise_bytes(data, *fold_tables(), hashes, starts, ends)
    # Copies: the slack of the outputs would otherwise be kept alive by the views.
    tokens = Tokens(hashes[:found].copy(), starts[:found].copy(), ends[:found].copy())
    if origins is None:
        return tokens
    return Tokens(tokens.hashes, origins[tokens.starts], origins[tokens.ends])
