"""The scorer: how likely each line of a page is the article's, by two small sets of trees.

The first set sees `line_features` and the line's wording; the second sees them again with what the
first said of the line and of its neighbours. Trained by `benchmarks/train_strip.py`; `scorer.json`
holds every split.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from dedup.config import config_folder
from dedup.errors import ConfigError
from dedup.strip.lines import Line
from dedup.strip.rules.rule_set import Hit
from dedup.strip.rules.terms import load_terms
from dedup.strip.scorer.lexical_features import wording_features
from dedup.strip.scorer.line_features import (
    Array,
    line_features,
    mean_around,
    shift_rows,
    since_marked,
)
from dedup.strip.scorer.prose_run import best_run

Floats = npt.NDArray[np.float64]
RUN_COST = 0.3  # probability, as in shared/KNOWN.md: best run over (probability - .3)
SURE = 0.5  # probability from which a line counts as found when its neighbours are looked at
OPINION_OFFSETS = (-4, -3, -2, -1, 1, 2, 3, 4)
OPINION_SPANS = (3, 8, 20)  # lines


class Trees(NamedTuple):
    """A set of decision trees. Node n asks: feature[n] <= threshold[n]? left[n] : right[n].

    A child of -1 - k is leaf k. `roots` are the first nodes of the trees; a page's line gets the
    sum of its leaves, through the logistic function.
    """

    feature: npt.NDArray[np.int16]
    threshold: Floats
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    leaf: Floats
    roots: npt.NDArray[np.int32]


class Scorer(NamedTuple):
    """Two sets of trees, the wording they know, and how their scores are read."""

    first: Trees
    second: Trees
    odds: dict[str, float]  # of words and pairs of words: above 0, chrome has them more often
    run_cost: float  # probability a line must have to pay for its place in the run
    min_score: float  # probability below which a line of the run is left out


def score_lines(lines: Sequence[Line], hits: Sequence[tuple[Hit, ...]], scorer: Scorer) -> Floats:
    """The probability that each line is the article's. Shape (lines,), float64."""
    features = first_features(lines, hits, scorer.odds)
    words = np.array([line.words for line in lines], dtype=np.float64)
    opinion = run_trees(features, scorer.first)
    return run_trees(second_features(features, opinion, words), scorer.second)


def first_features(
    lines: Sequence[Line], hits: Sequence[tuple[Hit, ...]], odds: Mapping[str, float]
) -> Array:
    """`line_features` and `wording_features`, side by side. Float32."""
    seen, _ = line_features(lines, hits, load_terms())
    return np.concatenate([seen, wording_features(lines, odds)], axis=1)


def second_features(features: Array, opinion: Floats, words: Floats) -> Array:
    """`first_features` and what the first trees said, there and around. Float32."""
    order = np.arange(len(words))
    run = best_run(((opinion - RUN_COST) * words).tolist())
    inside = (order >= run.first) & (order < run.stop)
    weight = opinion * words
    total = max(1.0, float(weight.sum()))
    sure = opinion > SURE
    column = opinion.reshape(-1, 1).astype(np.float32)
    columns: list[Any] = [
        opinion,
        *(shift_rows(column, offset)[:, 0] for offset in OPINION_OFFSETS),
        inside,
        np.maximum(0, run.first - order),
        np.maximum(0, order - run.stop + 1),
        np.cumsum(weight) / total,
        np.full(len(words), weight[inside].sum() / total),
        *_opinion_around(weight, words),
        since_marked(sure),
        since_marked(sure[::-1])[::-1],
    ]
    return np.concatenate([features, np.stack(columns, axis=1)], axis=1).astype(np.float32)


def _opinion_around(weight: Floats, words: Floats) -> list[Any]:
    """The opinion a word, over the lines before and after each line, for each span."""
    both = np.stack([weight, words], axis=1).astype(np.float32)
    means = [side for span in OPINION_SPANS for side in mean_around(both, span)]
    return [side[:, 0] / np.maximum(1e-6, side[:, 1]) for side in means]


def run_trees(features: Array, trees: Trees) -> Floats:
    """The probability of each row. Shape (rows,), float64."""
    sums: Floats = _sum_leaves(features, *trees)
    return 1 / (1 + np.exp(-sums))


# features: (lines, columns) float32, row-major; the trees' nodes lie one after another.
@numba.njit(nogil=True, cache=True)
def _sum_leaves(  # a kernel takes arrays, not records
    features: Any, feature: Any, threshold: Any, left: Any, right: Any, leaf: Any, roots: Any
) -> Any:
    sums = np.zeros(len(features))
    for row in range(len(features)):
        for root in roots:
            node = root
            while node >= 0:
                low = features[row, feature[node]] <= threshold[node]
                node = left[node] if low else right[node]
            sums[row] += leaf[-1 - node]
    return sums


@cache
def load_scorer(path: Path | None = None) -> Scorer:
    """The shipped scorer, or another. Raises `ConfigError` naming the file."""
    path = path or config_folder() / "paratext" / "scorer.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        first, second = (read_trees(trees) for trees in stored["trees"])
        return Scorer(first, second, stored["odds"], stored["run_cost"], stored["min_score"])
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: not a scorer: {error!r}; make it with make train") from None


def read_trees(stored: Sequence[dict[str, Any]]) -> Trees:
    """Trees as stored: each `{"nodes": [[feature, threshold, left, right]], "leaves": [...]}`."""
    nodes: list[tuple[int, float, int, int]] = []
    leaves: list[float] = []
    roots: list[int] = []
    for tree in stored:
        roots.append(len(nodes))
        at, leaf = len(nodes), len(leaves)
        for feature, threshold, left, right in tree["nodes"]:
            below, above = (child + at if child >= 0 else child - leaf for child in (left, right))
            nodes.append((feature, threshold, below, above))
        leaves += tree["leaves"]
    columns = list(zip(*nodes, strict=True))
    return Trees(
        np.array(columns[0], dtype=np.int16),
        np.array(columns[1], dtype=np.float64),
        np.array(columns[2], dtype=np.int32),
        np.array(columns[3], dtype=np.int32),
        np.array(leaves, dtype=np.float64),
        np.array(roots, dtype=np.int32),
    )
