"""Why a pair has a relation, or not: each of its measures held against the setting that decides.

The one home of the rule. `verify` asks of arrays of pairs whether every criterion is met; what is
printed about one pair names the criterion that decided. Both read the same `Criterion`s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Shares
from dedup.config import Config, VerifyConfig
from dedup.match.overlap import Overlap
from dedup.records import Decision, Relation

_A_HAIR = 0.00005  # smaller differences do not show in four digits


def _no_note(pair: int) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One measure of pairs held against one setting; arrays are float32[pairs] and bool[pairs]."""

    measure: str
    values: Shares
    setting: Callable[[int], str]  # the setting that a pair is held against
    limits: Shares
    met: NDArray[np.bool_]
    note: Callable[[int], str] = _no_note  # what else counted for a pair


def all_met(criteria: Sequence[Criterion]) -> NDArray[np.bool_]:
    """bool[pairs]: the pairs that meet every criterion."""
    met: NDArray[np.bool_] = np.logical_and.reduce([criterion.met for criterion in criteria])
    return met


def decide(relation: Relation, criteria: Sequence[Criterion], pair: int = 0) -> Decision:
    """What decided about one pair: the first criterion that is not met, else the first."""
    failed = (criterion for criterion in criteria if not criterion.met[pair])
    deciding = next(failed, criteria[0])
    return Decision(
        relation=relation,
        measure=deciding.measure,
        value=round(float(deciding.values[pair]), 4),
        setting=deciding.setting(pair),
        limit=round(float(deciding.limits[pair]), 6),  # as it was set, not as float32 has it
        met=bool(deciding.met[pair]),
        note=deciding.note(pair),
    )


class PairScores(NamedTuple):
    """The numbers of one pair that was found."""

    jaccard: float
    containment: float
    story_score: float
    shared: int  # distinct shingles in common


def decide_found(
    relation: Relation, scores: PairScores, longest_passage: int, config: VerifyConfig
) -> tuple[Decision, ...]:
    """The measure by which a pair has the relation that it was found to have; of `exact`, none."""
    match relation:
        case Relation.EXACT:
            return ()
        case Relation.REWRITE:
            known = np.array([scores.story_score], dtype=np.float32)
            bar = rewrite_criteria(known, np.array([np.nan]), config)[0]
        case Relation.EXCERPT:
            bar = excerpt_criterion(longest_passage, config)
        case _:
            name = "jaccard" if relation is Relation.NEAR else "containment"
            bar = _share_bar(name, _overlap_of(scores), config)
    return (decide(relation, [bar]),)


def _overlap_of(scores: PairScores) -> Overlap:
    jaccard, containment, _, shared = scores
    return Overlap(
        jaccard=np.array([jaccard], dtype=np.float32),
        containment=np.array([containment], dtype=np.float32),
        shared=np.array([shared], dtype=np.int32),
        figures=np.zeros(1, dtype=np.float32),  # of a pair that was found: it is no column
    )


def near_criteria(overlap: Overlap, config: Config) -> list[Criterion]:
    """What makes pairs `near`."""
    return [_share_bar("jaccard", overlap, config.verify), _no_column(overlap, config.verify)]


def contains_criteria(overlap: Overlap, config: Config) -> list[Criterion]:
    """What makes pairs `contains`: a passage at least, not a few stock words."""
    return [
        _share_bar("containment", overlap, config.verify),
        shared_words(overlap, config),
        _no_column(overlap, config.verify),
    ]


def rewrite_criteria(
    story_scores: Shares, days_apart: NDArray[np.float64], config: VerifyConfig
) -> list[Criterion]:
    """What makes pairs a `rewrite`. `days_apart` is NaN where a date is not known."""
    window = config.rewrite_days
    late = (days_apart > window) & (window > 0)
    return [
        _at_least("story score", story_scores, "verify.min_story_score", config.min_story_score),
        Criterion(
            "days apart",
            days_apart.astype(np.float32),
            lambda pair: "verify.rewrite_days",
            np.full(days_apart.shape, window, dtype=np.float32),
            ~late,
            lambda pair: "published too far apart",
        ),
    ]


