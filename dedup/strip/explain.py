"""Why each line stayed or went: what `dedup strip --explain` shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from dedup.config import StripConfig
from dedup.records import Page, Span, SpanKind
from dedup.strip.markup import page_text
from dedup.strip.page import DEFAULT, strip_page


class ExplainedLine(msgspec.Struct, frozen=True):
    """One line of a page: the characters `start:end`, the article it is in, its class and rule."""

    start: int
    end: int
    text: str
    article: str
    kind: SpanKind
    rule: str


def explain_page(page: Page, config: StripConfig = DEFAULT) -> list[ExplainedLine]:
    """Every line of a page that is not blank, in order, with its class and the rule behind it."""
    text = page_text(page)
    article = strip_page(page, config)
    explained = _explain_spans(text, article.id, article.spans)
    for inner in article.embedded:
        explained += _explain_spans(text, inner.id, inner.spans)
    return sorted(explained, key=lambda line: line.start)


def _explain_spans(text: str, article: str, spans: Sequence[Span]) -> list[ExplainedLine]:
    return [
        ExplainedLine(start, end, text[start:end], article, span.kind, span.rule)
        for span in spans
        if span.kind not in (SpanKind.BLANK, SpanKind.EMBEDDED)
        for start, end in _lines_of(text, span)
    ]


def _lines_of(text: str, span: Span) -> Iterator[tuple[int, int]]:
    start = span.start
    for raw in text[span.start : span.end].split("\n"):
        stripped = raw.strip()
        if stripped:
            at = start + raw.index(stripped)
            yield at, at + len(stripped)
        start += len(raw) + 1
