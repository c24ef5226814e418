"""The lines that an outlet repeats over its stories: learned within a run, and taken off.

They are counted over stories, not pages: one story told five times is not boilerplate. What the
first search finds says which articles are one story; the corpus is then searched again without
the repeated lines. Below five stories of an outlet nothing is taken off. `mine_run` lists the
lines of a finished run, to be proposed as rules.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from dedup.corpus.files import ArticleLine, read_lines
from dedup.corpus.page_log import Removed, StrippedPage
from dedup.corpus.spool import Spool
from dedup.records import Article, SpanKind
from dedup.strip.boilerplate import MinedLine, mine_boilerplate, remove_boilerplate
from dedup.strip.lines import line_key

# Lines are counted by hash before any is kept: 16 MB however many there are, and most are unique.
_COUNTS = 1 << 24
_MOST_COUNTED = 255
_REPEATED = 3  # pages; a line on fewer is on fewer than three stories

# One story on so many pages of an outlet, and on more than half of them, is no story: so much is
# repeated there that it made the pages one, and they are counted each by itself.
_CROWD = 10
_LEAST_KEPT = 0.25  # of a body's characters; a page that would keep less is a copy, not boilerplate


def trim_boilerplate(spool: Spool, story_of: Mapping[str, str]) -> NDArray[np.bool_]:
    """Take the repeated lines of each outlet off its main articles; returns by row which changed.

    An embedded article counts as changed with its page.
    """
    mined: dict[str, list[MinedLine]] = defaultdict(list)
    for line in mine_boilerplate(_repeated_lines(spool), _believed(spool, story_of)):
        mined[line.outlet].append(line)
    if not mined:
        return np.zeros(len(spool), dtype=np.bool_)
    return spool.trim_pages(lambda page: _trim_page(page, mined))


def _believed(spool: Spool, story_of: Mapping[str, str]) -> dict[str, str]:
    """The stories but for those of outlets whose pages one story has swallowed."""
    outlet_of: dict[str, str] = {}
    pages: Counter[str] = Counter()
    told: Counter[tuple[str, str]] = Counter()
    for page in spool.bodies():
        article = page.articles[0]
        if article.outlet and article.text:
            outlet_of[article.id] = article.outlet
            pages[article.outlet] += 1
            told[article.outlet, story_of.get(article.id, article.id)] += 1
    crowded = {
        outlet
        for (outlet, _), count in told.items()
        if count >= _CROWD and 2 * count > pages[outlet]
    }
    return {one: story for one, story in story_of.items() if outlet_of.get(one) not in crowded}


def _repeated_lines(spool: Spool) -> Iterator[Article]:
    """The articles with only those of their lines that may be repeated."""
    counts = np.zeros(_COUNTS, dtype=np.uint8)
    for page in spool.bodies():
        for _, place in _places(page.articles[0]):
            if counts[place] < _MOST_COUNTED:
                counts[place] += 1
    for page in spool.bodies():
        article = page.articles[0]
        lines = [line for line, place in _places(article) if counts[place] >= _REPEATED]
        yield msgspec.structs.replace(article, text="\n".join(lines))


def _places(article: Article) -> list[tuple[str, int]]:
    """Each different line of a body of a known outlet, and where it is counted."""
    if not article.outlet:
        return []
    keyed = {line_key(line): line for line in article.text.split("\n")}
    return [
        (line, xxhash.xxh3_64_intdigest(f"{article.outlet}\n{key}".encode()) % _COUNTS)
        for key, line in keyed.items()
        if key
    ]


def _trim_page(page: StrippedPage, mined: Mapping[str, list[MinedLine]]) -> StrippedPage | None:
    """The page without its outlet's repeated lines; None where it has none, or hardly else."""
    main = msgspec.structs.replace(page.articles[0], spans=page.spans)
    trimmed = remove_boilerplate(main, mined.get(main.outlet or "", []))
    if trimmed.text == main.text or len(trimmed.text) < _LEAST_KEPT * len(main.text):
        return None
    removed = sorted((*page.removed, *_taken(main, trimmed)), key=lambda r: r.start)
    bare = msgspec.structs.replace(trimmed, spans=())
    return msgspec.structs.replace(
        page, articles=(bare, *page.articles[1:]), removed=tuple(removed), spans=trimmed.spans
    )


def _taken(before: Article, after: Article) -> Iterator[Removed]:
    """The lines that left the body, as removed spans."""
    lines = iter(before.text.split("\n"))
    for old, new in zip(before.spans, after.spans, strict=True):
        if old.kind is SpanKind.BODY:
            line = next(lines)
            if new.kind is SpanKind.BOILERPLATE:
                yield Removed(before.page, new.start, new.end, new.kind, new.rule, line)


def mine_run(run: Path) -> tuple[MinedLine, ...]:
    """The lines that outlets repeat in a finished run, those it took off itself included.

    Raises `InputError` where `run` is not the output folder of a run.
    """
    taken: dict[str, list[str]] = defaultdict(list)
    for removed in read_lines(run / "removed.jsonl", Removed):
        if removed.kind is SpanKind.BOILERPLATE:
            taken[removed.page].append(removed.text)
    lines = [line for line in read_lines(run / "articles.jsonl", ArticleLine) if line.outlet]
    story_of = {line.id: line.story or line.copies or line.id for line in lines}
    articles = (
        Article(
            id=line.id,
            page=line.page,
            kind=line.kind,
            outlet=line.outlet,
            title=line.title,
            text="\n".join([line.text, *taken[line.id]]),
        )
        for line in lines
    )
    return mine_boilerplate(articles, story_of)
