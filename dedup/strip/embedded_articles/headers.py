"""Embedded articles: other outlets' stories that a page carries whole, told by their headers.

An aggregator puts each one under the same small header: the outlet's name, how long ago, the name
once more, the headline; then the text. The name said twice within three lines, with a time beside
it, is what no article says of itself in its middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dedup.records import SpanKind
from dedup.strip.line_state import Stretch
from dedup.strip.lines import Line

MAX_OUTLET_WORDS = 6
MAX_HEADLINE_WORDS = 40
MIN_TEXT_WORDS = 40  # words of prose under a header before it is believed
MIN_MAIN_WORDS = 50  # words of prose above the first header: else it is the page's own
HEADER_LINES = 3  # outlet, time, outlet again, in any order


class Start(NamedTuple):
    """Where an embedded article starts; all are line numbers of the page."""

    first: int
    headline: int
    names: tuple[int, ...]  # lines that name its outlet; empty where none does


def find_headers(stretch: Stretch) -> list[Start]:
    """The headers of the articles embedded in a page, in order.

    Only lines that are times are looked at, so a page without any costs nothing.
    """
    headers: list[Start] = []
    for number, hits in enumerate(stretch.hits):
        if hits and hits[0].rule.kind is SpanKind.TIMESTAMP:
            header = _read_header(stretch, number)
            if header and (not headers or header.first > headers[-1].headline):
                headers.append(header)
    return headers


def _read_header(stretch: Stretch, time: int) -> Start | None:
    lines = stretch.lines
    for first in range(max(0, time - HEADER_LINES + 1), time + 1):
        block = range(first, first + HEADER_LINES)
        if block.stop + 1 >= len(lines):
            continue
        names = [number for number in block if number != time]
        if _same_name(lines[names[0]], lines[names[1]]) and _opens_article(stretch, block.stop):
            return Start(first, block.stop, (names[0], names[1]))
    return None


def _same_name(left: Line, right: Line) -> bool:
    return left.words <= MAX_OUTLET_WORDS and bool(left.key) and left.key == right.key


def _opens_article(stretch: Stretch, headline: int) -> bool:
    """Whether a headline stands here, with enough prose above the header and below."""
    lines = stretch.lines
    if lines[headline].words > MAX_HEADLINE_WORDS or lines[headline].prose:
        return False
    above = sum(line.words for line in lines[: headline - HEADER_LINES] if line.prose)
    below = _prose_run(lines[headline + 1 :])
    return above >= MIN_MAIN_WORDS and below >= MIN_TEXT_WORDS


def _prose_run(lines: Sequence[Line]) -> int:
    words = 0
    for line in lines[:HEADER_LINES]:
        words += line.words if line.prose else 0
    return words
