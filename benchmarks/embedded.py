"""How well articles embedded in other pages are found, by form of header.

    python benchmarks/embedded.py --data ../shared/data [--half tune|report] [--count 40]
    python benchmarks/embedded.py --real        # what is found on real pages, to be read

Bodies are of `news_30k`, chrome of `strip_news_2023`; halves share neither forms nor bodies. An
article is found if an embedded one has four fifths of its shingles and at most a quarter
of others; the page is whole if its own article keeps nine tenths of its own shingles and at most a
twentieth of another's.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click
from header_forms import AUTHORS, NAMES, REPORT, TUNE
from syndicate import Chrome, split_paragraphs, write_headline
from syndication import choose_bases, read_bases, read_chrome

from dedup.config import StripConfig
from dedup.records import Article, Page
from dedup.strip.page import make_article

FOUND, FOREIGN, OWN_KEPT, OTHER_LEFT = 0.8, 0.25, 0.9, 0.05  # shares of 5-word shingles
IN_A_ROW = (1, 1, 2, 3)  # articles embedded in one page
REAL = ("strip_news_2023", "strip_gn1", "strip_dragnet", "helsinki")


class Host(NamedTuple):
    """A page with the articles that it carries."""

    form: str
    text: str
    own: str
    inside: list[str]


def make_hosts(
    bases: Sequence[str], chrome: Sequence[Chrome], half: str, count: int
) -> Iterator[Host]:
    """Pages of every form of a half, `count` of each, and as many that carry nothing."""
    rng = random.Random(half)
    forms = {**(TUNE if half == "tune" else REPORT), "nothing": []}
    bodies = [split_paragraphs(text) for text in bases]
    for form, header in forms.items():
        for _ in range(count):
            own, *inside = rng.sample(bodies, 1 + (rng.choice(IN_A_ROW) if header else 0))
            outlet = rng.choice(chrome)
            lines = [*outlet.head, write_headline(own[0]), "By Staff", *own]
            for paragraphs in inside:
                lines += [*_fill(header, paragraphs, half, rng), *paragraphs]
            text = "\n".join([*lines, *outlet.tail])
            yield Host(form, text, " ".join(own), [" ".join(one) for one in inside])


def _fill(
    header: Sequence[str], paragraphs: Sequence[str], half: str, rng: random.Random
) -> list[str]:
    middle = paragraphs[len(paragraphs) // 2]  # the last is a sign-off, "REUTER", in some sets
    words = {
        "name": rng.choice(NAMES[half]),
        "author": rng.choice(AUTHORS[half]),
        "n": str(rng.randint(2, 28)),
        "title": write_headline(middle),
        "sentence": " ".join(middle.split()[:12]).rstrip(".,") + ".",
    }
    return [line.format_map(words) for line in header]


def judge(host: Host, article: Article) -> tuple[int, int, bool]:
    """Embedded articles right, embedded articles wrong, whether the page's own is whole."""
    texts = [_shingle(one.text) for one in article.embedded]
    true = [_shingle(one) for one in host.inside]
    right = sum(any(_is_found(one, text) for text in texts) for one in true)
    wrong = sum(not any(_is_found(one, text) for one in true) for text in texts)
    own, kept = _shingle(host.own), _shingle(article.text)
    left = any(len(one & kept) > OTHER_LEFT * len(one) for one in true)
    return right, wrong, len(own & kept) >= OWN_KEPT * len(own) and not left


def _is_found(true: set[tuple[str, ...]], text: set[tuple[str, ...]]) -> bool:
    return len(true & text) >= FOUND * len(true) and len(text - true) <= FOREIGN * len(text)


def _shingle(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(*(words[k:] for k in range(5)), strict=False))


def show_forms(hosts: Sequence[Host]) -> None:
    """A line for each form, and all."""
    counts: dict[str, Counter[str]] = {}
    for number, host in enumerate(hosts):
        article = make_article(Page(id=str(number), text=host.text), StripConfig())
        right, wrong, whole = judge(host, article)
        found = {"pages": 1, "inside": len(host.inside), "right": right, "wrong": wrong}
        found["whole"] = int(whole)
        for row in (host.form, "all with one" if host.inside else "all without"):
            counts.setdefault(row, Counter()).update(found)
    click.echo("| form | pages | embedded | found | wrong | page's own whole |")
    click.echo("|---|---|---|---|---|---|")
    for form, row in counts.items():
        share = f"{row['right'] / row['inside']:.3f}" if row["inside"] else "-"
        whole = f"{row['whole'] / row['pages']:.3f}"
        counted = f"{row['pages']} | {row['inside']} | {share} | {row['wrong']}"
        click.echo(f"| {form} | {counted} | {whole} |")


def read_real(data: Path) -> Iterator[tuple[str, str]]:
    """Names and texts of real pages as they came, of every set that is there."""
    for name in REAL:
        with (data / name / "pages.jsonl").open() as rows:
            yield from ((f"{name}:{n}", json.loads(row)["text"]) for n, row in enumerate(rows))


def show_real(data: Path) -> None:
    """Each embedded article found on real pages: the lines round its start, to be judged by eye."""
    pages = found = 0
    for name, text in read_real(data):
        pages += 1
        article = make_article(Page(id=name, text=text), StripConfig())
        for inner in article.embedded:
            found += 1
            start = inner.spans[0].start
            above = text[max(0, start - 150) : start].replace("\n", " / ")
            below = text[start : start + 400].replace("\n", " / ")
            words = f"own {len(article.text.split())}, inside {len(inner.text.split())}"
            click.echo(f"## {inner.id} ({words})\n{above}\n>>> {below}\n")
    click.echo(f"{found} embedded articles on {pages} pages")


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data"))
@click.option("--half", type=click.Choice(["tune", "report"]), default="report")
@click.option("--count", default=40, show_default=True, help="Pages of each form.")
@click.option("--real", is_flag=True, help="Show what is found on real pages instead.")
def main(data: Path, half: str, count: int, *, real: bool) -> None:
    """Run it."""
    if not data.is_dir():
        click.echo(f"skipped: no {data}; give the data folder with --data", err=True)
        sys.exit(0)
    if real:
        show_real(data)
        return
    texts = list(read_bases(data / "news_30k" / "articles.jsonl.gz"))
    bases = choose_bases(texts, (), 600, 7)
    chrome = read_chrome(data / "strip_news_2023" / "lines.jsonl", 80, 7)
    side = slice(0, None, 2) if half == "tune" else slice(1, None, 2)
    show_forms(list(make_hosts(bases[side], chrome[side], half, count)))


if __name__ == "__main__":
    main()
