"""Candidates to verified pairs: which relation two articles have, if any.

LSH proposed the pair; here its shingles are counted exactly and the bars of `VerifyConfig` decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Days, Rows, Shares
from dedup.config import Config, VerifyConfig
from dedup.match.decision import (
    all_met,
    contains_criteria,
    decide,
    excerpt_criterion,
    near_criteria,
    rewrite_criteria,
    shared_words,
)
from dedup.match.document_frequency import CorpusWeights
from dedup.match.overlap import Overlap, overlap_shingles
from dedup.match.story_score import score_stories
from dedup.parallel import releases_columns, tile_pairs
from dedup.records import Decision, Relation
from dedup.sketch.columns import Sketches


class Pairs(NamedTuple):
    """Verified pairs, by column; `left < right` are row numbers."""

    left: Rows
    right: Rows
    relation: NDArray[np.object_]  # of `Relation`
    jaccard: Shares
    containment: Shares
    story_score: Shares
    shared: NDArray[np.int32]  # distinct shingles in common

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
    shared = sketches.shingles.count(right).astype(np.int32)
    relation = _named(Relation.EXACT, len(right))
    return Pairs(firsts[right], right, relation, ones, ones, ones, shared)


@releases_columns
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
    relation[shared_words(overlap, config).met] = Relation.EXCERPT
    relation[is_contained(overlap, config)] = Relation.CONTAINS
    relation[is_near(overlap, config)] = Relation.NEAR
    if same is not None:
        relation[same] = Relation.EXACT
    unscored = np.zeros(len(left), dtype=np.float32)
    scores = overlap.jaccard, overlap.containment, unscored, overlap.shared
    pairs = Pairs(left, right, relation, *scores)
    return pairs.where(np.flatnonzero(relation != None))  # noqa: E711  # elementwise


class PairMeasures(NamedTuple):
    """All that the relation of one pair hangs on; arrays have one value."""

    same_body: bool
    overlap: Overlap
    story_scores: Shares
    days_apart: Days  # NaN where a date is not known
    longest_passage: int  # shared words in a row


def decide_relations(
    measures: PairMeasures, config: Config
) -> tuple[Relation | None, tuple[Decision, ...]]:
    """The strongest relation of one pair, if any, and what decided on each but `exact`."""
    overlap, verify = measures.overlap, config.verify
    passage = excerpt_criterion(measures.longest_passage, verify)
    criteria = {
        Relation.NEAR: near_criteria(overlap, config),
        Relation.CONTAINS: contains_criteria(overlap, config),
        Relation.REWRITE: rewrite_criteria(measures.story_scores, measures.days_apart, verify),
        Relation.EXCERPT: [passage, shared_words(overlap, config)],
    }
    met = [relation for relation, asked in criteria.items() if all_met(asked)[0]]
    found = [Relation.EXACT] if measures.same_body else met
    decisions = tuple(decide(relation, asked) for relation, asked in criteria.items())
    return (found[0] if found else None), decisions


def have_same_body(sketches: Sketches, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """Which pairs of rows have the same body; an empty body is the same as none."""
    same: NDArray[np.bool_] = (sketches.digests[left] == sketches.digests[right]).all(axis=1)
    return same & (sketches.words[left] > 0)


def is_near(overlap: Overlap, config: Config) -> NDArray[np.bool_]:
    """Which pairs are `near`."""
    return all_met(near_criteria(overlap, config))


def is_contained(overlap: Overlap, config: Config) -> NDArray[np.bool_]:
    """In which pairs the shorter lies in the longer."""
    return all_met(contains_criteria(overlap, config))


def score_pairs(
    pairs: Pairs, sketches: Sketches, corpus_weights: CorpusWeights, workers: int = 1
) -> Pairs:
    """The pairs with their story scores."""
    scores = np.empty(len(pairs.left), dtype=np.float32)
    for places, scored in _score_parts(sketches, corpus_weights, pairs.left, pairs.right, workers):
        scores[places] = scored
    return pairs._replace(story_score=scores)


@releases_columns
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
    relation = _named(Relation.REWRITE, len(places))
    story_scores = np.concatenate(scores)
    columns = overlap.jaccard, overlap.containment, story_scores, overlap.shared
    return Pairs(left, right, relation, *columns)


def _score_parts(
    sketches: Sketches, corpus_weights: CorpusWeights, left: Rows, right: Rows, workers: int
) -> Iterator[tuple[NDArray[np.int64], Shares]]:
    """The story scores of pairs, part by part with their places, so that little stays mapped."""
    for places in tile_pairs(left, right, sketches, corpus_weights):
        yield places, score_stories(sketches, corpus_weights, left[places], right[places], workers)


def _named(relation: Relation | None, count: int) -> NDArray[np.object_]:
    return np.full(count, relation, dtype=object)
