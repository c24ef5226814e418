"""`dedup strip`: one page's body, or every line with its class and rule."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from dedup.cli.options import config_option, read_config, strip_option
from dedup.config import StripConfig, StripMode
from dedup.read.single import read_page
from dedup.records import Article, Page, SpanKind
from dedup.strip.explain import explain_page
from dedup.strip.page import make_article

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
def strip_command(  # one a command-line option
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
    article = make_article(page, config.strip)
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
