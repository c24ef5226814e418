"""Normalise text: composed characters, and the letters that each code point folds to.

Folding decides which spellings are one word. A character is

- *dropped*: accents and vowel points, soft hyphens, zero-width joiners (`é` in one code point or
  in two is `e`; Indic vowel signs and kana voicing marks are letters and stay);
- a *letter*: any other letter, digit or mark, in its NFKC case-folded form (`Ⅻ` is `xii`, and a
  decimal digit of any script is one of 0-9);
- an *ideograph*: a letter of a script written without spaces, a token by itself;
- a *separator*: everything else, apostrophes and hyphens included.

Kernels read UTF-8 bytes. `encode_texts` composes what composes across characters first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from dedup.arrays import Bytes, Hashes, Offsets, Places
from dedup.text.table_cache import cached_arrays

SEPARATOR, LETTER, IDEOGRAPH, DROPPED = 0, 1, 2, 3

# Above this only CJK extensions (ideographs) and private or unassigned planes (separators).
_TABLED = 0x20000
_MAX_CODE = 0x110000
# Of those CJK extensions, the ones that are other ideographs written again.
_COMPATIBLE = range(0x2F800, 0x2FA20)
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
    (0x20000, 0x323B0),  # CJK extensions
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
# Letters to Unicode, apostrophes to whoever types them: "Hawaiʻi" is "Hawai'i".
_APOSTROPHES = (0x02B9, 0x02C0)
_DROPPED_FORMATS = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u0640"


class FoldTables(NamedTuple):
    """By code point: its class, and its folded UTF-8 bytes packed low byte first (0: none)."""

    classes: Bytes
    folded: Hashes


def _is_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(start <= code < end for start, end in ranges)


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" and not _is_in(ord(char), (_APOSTROPHES,))


def _is_dropped(char: str) -> bool:
    if char in _DROPPED_FORMATS:
        return True
    # The Hebrew hyphen stands among the points.
    return _is_in(ord(char), _DROPPED_MARKS) and unicodedata.category(char)[0] != "P"


def fold_char(char: str) -> str:
    """The folded letters of one character; empty where it is dropped or a separator.

    >>> [fold_char(char) for char in "ÉßⅫ’が٣"]
    ['e', 'ss', 'xii', '', 'が', '3']
    """
    folded = unicodedata.normalize("NFKC", char).casefold()
    if any(_is_in(ord(c), _UNSPACED) for c in folded):
        bare = folded  # taking kana apart would drop their voicing
    else:
        # Dropped before folding: the iota below a Greek vowel would fold to a letter.
        folded = "".join(_undropped(char)).casefold()
        bare = unicodedata.normalize("NFC", "".join(_undropped(folded)))
    letters = "".join(_plain_digit(c) for c in bare if _is_letter(c) and not _is_dropped(c))
    return letters if len(letters.encode()) <= 8 else char


def _plain_digit(char: str) -> str:
    return str(unicodedata.decimal(char, char))


def _undropped(text: str) -> list[str]:
    return [c for c in unicodedata.normalize("NFKD", text) if not _is_dropped(c)]


def _class_of(char: str) -> int:
    if _is_dropped(char):
        return DROPPED
    if not _is_letter(char):
        return SEPARATOR
    if unicodedata.category(char) == "Nd":  # numbers have no spaces in any script
        return LETTER
    whole = unicodedata.normalize("NFKC", char)  # half-width kana are kana
    return IDEOGRAPH if _is_in(ord(whole[0]), _UNSPACED) else LETTER


@cache
def fold_tables() -> FoldTables:
    """The tables of every code point, from this Python's Unicode data."""
    return FoldTables(*cached_arrays("fold", _make_tables))


def _make_tables() -> FoldTables:
    """In about .2 s."""
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
    for code in _COMPATIBLE:
        folded[code] = int.from_bytes(fold_char(chr(code)).encode(), "little")
    return FoldTables(classes, folded)


def _utf8_of(codes: Hashes) -> Hashes:
    """The UTF-8 bytes, low byte first, of code points of three or four bytes."""
    six = np.uint64(0x3F)
    last, third = codes & six, (codes >> 6) & six
    three = 0xE0 | (codes >> 12) | (0x80 | third) << 8 | (0x80 | last) << 16
    second = (codes >> 12) & six
    four = 0xF0 | (codes >> 18) | (0x80 | second) << 8 | (0x80 | third) << 16 | (0x80 | last) << 24
    return np.where(codes < 0x10000, three, four)


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


def encode_texts(texts: Sequence[str]) -> tuple[Bytes, Offsets, Offsets]:
    """The UTF-8 bytes of composed texts, and where each begins in them and how many it has."""
    # Read as Latin-1, every byte is a character: so ASCII texts, which most are, are not copied
    # before all are.
    rows = [text if text.isascii() else encode_text(text)[0].decode("latin-1") for text in texts]
    sizes = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    data = np.frombuffer("".join(rows).encode("latin-1"), dtype=np.uint8)
    return data, np.cumsum(sizes) - sizes, sizes


def encode_text(text: str) -> tuple[bytes, Places | None]:
    """The UTF-8 bytes of a composed text, and where each of its characters began, if not there.

    A lone surrogate, which has no UTF-8, becomes `?`.
    """
    written = text.encode("utf-8", "replace")
    if not _may_compose(written):
        return written, None
    composed, origins = compose_text(text)
    return (written if origins is None else composed.encode("utf-8", "replace")), origins


def _may_compose(written: bytes) -> bool:
    """Whether UTF-8 has what second parts begin with; one byte is sooner found than two."""
    if b"\xe0" in written or b"\xe1" in written:
        return True
    kana = b"\xe3" in written and b"\xe3\x82" in written
    return kana or (b"\xef" in written and b"\xef\xbe" in written)


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
