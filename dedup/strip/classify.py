"""Line classes: which of the rules that know a line may speak where it stands."""

from __future__ import annotations

from dedup.records import SpanKind
from dedup.strip.headlines import asks_headline
from dedup.strip.marks import Stretch
from dedup.strip.prose import Run, near_run
from dedup.strip.rules import Hit, Rule
from dedup.strip.tails import MIN_PROSE_PASSED

MAX_PROSE_LOSS = 0.15  # share of the prose's words that line rules may take before they are undone
MAX_CAPTIONS = 0.6  # share of a page's body and captions; above it captions are what it says
ORNAMENTS = "*_-=~|.,;:•· "  # a line of nothing else parts blocks
LONG_LINE = 25  # words; a line this long that ends a sentence is body in 88 % (shared/KNOWN.md)


def mark_lines(stretch: Stretch, run: Run | None = None) -> None:
    """Marks each line by the first rule that knows it and may speak there; reads attribution.

    With a `run`, attribution is read near it only: a dump's other by-lines are other stories'.
    """
    body = [kind is SpanKind.BODY for kind in stretch.kinds]
    words = stretch.prose_words()
    total = sum(words)
    # A headline that asks a question is no first line of prose.
    prose = [n for n, count in enumerate(words) if count and not asks_headline(stretch.lines[n])]
    first, last = (prose[0], prose[-1]) if prose else (len(words), -1)
    passed = 0
    for number, hits in enumerate(stretch.hits):
        passed += words[number]
        for hit in hits:
            places = {"any"}
            if number < first or number > last:
                places.add("edge")
            if number < first:
                places.add("head")
            if total and passed >= MIN_PROSE_PASSED * total:
                places.add("tail")
            if hit.rule.place in places:
                _apply(stretch, number, hit, run is None or near_run(number, run))
                break
        if not stretch.lines[number].key and not stretch.lines[number].text.strip(ORNAMENTS):
            stretch.mark(number, SpanKind.MENU, "generic.ornament")
    _undo_loss(stretch, body)


def _apply(stretch: Stretch, number: int, hit: Hit, own: bool) -> None:
    rule: Rule = hit.rule
    if hit.groups and own:
        stretch.groups.append(hit.groups)
    if rule.keep:
        if stretch.is_body(number):
            stretch.rules[number] = rule.id
    else:
        stretch.mark(number, rule.kind, rule.id)


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
    captions = [n for n, kind in enumerate(stretch.kinds) if kind is SpanKind.CAPTION]
    if not captions:
        return
    said = sum(stretch.lines[number].words for number in captions)
    left = sum(line.words for n, line in enumerate(stretch.lines) if stretch.is_body(n))
    if said <= MAX_CAPTIONS * (said + left):
        return
    for number in captions:
        stretch.mark(number, SpanKind.BODY, stretch.rules[number])
    stretch.warnings.append("hardly anything but captions found: kept as the body")
