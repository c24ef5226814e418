"""Finds appended articles on pages made for it: `python benchmarks/appended.py [--half 0|1]`.

Real bodies of `strip_gn1` and `strip_news_2023`, one under the other, parted by an opener that a
real page has, the foot of a real page below: are the appended ones found where they start, and does
the page's own article keep its words? And bodies cut in two by an opener and another article's
headline, where nothing is to be found. MAX_COHESION was chosen on half 0 of the sites.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from strip import LOST, ROOT, SETS, bag_of, compare_bags
from train_strip import site_hash, site_of

from dedup.config import StripConfig
from dedup.records import Page
from dedup.strip import load_rules, strip_page
from dedup.strip.lines import split_lines
from dedup.strip.rules.matches import find_hits

OPENERS = ("en.opener.related", "en.opener.from")
MIN_WORDS = 120  # of a body
TITLE = re.compile(r"<title[^>]*>([^<]{10,200})</title>", re.IGNORECASE)
SAFE = StripConfig(mode="safe")


class Body(NamedTuple):
    """An article cut by hand, and what its page says above and below it."""

    site: str
    headline: str
    lines: list[str]
    openers: list[str]
    foot: list[str]


def read_bodies(folder: Path, half: int) -> list[Body]:
    """The articles of one half of the sites that have a headline and enough words."""
    with gzip.open(folder / "html.jsonl.gz", "rt", encoding="utf-8") as file:
        titles = {page["id"]: TITLE.search(page["html"]) for page in map(json.loads, file)}
    found = []
    for entry in (folder / "pages.jsonl").read_text(encoding="utf-8").splitlines():
        page = json.loads(entry)
        title = titles.get(page["id"])
        lines = [line.strip() for line in page["main"].split("\n") if line.strip()]
        words = sum(len(line.split()) for line in lines)
        if site_hash(site_of(page)) // 3 % 2 == half and title and words >= MIN_WORDS:
            headline = max(
                re.split(r" [|–—:-]+ ", " ".join(html.unescape(title[1]).split())), key=len
            )
            shown = [line.strip() for line in page["text"].split("\n") if line.strip()]
            last = max((n for n, line in enumerate(shown) if line in lines), default=-1)
            openers = list(find_openers(page["text"]))
            found.append(Body(site_of(page), headline, lines, openers, shown[last + 1 :]))
    return found


def find_openers(text: str) -> Iterator[str]:
    """The section openers that a real page has."""
    lines = split_lines(text)
    for line, hits in zip(lines, find_hits(text, lines, load_rules()), strict=True):
        if any(hit.rule.id in OPENERS for hit in hits):
            yield line.text


def score_pages(bodies: Sequence[Body], appended: int, count: int, source: random.Random) -> str:
    """Pages with so many appended articles: how many were found, and what the first one kept."""
    openers = [opener for body in bodies for opener in body.openers]
    found = whole = lost = leaked = right = told = 0
    for _ in range(count):
        chosen = source.sample(bodies, appended + 1)
        own, others = chosen[0], chosen[1:]
        lines = [own.headline, *own.lines, source.choice(openers)]
        lines += [line for one in others for line in (one.headline, *one.lines)]
        page = Page(id="page", text="\n".join([*lines, *others[-1].foot]))
        article = strip_page(page, SAFE)
        titles = [one.title for one in article.embedded]
        found += bool(titles)
        whole += titles == [one.headline for one in others]
        right += sum(one.headline in titles for one in others)
        told += len(titles)
        gold = bag_of("\n".join(own.lines))
        lost += compare_bags(gold, bag_of(article.text))[1] < 1 - LOST
        strange = bag_of("\n".join(line for one in others for line in one.lines))
        leaked += compare_bags(strange, bag_of(article.text))[1] > LOST
    return (
        f"{appended} appended: found on {found / count:.1%} of {count} pages, all starts right on "
        f"{whole / count:.1%}; starts told {told}, right {right} of {appended * count}; "
        f"own article lost10 {lost / count:.1%}; "
        f"{leaked / count:.1%} keep over a tenth of another's words"
    )


def count_false(bodies: Sequence[Body], source: random.Random) -> str:
    """Bodies cut in two by an opener and a headline: pages on which an article is seen to start."""
    openers = [opener for body in bodies for opener in body.openers]
    wrong = 0
    for body in bodies:
        middle = len(body.lines) * source.randint(30, 70) // 100
        between = [source.choice(openers), source.choice(bodies).headline]
        text = "\n".join([*body.lines[:middle], *between, *body.lines[middle:]])
        wrong += bool(strip_page(text, SAFE).embedded)
    return f"own second half taken for another article: {wrong} of {len(bodies)}"


def main() -> None:
    """Reads the options and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--half", type=int, default=1, choices=(0, 1), help="half of the sites")
    parser.add_argument("--count", type=int, default=300, help="pages")
    arguments = parser.parse_args()
    bodies = [b for name in SETS for b in read_bodies(arguments.data / name, arguments.half)]
    source = random.Random(1)
    for appended in (1, 3):
        print(score_pages(bodies, appended, arguments.count, source), flush=True)
    print(count_false(bodies, source))


if __name__ == "__main__":
    main()
