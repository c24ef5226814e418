"""Encode texts: their UTF-8 bytes, once what composes across characters is composed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import compress

import numpy as np

from dedup.arrays import Bytes, Offsets, Places

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


def encode_texts(texts: Sequence[str]) -> tuple[Bytes, Offsets, Offsets]:
    """The UTF-8 bytes of composed texts, and where each begins in them and how many it has.

    ASCII texts, which are copied at once, lie before the others.
    """
    if len(texts) == 1:
        row = encode_text(texts[0])[0]
        return np.frombuffer(row, dtype=np.uint8), np.zeros(1, np.int64), np.array([len(row)])
    is_plain = np.array([text.isascii() for text in texts], dtype=np.bool_)
    rows = [encode_text(text)[0] for text in compress(texts, ~is_plain)]
    plain = "".join(compress(texts, is_plain)).encode()
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    sizes[~is_plain] = [len(row) for row in rows]
    starts = np.empty_like(sizes)
    order = np.argsort(~is_plain, kind="stable")
    starts[order] = np.cumsum(sizes[order]) - sizes[order]
    return np.frombuffer(b"".join([plain, *rows]), dtype=np.uint8), starts, sizes


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
