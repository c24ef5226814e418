"""Choose: of a cluster, the article to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from dedup.config import KeepConfig
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
    known: bool = False  # an older run or an index has kept it


_BY_DEFAULT = KeepConfig()
Criterion = Callable[[int], Any]  # of the k-th row; the smallest is best


def choose_canonical(
    rows: Sequence[int],
    cover: Sequence[float],
    metadata: Sequence[ArticleMetadata],
    keep: KeepConfig = _BY_DEFAULT,
) -> tuple[int, str]:
    """The row to keep, and the rule that decided.

    One that an older run has kept comes first; then main before embedded; then one whose stripping
    raised no doubt before one that did (an index page covers every story it lists); then as
    `keep.prefer` says; then the smallest id. Coverage is compared to a hundredth: less is chance. A
    date that is not known is worse than any.
    """
    criteria: list[tuple[str, Criterion]] = [
        ("known", lambda k: not metadata[rows[k]].known),
        ("main", lambda k: metadata[rows[k]].kind != "main"),
        ("no warning", lambda k: metadata[rows[k]].warned),
        *_list_preferences(rows, cover, metadata, keep),
        ("smallest id", lambda k: metadata[rows[k]].id),
    ]
    left = list(range(len(rows)))
    rule = "smallest id"
    for name, criterion in criteria:
        values = [criterion(k) for k in left]
        best = min(values)
        kept = [k for k, value in zip(left, values, strict=True) if value == best]
        if len(kept) < len(left):
            left, rule = kept, name
        if len(left) == 1:
            break
    return rows[left[0]], rule


def _list_preferences(
    rows: Sequence[int],
    cover: Sequence[float],
    metadata: Sequence[ArticleMetadata],
    keep: KeepConfig,
) -> list[tuple[str, Criterion]]:
    """The criteria that `keep.prefer` names, in its order, trusted outlets first."""
    own = [metadata[row] for row in rows]
    named = _count_naming(rows, metadata)
    days = [when_published(one.published) for one in own]
    trusted = [outlet.lower() for outlet in keep.outlets]
    criteria: dict[str, tuple[str, Criterion]] = {
        "covers": ("coverage", lambda k: -round(cover[k], 2)),
        "named": ("named as source", lambda k: -named[rows[k]]),
        "earliest": ("earliest", lambda k: days[k]),
        "latest": ("latest", lambda k: (days[k][0], -days[k][1], days[k][2])),
        "longest": ("longest", lambda k: -own[k].length),
        "outlets": ("trusted outlet", lambda k: _rank_outlet(own[k].names, trusted)),
    }
    first = ["outlets"] if trusted and "outlets" not in keep.prefer else []
    return [criteria[name] for name in (*first, *keep.prefer)]


def _rank_outlet(names: frozenset[str], trusted: Sequence[str]) -> int:
    """The place of the first trusted outlet that is one of these names; those not trusted last."""
    return next((k for k, outlet in enumerate(trusted) if outlet in names), len(trusted))


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
