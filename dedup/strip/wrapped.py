"""Hard-wrapped pages: lines broken at a column, where a line's last words may stand alone.

The wire text of old archives ends a paragraph with a line such as "share." or "January 1986."; no
rule may take that for a share button or a time stamp.
"""

from __future__ import annotations

from collections.abc import Sequence

from dedup.strip.lines import Line
from dedup.strip.rules import Hit

MIN_LOWER_STARTS = 0.25  # share of lines that open with a small letter; of 1,042 dumps .02
MIN_LINES = 4


def spare_wrapped(
    text: str, lines: Sequence[Line], hits: list[tuple[Hit, ...]]
) -> list[tuple[Hit, ...]]:
    """The hits, those taken back that fall within a paragraph of a hard-wrapped page."""
    if not is_wrapped(lines):
        return hits
    return [
        () if _continues(text, lines, number) or _is_continued(text, lines, number) else found
        for number, found in enumerate(hits)
    ]


def is_wrapped(lines: Sequence[Line]) -> bool:
    """Whether many lines of a page open with a small letter, as only broken sentences do."""
    if len(lines) < MIN_LINES:
        return False
    lower = sum(line.text[0].islower() for line in lines)
    return lower >= MIN_LOWER_STARTS * len(lines)


def _continues(text: str, lines: Sequence[Line], number: int) -> bool:
    return number > 0 and text.count("\n", lines[number - 1].end, lines[number].start) < 2


def _is_continued(text: str, lines: Sequence[Line], number: int) -> bool:
    return number + 1 < len(lines) and _continues(text, lines, number + 1)
