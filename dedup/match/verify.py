"""Candidates to verified pairs: which relation two articles have, if any.

LSH proposed the pair; here its shingles are counted exactly and the bars of `VerifyConfig` decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Rows, Shares
from dedup.config import Config, VerifyConfig
from dedup.match.document_frequency import CorpusWeights
from dedup.match.overlap import Overlap, overlap_shingles
from dedup.match.story_score import score_stories
from dedup.parallel import tile_pairs
from dedup.records import Relation
from dedup.sketch.columns import Sketches, release_array, release_pages


class Pairs(NamedTuple):
    """Verified pairs, by column; `left < right` are row numbers."""

    left: Rows
    right: Rows
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


def group_exact(sketches: Sketches) -> Rows:
    """For each row the first row with the same body; its own number where there is none before."""
    firsts = np.arange(len(sketches), dtype=np.uint32)
    filled = np.flatnonzero(sketches.words)
    _, first, group = np.unique(
        sketches.digests[filled], axis=0, return_index=True, return_inverse=True
    )
    firsts[filled] = filled[first[group.reshape(-1)]]
    return firsts


def verify_exact(sketches: Sketches, firsts: Rows) -> Pairs:
    """A star for each body that several articles have: its first article with each other one."""
    right = np.flatnonzero(firsts != np.arange(len(firsts))).astype(np.uint32)
    ones = np.ones(len(right), dtype=np.float32)
    return Pairs(firsts[right], right, _named(Relation.EXACT, len(right)), ones, ones, ones)


def verify_copies(
    sketches: Sketches, left: Rows, right: Rows, config: Config, workers: int = 1
) -> Pairs:
    """Of these pairs the `near` and `contains` ones, and as `excerpt` those that may be one.

    Whether a shared passage is long enough depends on the order of its words, which sketches do
    not have: `explain` settles it on the texts. Story scores are left at 0: see `score_pairs`.
    """
    overlap = overlap_shingles(sketches, left, right, workers)
    return name_copies(left, right, overlap, config)


def verify_pairs(sketches: Sketches, left: Rows, right: Rows, config: Config) -> Pairs:
    """Of these pairs those that are copies: one body, `near`, or `contains`. Not yet scored."""
    overlap = overlap_shingles(sketches, left, right)
    same = (sketches.digests[left] == sketches.digests[right]).all(axis=1)
    pairs = name_copies(left, right, overlap, config, same)
    return pairs.where(pairs.relation != Relation.EXCERPT)


def name_copies(
    left: Rows,
    right: Rows,
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


def score_pairs(
    pairs: Pairs, sketches: Sketches, corpus_weights: CorpusWeights, workers: int = 1
) -> Pairs:
    """The pairs with their story scores."""
    scores = np.empty(len(pairs.left), dtype=np.float32)
    for places, scored in _score_parts(sketches, corpus_weights, pairs.left, pairs.right, workers):
        scores[places] = scored
    return pairs._replace(story_score=scores)


def verify_rewrites(
    sketches: Sketches,
    corpus_weights: CorpusWeights,
    left: Rows,
    right: Rows,
    config: VerifyConfig,
    workers: int = 1,
) -> Pairs:
    """Of these pairs those that tell one story, as `rewrite`."""
    found, scores = [], []
    for places, scored in _score_parts(sketches, corpus_weights, left, right, workers):
        told = scored >= config.min_story_score
        found.append(places[told])
        scores.append(scored[told])
    places = np.concatenate(found)
    left, right = left[places], right[places]
    overlap = overlap_shingles(sketches, left, right, workers)
    release_pages(sketches)
    relation = _named(Relation.REWRITE, len(places))
    return Pairs(
        left, right, relation, overlap.jaccard, overlap.containment, np.concatenate(scores)
    )


def _score_parts(
    sketches: Sketches, corpus_weights: CorpusWeights, left: Rows, right: Rows, workers: int
) -> Iterator[tuple[NDArray[np.int64], Shares]]:
    """The story scores of pairs, part by part with their places, so that little stays mapped."""
    for places in tile_pairs(left, right):
        yield places, score_stories(sketches, corpus_weights, left[places], right[places], workers)
        release_pages(sketches)
        release_array(corpus_weights.weights)


def _named(relation: Relation | None, count: int) -> NDArray[np.object_]:
    return np.full(count, relation, dtype=object)
