"""The best contiguous run of prose lines: where the article is, without any training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dedup.strip.lines import PROSE_WORDS, Line
from dedup.strip.rules.rule_set import Hit

# A line's worth, in words (shared/KNOWN.md: F1 .865 on strip_news_2023 untrained).
OPEN_WORTH = 0.3  # of a long line that ends no sentence, for each word, less OPEN_COST
OPEN_COST = 4.0
OTHER_WORTH = -8.0  # of any other line, whatever its length
ATTRIBUTION_ABOVE = 25  # lines above a run, and
ATTRIBUTION_BELOW = 15  # lines below it, in which by-lines and credits are the article's own


class LineRun(NamedTuple):
    """Lines `first` to `stop`, the latter left out."""

    first: int
    stop: int


def find_run(lines: Sequence[Line], hits: Sequence[tuple[Hit, ...]]) -> LineRun:
    """The run of lines whose worth adds up to most; empty where no line has any."""
    return best_run([_worth(line, bool(hit)) for line, hit in zip(lines, hits, strict=True)])


def _worth(line: Line, known: bool) -> float:
    if known or line.words < PROSE_WORDS:
        return OTHER_WORTH
    return float(line.words) if line.prose else OPEN_WORTH * line.words - OPEN_COST


def best_run(worth: Sequence[float]) -> LineRun:
    """The contiguous run with the largest sum (Kadane's algorithm); the first of equals.

    >>> best_run([1, -9, 4, -1, 3, -9])
    LineRun(first=2, stop=5)
    """
    best, run = 0.0, LineRun(0, 0)
    total, first = 0.0, 0
    for number, value in enumerate(worth):
        if total <= 0:
            total, first = 0.0, number
        total += value
        if total > best:
            best, run = total, LineRun(first, number + 1)
    return run


def near_run(number: int, run: LineRun) -> bool:
    """Whether attribution on a line is the run's own, and not another story's."""
    return run.first - ATTRIBUTION_ABOVE <= number < run.stop + ATTRIBUTION_BELOW
