"""Tails: once most of the prose has passed, an opener such as "Related articles" cuts the rest.

Cutting at the first opener loses over a tenth of the body on 2 % of pages when 60 % of the prose
has passed, and on 96 % of pages when less than 30 % has: hence the gate.
"""

from __future__ import annotations

from dedup.records import SpanKind
from dedup.strip.line_state import Stretch
from dedup.strip.rules.rule_set import Rule

MIN_PROSE_PASSED = 0.6  # share of the prose's words; shared/KNOWN.md, "Cutting all after"
PARAGRAPH_WORDS = 20  # words from which a line of prose is a paragraph and not a teaser
MAX_BOX_LINES = 15  # lines; a longer stretch before the article resumes is not one box
BULLETS = ("- ", "• ", "* ", "· ", "– ")
MIN_PROSE_WORDS = 30  # words of prose a page must have for the share to mean anything


def mark_tail(stretch: Stretch) -> None:
    """Marks everything after the first opener that comes late enough.

    Where paragraphs stand one under the other after it, the opener stood over a box between two
    halves of the article: only the box goes. Teasers never do so, a headline parts them.
    """
    words = stretch.prose_words()
    total = sum(words)
    if total < MIN_PROSE_WORDS:
        return
    passed = 0
    for number, count in enumerate(words):
        passed += count
        if not stretch.hits[number] or passed < MIN_PROSE_PASSED * total:
            continue
        rule = _opener(stretch, number)
        if rule is None:
            continue
        stretch.mark(number, SpanKind.SECTION_OPENER, rule.id)
        resumed = None if rule.talk else _find_paragraphs(stretch, number + 1)
        if resumed is None:
            _mark_rest(stretch, number + 1, len(words), rule.id)
            return
        if resumed - number <= MAX_BOX_LINES:
            _mark_rest(stretch, number + 1, resumed, rule.id)


def _mark_rest(stretch: Stretch, first: int, stop: int, rule: str) -> None:
    for number in range(first, stop):
        if stretch.is_body(number):
            stretch.mark(number, SpanKind.TAIL, rule)


def _find_paragraphs(stretch: Stretch, first: int) -> int | None:
    """The first of two paragraphs that stand one under the other."""
    for number in range(first, len(stretch.lines) - 1):
        if _is_paragraph(stretch, number) and _is_paragraph(stretch, number + 1):
            return number
    return None


def _is_paragraph(stretch: Stretch, number: int) -> bool:
    """Whether a line may be where an article goes on; an entry of a list is a teaser's."""
    line = stretch.lines[number]
    long = line.words >= PARAGRAPH_WORDS and not line.text.startswith(BULLETS)
    return long and stretch.is_clean_prose(number)


def _opener(stretch: Stretch, number: int) -> Rule | None:
    return next((hit.rule for hit in stretch.hits[number] if hit.rule.cuts), None)
