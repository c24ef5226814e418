"""Hard-wrapped pages: lines broken at a column, where a line's last words may stand alone.

The wire text of old archives ends a paragraph with a line such as "share." or "January 1986."; no
rule may take that for a share button or a time stamp.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dedup.strip.lines import Line
from dedup.strip.rules.rule_set import Hit

MIN_LOWER_STARTS = 0.25  # share of lines that open with a small letter; 99 % of dumps: below .19
MIN_LINES = 4
LAST_WORDS = 6  # words of a line that may be what is left of the sentence above it
OPEN_WORDS = 8  # words of a line that may leave a sentence open; shorter ones are headings
OPEN_WORDS_WRAPPED = 4  # the same on a page known to be wrapped
_DOTTED_END = re.compile(r"(?:[ap]\.m|\b[A-Z]|\b(?:inc|ltd|co|corp|jr))\.$", re.IGNORECASE)


def spare_wrapped(
    text: str, lines: Sequence[Line], hits: list[tuple[Hit, ...]]
) -> list[tuple[Hit, ...]]:
    """The hits, those taken back that fall inside a sentence which runs over several lines."""
    wrapped = is_wrapped(lines)
    return [
        () if found and _is_inside_sentence(text, lines, number, wrapped) else found
        for number, found in enumerate(hits)
    ]


def is_wrapped(lines: Sequence[Line]) -> bool:
    """Whether many lines of a page open with a small letter, as only broken sentences do."""
    if len(lines) < MIN_LINES:
        return False
    lower = sum([line.text[0].islower() for line in lines])
    return lower >= MIN_LOWER_STARTS * len(lines)


def _is_inside_sentence(text: str, lines: Sequence[Line], number: int, wrapped: bool) -> bool:
    line = lines[number]
    if not wrapped and line.words > LAST_WORDS:  # most lines
        return False
    closes = line.text.endswith((".", '."', ".”")) and not _DOTTED_END.search(line.text)
    if number and ((closes and line.words <= LAST_WORDS) or (wrapped and line.text[0].islower())):
        above = lines[number - 1]
        shortest = OPEN_WORDS_WRAPPED if wrapped else OPEN_WORDS
        if _is_open(above, shortest) and _is_next(text, above, line):
            return True
    if not wrapped or number + 1 == len(lines) or not _is_open(line, OPEN_WORDS_WRAPPED):
        return False
    below = lines[number + 1]
    return below.text[0].islower() and _is_next(text, line, below)


def _is_open(line: Line, shortest: int) -> bool:
    return line.words >= shortest and line.text[-1] not in '.!?:;…"”’)'


def _is_next(text: str, above: Line, below: Line) -> bool:
    """Whether no blank line parts two lines."""
    return text.count("\n", above.end, below.start) < 2
