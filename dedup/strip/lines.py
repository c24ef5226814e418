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
_SIGNS = "“”’—‘–…\xa0"  # what most often keeps a page of English from being ASCII


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
    unspaced = has_unspaced(text)
    for raw in text.split("\n"):
        shown = raw.strip()
        if shown:
            size = len(shown)
            at = start if raw[0] == shown[0] else start + raw.index(shown[0])
            words = count_words(shown) if unspaced else shown.count(" ") + 1
            key = line_key(shown) if size <= SHORT_LINE else ""
            prose = words >= PROSE_WORDS and ends_sentence(shown)
            lines.append(Line(at, at + size, shown, words, key, prose))
        start += len(raw) + 1
    return lines


@lru_cache(maxsize=8)  # a page is asked for by its lines and by its rules
def even_signs(text: str) -> str:
    """A text with its commonest signs outside ASCII as spaces, each character in its place."""
    if not text.isascii():
        for sign in _SIGNS:
            text = text.replace(sign, " ")
    return text


def has_unspaced(text: str) -> bool:
    """Whether any of a text is in a script without spaces."""
    plain = even_signs(text)
    return not plain.isascii() and bool(UNSPACED.search(plain))


def fold_case(text: str) -> str:
    """`text.casefold()`, several times as fast on English with typographic signs.

    >>> fold_case("“No”, NATO’s chief said"), fold_case("STRASSE, Straße")
    ('“no”, nato’s chief said', 'strasse, strasse')
    """
    if not text.isascii() and even_signs(text).isascii():
        return text.encode().lower().decode()  # of bytes, only ASCII letters have a small one
    return text.casefold()


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
