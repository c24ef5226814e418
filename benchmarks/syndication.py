"""How well copies are found in a syndicated corpus with known truth, by us and by peers.

    python benchmarks/syndication.py --data ../shared/data
    python benchmarks/syndication.py --peers ENV/bin/python      # also text-dedup, rensa, ...
    python benchmarks/syndication.py --bases FOLDER --write OUT  # make a corpus from any articles

`syndicate.py` makes the corpus. Pages are read through `strip`; `true bodies` skips it and shows
what stripping costs. ARI is the adjusted Rand index of copies clusters over all pages.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations
from math import comb
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import click
import msgspec
from syndicate import EDITS, Chrome, Made, Sources, make_corpus

from dedup.config import StripConfig, load_config
from dedup.pipeline import Duplicates, find_duplicates
from dedup.records import Article, Page
from dedup.strip import mine_boilerplate, remove_boilerplate
from dedup.strip.page import make_article

PEERS: dict[str, Sequence[float]] = {  # thresholds; 0 is the tool's own default
    "text-dedup": (0, 0.5, 0.3),
    "rensa": (0, 0.5, 0.3),
    "datasketch": (0, 0.5, 0.3),
    "semhash": (0, 0.95),
}
BASE_WORDS = range(150, 1001)
MOST_SHARED = 0.03  # of a base article's 5-word shingles, with those taken before it
CHROME_LINES = range(5, 150)
SAME_STORY, SAME_TOPIC = (0.0, 1.5), (2.5, 3.5)  # SemEval's `overall`: 1 same .. 4 different

Groups = list[int]  # the group of each page, in order


class Found(NamedTuple):
    """What one tool made of the corpus."""

    groups: Groups
    seconds: float


class Score(NamedTuple):
    """Copies clusters against the truth."""

    precision: float
    recall: float
    f1: float
    rand: float  # adjusted


def score_groups(truth: Sequence[str], groups: Groups) -> Score:
    """Pair precision, recall and F1, and the adjusted Rand index (Hubert and Arabie 1985).

    >>> score_groups(["a", "a", "b"], [0, 0, 1])
    Score(precision=1.0, recall=1.0, f1=1.0, rand=1.0)
    """
    both = _count_pairs(Counter(zip(truth, groups, strict=True)))
    true, said = _count_pairs(Counter(truth)), _count_pairs(Counter(groups))
    expected = true * said / max(1, comb(len(truth), 2))
    precision, recall = both / max(1, said), both / max(1, true)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    rand = (both - expected) / max(1e-9, (true + said) / 2 - expected)
    return Score(precision, recall, f1, rand)


def _count_pairs(sizes: Counter[Any]) -> int:
    return sum(comb(size, 2) for size in sizes.values())


def score_kinds(pages: Sequence[Made], groups: Groups) -> dict[str, tuple[int, int, int]]:
    """For each kind: its true pairs, those found, and wrong pairs said."""
    true: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for k, m in combinations(range(len(pages)), 2):
        alike, said = pages[k].copies == pages[m].copies, groups[k] == groups[m]
        if alike or said:
            for kind in {pages[k].kind, pages[m].kind}:
                true[kind] += alike
                found[kind] += alike and said
                wrong[kind] += said and not alike
    return {
        kind: (true[kind], found[kind], wrong[kind]) for kind in sorted({p.kind for p in pages})
    }


# Us.


def read_stripped(pages: Sequence[Made]) -> list[Article]:
    """The articles of the pages, embedded ones included."""
    config = StripConfig()
    made = (make_article(Page(id=p.id, text=p.text, outlet=p.outlet), config) for p in pages)
    return list(chain.from_iterable((article, *article.embedded) for article in made))


def remove_repeated(articles: list[Article]) -> list[Article]:
    """The articles without the lines that their outlet repeats over many pages."""
    mined = mine_boilerplate(articles, {})
    return [remove_boilerplate(article, mined) for article in articles]


def read_true(pages: Sequence[Made]) -> list[Article]:
    """The articles as they went out, without chrome."""
    return [Article(id=p.id, page=p.id, text=p.body, outlet=p.outlet) for p in pages]


def group_pages(pages: Sequence[Made], duplicates: Duplicates, level: str) -> Groups:
    """The copies cluster or story of each page's own article."""
    clusters = duplicates.copies if level == "copies" else duplicates.stories
    group_of = {member: k for k, cluster in enumerate(clusters) for member in cluster.members}
    return [group_of.get(page.id, -1 - k) for k, page in enumerate(pages)]


