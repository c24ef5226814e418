"""Copies: clusters of `exact`, `near` and `contains` matches.

Two groups join if enough of the pairs across them are copies of each other and no pair are
strangers. A round-up that contains two stories whole does not make them one: they share nothing
with each other. Pairs across are compared exactly, whether or not LSH proposed them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Rows
from dedup.cluster.canonical import ArticleMetadata, choose_canonical, cover_shingles
from dedup.cluster.linkage import (
    Edge,
    Group,
    Linked,
    connected_components,
    link_edges,
    pairs_across,
    release_often,
)
from dedup.config import ClusterConfig, Config, KeepConfig
from dedup.match.overlap import is_covered, overlap_shingles
from dedup.match.verify import Pairs, is_contained, is_near
from dedup.parallel import releases_columns, tile_pairs
from dedup.records import Relation
from dedup.sketch.columns import Sketches


@releases_columns
def cluster_copies(
    pairs: Pairs,
    firsts: Rows,
    sketches: Sketches,
    metadata: Sequence[ArticleMetadata],
    config: Config,
) -> list[Group]:
    """The copies among the articles of `pairs`, which are of distinct bodies.

    `firsts` names for each row the first with the same body: those are put back with it, short
    ones under the same title only.
    """
    release = release_often(sketches)

    def holds(edge: Edge, ours: list[int], theirs: list[int]) -> bool:
        if len(ours) == len(theirs) == 1:  # most: the tie is all there is, and known
            return edge[3] >= config.cluster.min_containment_across
        release()
        return are_copies(sketches, ours, theirs, config)

    twins = _twins_of(firsts, sketches, metadata, config.cluster)
    groups = []
    for linked in link_edges(list_copy_edges(pairs, sketches, config.cluster), holds):
        release()
        groups.append(_group_copies(linked, twins, sketches, metadata, config.keep))
        for row in linked.rows:
            twins.pop(row, None)
    groups += [_group_twins(rows, metadata, config.keep) for rows in twins.values()]
    return sorted(groups, key=lambda group: group.members)


def list_copy_edges(pairs: Pairs, sketches: Sketches, config: ClusterConfig) -> list[Edge]:
    """The pairs that can join copies, the most alike first.

    One connected set of rows comes after the other: they do not touch each other, and what one
    needs of mapped columns stays in memory while it is looked at.
    """
    contained = pairs.relation == Relation.CONTAINS
    contained[contained] = _find_covered(pairs.where(contained), sketches, config)
    shorter = np.minimum(sketches.words[pairs.left], sketches.words[pairs.right])
    alike = (pairs.relation == Relation.NEAR) | contained
    found = np.flatnonzero(alike & (shorter >= config.min_copy_words))
    columns = (pairs.left, pairs.right, pairs.relation, pairs.containment)
    edges = zip(*(column[found].tolist() for column in columns), strict=True)
    left, right = pairs.left[found], pairs.right[found]
    order = np.lexsort((right, left, -pairs.jaccard[found], connected_components(left, right)))
    listed = list(edges)
    return [listed[k] for k in order.tolist()]


def _find_covered(pairs: Pairs, sketches: Sketches, config: ClusterConfig) -> NDArray[np.bool_]:
    filled = np.zeros(len(pairs.left), dtype=np.bool_)
    for places in tile_pairs(pairs.left, pairs.right, sketches):
        left, right = pairs.left[places], pairs.right[places]
        shared = overlap_shingles(sketches, left, right).shared
        filled[places] = is_covered(sketches, left, right, shared, config)
    return filled


class AcrossGroups(NamedTuple):
    """How alike two groups of copies are, over the pairs across them."""

    least: float  # containment of any pair
    tied: float  # share of the pairs that are copies of each other


def are_copies(
    sketches: Sketches, ours: Sequence[int], theirs: Sequence[int], config: Config
) -> bool:
    """Whether two groups are copies of each other: enough pairs across are, none are strangers."""
    least, tied = compare_groups(sketches, ours, theirs, config)
    return least >= config.cluster.min_containment_across and tied >= config.cluster.min_copy_share


def compare_groups(
    sketches: Sketches, ours: Sequence[int], theirs: Sequence[int], config: Config
) -> AcrossGroups:
    """How alike two groups are, by the members that speak for each."""
    left, right = pairs_across(ours, theirs)
    overlap = overlap_shingles(sketches, left, right)
    filled = is_covered(sketches, left, right, overlap.shared, config.cluster)
    contained = is_contained(overlap, config) & filled
    tied = is_near(overlap, config) | contained
    return AcrossGroups(float(overlap.containment.min()), float(tied.mean()))


def _twins_of(
    firsts: Rows, sketches: Sketches, metadata: Sequence[ArticleMetadata], config: ClusterConfig
) -> dict[int, list[int]]:
    """By first row, the rows of two or more that have one body, and one title if it is short."""
    bodies: dict[tuple[int, str | None], list[int]] = defaultdict(list)
    for row in np.flatnonzero(np.bincount(firsts, minlength=len(firsts))[firsts] > 1).tolist():
        if sketches.words[row] >= config.min_copy_words:
            bodies[int(firsts[row]), None].append(row)
        elif metadata[row].title:
            bodies[int(firsts[row]), metadata[row].title].append(row)
    return {rows[0]: rows for rows in bodies.values() if len(rows) > 1}


def _group_copies(
    linked: Linked,
    twins: dict[int, list[int]],
    sketches: Sketches,
    metadata: Sequence[ArticleMetadata],
    keep: KeepConfig,
) -> Group:
    cover = zip(linked.rows, cover_shingles(sketches, linked.rows), strict=True)
    of_member = {twin: share for row, share in cover for twin in twins.get(row, [row])}
    members = sorted(of_member)
    shares = [of_member[row] for row in members]
    canonical, rule = choose_canonical(members, shares, metadata, keep)
    return Group(canonical, rule, tuple(members), linked.weakest)


def _group_twins(
    members: list[int], metadata: Sequence[ArticleMetadata], keep: KeepConfig
) -> Group:
    canonical, rule = choose_canonical(members, [1.0] * len(members), metadata, keep)
    return Group(canonical, rule, tuple(members), (members[0], members[1], Relation.EXACT, 1.0))
