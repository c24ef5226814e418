"""Text to tokens: the folded words of a text, as hashes, with their places in it.

Folding decides which spellings are one word. A character is, by `fold_tables`:

- *dropped*: accents and vowel points, soft hyphens, zero-width joiners (`é` in one code point or
  in two is `e`; Indic vowel signs and kana voicing marks are letters and stay);
- a *letter*: any other letter, digit or mark, in its NFKC case-folded form (`Ⅻ` is `xii`);
- an *ideograph*: a letter of a script written without spaces, a token by itself;
- a *separator*: everything else, apostrophes and hyphens included.

A token is an ideograph or a run of letters; its hash is `xxh64` of its folded UTF-8 bytes. Anyone
can recompute one: `xxhash.xxh64_intdigest("kremlin".encode())`. A run of more than
`MAX_TOKEN_BYTES` folded bytes (a data URI, a scraped base64 blob) is cut there into several tokens.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]
Places = NDArray[np.uint32]

MAX_TOKEN_BYTES = 128
_LANES = MAX_TOKEN_BYTES // 8

SEPARATOR, LETTER, IDEOGRAPH, DROPPED = 0, 1, 2, 3

# Above this only CJK extensions (ideographs) and private or unassigned planes (separators).
_TABLED = 0x20000
_MAX_CODE = 0x110000
# Large blocks of letters that fold to themselves: filled at once, not one by one.
_UNFOLDED = (
    (0x3400, 0x4DC0, IDEOGRAPH),
    (0x4E00, 0xA000, IDEOGRAPH),
    (0xAC00, 0xD7A4, LETTER),  # Hangul syllables
    (0x17000, 0x18D00, IDEOGRAPH),  # Tangut
    (0x20000, 0x323B0, IDEOGRAPH),
)

# Scripts written without spaces between words; Hangul is written with them.
_UNSPACED = (
    (0x0E00, 0x0E80),  # Thai
    (0x0E80, 0x0F00),  # Lao
    (0x1000, 0x10A0),  # Myanmar
    (0x1780, 0x1800),  # Khmer
    (0x3005, 0x3008),  # iteration marks
    (0x3040, 0x3100),  # kana
    (0x31F0, 0x3200),
    (0x3400, 0x4DC0),
    (0x4E00, 0xA000),  # CJK unified ideographs
    (0xF900, 0xFB00),
)
# Marks whose absence is a spelling habit, not another word: combining accents, Hebrew and Arabic
# points, variation selectors. Marks of other scripts (Indic vowels) carry the word.
_DROPPED_MARKS = (
    (0x0300, 0x0370),
    (0x0591, 0x05C8),
    (0x0610, 0x061B),
    (0x064B, 0x0660),
    (0x0670, 0x0671),
    (0x1AB0, 0x1B00),
    (0x1DC0, 0x1E00),
    (0x20D0, 0x2100),
    (0xFE00, 0xFE10),
    (0xFE20, 0xFE30),
)
_DROPPED_FORMATS = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u0640"

# Hangul letters and kana voicing marks compose across code points, which one-by-one folding cannot
# see: a text that has them apart is composed first.
_COMPOSING = re.compile(".[\u1160-\u11ff\u3099\u309a]+", re.DOTALL)


class Tokens(NamedTuple):
    """The tokens of one text, in order: columns of equal length."""

    hashes: Hashes  # xxh64 of the folded token
    starts: Places  # character index of its first character in the text
    ends: Places  # character index after its last


class FoldTables(NamedTuple):
    """By code point: its class, and its folded UTF-8 bytes packed low byte first (0: none)."""

    classes: Bytes
    folded: Hashes


def _is_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(start <= code < end for start, end in ranges)


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


def _is_dropped(char: str) -> bool:
    return char in _DROPPED_FORMATS or _is_in(ord(char), _DROPPED_MARKS)


def fold_char(char: str) -> str:
    """The folded letters of one character; empty where it is dropped or a separator.

    >>> fold_char("É"), fold_char("ß"), fold_char("Ⅻ"), fold_char("’"), fold_char("が")
    ('e', 'ss', 'xii', '', 'が')
    """
    folded = unicodedata.normalize("NFKC", char).casefold()
    if any(_is_in(ord(c), _UNSPACED) for c in folded):
        bare = folded  # taking kana apart would drop their voicing
    else:
        bare = unicodedata.normalize("NFC", "".join(_undropped(folded)))
    letters = "".join(c for c in bare if _is_letter(c) and not _is_dropped(c))
    return letters if len(letters.encode()) <= 8 else char


def _undropped(text: str) -> list[str]:
    return [c for c in unicodedata.normalize("NFKD", text) if not _is_dropped(c)]


def _class_of(char: str) -> int:
    if _is_dropped(char):
        return DROPPED
    if not _is_letter(char):
        return SEPARATOR
    return IDEOGRAPH if _is_in(ord(char), _UNSPACED) else LETTER


@cache
def fold_tables() -> FoldTables:
    """The tables of every code point, from this Python's Unicode data; made once, in about .1 s."""
    classes = np.zeros(_MAX_CODE, dtype=np.uint8)
    folded = np.zeros(_MAX_CODE, dtype=np.uint64)
    for start, end, kind in _UNFOLDED:
        classes[start:end] = kind
        folded[start:end] = _utf8_of(np.arange(start, end, dtype=np.uint64))
    for code in range(_TABLED):
        if classes[code] or 0xD800 <= code < 0xF900:  # done above; surrogates and private use
            continue
        char = chr(code)
        kind = _class_of(char)
        form = fold_char(char) if kind in (LETTER, IDEOGRAPH) else ""
        classes[code] = kind if form or kind == DROPPED else SEPARATOR
        folded[code] = int.from_bytes(form.encode(), "little")
    return FoldTables(classes, folded)


