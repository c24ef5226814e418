"""What is known of a page's lines while it is stripped: each line's kind and its rule."""

from __future__ import annotations

from collections.abc import Sequence

from dedup.records import Span, SpanKind
from dedup.strip.lines import Line
from dedup.strip.rules.rule_set import Hit

BODY = SpanKind.BODY
PROSE_RULE = "body"  # the rule of a line that no rule spoke against


class Stretch:
    """A run of a page's lines that is one article and its paratext, and the marks put on them.

    State, because every step reads what the steps before it marked. `kinds[i]` and `rules[i]`
    belong to `lines[i]`; a line starts out as body.
    """

    __slots__ = (
        "groups", "headline", "hits", "kinds", "lines", "published", "rules", "scores", "warnings",
    )  # fmt: skip

    def __init__(self, lines: Sequence[Line], hits: Sequence[tuple[Hit, ...]]) -> None:
        self.lines = lines
        self.hits = hits
        self.kinds = [BODY] * len(lines)
        self.rules = [PROSE_RULE] * len(lines)
        self.scores: list[float | None] = [None] * len(lines)
        self.groups: list[dict[str, str]] = []  # attribution read from the lines, in page order
        self.warnings: list[str] = []
        self.headline: int | None = None  # its line, where the page's structure tells
        self.published: str | None = None  # as the page's `<time>` or by-line says

    def head(self, stop: int) -> Stretch:
        """The first `stop` lines with their marks; what was found of the page goes with them."""
        part = Stretch(self.lines[:stop], self.hits[:stop])
        part.kinds, part.rules = self.kinds[:stop], self.rules[:stop]
        part.scores, part.warnings = self.scores[:stop], self.warnings
        part.headline, part.published = self.headline, self.published
        return part

    def mark(self, number: int, kind: SpanKind, rule: str) -> None:
        """Marks one line; a later mark replaces an earlier one."""
        self.kinds[number] = kind
        self.rules[number] = rule

    def is_body(self, number: int) -> bool:
        """Whether no rule has taken the line out."""
        return self.kinds[number] is BODY

    def is_clean_prose(self, number: int) -> bool:
        """A line of prose that no rule knows: what the page's own article surely is made of."""
        return self.lines[number].prose and not self.hits[number] and self.kinds[number] is BODY

    def prose_words(self) -> list[int]:
        """For each line, its words if it is clean prose, else 0."""
        return [
            line.words if line.prose and not hits and kind is BODY else 0
            for line, hits, kind in zip(self.lines, self.hits, self.kinds, strict=True)
        ]

    def body_text(self) -> str:
        """The body lines, one a line."""
        lines = zip(self.lines, self.kinds, strict=True)
        return "\n".join([line.text for line, kind in lines if kind is BODY])


def partition_spans(stretch: Stretch, start: int, end: int) -> tuple[Span, ...]:
    """Spans that cover characters `start:end` from first to last: the lines' marks, blanks between.

    Neighbours that leave by one rule are one span, the white space between them included.
    """
    spans: list[Span] = []
    at = start
    blank = SpanKind.BLANK
    last_kind, last_rule = BODY, ""
    for line, kind, rule in zip(stretch.lines, stretch.kinds, stretch.rules, strict=True):
        if kind is last_kind and kind is not BODY and rule == last_rule:
            spans[-1] = Span(spans[-1].start, line.end, kind, rule)
        else:
            if line.start > at:
                spans.append(Span(at, line.start, blank, "blank"))
            spans.append(Span(line.start, line.end, kind, rule))
        at, last_kind, last_rule = line.end, kind, rule
    if end > at:
        spans.append(Span(at, end, SpanKind.BLANK, "blank"))
    return tuple(spans)
