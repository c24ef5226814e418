"""Why an article of a finished run was dropped or kept: the way from it to what is kept.

In: the output folder of a run and an id. Out: the article and its ties, each with the passages both
have. Only the run's files are read.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from dedup.corpus.files import ArticleLine, MatchLine, read_lines, read_summary
from dedup.errors import InputError
from dedup.match.changes import find_unshared
from dedup.match.evidence import analyse_text, find_passages
from dedup.records import Cluster, Relation

_SHOWN_IDS = 3


class TracedTie(NamedTuple):
    """A step on the way from an article to one that is kept."""

    start: str  # id
    end: str
    end_line: ArticleLine | None  # None: it is of the older run that this one was made against
    match: MatchLine | None  # None: the two share passages, and no match was verified
    passages: tuple[str, ...]  # what both have word for word, longest first, as `start` writes it


class Trace(NamedTuple):
    """An article of a run, and the way from it to what is kept."""

    article: ArticleLine
    is_kept: bool  # by the run's own setting of --drop
    ties: Sequence[TracedTie]  # of a copy one with each that covers it; of a rewrite a chain
    # Of a copy or version: its passages that the ends of its ties lack; None where texts lack.
    unshared: tuple[str, ...] | None
    stands_for: Sequence[str]  # of a kept article: ids of the copies that it covers


def trace_article(run: Path, article_id: str, shown_words: int = 8) -> Trace:
    """Why the article of this id was kept or dropped; passages have `shown_words` at least.

    Raises `InputError` where the run has no such article, or `run` is no output folder.
    """
    article = _find_article(run, article_id)
    is_kept = article.status not in {"empty", *read_summary(run)["dropped_words"]}
    if article.status in ("copy", "version"):
        covering = article.covered_by or (article.canonical or "",)
        steps = [(article.id, end) for end in covering]
    else:
        steps = _find_chain(run, article)
    lines = _read_articles(run, {one for step in steps for one in step})
    matches = _read_matches(run, steps)
    ties = [
        _tie(start, end, lines, matches.get(frozenset((start, end))), shown_words)
        for start, end in steps
    ]
    ends = [tie.end_line.text for tie in ties if tie.end_line]
    unshared = find_unshared(article.text, ends) if len(ends) == len(ties) else None
    return Trace(article, is_kept, ties, unshared, _list_covered(run, article_id))


def _find_article(run: Path, article_id: str) -> ArticleLine:
    known = []
    for line in read_lines(run / "articles.jsonl", ArticleLine):
        if line.id == article_id:
            return line
        known.append(line.id)
    message = f"{run / 'articles.jsonl'}: no article has the id {article_id!r}"
    if close := get_close_matches(article_id, known[:100_000], _SHOWN_IDS):
        raise InputError(f"{message}; there is {', '.join(close)}")
    raise InputError(f"{message}; {run / 'rejected.jsonl'} has the inputs that were not read")


def _find_chain(run: Path, article: ArticleLine) -> list[tuple[str, str]]:
    """The shortest way over verified matches to the canonical article, where there is one."""
    clusters = [
        cluster
        for cluster in read_lines(run / "clusters.jsonl", Cluster)
        if cluster.id in (article.story, article.copies) and cluster.canonical != article.id
    ]
    if not clusters:
        return []
    cluster = clusters[-1]  # of both the story, which has the copies
    members = set(cluster.members)
    beside: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for match in read_lines(run / "matches.jsonl", MatchLine):
        if match.relation != Relation.EXCERPT and {match.left, match.right} <= members:
            beside[match.left].append((-match.story_score, match.right))
            beside[match.right].append((-match.story_score, match.left))
    return _walk(article.id, cluster.canonical, beside)


def _walk(
    start: str, end: str, beside: dict[str, list[tuple[float, str]]]
) -> list[tuple[str, str]]:
    came_from = {start: start}
    waiting = deque([start])
    while waiting and end not in came_from:
        here = waiting.popleft()
        for _, there in sorted(beside[here]):
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    steps = []
    while end in came_from and end != start:
        steps.append((came_from[end], end))
        end = came_from[end]
    return steps[::-1]


def _read_articles(run: Path, wanted: set[str]) -> dict[str, ArticleLine]:
    lines = read_lines(run / "articles.jsonl", ArticleLine)
    return {line.id: line for line in lines if line.id in wanted} if wanted else {}


def _read_matches(run: Path, steps: Iterable[tuple[str, str]]) -> dict[frozenset[str], MatchLine]:
    wanted = {frozenset(step) for step in steps}
    pairs = (
        (frozenset((match.left, match.right)), match)
        for match in read_lines(run / "matches.jsonl", MatchLine)
    )
    return {pair: match for pair, match in pairs if pair in wanted} if wanted else {}


def _tie(
    start: str, end: str, lines: dict[str, ArticleLine], match: MatchLine | None, words: int
) -> TracedTie:
    passages = match.passage_texts if match else ()
    if start in lines and end in lines:
        ours, theirs = (analyse_text(lines[one].text, lines[one].language) for one in (start, end))
        found = find_passages(ours, theirs, words)
        passages = tuple(lines[start].text[i:j] for i, j, _, _ in found)
    longest_first = tuple(sorted(passages, key=len, reverse=True))
    return TracedTie(start, end, lines.get(end), match, longest_first)


def _list_covered(run: Path, article_id: str) -> list[str]:
    lines = read_lines(run / "articles.jsonl", ArticleLine)
    return [line.id for line in lines if article_id in line.covered_by]
