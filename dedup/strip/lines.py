"""A page's lines: where they stand in the text, how long they are, how they are looked up."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

SHORT_LINE = 120  # characters; longer lines are never looked up in the lexicon
PROSE_WORDS = (
    10  # words from which a line that ends a sentence counts as prose; KNOWN: run of prose
)
SENTENCE_ENDS = frozenset(".!?…。！？؟۔।")
CLOSERS = "\"'”’»)]›」』）* \u200b"
DECORATION = (
    " \t\xa0\u200b\u200e\u200f\ufeff.,:;!！：。…»«›‹>|•·●▪►▶→←↓↑–—-*+#[](){}\"“”'‘’`~_=/\\<"
)

UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_SPACES = re.compile(r"\s+")


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line that is not blank: `text` is the page's `start:end`, no white space around it."""

    start: int
    end: int
    text: str
    words: int
    key: str  # what the lexicon knows a short line by; empty for a long one
    prose: bool  # long enough, and it ends a sentence


def split_lines(text: str) -> list[Line]:
    """The lines of a page that are not blank, in order.

    >>> [(line.text, line.key) for line in split_lines("Also read:\\n\\n  By A. B. ")]
    [('Also read:', 'also read'), ('By A. B.', 'by a. b')]
    """
    lines = []
    start = 0
    count = count_words if has_unspaced(text) else _count_spaced
    for raw in text.split("\n"):
        stripped = raw.strip()
        if stripped:
            at = start if raw[0] == stripped[0] else start + raw.index(stripped[0])
            lines.append(_read_line(at, stripped, count(stripped)))
        start += len(raw) + 1
    return lines


@lru_cache(maxsize=8)  # a page is asked for by its lines and by its rules
def has_unspaced(text: str) -> bool:
    """Whether any of a text is in a script without spaces."""
    return not text.isascii() and bool(UNSPACED.search(text))


def _count_spaced(text: str) -> int:
    return text.count(" ") + 1


def _read_line(start: int, text: str, words: int) -> Line:
    key = line_key(text) if len(text) <= SHORT_LINE else ""
    prose = words >= PROSE_WORDS and ends_sentence(text)
    return Line(start, start + len(text), text, words, key, prose)


def count_words(text: str) -> int:
    """Words between spaces; in a script without spaces, one for every two characters.

    >>> count_words("two words"), count_words("这是一个句子。")
    (2, 3)
    """
    spaces = text.count(" ")
    unspaced = 0 if text.isascii() else len(UNSPACED.findall(text))
    return max(1, unspaced // 2) if unspaced > spaces else spaces + 1


def ends_sentence(text: str) -> bool:
    """Whether a line closes a sentence; quotes and brackets after the stop are looked through.

    >>> ends_sentence("He said “no.”"), ends_sentence("Top stories")
    (True, False)
    """
    last = text[-1]
    if last in SENTENCE_ENDS:
        return True
    return last in CLOSERS and text.rstrip(CLOSERS)[-1:] in SENTENCE_ENDS


def line_key(text: str) -> str:
    """A short line as the lexicon knows it: case, quotes, spacing and decoration evened out.

    >>> line_key("»  READ  Next: ")
    'read next'
    """
    key = text.casefold()
    if not key.isascii():
        key = key.replace("’", "'").replace("\xa0", " ")
    key = key.strip(DECORATION)
    if "  " in key or "\t" in key:
        key = _SPACES.sub(" ", key)
    return key
