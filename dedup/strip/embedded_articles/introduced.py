"""Introduced articles: other outlets' stories under a header of any form, told by two proofs.

Between two paragraphs stands a header: short lines, one of which dates or credits what follows (a
time, a by-line, "CNN · 2 hours ago", a section opener), with a headline or none, in any order, and
maybe captions and share bars. The form alone proves nothing: a comment, a live entry, a picture in
the midst of a story have the same. So what follows must also be an article's worth of prose that
shares next to none of the rare words of what stands above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dedup.records import SpanKind
from dedup.strip.embedded_articles.appended import (
    MIN_MAIN_WORDS,
    MIN_TEXT_WORDS,
    Weigher,
    first_words,
    is_opener,
    is_strange,
    main_prose,
    weigher_for,
)  # fmt: skip
from dedup.strip.embedded_articles.headers import MAX_HEADLINE_WORDS, MAX_OUTLET_WORDS, Start
from dedup.strip.line_state import Stretch
from dedup.strip.lines import Line, line_key
from dedup.strip.rules.matches import read_words
from dedup.strip.rules.terms import is_time, load_terms

MAX_COHESION = 0.05  # of the rarity below a header, shared with what stands above; as `appended`
MAX_COHESION_AGAIN = 0.1  # the same, on a page that has one such article already
MAX_DATED = 6  # dated headers on a page; more date comments or the entries of a live page
MAX_STARTS = 5  # articles on a page; more are the entries of a live page, kept as its own
MIN_UNDATED_WORDS = 150  # words of prose, and
MIN_UNDATED_PARAGRAPHS = 2  # paragraphs, under a header without a time
LONG_WORD, MIN_REPEATED = 4, 2  # letters of a headline's words, and how many its prose must repeat
MAX_BETWEEN = 3  # lines that are no prose between two paragraphs of one article
HEADER_LINES = 12  # lines above the prose in which its header stands
MIN_OWN_SHARE = 0.4  # words above the first header for each below: a notice above is no article
HEADER_ABOVE = 3  # lines of a header above its first time or credit: a name, a headline
MAX_SENTENCE = 30  # words of a headline that is itself a sentence
MIN_TITLE = 4  # words of a headline that may prove an article
MIN_HEADLINE = 3  # words; shorter lines are names
_PARTS = re.compile(r"\s+[|·•–—/-]\s*|\s*[|·•]\s+|^[-–—]\s+")
_SHORT_TIME = re.compile(r"\d{1,2} ?(?:h|hr|hrs|d|m|min|mins)\b\.?(?: ago)?")


class Header(NamedTuple):
    """Lines `first` to `prose`, the latter left out, that introduce the prose from there on."""

    first: int
    headline: int
    prose: int
    dated: bool


def find_introduced(stretch: Stretch) -> list[Start]:
    """Where the articles start that a header introduces and whose words are strange to the page."""
    headers = list(_find_headers(stretch))
    if sum(header.dated for header in headers) > MAX_DATED:
        return []
    end = _find_talk(stretch)
    weigh: Weigher | None = None
    starts: list[Start] = []
    top = 0
    for header, stop in zip(headers, [*(one.first for one in headers), end][1:], strict=True):
        first = header.first
        above = _run(stretch, top, first) if starts else main_prose(stretch, first)
        below = _run(stretch, header.prose, min(stop, end))
        if not _is_long(above, below, first=not starts) or not _is_proved(stretch, header, below):
            continue
        weigh = weigh or weigher_for(above)
        own = weigh(first_words(above) if starts else above)
        if is_strange(below, own, weigh, MAX_COHESION_AGAIN if starts else MAX_COHESION):
            starts.append(Start(header.first, header.headline, ()))
            top = header.prose
    return starts if len(starts) <= MAX_STARTS else []


def _is_long(above: Sequence[Line], below: Sequence[Line], *, first: bool) -> bool:
    own, other = (sum(line.words for line in part) for part in (above, below))
    enough = own >= MIN_MAIN_WORDS and other >= MIN_TEXT_WORDS
    return enough and (not first or own >= MIN_OWN_SHARE * other)


def _is_proved(stretch: Stretch, header: Header, below: Sequence[Line]) -> bool:
    """Whether a header has a headline that its prose repeats, or a known agency's name, and without
    a time much prose, too: a bio, a sign-up, a comment, a consent text has not."""
    words = sum(line.words for line in below)
    if not header.dated and (words < MIN_UNDATED_WORDS or len(below) < MIN_UNDATED_PARAGRAPHS):
        return False
    said = set(read_words(" ".join(line.text for line in below).lower()))
    lines = stretch.lines[header.first : header.prose]
    known = stretch.hits[header.first : header.prose]
    titles = (line for line, hits in zip(lines, known, strict=True) if not hits)
    if any(_is_repeated(one, said) for one in titles if MIN_TITLE <= one.words <= MAX_SENTENCE):
        return True
    return header.dated and any(
        line_key(part) in load_terms().agencies
        for line in lines
        for part in _PARTS.split(line.text)
    )


def _is_repeated(title: Line, said: set[str]) -> bool:
    words = {word for word in read_words(title.text.lower()) if len(word) >= LONG_WORD}
    return len(words & said) >= max(MIN_REPEATED, len(words) / 2)


def _find_talk(stretch: Stretch) -> int:
    """The line from which readers speak; what they say is no article."""
    numbers = range(len(stretch.lines))
    opens = (n for n in numbers if is_opener(stretch, n, talk=True) and not _is_button(stretch, n))
    return next(opens, numbers.stop)


def _is_button(stretch: Stretch, number: int) -> bool:
    """Whether "Comment" is one of a bar's buttons: "Share", "Save" stand beside it."""
    beside = stretch.hits[max(0, number - 1) : number + 2]
    return any(hit.rule.kind is SpanKind.SHARE for hits in beside for hit in hits)


