"""Stories: clusters of copies and rewrites that tell one source's story.

Two groups join if the mean story score over the pairs across them is high enough. A single bridge,
such as a page of news in brief between two events, does not carry the mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from dedup.arrays import Days
from dedup.cluster.canonical import ArticleMetadata, choose_canonical, cover_features
from dedup.cluster.linkage import (
    MOST_COMPARED,
    Edge,
    Group,
    connected_components,
    link_edges,
    pairs_across,
    release_often,
)
from dedup.config import Config
from dedup.match.document_frequency import CorpusWeights
from dedup.match.story_score import score_stories
from dedup.match.verify import Pairs
from dedup.parallel import releases_columns
from dedup.sketch.columns import Sketches
from dedup.text.dates import are_apart, list_days

_COPIES_COMPARED = 3  # of each member's copies, when stories join
# Times `min_story_cohesion` that one pair counts at most: two of three pairs across must be alike.
_MOST_COUNTED = 1.5


@releases_columns
def cluster_stories(
    pairs: Pairs,
    copies: Sequence[Group],
    sketches: Sketches,
    corpus_weights: CorpusWeights,
    metadata: Sequence[ArticleMetadata],
    config: Config,
) -> list[Group]:
    """The stories among the canonical articles of `pairs`; each row in one at most.

    Their `copies` are compared with them: what else a round-up tells is not told by its copies.
    """
    copies_of = {
        group.canonical: [row for row in group.members if row != group.canonical]
        for group in copies
    }

    def with_copies(rows: list[int]) -> list[int]:
        speaking = rows[:MOST_COMPARED]
        copied = [copies_of.get(row, [])[:_COPIES_COMPARED] for row in speaking]
        return [*speaking, *chain.from_iterable(copied)]

    days = list_days(described.published for described in metadata)
    release = release_often(sketches, corpus_weights)

    def holds(_: Edge, ours: list[int], theirs: list[int]) -> bool:
        release()
        across = with_copies(ours), with_copies(theirs)
        cohesion = measure_cohesion(sketches, corpus_weights, *across, config, days)
        return cohesion >= config.cluster.min_story_cohesion

    groups = []
    for rows, weakest in link_edges(_story_edges(pairs), holds):
        release()
        members = sorted(rows)
        cover = cover_features(sketches, corpus_weights, members)
        canonical, rule = choose_canonical(members, cover, metadata, config.keep)
        groups.append(Group(canonical, rule, tuple(members), weakest))
    return sorted(groups, key=lambda group: group.members)


def _story_edges(pairs: Pairs) -> Iterable[Edge]:
    sets = connected_components(pairs.left, pairs.right)  # as in `list_copy_edges`
    strongest = np.lexsort((pairs.right, pairs.left, -pairs.story_score, sets))
    columns = (pairs.left, pairs.right, pairs.relation, pairs.story_score)
    return zip(*(column[strongest].tolist() for column in columns), strict=True)


def measure_cohesion(
    sketches: Sketches,
    corpus_weights: CorpusWeights,
    ours: Sequence[int],
    theirs: Sequence[int],
    config: Config,
    days: Days | None = None,
) -> float:
    """The mean story score over the pairs across two stories.

    No pair counts much more than the bar: a strong tie does not stand in for those that lack. Pairs
    known (`days`, by row) to lie further apart than rewrites do count as 0.
    """
    across = pairs_across(ours, theirs)
    scores = score_stories(sketches, corpus_weights, *across)
    if days is not None:
        scores[are_apart(days, *across, config.verify.rewrite_days)] = 0
    return float(np.minimum(scores, _MOST_COUNTED * config.cluster.min_story_cohesion).mean())
