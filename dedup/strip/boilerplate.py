"""Outlet boilerplate: lines that one outlet repeats over many stories, counted, not guessed.

Counted over stories, not pages, because the same story twice on an outlet is no boilerplate: that
halves the body lost (shared/KNOWN.md: 13.5 % of body by pages, 8 % by stories, at 90 % of chrome).
No language and no order comes into it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from dedup.records import Article, Span, SpanKind
from dedup.strip.lines import count_words, ends_sentence, line_key

MIN_OUTLET_STORIES = 5  # stories of an outlet; below, its repeats prove nothing
MIN_LINE_STORIES = 3  # stories that must share a short line
MIN_PROSE_STORIES = 5  # stories that must share a line of prose: background paragraphs recur
PROSE_WORDS = 10  # words from which a line that ends a sentence is prose


class MinedLine(msgspec.Struct, frozen=True):
    """A line that an outlet repeats: how it is looked up, once as written, and the counts."""

    outlet: str
    key: str
    example: str
    stories: int
    pages: int


def mine_boilerplate(
    articles: Iterable[Article],
    story_of: Mapping[str, str],
    *,
    min_stories: int = MIN_OUTLET_STORIES,
    min_repeats: int = MIN_LINE_STORIES,
) -> tuple[MinedLine, ...]:
    """The lines that main articles of one outlet share over `min_repeats` stories or more.

    `story_of` gives an article's story by its id; one that is not there is a story by itself.
    Outlets with fewer than `min_stories` stories are left out. Sorted by outlet, then by count.
    """
    stories: defaultdict[str, set[str]] = defaultdict(set)
    lines: defaultdict[tuple[str, str], _Seen] = defaultdict(_Seen)
    for article in articles:
        if article.outlet and article.kind == "main":
            story = story_of.get(article.id, article.id)
            stories[article.outlet].add(story)
            for key, text in _keyed_lines(article):
                lines[article.outlet, key].add(story, text)
    mined = [
        MinedLine(outlet, key, seen.example, len(seen.stories), seen.pages)
        for (outlet, key), seen in lines.items()
        if len(stories[outlet]) >= min_stories
        and len(seen.stories) >= _repeats_needed(seen.example, min_repeats)
    ]
    return tuple(sorted(mined, key=lambda line: (line.outlet, -line.stories, line.key)))


class _Seen:
    """Where a line was seen: the stories, the number of pages, and how it is written first."""

    __slots__ = ("example", "pages", "stories")

    def __init__(self) -> None:
        self.stories: set[str] = set()
        self.pages = 0
        self.example = ""

    def add(self, story: str, text: str) -> None:
        self.stories.add(story)
        self.pages += 1
        self.example = min(self.example or text, text)  # the same whatever the order of pages


def _repeats_needed(text: str, min_repeats: int) -> int:
    prose = count_words(text) >= PROSE_WORDS and ends_sentence(text)
    return max(min_repeats, MIN_PROSE_STORIES) if prose else min_repeats


def _keyed_lines(article: Article) -> list[tuple[str, str]]:
    """Each different line of the body once; not the headline, which a running series repeats."""
    keyed = {line_key(text): text for text in article.text.split("\n") if text != article.title}
    keyed.pop("", None)
    return sorted(keyed.items())


def remove_boilerplate(article: Article, mined: Iterable[MinedLine]) -> Article:
    """The article without its outlet's repeated lines; their spans become boilerplate."""
    rules = {line.key: line for line in mined if line.outlet == article.outlet}
    if not rules or not article.text:
        return article
    texts = iter(article.text.split("\n"))
    spans: list[Span] = []
    kept: list[str] = []
    for span in article.spans:
        text = next(texts, "") if span.kind is SpanKind.BODY else ""
        if text and line_key(text) in rules and text != article.title:
            spans.append(Span(span.start, span.end, SpanKind.BOILERPLATE, "outlet.repeated"))
        else:
            spans.append(span)
            if span.kind is SpanKind.BODY:
                kept.append(text)
    return msgspec.structs.replace(article, text="\n".join(kept), spans=tuple(spans))


def format_rules(mined: Sequence[MinedLine]) -> dict[str, dict[str, object]]:
    """Mined lines as outlet rule files: by outlet, what its YAML holds."""
    files: dict[str, dict[str, object]] = {}
    for outlet in sorted({line.outlet for line in mined}):
        lines = [line for line in mined if line.outlet == outlet]
        rules = [
            {
                "id": f"{outlet}.mined.{number}",
                "kind": SpanKind.BOILERPLATE.value,
                "lines": [line.example],
                "evidence": f"{line.stories} stories, {line.pages} pages",
            }
            for number, line in enumerate(lines, start=1)
        ]
        files[outlet] = {"outlets": [outlet], "rules": rules}
    return files
