"""Mine: the lines that outlets repeat in a finished run, to be proposed as rules."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from dedup.pack import Removed
from dedup.records import Article, SpanKind
from dedup.strip.boilerplate import MinedLine, mine_boilerplate
from dedup.write import ArticleLine, read_lines


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
