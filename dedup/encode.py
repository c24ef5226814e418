"""Encode texts: their UTF-8 bytes, once what composes across characters is composed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

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
