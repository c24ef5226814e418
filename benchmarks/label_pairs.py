"""Draw pairs of pages to label by reading, dense where copies and rewrites border on neither.

    python benchmarks/label_pairs.py --data ../shared/data --out SHEET.txt --key KEY.jsonl --seed 11

SHEET shows each pair blind: the start of both bodies, then what is shared (`=`), moved (`~`) and
one side's own, sentence by sentence, without scores. KEY names the pages and the part (`tune` or
`report`; both pages of a pair are in one part, by a hash of their ids). The labels of
`tests/cases/helsinki_pairs.jsonl` were given on such sheets: `tune` and `report` on one drawn with
an earlier stripper and story score, `fresh` on seed 11 of this one. Pairs that have a label are not
drawn again.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from copies import load_articles, load_labels
from numpy.typing import NDArray

from dedup.arrays import Rows
from dedup.config import Config
from dedup.corpus.sketching import sketch_corpus
from dedup.match.document_frequency import weigh_in_corpus
from dedup.match.overlap import overlap_shingles
from dedup.match.story_score import score_stories
from dedup.records import Article

Mask = NDArray[np.bool_]

# Lower bounds of bands, and pairs drawn from each: half of them in either part.
JACCARD = {0.05: 16, 0.2: 28, 0.35: 28, 0.5: 26, 0.65: 20, 0.8: 16}
CONTAINMENT = {0.3: 16, 0.5: 24, 0.7: 18, 0.8: 18, 0.9: 24}  # of pairs with Jaccard below .5
STORY = {0.03: 12, 0.05: 18, 0.08: 22, 0.15: 18}  # of pairs that share hardly a shingle
MIN_WORDS = 25
PAIRS_OF_A_PAGE = (2, 3, 4, 5)  # the most, raised only while a band lacks pairs
PAIRS_OF_TWO_OUTLETS = 3
LEAD_WORDS, SHOWN_WORDS, SHOWN_RUNS = 75, 16, 26


class Scored(NamedTuple):
    """Every pair of rows with what it is drawn by."""

    left: Rows
    right: Rows
    bands: list[tuple[Mask, int]]  # pairs of a band, and how many to draw


def score_pairs(articles: Sequence[Article]) -> Scored:
    """Every pair of articles, in bands of its scores."""
    sketches = sketch_corpus(articles, Config().sketch).sketches
    rows = np.triu_indices(len(articles), 1)
    left, right = (side.astype(np.uint32) for side in rows)
    overlap = overlap_shingles(sketches, left, right)
    every = np.arange(len(articles), dtype=np.uint32)
    corpus_weights = weigh_in_corpus(sketches, every, Config().document_frequency)
    stories = score_stories(sketches, corpus_weights, left, right)
    long = np.array([len(article.text.split()) >= MIN_WORDS for article in articles])
    usable = long[left] & long[right] & ~_find_labelled(articles, left, right)
    apart = usable & (overlap.jaccard < 0.05) & (overlap.containment < 0.3)
    return Scored(
        left,
        right,
        [
            *_cut_bands(JACCARD, overlap.jaccard, usable),
            *_cut_bands(CONTAINMENT, overlap.containment, usable & (overlap.jaccard < 0.5)),
            *_cut_bands(STORY, stories, apart),
        ],
    )


def _find_labelled(articles: Sequence[Article], left: Rows, right: Rows) -> Mask:
    """The pairs of rows that have a label already."""
    labelled = {frozenset((pair.left, pair.right)) for pair in load_labels()}
    names = [article.id for article in articles]
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return np.array([frozenset((names[i], names[j])) in labelled for i, j in pairs])


def _cut_bands(bands: dict[float, int], scores: Any, usable: Mask) -> Iterator[tuple[Mask, int]]:
    bounds = [*bands, np.inf]
    for low, high in pairwise(bounds):
        yield usable & (scores >= low) & (scores < high), bands[low]


def part_of(article: Article) -> str:
    """The part a page belongs to, by a hash of its id."""
    digest = hashlib.sha256(article.id.encode()).hexdigest()
    return "tune" if int(digest, 16) % 2 else "report"


def draw_pairs(articles: Sequence[Article], seed: int) -> list[tuple[int, int]]:
    """Pairs of rows from every band, the scarcest first, few of one page or two outlets."""
    rng = random.Random(seed)
    scored = score_pairs(articles)
    parts = np.array([part_of(article) for article in articles])
    draw = _Draw(articles, scored)
    for mask, wanted in sorted(scored.bands, key=lambda band: int(band[0].sum())):
        for part in ("tune", "report"):
            mine = (parts[scored.left] == part) & (parts[scored.right] == part)
            pairs = np.flatnonzero(mask & mine).tolist()
            rng.shuffle(pairs)
            draw.take(pairs, wanted // 2)
    rng.shuffle(draw.taken)
    return draw.taken


class _Draw:
    """The pairs drawn so far, and how often each page and each two outlets were."""

    def __init__(self, articles: Sequence[Article], scored: Scored) -> None:
        self.articles, self.scored = articles, scored
        self.taken: list[tuple[int, int]] = []
        self.pages: Counter[int] = Counter()
        self.outlets: Counter[tuple[str, ...]] = Counter()

    def take(self, pairs: Sequence[int], wanted: int) -> None:
        """Draw up to so many of these pairs, in their order."""
        enough = len(self.taken) + wanted
        for most in PAIRS_OF_A_PAGE:
            for number in pairs:
                if len(self.taken) >= enough:
                    return
                self._try(int(self.scored.left[number]), int(self.scored.right[number]), most)

    def _try(self, left: int, right: int, most: int) -> None:
        outlets = tuple(sorted(str(self.articles[row].outlet) for row in (left, right)))
        busy = max(self.pages[left], self.pages[right]) >= most
        if busy or self.outlets[outlets] >= PAIRS_OF_TWO_OUTLETS or (left, right) in self.taken:
            return
        self.taken.append((left, right))
        self.pages.update((left, right))
        self.outlets[outlets] += 1


def show_pair(left: str, right: str) -> Iterator[str]:
    """Both bodies side by side, without numbers: their starts, then where they differ."""
    for name, text in (("A", left), ("B", right)):
        yield f"{name}: {_cut(text.replace(chr(10), ' / '), LEAD_WORDS)}"
    ours, theirs = _split_sentences(left), _split_sentences(right)
    keys = [[_key(sentence) for sentence in side] for side in (ours, theirs)]
    runs = list(_align(ours, theirs, keys))
    if len(runs) > SHOWN_RUNS:
        runs = [*runs[: SHOWN_RUNS // 2], "..", *runs[-SHOWN_RUNS // 2 :]]
    yield from runs


def _align(ours: list[str], theirs: list[str], keys: list[list[str]]) -> Iterator[str]:
    matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal":
            yield f"= {_cut(ours[start], 5)} ({end - start} sentences)"
            continue
        if end > start:
            yield "A| " + _show_run(ours[start:end], set(keys[1]))
        if other_end > other_start:
            yield "B| " + _show_run(theirs[other_start:other_end], set(keys[0]))


def _show_run(sentences: list[str], elsewhere: set[str]) -> str:
    marked = [("~" if _key(s) in elsewhere else "") + _cut(s, SHOWN_WORDS) for s in sentences]
    if len(marked) > 4:
        marked = [*marked[:2], f"[{len(marked) - 4} more]", *marked[-2:]]
    return " | ".join(marked)


def _split_sentences(text: str) -> list[str]:
    pieces = re.split(r"\n|(?<=[.!?])[\"”’]?\s+(?=[“\"A-Z])", text)
    return [piece for piece in pieces if piece.strip()]


def _key(sentence: str) -> str:
    return " ".join(re.findall(r"\w+", re.sub("[’']", "", sentence.lower())))


def _cut(text: str, words: int) -> str:
    found = text.split()
    return " ".join(found[:words]) + (" …" if len(found) > words else "")


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data"))
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--key", type=click.Path(path_type=Path), required=True)
@click.option("--seed", default=4, show_default=True)
def main(data: Path, out: Path, key: Path, seed: int) -> None:
    """Run it."""
    path = data / "helsinki" / "pages.jsonl"
    if not path.is_file():
        click.echo(f"skipped: no {path}; give the data folder with --data", err=True)
        sys.exit(0)
    articles = list(load_articles(path))
    pairs = [(articles[left], articles[right]) for left, right in draw_pairs(articles, seed)]
    with out.open("w") as sheet:
        for number, (left, right) in enumerate(pairs):
            sheet.write("\n".join([f"##### {number}", *show_pair(left.text, right.text), ""]))
    with key.open("w") as names:
        for left, right in pairs:
            row = {"left": left.id, "right": right.id, "part": part_of(left)}
            names.write(json.dumps(row) + "\n")
    click.echo(f"{len(pairs)} pairs")


if __name__ == "__main__":
    main()
