"""The sketches of a corpus, and what else is known of each article: outlet, date, length, title."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.cluster.canonical import ArticleMetadata
from dedup.config import SketchConfig
from dedup.parallel import map_in_order
from dedup.progress import Advance, ignore_progress
from dedup.records import Article, Corpus
from dedup.sketch.build import sketch_texts
from dedup.sketch.columns import Sketches, gather_sketches, join_sketches, take_sketches

_BATCH = 256  # articles sketched at a time
_BLOCK = 4096  # rows of an earlier search that are taken over at a time
TextBatch = list[tuple[str, str | None]]  # texts and their languages


class SketchedCorpus(NamedTuple):
    """A corpus as the search needs it, by row."""

    sketches: Sketches
    metadata: list[ArticleMetadata]
    folder: Path | None = None  # where the columns of the sketches are files


def sketch_corpus(
    corpus: Corpus,
    config: SketchConfig,
    workers: int = 1,
    advance: Advance = ignore_progress,
    folder: Path | None = None,
) -> SketchedCorpus:
    """The sketches and metadata of a corpus, in its order; sketches in files of a new `folder`."""
    metadata: list[ArticleMetadata] = []
    parts = _sketch_articles(corpus, config, workers, metadata)
    sketches = gather_sketches(_telling([sketch_texts([], config)], parts, advance), folder)
    return SketchedCorpus(sketches, metadata, folder)


def resketch_rows(
    before: SketchedCorpus,
    changed: Iterable[Article],
    rows: NDArray[np.int64],
    config: SketchConfig,
    workers: int = 1,
    folder: Path | None = None,
) -> SketchedCorpus:
    """The corpus of an earlier search, of which the articles of these rows have changed."""
    metadata: list[ArticleMetadata] = []
    new = join_sketches(
        [sketch_texts([], config), *_sketch_articles(changed, config, workers, metadata)]
    )
    ranked = list(before.metadata)
    for row, described in zip(rows.tolist(), metadata, strict=True):
        ranked[row] = described._replace(known=ranked[row].known)
    sketches = gather_sketches(_replace_rows(before.sketches, new, rows), folder)
    return SketchedCorpus(sketches, ranked, folder)


def _replace_rows(old: Sketches, new: Sketches, rows: NDArray[np.int64]) -> Iterator[Sketches]:
    """The old sketches, block by block, with the new ones at `rows` (ascending)."""
    for start in range(0, len(old), _BLOCK):
        stop = min(start + _BLOCK, len(old))
        first, last = np.searchsorted(rows, [start, stop])
        block = join_sketches(
            [
                take_sketches(old, np.arange(start, stop)),
                take_sketches(new, np.arange(first, last)),
            ]
        )
        order = np.arange(stop - start)
        order[rows[first:last] - start] = stop - start + np.arange(last - first)
        yield take_sketches(block, order)


def _telling(
    first: list[Sketches], parts: Iterable[Sketches], advance: Advance
) -> Iterator[Sketches]:
    yield from first
    for part in parts:
        yield part
        advance(len(part))


def _sketch_articles(
    articles: Iterable[Article], config: SketchConfig, workers: int, metadata: list[ArticleMetadata]
) -> Iterator[Sketches]:
    """The sketches of articles in order, batch by batch; their metadata is added to the list."""

    def batches() -> Iterator[TextBatch]:
        source = iter(articles)
        while batch := list(islice(source, _BATCH)):
            metadata.extend(map(describe_article, batch))
            yield [(article.text, article.language) for article in batch]

    with ThreadPoolExecutor(max_workers=workers) as pool:
        sketch = partial(_sketch_batch, config=config)
        for _, part in map_in_order(pool, 2 * workers, sketch, batches()):
            yield part


def _sketch_batch(batch: TextBatch, config: SketchConfig) -> Sketches:
    """Sketch texts of several languages, each with its own rarity, and put them back in order."""
    languages = [language for _, language in batch]
    runs: list[Sketches] = []
    start = 0
    for end in range(1, len(batch) + 1):
        if end == len(batch) or languages[end] != languages[start]:
            texts = [text for text, _ in batch[start:end]]
            runs.append(sketch_texts(texts, config, languages[start]))
            start = end
    return join_sketches(runs)


def describe_article(article: Article) -> ArticleMetadata:
    """What is known of this article besides its body."""
    said = article.attribution
    return ArticleMetadata(
        id=article.id,
        kind=article.kind,
        names=_names_of(article.outlet),
        source=said.source.lower() if said.source else None,
        published=article.published,
        length=len(article.text),
        warned=article.in_doubt,
        title=article.title,
    )


@lru_cache(maxsize=4096)  # one value for all articles of an outlet
def _names_of(outlet: str | None) -> frozenset[str]:
    return frozenset((outlet.lower(),) if outlet else ())
