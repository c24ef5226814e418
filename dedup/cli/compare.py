"""`dedup compare`: why two pages are, or are not, duplicates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from dedup.cli.kernel_cache import announce_compiling
from dedup.cli.options import config_option, read_config, strip_option
from dedup.config import StripMode, VerifyConfig
from dedup.corpus.search import compare_articles
from dedup.match.changes import find_changes
from dedup.match.decision import describe_decision
from dedup.read.single import read_page
from dedup.records import COPY_RELATIONS, Article, Changes, Comparison, Decision, Relation
from dedup.strip.page import make_article

_SHOWN_CHANGES = 12  # passages


@click.command("compare")
@click.argument("left")
@click.argument("right")
@config_option
@strip_option
@click.option("--json", "as_json", is_flag=True, help="Print the numbers and the evidence as JSON.")
def compare_command(
    left: str, right: str, config_path: Path | None, mode: StripMode | None, as_json: bool
) -> None:
    """Say why two pages are, or are not, duplicates, and show what they share.

    Their main articles are compared, chrome off; LEFT and RIGHT are files, or - once.

    \b
    Example:
      dedup compare seeds/000_1e9884309846ef1e.txt seeds/003_6a0d19d922ab8790.txt
    """
    if left == right == "-":
        raise click.UsageError("- once: standard input is one page")
    config = read_config(config_path, mode)
    announce_compiling()
    ours = make_article(read_page(left, config.read), config.strip)
    theirs = make_article(read_page(right, config.read), config.strip)
    found = compare_articles(ours, theirs, config)
    changes: tuple[Changes, ...] = ()
    if found.relation in COPY_RELATIONS:
        changes = find_changes(ours.text, theirs.text), find_changes(theirs.text, ours.text)
    if as_json:
        told = dict(zip(("left", "right"), changes, strict=False))
        printed = {**msgspec.structs.asdict(found), "changes": told}
        click.echo(msgspec.json.encode(printed).decode())
        return
    for line in describe_comparison(found, ours, theirs, config.verify):
        click.echo(line)
    for article, only in zip((ours, theirs), changes, strict=False):
        click.echo(f"Only in {article.id}, {only.new_words} words:")
        for line in describe_changes(only, article.text):
            click.echo(line)


def describe_changes(changes: Changes, text: str) -> Iterator[str]:
    """What is new in a text for people: passages, figures and quotations."""
    for start, end in changes.new_passages[:_SHOWN_CHANGES]:
        yield f"  “{shorten(' '.join(text[start:end].split()))}”"
    if len(changes.new_passages) > _SHOWN_CHANGES:
        yield f"  and {len(changes.new_passages) - _SHOWN_CHANGES} more passages"
    if changes.figures_added:
        yield f"  figures: {', '.join(changes.figures_added)}"
    yield from describe_quotes("quotation", changes.quotes_added)


def describe_quotes(label: str, quotes: Sequence[str]) -> Iterator[str]:
    """Quotations for people, the first of many."""
    for quote in quotes[:_SHOWN_CHANGES]:
        yield f"  {label}: {shorten(' '.join(quote.split()))}"
    if len(quotes) > _SHOWN_CHANGES:
        yield f"  and {len(quotes) - _SHOWN_CHANGES} more quotations"


def describe_comparison(
    found: Comparison, left: Article, right: Article, config: VerifyConfig
) -> Iterator[str]:
    """A comparison for people: the relation, each number beside its bar, and the evidence."""
    yield f"{found.relation or 'different'}: {left.id} and {right.id}"
    decided = {one.relation: one for one in found.decisions}
    for relation, measure, value in (
        (Relation.NEAR, "jaccard", found.jaccard),
        (Relation.CONTAINS, "containment", found.containment),
        (Relation.REWRITE, "story score", found.story_score),
    ):
        yield f"  {measure:<11}  {value:.3f}  ({_describe_bar(decided[relation], measure)})"
    if found.relation != Relation.EXACT:
        yield from _describe_passages(found, left, config)
    if found.shared_terms:
        yield "Rare terms both have:"
        yield f"  {', '.join(term.text for term in found.shared_terms)}"
    if found.shared_figures:
        yield f"Figures both have:\n  {', '.join(found.shared_figures)}"
    if found.shared_quotes:
        yield "Words both quote:"
        yield from (f"  “{shorten(quote)}”" for quote in found.shared_quotes)


def _describe_bar(decided: Decision, measure: str) -> str:
    """`near from 0.25`; or, if it was not the measure that decided, what did."""
    if decided.measure != measure:
        return f"not {decided.relation}: {describe_decision(decided)}"
    note = f"; {decided.note}" if decided.note else ""
    return f"{decided.relation} from {decided.limit:.4g}{note}"


def _describe_passages(found: Comparison, left: Article, config: VerifyConfig) -> Iterator[str]:
    if not found.passages:
        yield f"No {config.shown_passage_words} words in a row are shared."
        return
    yield "Passages both have, word for word, the longest first:"
    for start, end, right_start, _ in sorted(found.passages, key=lambda p: p[0] - p[1]):
        shared = " ".join(left.text[start:end].split())
        yield f"  left {start}, right {right_start}: “{shorten(shared)}”"


def shorten(text: str, most: int = 300) -> str:
    """A long text with its middle left out.

    >>> shorten("one two three four five six seven", 21)
    'one two … seven'
    """
    if len(text) <= most:
        return text
    half = (most - 3) // 2
    return f"{text[:half].rsplit(' ', 1)[0]} … {text[-half:].split(' ', 1)[-1]}"
