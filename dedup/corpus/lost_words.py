"""Words lost: what dropped articles say and no kept article of their set does, counted.

Counted from the shingles and texts of what was dropped and of what was kept, whatever the cover
said. A word is lost if every shingle it stands in is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import msgspec
import numpy as np

from dedup.arrays import Rows
from dedup.config import SketchConfig
from dedup.corpus.files import ArticleOutcome, ArticleStatus
from dedup.corpus.retention import read_texts
from dedup.records import Corpus
from dedup.sketch.build import order_texts
from dedup.sketch.columns import Sketches
from dedup.sketch.shingles import find_lost

_TEXTS = 1024  # read at a time


class DroppedWords(msgspec.Struct, frozen=True):
    """The words of the articles of one status that were left out."""

    articles: int
    words: int
    lost: int  # of the words: those that no kept article of the same set, or story, has


def count_lost_words(
    outcomes: Sequence[ArticleOutcome],
    left_out: Collection[ArticleStatus],
    sketches: Sketches,
    corpus: Corpus,
    config: SketchConfig,
) -> dict[str, DroppedWords]:
    """The words dropped and lost, by the status of the articles that are left out."""
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row, outcome in enumerate(outcomes):
        if outcome.status in left_out and outcome.status != "empty":
            counts[outcome.status][0] += 1
            counts[outcome.status][1] += int(sketches.words[row])
    losing = sorted(_find_losing(outcomes, left_out, sketches), key=lambda found: found[0])
    for start in range(0, len(losing), _TEXTS):
        part = losing[start : start + _TEXTS]
        for (row, _), words in zip(part, _count_words(part, corpus, config), strict=True):
            counts[outcomes[row].status][2] += words
    return {status: DroppedWords(*found) for status, found in sorted(counts.items())}


Losing = tuple[int, Rows]  # a dropped row, and the shingles of it that are lost, ascending


def _find_losing(
    outcomes: Sequence[ArticleOutcome], left_out: Collection[ArticleStatus], sketches: Sketches
) -> Iterator[Losing]:
    """The dropped rows that lose any shingle."""
    kept: defaultdict[str, list[int]] = defaultdict(list)  # rows by set and by story
    dropped: defaultdict[str | None, list[int]] = defaultdict(list)
    for row, outcome in enumerate(outcomes):
        if outcome.status not in left_out:
            for cluster in (outcome.copies, outcome.story):
                if cluster:
                    kept[cluster].append(row)
    for row, outcome in enumerate(outcomes):
        if outcome.status in left_out and outcome.status != "empty":
            found = (cluster for cluster in (outcome.copies, outcome.story) if cluster in kept)
            dropped[next(found, None)].append(row)
    for cluster, rows in dropped.items():
        shingles = [sketches.shingles[row] for row in kept[cluster]] if cluster else []
        said = np.unique(np.concatenate(shingles)) if shingles else np.empty(0, dtype=np.uint32)
        for row in rows:
            lost = np.setdiff1d(sketches.shingles[row], said, assume_unique=True)
            if len(lost):
                yield row, lost
    sketches.release()


def _count_words(part: Sequence[Losing], corpus: Corpus, config: SketchConfig) -> Iterator[int]:
    texts = list(read_texts(corpus, np.array([row for row, _ in part])))
    ordered = order_texts([text or "" for text in texts], config)
    for (_, lost), shingles in zip(part, ordered, strict=True):
        yield find_lost(shingles, lost, config.shingle_words)[0]