def find_carried(pages: Sequence[Made], duplicates: Duplicates) -> dict[str, tuple[int, int]]:
    """Of the articles embedded in pages, how many lie with a copy of theirs, by kind of host."""
    copies_of = {page.id: page.copies for page in pages}
    carried: dict[str, set[str | None]] = {}
    for cluster in duplicates.copies:
        own = {copies_of.get(member) for member in cluster.members}
        for member in cluster.members:
            carried.setdefault(member.partition("#")[0], set()).update(own if "#" in member else ())
    hosts = [page for page in pages if page.carries]
    right = Counter(page.kind for page in hosts if page.carries in carried.get(page.id, ()))
    return {kind: (right[kind], n) for kind, n in Counter(page.kind for page in hosts).items()}


# Peers.


def ask_peer(python: str, tool: str, threshold: float, texts: Sequence[str]) -> Found:
    """Groups by another tool, run by its own interpreter."""
    script = Path(__file__).with_name("syndication_peers.py")
    lines = "\n".join(map(json.dumps, texts))
    start = perf_counter()
    command = [python, str(script), tool, str(threshold)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return Found(json.loads(done.stdout.splitlines()[-1]), perf_counter() - start)


# What the corpus is made of.


def read_bases(path: Path) -> Iterator[str]:
    """The texts of a folder of `.txt` or of JSON Lines, gzipped or not."""
    if path.is_dir():
        yield from (file.read_text(errors="replace") for file in sorted(path.rglob("*.txt")))
        return
    content = path.read_bytes()
    lines = (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()
    yield from (json.loads(line)["text"] for line in lines)


def choose_bases(texts: Sequence[str], taken: Sequence[str], count: int, seed: int) -> list[str]:
    """That many texts of middle length, none of which shares a passage with another or `taken`."""
    order = list(texts)
    random.Random(seed).shuffle(order)
    seen = set(chain.from_iterable(map(_shingle, taken)))
    chosen: list[str] = []
    for text in order:
        own = _shingle(text)
        if len(text.split()) in BASE_WORDS and len(own & seen) <= MOST_SHARED * len(own):
            chosen.append(text)
            seen |= own
        if len(chosen) == count:
            break
    return chosen


def choose_pairs(pairs: Sequence[tuple[str, str]], taken: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of texts that are no copies of each other, nor of any taken before them."""
    seen = set(chain.from_iterable(map(_shingle, taken)))
    chosen: list[tuple[str, str]] = []
    for left, right in pairs:
        ours, theirs = _shingle(left), _shingle(right)
        fresh = all(len(own & seen) <= MOST_SHARED * len(own) for own in (ours, theirs))
        if fresh and len(ours & theirs) <= MOST_SHARED * min(len(ours), len(theirs)):
            chosen.append((left, right))
            seen |= ours | theirs
    return chosen


def _shingle(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(*(words[k:] for k in range(5)), strict=False))


def read_pairs(folder: Path, scores: tuple[float, float]) -> list[tuple[str, str]]:
    """The labelled pairs of SemEval-2022 task 8 whose `overall` lies in a range."""
    with (folder / "articles.jsonl").open() as lines:
        text_of = {row["id"]: row["text"] for row in map(json.loads, lines)}
    with (folder / "pairs.jsonl").open() as lines:
        rows = [row for row in map(json.loads, lines) if scores[0] <= row["overall"] <= scores[1]]
    return [(text_of[row["id1"]], text_of[row["id2"]]) for row in rows]


def read_chrome(path: Path, count: int, seed: int) -> list[Chrome]:
    """Head and tail of real pages, told by their line labels; their own headlines left out."""
    found: list[Chrome] = []
    with path.open() as rows:
        for row in map(json.loads, rows):
            body = [k for k, label in enumerate(row["labels"]) if label]
            if body:
                head = [line for line in row["lines"][: body[0]] if len(line.split()) < 12]
                tail = row["lines"][body[-1] + 1 :]
                if len(head) + len(tail) in CHROME_LINES:
                    found.append(Chrome(f"outlet{len(found)}.example", head, tail))
    random.Random(seed).shuffle(found)
    return found[:count]


def gather_sources(data: Path, bases: Path | None, count: int, seed: int, *, real: bool) -> Sources:
    """Base articles, rewrites, same-topic pairs and chrome, from the data folder."""
    labelled = data / "semeval_stories"
    rewrites = [] if bases else choose_pairs(read_pairs(labelled, SAME_STORY), ())
    taken = list(chain.from_iterable(rewrites))
    topical = [] if bases else choose_pairs(read_pairs(labelled, SAME_TOPIC), taken)
    taken += chain.from_iterable(topical)
    texts = list(read_bases(bases or data / "news_30k" / "articles.jsonl.gz"))
    chosen = choose_bases(texts, taken, count, seed)
    chrome = read_chrome(data / "strip_news_2023" / "lines.jsonl", 40, seed) if real else ()
    return Sources(chosen, rewrites, topical, chrome)


# The report.

READERS: dict[str, Callable[[Sequence[Made]], list[Article]]] = {
    "true bodies": read_true,
    "pages": read_stripped,
    "pages, outlets' repeated lines removed": lambda pages: remove_repeated(read_stripped(pages)),
}


def show_score(name: str, pages: Sequence[Made], found: Found) -> None:
    """One line of the table."""
    p, r, f1, rand = score_groups([page.copies for page in pages], found.groups)
    click.echo(f"| {name} | {p:.3f} | {r:.3f} | {f1:.3f} | {rand:.3f} | {found.seconds:.1f} |")


def show_kinds(pages: Sequence[Made], groups: Groups) -> None:
    """What was found of each kind."""
    counts = Counter(page.kind for page in pages)
    click.echo("\n| kind | pages | true pairs | found | wrong pairs |\n|---|---|---|---|---|")
    for kind, (true, found, wrong) in score_kinds(pages, groups).items():
        share = f"{found / true:.3f}" if true else "-"
        click.echo(f"| {kind} | {counts[kind]} | {true} | {share} | {wrong} |")


def show_stories(pages: Sequence[Made], stories: Groups) -> None:
    """Pairs of rewrites and of one topic that came to lie in one story."""
    for kind in ("rewrite", "same topic"):
        rows = [k for k, page in enumerate(pages) if page.kind == kind]
        pairs = list(zip(rows[::2], rows[1::2], strict=True))
        together = sum(stories[k] == stories[m] for k, m in pairs)
        click.echo(f"{kind}: {together} of {len(pairs)} pairs in one story")


def run_us(pages: Sequence[Made], config: Path | None) -> None:
    """Our lines, and ours by kind."""
    settings = load_config(config)
    for name, read in READERS.items():
        start = perf_counter()
        duplicates = find_duplicates(read(pages), settings)
        groups = group_pages(pages, duplicates, "copies")
        show_score(f"dedup, {name}", pages, Found(groups, perf_counter() - start))
    show_kinds(pages, groups)
    for kind, (right, count) in find_carried(pages, duplicates).items():
        click.echo(f"{kind}: {right} of {count} embedded articles lie with their copies")
    show_stories(pages, group_pages(pages, duplicates, "stories"))


def run_peers(pages: Sequence[Made], python: str) -> None:
    """The peers' lines: on true bodies, where they do best, and on pages."""
    for source in ("true bodies", "pages"):
        texts = [page.body if source == "true bodies" else page.text for page in pages]
        for tool, thresholds in PEERS.items():
            for threshold in thresholds:
                name = f"{tool} {threshold or 'default'}, {source}"
                show_score(name, pages, ask_peer(python, tool, threshold, texts))


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data"))
@click.option("--bases", type=click.Path(path_type=Path, exists=True), help="Own base articles.")
@click.option("--count", default=500, show_default=True, help="Base articles.")
@click.option("--seed", default=1, show_default=True)
@click.option("--chrome", type=click.Choice(["real", "invented"]), default="real")
@click.option("--config", type=click.Path(path_type=Path, exists=True), help="A dedup config.")
@click.option("--peers", metavar="PYTHON", help="Interpreter of an environment with the peers.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the corpus here and stop.")
def main(data: Path, bases: Path | None, config: Path | None, **options: Any) -> None:
    """Run it."""
    real = options["chrome"] == "real" and not bases
    needed = [] if bases else [data / "news_30k", data / "semeval_stories"]
    absent = [
        str(p) for p in [*needed, *([data / "strip_news_2023"] if real else [])] if not p.is_dir()
    ]
    if absent:
        click.echo(f"skipped: no {', '.join(absent)}; give the data folder with --data", err=True)
        sys.exit(0)
    sources = gather_sources(data, bases, options["count"], options["seed"], real=real)
    pages = make_corpus(sources, options["seed"])
    if options["write"]:
        options["write"].write_bytes(msgspec.json.Encoder().encode_lines(pages))
        return
    kinds = sum(page.kind in EDITS for page in pages)
    click.echo(f"{len(pages)} pages, {kinds} of them copies of {len(sources.bases)} articles\n")
    click.echo("| tool | P | R | F1 | ARI | s |\n|---|---|---|---|---|---|")
    if options["peers"]:
        run_peers(pages, options["peers"])
    run_us(pages, config)


if __name__ == "__main__":
    main()
