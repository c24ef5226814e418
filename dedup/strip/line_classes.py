"""Line classes: which of the rules that know a line may speak where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from dedup.records import SpanKind
from dedup.strip.headlines import asks_headline
from dedup.strip.line_state import BODY, Stretch
from dedup.strip.rules.rule_set import Hit, Place
from dedup.strip.scorer.prose_run import LineRun, near_run
from dedup.strip.section_tails import MIN_PROSE_PASSED

MAX_PROSE_LOSS = 0.15  # share of the prose's words that line rules may take before they are undone
MAX_CAPTIONS = 0.6  # share of a page's body and captions; above it captions are what it says
ORNAMENTS = "*_-=~|.,;:•· "  # a line of nothing else parts blocks
LONG_LINE = 25  # words; a line this long that ends a sentence is body in 88 % (shared/KNOWN.md)


def mark_lines(stretch: Stretch, run: LineRun | None = None) -> None:
    """Marks each line by the first rule that knows it and may speak there; reads attribution.

    With a `run`, attribution is read near it only: a dump's other by-lines are other stories'.
    """
    body = [kind is BODY for kind in stretch.kinds]
    words = stretch.prose_words()
    total = sum(words)
    first, last = _find_edges(stretch, words)
    passed = 0
    for number, (line, hits) in enumerate(zip(stretch.lines, stretch.hits, strict=True)):
        passed += words[number]
        if hits:
            late = total > 0 and passed >= MIN_PROSE_PASSED * total
            places = _places(number < first, number > last, late)
            for hit in hits:
                if hit.rule.place in places:
                    _apply(stretch, number, hit, run is None or near_run(number, run))
                    break
        if not line.key and not line.text.strip(ORNAMENTS):
            stretch.mark(number, SpanKind.MENU, "generic.ornament")
    _undo_loss(stretch, body)


def _find_edges(stretch: Stretch, words: Sequence[int]) -> tuple[int, int]:
    """The first line of prose and the last; a headline that asks a question is neither."""
    numbers = range(len(words))
    prose = (n for n in numbers if words[n] and not asks_headline(stretch.lines[n]))
    again = (n for n in reversed(numbers) if words[n] and not asks_headline(stretch.lines[n]))
    return next(prose, len(words)), next(again, -1)


@cache
def _places(above: bool, below: bool, late: bool) -> frozenset[Place]:
    """Where a line stands, as rules say it: above or below the prose, late in it."""
    found: set[Place] = {"any"}
    if above or below:
        found.add("edge")
    if above:
        found.add("head")
    if late:
        found.add("tail")
    return frozenset(found)


def _apply(stretch: Stretch, number: int, hit: Hit, own: bool) -> None:
    rule = hit.rule
    if hit.groups and own:
        stretch.groups.append(hit.groups)
    if not rule.keep:
        stretch.mark(number, rule.kind, rule.id)
    elif stretch.is_body(number):
        stretch.rules[number] = rule.id


def _undo_loss(stretch: Stretch, body: list[bool]) -> None:
    """Puts back the long lines that rules took when together they are too much of the prose."""
    taken = [
        number
        for number, line in enumerate(stretch.lines)
        if body[number] and line.prose and line.words >= LONG_LINE and not stretch.is_body(number)
    ]
    if not taken:
        return
    lost = sum(stretch.lines[number].words for number in taken)
    prose = sum(line.words for line, was in zip(stretch.lines, body, strict=True) if was)
    if lost <= MAX_PROSE_LOSS * prose:
        return
    for number in taken:
        stretch.mark(number, SpanKind.BODY, stretch.rules[number])
    stretch.warnings.append(f"line rules would have taken {lost} of {prose} words: undone")


def keep_something(stretch: Stretch) -> None:
    """Puts the captions back where they are nearly all a page says: a gallery is its captions."""
    caption = SpanKind.CAPTION
    captions = [n for n, kind in enumerate(stretch.kinds) if kind is caption]
    if not captions:
        return
    said = sum(stretch.lines[number].words for number in captions)
    left = sum(line.words for n, line in enumerate(stretch.lines) if stretch.is_body(n))
    if said <= MAX_CAPTIONS * (said + left):
        return
    for number in captions:
        stretch.mark(number, SpanKind.BODY, stretch.rules[number])
    stretch.warnings.append("hardly anything but captions found: kept as the body")
