"""Candidates to scores: what two articles really share, counted exactly.

LSH proposed the pair; nothing here is estimated. Jaccard and containment are of the distinct
shingles; the story score is `score`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Numbers, Scalar, Shares
from dedup.config import Config, VerifyConfig
from dedup.gather import rest_array, rest_sketches
from dedup.records import Relation
from dedup.recount import Recounted
from dedup.score import score_stories
from dedup.sketch import Sketches
from dedup.spread import spread_pairs, tile_pairs


@dataclass(frozen=True, slots=True)
class Overlap:
    """How the shingles of pairs overlap, by column; 0 where either side has none."""

    jaccard: Shares
    containment: Shares  # share of the shorter side's shingles that the longer has
    shared: NDArray[np.int32]  # distinct shingles in common
    figures: Shares  # of the shingles that only one side has, the share that hold a figure


def overlap_shingles(
    sketches: Sketches, left: Numbers, right: Numbers, workers: int = 1
) -> Overlap:
    """The shingle overlap of each pair of rows."""
    rows = sketches.shingles

    def count(chunk: slice) -> NDArray[np.int32]:
        return _count_common(rows.values, rows.offsets, left[chunk], right[chunk])

    shared, figures = spread_pairs(count, len(left), workers).T
    return relate_counts(shared, figures, rows.count(left), rows.count(right))


def relate_counts(
    shared: NDArray[np.int32], figures: NDArray[np.int32], ours: Array, theirs: Array
) -> Overlap:
    """The overlap of pairs: of their shingles so many are shared, and so many with a figure not."""
    shorter = np.minimum(ours, theirs)
    union = ours + theirs - shared
    return Overlap(
        jaccard=(shared / np.maximum(union, 1)).astype(np.float32),
        containment=(shared / np.maximum(shorter, 1)).astype(np.float32),
        shared=shared,
        figures=(figures / np.maximum(union - shared, 1)).astype(np.float32),
    )


@njit(cache=True, nogil=True)
def _count_common(values: Array, offsets: Array, left: Array, right: Array) -> NDArray[np.int32]:
    counts = np.empty((left.shape[0], 2), dtype=np.int32)
    for pair in range(left.shape[0]):
        ours = values[offsets[left[pair]] : offsets[left[pair] + 1]]
        theirs = values[offsets[right[pair]] : offsets[right[pair] + 1]]
        counts[pair, 0], counts[pair, 1] = count_common(ours, theirs)
    return counts


@njit(cache=True, nogil=True)
def count_common(ours: Array, theirs: Array) -> tuple[Scalar, Scalar]:
    """The shingles both have, and of those only one has, how many hold a figure."""
    common, shared, figures = np.int64(0), np.int64(0), np.int64(0)
    i, j = np.int64(0), np.int64(0)
    while i < ours.shape[0] and j < theirs.shape[0]:  # no branch in it: none to be guessed wrong
        a, b = ours[i], theirs[j]
        same = np.int64(a == b)
        common += same
        shared += same & np.int64(a)  # the lowest bit of a shingle says whether it holds a figure
        i += np.int64(a <= b)
        j += np.int64(b <= a)
    for a in ours:
        figures += np.int64(a & np.uint32(1))
    for b in theirs:
        figures += np.int64(b & np.uint32(1))
    return common, figures - 2 * shared


class Pairs(NamedTuple):
    """Verified pairs, by column; `left < right` are row numbers."""

    left: Numbers
    right: Numbers
    relation: NDArray[np.object_]  # of `Relation`
    jaccard: Shares
    containment: Shares
    story_score: Shares

    def where(self, kept: NDArray[Any]) -> Pairs:
        """The pairs at these places, by mask or index."""
        return Pairs(*(column[kept] for column in self))


def join_pairs(parts: Sequence[Pairs]) -> Pairs:
    """Several as one, ordered by left and right row."""
    joined = Pairs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return joined.where(np.lexsort((joined.right, joined.left)))


def group_exact(sketches: Sketches) -> Numbers:
    """For each row the first row with the same body; its own number where there is none before."""
    firsts = np.arange(len(sketches), dtype=np.uint32)
    filled = np.flatnonzero(sketches.words)
    _, first, group = np.unique(
        sketches.digests[filled], axis=0, return_index=True, return_inverse=True
    )
    firsts[filled] = filled[first[group.reshape(-1)]]
    return firsts


def verify_exact(sketches: Sketches, firsts: Numbers) -> Pairs:
    """A star for each body that several articles have: its first article with each other one."""
    right = np.flatnonzero(firsts != np.arange(len(firsts))).astype(np.uint32)
    ones = np.ones(len(right), dtype=np.float32)
    return Pairs(firsts[right], right, _named(Relation.EXACT, len(right)), ones, ones, ones)


def verify_copies(
    sketches: Sketches, left: Numbers, right: Numbers, config: Config, workers: int = 1
) -> Pairs:
    """Of these pairs the `near` and `contains` ones, and as `excerpt` those that may be one.

    Whether a shared passage is long enough depends on the order of its words, which sketches do
    not have: `explain` settles it on the texts. Story scores are left at 0: see `score_pairs`.
    """
    overlap = overlap_shingles(sketches, left, right, workers)
    return name_copies(left, right, overlap, config)


def name_copies(
    left: Numbers,
    right: Numbers,
    overlap: Overlap,
    config: Config,
    same: NDArray[np.bool_] | None = None,
) -> Pairs:
    """Of pairs that overlap so, what `verify_copies` makes of them; `same` bodies are `exact`."""
    relation = _named(None, len(left))
    relation[_share_passage(overlap, config)] = Relation.EXCERPT
    relation[is_contained(overlap, config)] = Relation.CONTAINS
    relation[is_near(overlap, config)] = Relation.NEAR
    if same is not None:
        relation[same] = Relation.EXACT
    unscored = np.zeros(len(left), dtype=np.float32)
    pairs = Pairs(left, right, relation, overlap.jaccard, overlap.containment, unscored)
    return pairs.where(np.flatnonzero(relation != None))  # noqa: E711  # elementwise


def is_near(overlap: Overlap, config: Config) -> NDArray[np.bool_]:
    """Which pairs are `near`."""
    verify = config.verify
    bar = _bar(overlap, verify.min_jaccard, verify.min_jaccard_short, verify)
    return (overlap.jaccard >= bar) & ~is_column(overlap, verify)


def is_contained(overlap: Overlap, config: Config) -> NDArray[np.bool_]:
    """In which pairs the shorter lies in the longer: a passage at least, not a few stock words."""
    verify = config.verify
    bar = _bar(overlap, verify.min_containment, verify.min_containment_short, verify)
    contained = (overlap.containment >= bar) & _share_passage(overlap, config)
    return contained & ~is_column(overlap, verify)


def is_column(overlap: Overlap, config: VerifyConfig) -> NDArray[np.bool_]:
    """Which pairs are two days of one column: the weather, the markets, with other figures.

    What they do not share is nearly all around figures; a story that is updated changes words too.
    A text that lies in another has no figures of its own: it is the other without its table. So the
    Jaccard is what two texts of the shorter one's length would have.
    """
    differing = overlap.figures >= config.min_column_figures
    jaccard = overlap.containment / (2 - overlap.containment)
    return differing & (jaccard < config.max_column_jaccard)


def _share_passage(overlap: Overlap, config: Config) -> NDArray[np.bool_]:
    """Which pairs share as many shingles as a passage of `min_passage_words` has."""
    least = config.verify.min_passage_words - (config.sketch.shingle_words - 1)
    shared: NDArray[np.bool_] = overlap.shared >= least  # with few words asked for, all may
    return shared


def _bar(overlap: Overlap, least: float, least_short: float, config: VerifyConfig) -> Shares:
    enough = overlap.shared >= config.enough_shingles
    return np.where(enough, least, max(least, least_short)).astype(np.float32)


def score_pairs(pairs: Pairs, sketches: Sketches, recounted: Recounted, workers: int = 1) -> Pairs:
    """The pairs with their story scores."""
    scores = np.empty(len(pairs.left), dtype=np.float32)
    for places, scored in _score_parts(sketches, recounted, pairs.left, pairs.right, workers):
        scores[places] = scored
    return pairs._replace(story_score=scores)


def verify_rewrites(
    sketches: Sketches,
    recounted: Recounted,
    left: Numbers,
    right: Numbers,
    config: VerifyConfig,
    workers: int = 1,
) -> Pairs:
    """Of these pairs those that tell one story, as `rewrite`."""
    found, scores = [], []
    for places, scored in _score_parts(sketches, recounted, left, right, workers):
        told = scored >= config.min_story_score
        found.append(places[told])
        scores.append(scored[told])
    places = np.concatenate(found)
    left, right = left[places], right[places]
    overlap = overlap_shingles(sketches, left, right, workers)
    rest_sketches(sketches)
    relation = _named(Relation.REWRITE, len(places))
    return Pairs(
        left, right, relation, overlap.jaccard, overlap.containment, np.concatenate(scores)
    )


def _score_parts(
    sketches: Sketches, recounted: Recounted, left: Numbers, right: Numbers, workers: int
) -> Iterator[tuple[NDArray[np.int64], Shares]]:
    """The story scores of pairs, part by part with their places, so that little stays mapped."""
    for places in tile_pairs(left, right):
        yield places, score_stories(sketches, recounted, left[places], right[places], workers)
        rest_sketches(sketches)
        rest_array(recounted.weights)


def _named(relation: Relation | None, count: int) -> NDArray[np.object_]:
    return np.full(count, relation, dtype=object)