def shared_words(overlap: Overlap, config: Config) -> Criterion:
    """Which pairs share as many shingles as a passage of `min_passage_words` has."""
    words = config.verify.min_passage_words
    least = words - (config.sketch.shingle_words - 1)  # with few words asked for, every pair may
    shared = overlap.shared.astype(np.float32)
    note = f"a passage of verify.min_passage_words {words} has {least}"
    return _at_least("shared shingles", shared, "the least,", least, note)


def excerpt_criterion(longest_passage: int, config: VerifyConfig) -> Criterion:
    """Whether the texts of one pair share a passage that is long enough, in words."""
    name = "longest shared passage, in words,"
    values = np.array([longest_passage], dtype=np.float32)
    return _at_least(name, values, "verify.min_passage_words", config.min_passage_words)


def _share_bar(name: str, overlap: Overlap, config: VerifyConfig) -> Criterion:
    """The bar for a share of shingles; it is higher for pairs that share few."""
    least, least_short = getattr(config, f"min_{name}"), getattr(config, f"min_{name}_short")
    short = (overlap.shared < config.enough_shingles) & (least_short > least)
    values = getattr(overlap, name)
    limits = np.where(short, least_short, least).astype(np.float32)

    def note(pair: int) -> str:
        few = f"shared shingles: {overlap.shared[pair]}, under verify.enough_shingles"
        return f"{few} {config.enough_shingles}" if short[pair] else ""

    def setting(pair: int) -> str:
        return f"verify.min_{name}" + ("_short" if short[pair] else "")

    return Criterion(name, values, setting, limits, values >= limits, note)


def _no_column(overlap: Overlap, config: VerifyConfig) -> Criterion:
    """Which pairs are not two days of one column: the weather, the markets, with other figures.

    What two such days do not share is nearly all around figures; a story that is updated changes
    words too. A text that lies in another has no figures of its own: it is the other without its
    table. So the Jaccard is what two texts of the shorter one's length would have.
    """
    jaccard = overlap.containment / (2 - overlap.containment)
    differing = overlap.figures >= config.min_column_figures
    column = differing & (jaccard < config.max_column_jaccard)

    def note(pair: int) -> str:
        alike = f"jaccard {jaccard[pair]:.4g} of texts of one length"
        under = f"under verify.max_column_jaccard {config.max_column_jaccard:.4g}"
        return f"two days of one column: {alike}, {under}"

    return Criterion(
        "share of figures in what only one has",
        overlap.figures,
        lambda pair: "verify.min_column_figures",
        np.full(column.shape, config.min_column_figures, dtype=np.float32),
        ~column,
        note,
    )


def _at_least(
    measure: str, values: Shares, setting: str, limit: float, note: str = ""
) -> Criterion:
    limits = np.full(values.shape, limit, dtype=np.float32)
    return Criterion(
        measure, values, lambda pair: setting, limits, values >= limits, lambda pair: note
    )


def describe_decision(decision: Decision) -> str:
    """`jaccard 0.31 misses verify.min_jaccard 0.5 by 0.19`, and what else counted in brackets."""
    held = describe_measure(decision.measure, decision.value, decision.setting, decision.limit)
    return f"{held} ({decision.note})" if decision.note else held


def describe_measure(name: str, value: float, setting: str, limit: float) -> str:
    """A number against the setting that decided, and by how much.

    >>> describe_measure("jaccard", 0.31, "verify.min_jaccard", 0.5)
    'jaccard 0.31 misses verify.min_jaccard 0.5 by 0.19'
    """
    away = abs(value - limit)
    verb = "misses" if value < limit else "reaches"
    by = f"by {away:.4g}" if away >= _A_HAIR else "exactly" if value >= limit else "by a hair"
    return f"{name} {value:.4g} {verb} {setting} {limit:.4g} {by}"
