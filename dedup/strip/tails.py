"""Tails: once most of the prose has passed, an opener such as "Related articles" cuts the rest.

Cutting at the first opener loses over a tenth of the body on 2 % of pages when 60 % of the prose
has passed, and on 96 % of pages when less than 30 % has: hence the gate.
"""

from __future__ import annotations

from dedup.records import SpanKind
from dedup.strip.marks import Stretch

MIN_PROSE_PASSED = 0.6  # share of the prose's words; shared/KNOWN.md, "Cutting all after"
MIN_PROSE_WORDS = 30  # words of prose a page must have for the share to mean anything


def mark_tail(stretch: Stretch) -> None:
    """Marks everything after the first opener that comes late enough."""
    words = stretch.prose_words()
    total = sum(words)
    if total < MIN_PROSE_WORDS:
        return
    passed = 0
    for number, count in enumerate(words):
        passed += count
        opener = _opener(stretch, number)
        if opener and passed >= MIN_PROSE_PASSED * total:
            stretch.mark(number, SpanKind.SECTION_OPENER, opener)
            for later in range(number + 1, len(words)):
                if stretch.is_body(later):
                    stretch.mark(later, SpanKind.TAIL, opener)
            return


def _opener(stretch: Stretch, number: int) -> str | None:
    return next((hit.rule.id for hit in stretch.hits[number] if hit.rule.cuts), None)
