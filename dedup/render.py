"""Render: parts of a finished search as lines of its files, in whatever process is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Hashes
from dedup.config import VerifyConfig
from dedup.explain import explain_pairs
from dedup.pack import Places, Removed, StrippedPage
from dedup.spool import Spool
from dedup.verify import Pairs
from dedup.write import ArticleLine, ArticleStatus, Fate, encode_lines, line_of, write_body

_PAIRS = 1024  # explained at a time: of few articles each read once
_PAGES = 1024  # written at a time
_PAIR_WEIGHT = 1000  # explaining a pair takes as long as stripping so many characters
_PAGE_WEIGHT = 100


class PairBatch(NamedTuple):
    """Pairs to explain, and where their articles are."""

    pairs: Pairs
    rows: NDArray[np.int64]  # every row of the pairs, once
    places: Places  # of the page of each
    within: NDArray[np.int64]  # which of its page's articles it is


class Explained(NamedTuple):
    """Lines of `matches.jsonl`."""

    lines: bytes
    relations: Counter[str]


class PageBatch(NamedTuple):
    """Pages to write, and what the search says of their articles, in order."""

    places: Places
    fates: Sequence[Fate]
    words: Sequence[int]
    digests: Hashes


class Rendered(NamedTuple):
    """Lines of `articles.jsonl` and `removed.jsonl`."""

    articles: bytes
    removed: bytes
    characters: Counter[str]  # removed, by kind
    unwritten: list[str]  # bodies that could not be written, and why


def batch_pairs(pairs: Pairs, spool: Spool) -> Iterator[PairBatch]:
    """The pairs in parts, each with all that explaining them needs."""
    numbers = np.arange(len(pairs.left))
    for start in range(0, len(numbers), _PAIRS):
        part = pairs.where(numbers[start : start + _PAIRS])
        rows = np.unique(np.concatenate([part.left, part.right])).astype(np.int64)
        yield PairBatch(part, rows, *spool.place_rows(rows))


def weigh_pairs(batch: PairBatch) -> int:
    """How long a batch of pairs takes, in characters (`share`)."""
    return _PAIR_WEIGHT * len(batch.pairs.left)


def render_matches(batch: PairBatch, config: VerifyConfig) -> Explained:
    """The matches of these pairs."""
    pages = zip(batch.places.read_bodies(), batch.within.tolist(), strict=True)
    articles = dict(zip(batch.rows.tolist(), (p.articles[k] for p, k in pages), strict=True))
    matches = list(explain_pairs(batch.pairs, articles, config))
    return Explained(encode_lines(matches), Counter(match.relation.value for match in matches))


def batch_pages(
    spool: Spool, fates: Sequence[Fate], words: Sequence[int], digests: Hashes
) -> Iterator[PageBatch]:
    """The pages in parts, each with what the search says of its articles."""
    for places, rows in spool.place_parts(_PAGES):
        yield PageBatch(places, fates[rows], words[rows], digests[rows])


def weigh_pages(batch: PageBatch) -> int:
    """How long a batch of pages takes, in characters (`share`)."""
    return _PAGE_WEIGHT * len(batch.fates)


def render_pages(batch: PageBatch, kept: Path, left_out: Sequence[ArticleStatus]) -> Rendered:
    """The lines of these pages; bodies of pages that were files go to files below `kept`."""
    lines: list[ArticleLine] = []
    removed: list[Removed] = []
    unwritten: list[str] = []
    characters: Counter[str] = Counter()
    row = 0
    for page in batch.places.read_pages():
        own = batch.fates[row : row + len(page.articles)]
        for article, fate in zip(page.articles, own, strict=True):
            high, low = batch.digests[row].tolist()
            lines.append(line_of(article, batch.words[row], f"{high:016x}{low:016x}", fate))
            row += 1
        removed += page.removed
        if page.is_file:
            unwritten += _write_bodies(kept, page, own, left_out)
    for span in removed:
        characters[span.kind.value] += span.end - span.start
    return Rendered(encode_lines(lines), encode_lines(removed), characters, unwritten)


def _write_bodies(
    folder: Path, page: StrippedPage, fates: Sequence[Fate], left_out: Sequence[ArticleStatus]
) -> Iterator[str]:
    for article, fate in zip(page.articles, fates, strict=True):
        if fate.status in left_out:
            continue
        try:
            write_body(folder, article.id, article.text)
        except OSError as error:
            yield f"{article.id}: body not written: {error.strerror or error}"
