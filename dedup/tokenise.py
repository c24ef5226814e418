"""Text to tokens: the folded words of a text, as hashes, with their places in it.

A token is an ideograph or a run of letters, as `fold` has them; its hash is `xxh64` of its folded
UTF-8 bytes, but for the lowest bit, which says whether it is a figure: has one of the digits 0-9,
to which those of every script fold.
Anyone can recompute one: `xxhash.xxh64_intdigest("g20".encode()) & ~1 | 1`. A run of more than
`MAX_TOKEN_BYTES` folded bytes (a data URI, a base64 blob) is cut there into several tokens.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numba import njit

from dedup.arrays import Array, Bytes, Hashes, Offsets, Places, Scalar
from dedup.fold import DROPPED, IDEOGRAPH, LETTER, fold_tables
from dedup.hash import MAX_SHORT_BYTES, hash_lanes, hash_short, mark_figure

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
# What UTF-8 of texts without any of these needs no search: the beginnings of second parts.
_SECOND_PARTS = (b"\xe0", b"\xe1", b"\xe3\x82", b"\xef\xbe")


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


_LOW_BITS = np.uint64(0x0101010101010101)
_HIGH_BITS = _LOW_BITS << np.uint64(7)
_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
_MARKING = np.uint64(0x0102040810204080)  # times eight lowest bits: they meet in the top byte


# Layout: `lanes` uint64 are a text's bytes, eight a lane, low byte first; `marks` uint8 has a bit a
# byte. Eight bytes at a time: adding to seven bits of each carries into the eighth from a bound on.
@njit(cache=True, nogil=True)
def mark_words(lanes: Array, marks: Array) -> None:
    """Lower the ASCII capitals of `lanes`, and mark what is ASCII letter or digit, or not ASCII."""
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


@njit(cache=True, nogil=True)
def find_edges(marks: Array, edges: Array) -> Scalar:
    """Write where runs of marked bytes begin and end, in turn; returns how many there are.

    The last byte is not marked. `edges` has room for one more than a byte each.
    """
    found: Scalar = 0
    before = np.uint32(0)
    for i in range(marks.shape[0]):
        mark = np.uint32(marks[i])
        changed = mark ^ ((mark << np.uint32(1)) | before)
        before = mark >> np.uint32(7)
        for bit in range(8):  # written even where nothing changes: cheaper than a branch
            edges[found] = np.uint32(8 * i + bit)
            found += np.int64((changed >> np.uint32(bit)) & np.uint32(1))
    return found


@njit(cache=True, nogil=True, inline="always")
def _lane_at(lanes: Array, byte: int) -> Scalar:
    """The eight bytes from `byte` on."""
    shift = np.uint64(8 * (byte & 7))
    above = lanes[(byte >> 3) + 1] << np.uint64(1) << (np.uint64(63) - shift)
    return (lanes[byte >> 3] >> shift) | above


# Nearly all words of a newspaper are short and ASCII: they are found and hashed many at a time.
# Every other run of bytes between ASCII separators goes to `tokenise_bytes`. Layout: `lanes` and
# `letters`, uint64 and uint8, are one piece of memory with room for the text and 24 bytes more;
# `marks` uint8 has one, `edges` uint32 eight, and each of the four columns of `words` uint64 and
# `places` uint32 one for each byte of that.
@njit(cache=True, nogil=True)
def tokenise_words(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    text: Array, classes: Array, folded: Array, tokens: Array,
    lanes: Array, letters: Array, marks: Array, edges: Array, words: Array, places: Array,
) -> int:  # fmt: skip  # inputs and the output on the first line, room to work in on the second
    """Write the tokens of UTF-8 `text` to `tokens`, as `tokenise_bytes`; returns how many."""
    size = text.shape[0]
    for i in range(size):  # a slice is slower
        letters[i] = text[i]
    for i in range(size, size + 24):
        letters[i] = 0
    marked = marks[: size // 8 + 1]
    mark_words(lanes, marked)
    ends = find_edges(marked, edges)
    firsts, seconds, sizes = words[0], words[1], words[2]
    found = 0
    for k in range(0, ends, 2):
        start: Scalar = np.int64(edges[k])
        end: Scalar = np.int64(edges[k + 1])
        length = end - start
        first, second = _lane_at(lanes, start), _lane_at(lanes, start + 8)
        first &= _ONES >> np.uint64(8 * max(8 - length, 0))
        # Two shifts: one of 64 bits is none.
        second &= _ONES >> np.uint64(8) >> np.uint64(8 * min(max(15 - length, 0), 7))
        if length > MAX_SHORT_BYTES or (first | second) & _HIGH_BITS:
            run = letters[start:end]
            more = tokenise_bytes(run, classes, folded, tokens[found:], places, places)
            sizes[found : found + more] = 0
            found += more
        else:
            firsts[found], seconds[found], sizes[found] = first, second, np.uint64(length)
            found += 1
    hash_short(firsts, seconds, sizes, tokens[:found])
    return found


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


def encode_texts(texts: Sequence[str]) -> tuple[Bytes, Offsets]:
    """The UTF-8 bytes of composed texts, end to end, and where each begins and the last ends."""
    rows = [text.encode() if text.isascii() else encode_text(text)[0] for text in texts]
    offsets = np.array([0, *accumulate(map(len, rows))], dtype=np.int64)
    return np.frombuffer(b"".join(rows), dtype=np.uint8), offsets


def encode_text(text: str) -> tuple[bytes, Places | None]:
    """The UTF-8 bytes of a composed text, and where each of its characters began, if not there.

    A lone surrogate, which has no UTF-8, becomes `?`.
    """
    written = text.encode("utf-8", "replace")
    # One byte is sooner found than two.
    if not any(part[:1] in written and part in written for part in _SECOND_PARTS):
        return written, None
    composed, origins = compose_text(text)
    return (written if origins is None else composed.encode("utf-8", "replace")), origins


def compose_text(text: str) -> tuple[str, Places | None]:
    """The text with jamo and voicing marks composed, and where each of its characters began.

    The places are None where nothing had to be composed, which is nearly always.
    """
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
