"""Lines of a run's files, rendered in whatever process is free: batches in, bytes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Hashes
from dedup.cluster.canonical import ArticleMetadata
from dedup.config import VerifyConfig
from dedup.corpus.files import (
    ArticleLine,
    ArticleOutcome,
    ArticleStatus,
    encode_lines,
    line_of,
    match_line_of,
    write_body,
)
from dedup.corpus.page_log import PageRanges, Removed, StrippedPage
from dedup.corpus.spool import Spool
from dedup.match.changes import find_changes
from dedup.match.evidence import explain_pairs
from dedup.match.quotations import Quotations
from dedup.match.verify import Pairs
from dedup.records import Article, Changes

_PAIRS = 1024  # explained at a time: of few articles each read once
_PAGES = 1024  # written at a time
_PAIR_WEIGHT = 1000  # explaining a pair takes as long as stripping so many characters
_PAGE_WEIGHT = 100


class PairBatch(NamedTuple):
    """Pairs to explain, and where their articles are."""

    pairs: Pairs
    rows: NDArray[np.int64]  # every row of the pairs, once
    places: PageRanges  # of the page of each
    within: NDArray[np.int64]  # which of its page's articles it is
    shared_by: dict[tuple[str, str], tuple[str, ...]]  # by ids of a pair: all that have its passage


class Explained(NamedTuple):
    """Lines of `matches.jsonl`."""

    lines: bytes
    relations: Counter[str]


class PageBatch(NamedTuple):
    """Pages to write, and what the search says of their articles, in order."""

    places: PageRanges
    outcomes: Sequence[ArticleOutcome]
    words: Sequence[int]
    digests: Hashes


class Rendered(NamedTuple):
    """Lines of `articles.jsonl` and `removed.jsonl`."""

    articles: bytes
    removed: bytes
    characters: Counter[str]  # removed, by kind
    unwritten: list[str]  # bodies that could not be written, and why


def batch_pairs(
    quotations: Quotations, metadata: Sequence[ArticleMetadata], spool: Spool
) -> Iterator[PairBatch]:
    """The pairs in parts, each with all that explaining them needs."""
    pairs = quotations.pairs
    numbers = np.arange(len(pairs.left))
    for start in range(0, len(numbers), _PAIRS):
        part = pairs.where(numbers[start : start + _PAIRS])
        rows = np.unique(np.concatenate([part.left, part.right])).astype(np.int64)
        both = zip(part.left.tolist(), part.right.tolist(), strict=True)
        shared_by = {
            (metadata[pair[0]].id, metadata[pair[1]].id): tuple(
                metadata[row].id for row in quotations.shared_by[pair]
            )
            for pair in both
            if pair in quotations.shared_by
        }
        yield PairBatch(part, rows, *spool.place_rows(rows), shared_by)


def weigh_pairs(batch: PairBatch) -> int:
    """How long a batch of pairs takes, in characters (`share`)."""
    return _PAIR_WEIGHT * len(batch.pairs.left)


def render_matches(batch: PairBatch, config: VerifyConfig) -> Explained:
    """The matches of these pairs."""
    articles = dict(zip(batch.rows.tolist(), _read_rows(batch.places, batch.within), strict=True))
    by_id = {article.id: article for article in articles.values()}
    matches = list(explain_pairs(batch.pairs, articles, config))
    lines = [
        match_line_of(
            match,
            by_id[match.left],
            by_id[match.right],
            batch.shared_by.get((match.left, match.right), ()),
        )
        for match in matches
    ]
    return Explained(encode_lines(lines), Counter(match.relation.value for match in matches))


def _read_rows(places: PageRanges, within: NDArray[np.int64]) -> Iterator[Article]:
    for page, place in zip(places.read_bodies(), within.tolist(), strict=True):
        yield page.articles[place]


class VersionBatch(NamedTuple):
    """Versions, and where they and the articles they are versions of lie."""

    rows: NDArray[np.int64]
    versions: tuple[PageRanges, NDArray[np.int64]]  # as `Spool.place_rows` has them
    canonicals: tuple[PageRanges, NDArray[np.int64]]


def batch_versions(canonical_of: dict[int, int], spool: Spool) -> Iterator[VersionBatch]:
    """The versions in parts, each by row with its canonical article."""
    rows = np.array(list(canonical_of), dtype=np.int64)
    canonicals = np.array(list(canonical_of.values()), dtype=np.int64)
    for start in range(0, len(rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        placed = spool.place_rows(rows[part]), spool.place_rows(canonicals[part])
        yield VersionBatch(rows[part], *placed)


def weigh_versions(batch: VersionBatch) -> int:
    """How long a batch of versions takes, in characters (`share`)."""
    return _PAIR_WEIGHT * len(batch.rows)


def find_version_changes(batch: VersionBatch) -> list[Changes]:
    """What is new in each version."""
    both = zip(_read_rows(*batch.versions), _read_rows(*batch.canonicals), strict=True)
    return [find_changes(version.text, canonical.text) for version, canonical in both]


def batch_pages(
    spool: Spool, outcomes: Sequence[ArticleOutcome], words: Sequence[int], digests: Hashes
) -> Iterator[PageBatch]:
    """The pages in parts, each with what the search says of its articles."""
    for places, rows in spool.place_parts(_PAGES):
        yield PageBatch(places, outcomes[rows], words[rows], digests[rows])


def weigh_pages(batch: PageBatch) -> int:
    """How long a batch of pages takes, in characters (`share`)."""
    return _PAGE_WEIGHT * len(batch.outcomes)


def render_pages(batch: PageBatch, kept: Path, left_out: Sequence[ArticleStatus]) -> Rendered:
    """The lines of these pages; bodies of pages that were files go to files below `kept`."""
    lines: list[ArticleLine] = []
    removed: list[Removed] = []
    unwritten: list[str] = []
    characters: Counter[str] = Counter()
    row = 0
    for page in batch.places.read_pages():
        own = batch.outcomes[row : row + len(page.articles)]
        if own[0].status == "known":
            row += len(own)
            continue
        for article, outcome in zip(page.articles, own, strict=True):
            high, low = batch.digests[row].tolist()
            lines.append(line_of(article, batch.words[row], f"{high:016x}{low:016x}", outcome))
            row += 1
        removed += page.removed
        if page.is_file:
            unwritten += _write_bodies(kept, page, own, left_out)
    for span in removed:
        characters[span.kind.value] += span.end - span.start
    return Rendered(encode_lines(lines), encode_lines(removed), characters, unwritten)


def _write_bodies(
    folder: Path,
    page: StrippedPage,
    outcomes: Sequence[ArticleOutcome],
    left_out: Sequence[ArticleStatus],
) -> Iterator[str]:
    for article, outcome in zip(page.articles, outcomes, strict=True):
        if outcome.status in left_out:
            continue
        try:
            write_body(folder, article.id, article.text)
        except OSError as error:
            yield f"{article.id}: body not written: {error.strerror or error}"