def _utf8_of(codes: Hashes) -> Hashes:
    """The UTF-8 bytes, low byte first, of code points of three or four bytes."""
    six = np.uint64(0x3F)
    last, third = codes & six, (codes >> 6) & six
    three = 0xE0 | (codes >> 12) | (0x80 | third) << 8 | (0x80 | last) << 16
    second = (codes >> 12) & six
    four = 0xF0 | (codes >> 18) | (0x80 | second) << 8 | (0x80 | third) << 16 | (0x80 | last) << 24
    return np.where(codes < 0x10000, three, four)


_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0x165667B19E3779F9)
_P4 = np.uint64(0x85EBCA77C2B2AE63)
_P5 = np.uint64(0x27D4EB2F165667C5)


@njit(cache=True, nogil=True, inline="always")
def _rotate(value, bits):
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@njit(cache=True, nogil=True, inline="always")
def _round(state, lane):
    return _rotate(state + lane * _P2, 31) * _P1


@njit(cache=True, nogil=True, inline="always")
def _merge(state, lane_state):
    return (state ^ _round(np.uint64(0), lane_state)) * _P1 + _P4


@njit(cache=True, nogil=True)
def hash_lanes(lanes, length):
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
def tokenise_bytes(text, classes, folded, hashes, starts, ends):
    """Write the tokens of UTF-8 `text` to the three outputs; returns how many there are."""
    lanes = np.zeros(_LANES + 2, dtype=np.uint64)
    found = 0
    length = 0  # folded bytes of the token under way
    place = np.uint32(0)  # character index
    start = np.uint32(0)
    end = np.uint32(0)
    i = 0
    size = text.shape[0]
    while i < size:
        code = np.uint32(text[i])
        if code < 0x80:
            i += 1
        elif code < 0xE0:
            code = ((code & np.uint32(0x1F)) << np.uint32(6)) | np.uint32(text[i + 1] & 0x3F)
            i += 2
        elif code < 0xF0:
            code = (
                ((code & np.uint32(0x0F)) << np.uint32(12))
                | (np.uint32(text[i + 1] & 0x3F) << np.uint32(6))
                | np.uint32(text[i + 2] & 0x3F)
            )
            i += 3
        else:
            code = (
                ((code & np.uint32(0x07)) << np.uint32(18))
                | (np.uint32(text[i + 1] & 0x3F) << np.uint32(12))
                | (np.uint32(text[i + 2] & 0x3F) << np.uint32(6))
                | np.uint32(text[i + 3] & 0x3F)
            )
            i += 4
        kind = classes[code]
        if kind != LETTER and kind != DROPPED and length:
            hashes[found], starts[found], ends[found] = hash_lanes(lanes, length), start, end
            found += 1
            length = 0
        if kind == LETTER or kind == IDEOGRAPH:
            if length == 0:
                start = place
            form = folded[code]
            while form:
                if length % 8 == 0:
                    lanes[length // 8] = np.uint64(0)
                lanes[length // 8] |= (form & np.uint64(0xFF)) << np.uint64(8 * (length % 8))
                length += 1
                form >>= np.uint64(8)
            end = place + np.uint32(1)
            if kind == IDEOGRAPH or length >= MAX_TOKEN_BYTES:
                hashes[found], starts[found], ends[found] = hash_lanes(lanes, length), start, end
                found += 1
                length = 0
        place += np.uint32(1)
    if length:
        hashes[found], starts[found], ends[found] = hash_lanes(lanes, length), start, end
        found += 1
    return found


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
    if text.isascii() or not _COMPOSING.search(text):
        return text, None
    pieces: list[str] = []
    places: list[Places] = []
    done = 0
    for apart in _COMPOSING.finditer(text):
        composed = unicodedata.normalize("NFC", apart[0])
        pieces += text[done : apart.start()], composed
        places += _places(done, apart.start()), np.full(len(composed), apart.start(), np.uint32)
        done = apart.end()
    return "".join([*pieces, text[done:]]), np.concatenate([*places, _places(done, len(text) + 1)])


def _places(start: int, end: int) -> Places:
    return np.arange(start, end, dtype=np.uint32)
