"""Why each line stayed or went: what `dedup strip --explain` shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from dedup.config import StripConfig
from dedup.records import Page, Span, SpanKind
from dedup.strip.page import DEFAULT_STRIP, StrippedPage, strip_with_text


class ExplainedLine(msgspec.Struct, frozen=True):
    """One line of a page: the characters `start:end`, the article it is in, its class and rule."""

    start: int
    end: int
    text: str
    article: str
    kind: SpanKind
    rule: str
    score: float | None = None  # core mode's probability that the line is the article's


def explain_page(page: Page, config: StripConfig = DEFAULT_STRIP) -> list[ExplainedLine]:
    """Every line of a page that is not blank, in order, with its class, rule and score."""
    return explain_stripped(strip_with_text(page, config))


def explain_stripped(stripped: StrippedPage) -> list[ExplainedLine]:
    """The same of a page that is stripped already."""
    article, text, main = stripped
    scores = {line.start: score for line, score in zip(main.lines, main.scores, strict=True)}
    explained = _explain_spans(text, article.id, article.spans, scores)
    for inner in article.embedded:
        explained += _explain_spans(text, inner.id, inner.spans, scores)
    return sorted(explained, key=lambda line: line.start)


def _explain_spans(
    text: str, article: str, spans: Sequence[Span], scores: Mapping[int, float | None]
) -> list[ExplainedLine]:
    return [
        ExplainedLine(start, end, text[start:end], article, span.kind, span.rule, scores.get(start))
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
