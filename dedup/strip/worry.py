"""The worry score: how likely it is that stripping a page went wrong, and why.

A page in doubt is never dropped as a copy, and never canonical: what is wrong with it may be what
was taken off. Logistic regression on four measures of the page, fitted as benchmarks/README.md,
"Pages in doubt", tells.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from dedup.records import Article, SpanKind
from dedup.strip.lines import PROSE_WORDS, ends_sentence, split_lines
from dedup.strip.wrapped import is_wrapped

# What is taken off on purpose, or kept elsewhere, is no loss.
_NO_LOSS = frozenset(
    (SpanKind.EMBEDDED, SpanKind.DUPLICATE_HEADLINE, SpanKind.ATTRIBUTION, SpanKind.RIGHTS)
)
_FIGURE = re.compile(r"\d")
INTERCEPT = -4.6
PROSE_LEFT_OUT = 3.0  # times the share of the page's prose that is not in the body
# Times the share of words in short lines, as menus have. Fitted: 16, which takes tables too.
SHORT_LINES = 8.9
NO_HEADLINE = 3.0
_NO_LANGUAGE = 0.8  # not fitted: every page of the labelled sets has one
A_WARNING = 1.0
_TOLD_SHARE = 0.1  # smaller shares are no reason worth telling
_MENU_WORDS = 4  # a line of more may be a broken sentence of a hard-wrapped text
_MENU_LETTERS = 80
_MOST_LETTERS = 20  # characters a word in scripts that part words by spaces; others have no lines


class Worry(NamedTuple):
    """How doubtful a stripped page is."""

    score: float  # 0 to 1: the probability that the body is hardly the article
    reasons: tuple[str, ...]


def measure_worry(article: Article, text: str) -> Worry:
    """The worry score of a main article; `text` is what its spans index.

    >>> text = "Mayor resigns\\nHome\\nLatest news\\nSports\\nSubscribe now"
    >>> measure_worry(Article(id="a", page="a", text=text, title=None, language="en"), text)
    Worry(score=0.99, reasons=('75 % of its words are in short lines, as menus have', \
'no headline was found'))
    """
    left_out, short = share_left_out(article, text), share_short(article.text)
    worry, reasons = INTERCEPT + PROSE_LEFT_OUT * left_out + SHORT_LINES * short, []
    if left_out >= _TOLD_SHARE:
        reasons.append(f"{left_out:.0%} of the page's prose was left out".replace("%", " %"))
    if short >= _TOLD_SHARE:
        shown = f"{short:.0%}".replace("%", " %")
        reasons.append(f"{shown} of its words are in short lines, as menus have")
    for holds, weight, reason in (
        (not article.title, NO_HEADLINE, "no headline was found"),
        (not article.language, _NO_LANGUAGE, "its language is not known"),
        (bool(article.warnings), A_WARNING, "it has a warning"),
    ):
        if holds:
            worry += weight
            reasons.append(reason)
    return Worry(round(1 / (1 + math.exp(-worry)), 2), tuple(reasons))


def share_left_out(article: Article, text: str) -> float:
    """Of the words of the page's prose, the share that left the body."""
    spans = (span for span in article.removed if span.kind not in _NO_LOSS)
    lost = sum(sum(_count_prose(text[span.start : span.end])) for span in spans)
    return lost / (sum(_count_prose(article.text)) + lost) if lost else 0.0


def _count_prose(text: str) -> Iterator[int]:
    """The words of each line that reads as a sentence."""
    for line in text.split("\n"):
        words = len(line.split())
        if words >= PROSE_WORDS and ends_sentence(line.strip()):
            yield words


def share_short(text: str) -> float:
    """Of a body's words, the share in lines that are short and end no sentence.

    Its first line is the headline, and lines with figures are of tables. Of a body that is
    hard-wrapped, or whose script does not part words, lines say nothing.
    """
    found = [line for line in map(str.strip, text.split("\n")[1:]) if _is_like_menu(line)]
    if not found:  # most bodies: the rest takes ten times as long
        return 0.0
    lines = split_lines(text)
    total = sum(line.words for line in lines)
    if len(text) > _MOST_LETTERS * total or is_wrapped(lines):
        return 0.0
    return sum(len(line.split()) for line in found) / max(1, total)


def _is_like_menu(line: str) -> bool:
    """Whether a line has a few words, no figure, and ends no sentence."""
    if not 0 < len(line) <= _MENU_LETTERS or ends_sentence(line) or _FIGURE.search(line):
        return False
    return len(line.split()) <= _MENU_WORDS
