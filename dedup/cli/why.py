"""`dedup why`: from an article of a finished run to what is kept in its stead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from dedup.cli.compare import describe_changes, describe_quotes, shorten
from dedup.cli.kernel_cache import announce_compiling
from dedup.corpus.files import ArticleLine
from dedup.corpus.trace import Trace, TracedTie, trace_article
from dedup.records import DOUBT

_SHOWN = 6  # passages of a tie, the longest
_SHOWN_IDS = 10
_MEANINGS = {
    "kept": "kept",
    "version": "a version, with text of its own",
    "copy": "a copy",
    "rewrite": "a rewrite",
    "embedded": "embedded in another page",
    "empty": "empty: nothing was left of the page; removed.jsonl says what was taken off",
}


@click.command("why")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("article_id", metavar="ID")
def why_command(run: Path, article_id: str) -> None:
    """Say why an article was kept or dropped, and show what is kept in its stead.

    RUN is the output folder of `dedup clean`; ID is an article's, as in articles.jsonl. Each tie
    between it and what is kept is printed with the passages that both have word for word.

    \b
    Example:
      dedup why cleaned/ some-page
    """
    announce_compiling()
    for line in describe_trace(trace_article(run, article_id)):
        click.echo(line)


def describe_trace(trace: Trace) -> Iterator[str]:
    """A trace for people."""
    article = trace.article
    kept = "" if article.status in ("kept", "empty") else f", {_say_kept(trace)}"
    yield f"{article.id}: {_MEANINGS[article.status]}{kept}"
    yield f"  {_name_article(article)}"
    yield from (f"  warning: {warning}" for warning in article.warnings)
    if article.worry >= DOUBT:
        yield f"  in doubt, {article.worry:.2f}: {'; '.join(article.worries)}"
    for tie in trace.ties:
        yield from _describe_tie(tie)
    if article.changes:
        yield f"What {article.id} has and {article.canonical} has not, {article.new_words} words:"
        yield from describe_changes(article.changes, article.text)
        if gone := article.changes.figures_gone:
            yield f"  figures only {article.canonical} has: {', '.join(gone)}"
        label = f"quotation only {article.canonical} has"
        yield from describe_quotes(label, article.changes.quotes_gone)
    elif article.status == "copy":
        yield from _describe_unshared(trace)
    if trace.stands_for:
        shown = ", ".join(trace.stands_for[:_SHOWN_IDS])
        more = len(trace.stands_for) - _SHOWN_IDS
        yield f"Kept in the stead of {shown}{f' and {more} more' if more > 0 else ''}"


def _say_kept(trace: Trace) -> str:
    return "kept" if trace.is_kept else "dropped"


def _name_article(article: ArticleLine) -> str:
    title = f"“{shorten(article.title)}”" if article.title else "without a headline"
    known = [one for one in (article.outlet, article.published) if one]
    return ", ".join([title, *known, f"{article.words:,} words"])


def _describe_tie(tie: TracedTie) -> Iterator[str]:
    match = tie.match
    if tie.end_line:
        yield f"{tie.start} → {tie.end} ({_MEANINGS[tie.end_line.status]})"
        yield f"  {_name_article(tie.end_line)}"
    else:
        yield f"{tie.start} → {tie.end} (kept by the older run or index)"
    if match:
        measured = f"Jaccard {match.jaccard:.2f}, containment {match.containment:.2f}"
        yield f"  {match.relation}: {measured}, story score {match.story_score:.2f}"
    else:
        yield "  not matched with each other: others of their set of copies tie them"
    if not tie.passages:
        yield "  no passages in common, word for word"
    for passage in tie.passages[:_SHOWN]:
        yield f"  “{shorten(' '.join(passage.split()))}”"
    if len(tie.passages) > _SHOWN:
        yield f"  and {len(tie.passages) - _SHOWN} shorter passages"
    if match and match.relation == "rewrite" and match.shared_terms:
        yield f"  rare terms both have: {', '.join(term.text for term in match.shared_terms)}"


def _describe_unshared(trace: Trace) -> Iterator[str]:
    if trace.unshared is None:
        yield "What is lost is not shown: the texts of the older run are not in this one."
        return
    if not trace.unshared:
        yield "Nothing of it is lost."
        return
    words = sum(len(passage.split()) for passage in trace.unshared)
    yield f"Lost, in none of these, {words} words:"
    yield from (f"  “{shorten(' '.join(passage.split()))}”" for passage in trace.unshared)