def _find_headers(stretch: Stretch) -> Iterator[Header]:
    """The gaps between paragraphs that date or credit what follows, below enough prose."""
    lines = stretch.lines
    words, last = 0, -1
    for number in range(len(lines)):
        if not _is_paragraph(stretch, number):
            continue
        gap = range(last + 1, number)
        if words >= MIN_MAIN_WORDS and gap and (header := _read_gap(stretch, gap)):
            yield header
        words, last = words + lines[number].words, number


def _is_paragraph(stretch: Stretch, number: int) -> bool:
    """A line of prose that is no headline among the short lines of a header."""
    if not stretch.is_clean_prose(number):
        return False
    above = number - 1
    if stretch.lines[number].words > MAX_SENTENCE or (number and stretch.lines[above].prose):
        return True  # below a paragraph, it is the page's own last one
    below = range(number + 1, min(number + 3, len(stretch.lines)))
    near = (n for n in below if n == number + 1 or _is_name(stretch, n - 1))
    return not any(_is_dated(stretch, n) for n in near)


def _read_gap(stretch: Stretch, gap: range) -> Header | None:
    gap = range(max(gap.start, gap.stop - HEADER_LINES), gap.stop)
    marks = [n for n in gap if _introduces(stretch, n)]
    if not marks:
        return None
    first = marks[0]
    while first > max(gap.start, marks[0] - HEADER_ABOVE) and _may_stand(stretch, first - 1):
        first -= 1
    header = range(first, gap.stop)
    dated = any(_is_dated(stretch, n) for n in header)
    if not any(_names_source(stretch, n) for n in header):
        return None  # a headline and a time: a video in the midst of the page's own story
    return Header(first, _find_headline(stretch, header), gap.stop, dated)


def _names_source(stretch: Stretch, number: int) -> bool:
    """Whether a line may name who told what follows: short, or credits it, or opens a section."""
    if _is_dated(stretch, number):
        return not stretch.hits[number]  # a time with a name beside it
    return _is_name(stretch, number) or _introduces(stretch, number)


def _introduces(stretch: Stretch, number: int) -> bool:
    if _is_dated(stretch, number) or is_opener(stretch, number):
        return True
    hits = stretch.hits[number]
    return bool(hits) and hits[0].rule.kind is SpanKind.ATTRIBUTION


def _is_dated(stretch: Stretch, number: int) -> bool:
    """Whether a line is a time, or has one beside a name."""
    hits = stretch.hits[number]
    if hits and hits[0].rule.kind is SpanKind.TIMESTAMP:
        return True
    text = stretch.lines[number].text
    if not any(sign.isdigit() for sign in text) or stretch.lines[number].prose:
        return False
    return any(_is_time(part) for part in _PARTS.split(text) if part)


def _is_time(text: str) -> bool:
    key = line_key(text)
    if _SHORT_TIME.fullmatch(key):
        return True
    return bool(key) and is_time(read_words(key), load_terms())


def _may_stand(stretch: Stretch, number: int) -> bool:
    """Whether a line above a time may be of its header: no rule knows it for chrome."""
    return not stretch.hits[number] and stretch.lines[number].words <= MAX_HEADLINE_WORDS


def _is_name(stretch: Stretch, number: int) -> bool:
    return not stretch.hits[number] and stretch.lines[number].words <= MAX_OUTLET_WORDS


def _find_headline(stretch: Stretch, header: range) -> int:
    """The longest line below a header's first mark that no rule knows, else of those above it;
    the first of the prose where all are short."""
    known = [n for n in header if not stretch.hits[n] and not _is_dated(stretch, n)]
    marked = next(n for n in header if _introduces(stretch, n))
    long = [n for n in known if stretch.lines[n].words >= MIN_HEADLINE]
    return max(long, key=lambda n: (n > marked, stretch.lines[n].words), default=header.stop)


def _run(stretch: Stretch, first: int, stop: int) -> list[Line]:
    """The prose from a line on, until more than `MAX_BETWEEN` other lines stand in a row."""
    prose: list[Line] = []
    other = 0
    for number in range(first, stop):
        if stretch.is_clean_prose(number):
            prose.append(stretch.lines[number])
            other = 0
        elif (other := other + 1) > MAX_BETWEEN and prose:
            break
    return prose
