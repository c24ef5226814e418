"""`dedup strip` and `dedup compare`: one page, or two, looked at closely."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from dedup.cli.cache import announce_compiling
from dedup.cli.options import config_option, read_config, strip_option
from dedup.config import StripConfig, StripMode, VerifyConfig
from dedup.date import list_days
from dedup.harvest import settle_article
from dedup.read.single import read_page
from dedup.records import Article, Comparison, Page, Relation, SpanKind
from dedup.relate import compare_articles
from dedup.strip.explain import explain_page

_STYLES = {SpanKind.BODY: "", SpanKind.ATTRIBUTION: "cyan", SpanKind.RIGHTS: "cyan"}
_REMOVED_STYLE = "red"


@click.command("strip")
@click.argument("file", default="-")
@config_option
@strip_option
@click.option("--explain", is_flag=True, help="Show every line with its class and rule.")
@click.option("--json", "as_json", is_flag=True, help="Print the article as JSON, with its spans.")
@click.option("--html", "is_html", is_flag=True, help="The page is HTML, whatever its name.")
@click.option("--url", help="Where the page is from.")
@click.option("--outlet", help="The site it is from; by default the host of --url.")
def strip_command(  # noqa: PLR0913, PLR0917  # one a command-line option
    file: str,
    config_path: Path | None,
    mode: StripMode | None,
    explain: bool,
    as_json: bool,
    is_html: bool,
    url: str | None,
    outlet: str | None,
) -> None:
    """Take the chrome off one page, a file or standard input, and print its body.

    \b
    Example:
      dedup strip page.txt --explain
      curl -s https://example.org/story | dedup strip --html --url https://example.org/story
    """
    config = read_config(config_path, mode)
    page = read_page(file, config.read, is_html=is_html, url=url, outlet=outlet)
    if explain:
        _show_lines(page, config.strip, as_json=as_json)
        return
    article = settle_article(page, config.strip)
    _show_article(article, as_json=as_json)


def _show_lines(page: Page, config: StripConfig, *, as_json: bool) -> None:
    lines = explain_page(page, config)
    if as_json:
        click.echo("".join(msgspec.json.encode(line).decode() + "\n" for line in lines), nl=False)
        return
    width = max((len(line.rule) for line in lines), default=0)
    scored = 6 if any(line.score is not None for line in lines) else 0
    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        style = _STYLES.get(line.kind, _REMOVED_STYLE)
        score = "" if line.score is None else f"{line.score:.2f}"
        known = f"{line.kind:<18} {line.rule:<{width}}  {score:<{scored}}"
        console.print(Text(known, "dim"), end="")
        console.print(Text(line.text, style))


def _show_article(article: Article, *, as_json: bool) -> None:
    for warning in article.warnings:
        click.echo(f"Warning: {warning}", err=True)
    click.echo(msgspec.json.encode(article).decode() if as_json else article.text)


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
    ours = settle_article(read_page(left, config.read), config.strip)
    theirs = settle_article(read_page(right, config.read), config.strip)
    found = compare_articles(ours, theirs, config)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    for line in word_comparison(found, ours, theirs, config.verify):
        click.echo(line)


def word_comparison(
    found: Comparison, left: Article, right: Article, config: VerifyConfig
) -> Iterator[str]:
    """A comparison for people: the relation, each number beside its bar, and the evidence."""
    yield f"{found.relation or 'different'}: {left.id} and {right.id}"
    yield f"  Jaccard      {found.jaccard:.3f}  (near from {config.min_jaccard})"
    yield f"  containment  {found.containment:.3f}  (contains from {config.min_containment})"
    yield f"  story score  {found.story_score:.3f}  (rewrite from {config.min_story_score})"
    first, second = list_days((left.published, right.published))
    if config.rewrite_days and abs(first - second) > config.rewrite_days:
        limit = f"(rewrite within {config.rewrite_days})"
        yield f"  published {abs(first - second):.0f} days apart  {limit}"
    if found.relation != Relation.EXACT:
        yield from _word_passages(found, left, config)
    if found.shared_terms:
        yield "Rare terms both have:"
        yield f"  {', '.join(term.text for term in found.shared_terms)}"
    if found.shared_figures:
        yield f"Figures both have:\n  {', '.join(found.shared_figures)}"
    if found.shared_quotes:
        yield "Words both quote:"
        yield from (f"  “{shorten(quote)}”" for quote in found.shared_quotes)


def _word_passages(found: Comparison, left: Article, config: VerifyConfig) -> Iterator[str]:
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
