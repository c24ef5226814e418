"""Choose: of a cluster, the article to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dedup.match.document_frequency import CorpusWeights
from dedup.sketch.columns import Sketches
from dedup.text.dates import when_published


class ArticleMetadata(NamedTuple):
    """What besides its body makes an article the one to keep."""

    id: str
    kind: str  # main before embedded: an embedded article is another page's
    names: frozenset[str]  # what others call it: outlet, host
    source: str | None  # whom its attribution names
    published: str | None
    length: int  # characters
    warned: bool = False  # stripping it raised a doubt
    title: str | None = None


def choose_canonical(
    rows: Sequence[int], cover: Sequence[float], metadata: Sequence[ArticleMetadata]
) -> tuple[int, str]:
    """The row to keep, and the rule that decided.

    Main before embedded; one whose stripping raised no warning before one that did (an index page
    covers every story it lists); then the one that covers most of the cluster (to a hundredth: less
    is chance); then the one the others name as their source; then the earliest; the longest; the
    smallest id. A date that is not known is later than any.
    """
    named = _count_naming(rows, metadata)
    criteria: list[tuple[str, Callable[[int], object]]] = [
        ("main", lambda k: metadata[rows[k]].kind != "main"),
        ("no warning", lambda k: metadata[rows[k]].warned),
        ("coverage", lambda k: -round(cover[k], 2)),
        ("named as source", lambda k: -named[rows[k]]),
        ("earliest", lambda k: when_published(metadata[rows[k]].published)),
        ("longest", lambda k: -metadata[rows[k]].length),
        ("smallest id", lambda k: metadata[rows[k]].id),
    ]
    left = list(range(len(rows)))
    rule = "smallest id"
    for name, criterion in criteria:
        values = [criterion(k) for k in left]
        best = min(values)  # type: ignore[type-var]  # one criterion's values are of one type
        kept = [k for k, value in zip(left, values, strict=True) if value == best]
        if len(kept) < len(left):
            left, rule = kept, name
        if len(left) == 1:
            break
    return rows[left[0]], rule


def _count_naming(rows: Sequence[int], metadata: Sequence[ArticleMetadata]) -> dict[int, int]:
    """By row how many of the others name it as their source."""
    sources = Counter(metadata[row].source for row in rows)
    return {
        row: sum(sources[name] for name in metadata[row].names)
        - (metadata[row].source in metadata[row].names)
        for row in rows
    }


def cover_shingles(sketches: Sketches, rows: list[int]) -> list[float]:
    """For each row the mean share of the others' shingles that it has, itself included."""
    shingles = [sketches.shingles[row] for row in rows]
    lengths = np.array([max(1, len(s)) for s in shingles])
    owners = np.repeat(np.arange(len(rows)), [len(s) for s in shingles])
    _, places = np.unique(np.concatenate(shingles), return_inverse=True)
    worth = np.bincount(places, weights=1.0 / lengths[owners])
    cover = np.bincount(owners, weights=worth[places], minlength=len(rows))
    return [float(c) for c in cover / len(rows)]


def cover_features(
    sketches: Sketches, corpus_weights: CorpusWeights, rows: list[int]
) -> list[float]:
    """For each row the mean share, by weight, of the others' features that it has."""
    offsets = sketches.features.offsets
    places = [slice(int(offsets[row]), int(offsets[row + 1])) for row in rows]
    features = [sketches.features.values[place] for place in places]
    weights = np.concatenate([corpus_weights.weights[place] for place in places])
    owners = np.repeat(np.arange(len(rows)), [len(f) for f in features])
    totals = np.maximum(np.bincount(owners, weights=weights, minlength=len(rows)), 1e-9)
    _, found = np.unique(np.concatenate(features), return_inverse=True)
    worth = np.bincount(found, weights=weights / totals[owners])
    cover = np.bincount(owners, weights=worth[found], minlength=len(rows))
    return [float(c) for c in cover / len(rows)]
