"""Verified matches to clusters: copies, and the stories that copies and rewrites tell.

Both grow in one way: every article starts alone, the strongest tie is looked at first, and the two
groups it connects join only if they hold together on the whole:

- copies: enough of the pairs across are copies of each other, and none are strangers. A round-up
  that contains two stories whole does not make them one: they share nothing with each other.
- stories: the mean story score over the pairs across is high enough. A single bridge, a
  news-in-brief page between two events, does not carry the mean.

So a chain A~B~C~D never by itself puts A and D together. Pairs across are compared exactly, whether
or not LSH proposed them. A group is known by its first members, those that are most alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Days, Numbers
from dedup.choose import Standing, choose_canonical, cover_features, cover_shingles
from dedup.config import ClusterConfig, Config
from dedup.connect import connect_pairs
from dedup.date import are_apart, list_days
from dedup.fill import is_filled
from dedup.gather import rest_array, rest_sketches
from dedup.records import Relation
from dedup.recount import Recounted
from dedup.score import score_stories
from dedup.sketch import Sketches
from dedup.spread import tile_pairs
from dedup.verify import (
    Pairs,
    is_contained,
    is_near,
    overlap_shingles,
)

_MOST_COMPARED = 24  # members that speak for a group: those that joined first
_COPIES_COMPARED = 3  # of each member's copies, when stories join
# Times `min_story_cohesion` that one pair counts at most: two of three pairs across must be alike.
_MOST_COUNTED = 1.5

_LOOKS = 1024  # at rows, after which the memory of mapped columns is given back

Tie = tuple[int, int, Relation, float]  # left row, right row, relation, score
Holds = Callable[[Tie, list[int], list[int]], bool]  # whether two groups that a tie joins do hold


class Group(NamedTuple):
    """A cluster by row numbers."""

    canonical: int
    rule: str  # which rule chose the canonical
    members: tuple[int, ...]  # ascending, the canonical included
    weakest: Tie


class Linked(NamedTuple):
    """Rows that hold together, in the order they joined, and the weakest tie that joined them."""

    rows: list[int]
    weakest: Tie


def link_ties(ties: Iterable[Tie], holds: Holds) -> list[Linked]:
    """Groups of two or more rows: strongest tie first, joined where they hold together.

    Ties come strongest first, at least of those that others connect; rows that no tie joined to
    another are in no group.
    """
    group_of: dict[int, list[int]] = {}
    weakest: dict[int, Tie] = {}  # by a group's first row
    refused: set[tuple[int, int, int, int]] = set()  # a group's first row and size are its state
    for tie in ties:
        ours = group_of.setdefault(tie[0], [tie[0]])
        theirs = group_of.setdefault(tie[1], [tie[1]])
        if ours is theirs or (state := (ours[0], len(ours), theirs[0], len(theirs))) in refused:
            continue
        if not holds(tie, ours, theirs):
            refused.add(state)
            continue
        # The larger first: its earliest members keep speaking for the group.
        larger, smaller = sorted((ours, theirs), key=lambda rows: (-len(rows), rows[0]))
        larger += smaller
        group_of.update(dict.fromkeys(smaller, larger))
        weakest[larger[0]] = tie
    groups = {rows[0]: rows for rows in group_of.values() if len(rows) > 1}
    return [Linked(rows, weakest[first]) for first, rows in sorted(groups.items())]


def _rest_often(sketches: Sketches, *arrays: NDArray[Any]) -> Callable[[], None]:
    """What is to be called with every look at rows; now and then it gives back what is mapped."""
    looks = count(1)

    def rest() -> None:
        if next(looks) % _LOOKS == 0:
            rest_sketches(sketches)
            for array in arrays:
                rest_array(array)

    return rest


def cluster_copies(
    pairs: Pairs,
    firsts: Numbers,
    sketches: Sketches,
    standings: Sequence[Standing],
    config: Config,
) -> list[Group]:
    """The copies among the articles of `pairs`, which are of distinct bodies.

    `firsts` names for each row the first with the same body: those are put back with it, short
    ones under the same title only.
    """
    rest = _rest_often(sketches)

    def holds(tie: Tie, ours: list[int], theirs: list[int]) -> bool:
        if len(ours) == len(theirs) == 1:  # most: the tie is all there is, and known
            return tie[3] >= config.cluster.min_kinship
        rest()
        return are_copies(sketches, ours, theirs, config)

    twins = _twins_of(firsts, sketches, standings, config.cluster)
    groups = []
    for linked in link_ties(list_copy_ties(pairs, sketches, config.cluster), holds):
        rest()
        groups.append(_group_copies(linked, twins, sketches, standings))
        for row in linked.rows:
            twins.pop(row, None)
    groups += [_group_twins(rows, standings) for rows in twins.values()]
    return sorted(groups, key=lambda group: group.members)


def list_copy_ties(pairs: Pairs, sketches: Sketches, config: ClusterConfig) -> list[Tie]:
    """The pairs that can join copies, the most alike first.

    One connected set of rows comes after the other: they do not touch each other, and what one
    needs of mapped columns stays in memory while it is looked at.
    """
    contained = pairs.relation == Relation.CONTAINS
    contained[contained] = _find_filled(pairs.where(contained), sketches, config)
    shorter = np.minimum(sketches.words[pairs.left], sketches.words[pairs.right])
    alike = (pairs.relation == Relation.NEAR) | contained
    found = np.flatnonzero(alike & (shorter >= config.min_copy_words))
    columns = (pairs.left, pairs.right, pairs.relation, pairs.containment)
    ties = zip(*(column[found].tolist() for column in columns), strict=True)
    left, right = pairs.left[found], pairs.right[found]
    order = np.lexsort((right, left, -pairs.jaccard[found], connect_pairs(left, right)))
    listed = list(ties)
    return [listed[k] for k in order.tolist()]


def _find_filled(pairs: Pairs, sketches: Sketches, config: ClusterConfig) -> NDArray[np.bool_]:
    filled = np.zeros(len(pairs.left), dtype=np.bool_)
    for places in tile_pairs(pairs.left, pairs.right):
        left, right = pairs.left[places], pairs.right[places]
        shared = overlap_shingles(sketches, left, right).shared
        filled[places] = is_filled(sketches, left, right, shared, config)
        rest_sketches(sketches)
    return filled


class Kinship(NamedTuple):
    """How alike two groups of copies are, over the pairs across them."""

    least: float  # containment of any pair
    tied: float  # share of the pairs that are copies of each other


def are_copies(
    sketches: Sketches, ours: Sequence[int], theirs: Sequence[int], config: Config
) -> bool:
    """Whether two groups are copies of each other: enough pairs across are, none are strangers."""
    least, tied = measure_kinship(sketches, ours, theirs, config)
    return least >= config.cluster.min_kinship and tied >= config.cluster.min_tied_share


def measure_kinship(
    sketches: Sketches, ours: Sequence[int], theirs: Sequence[int], config: Config
) -> Kinship:
    """How alike two groups are, by the members that speak for each."""
    left, right = _across(ours, theirs)
    overlap = overlap_shingles(sketches, left, right)
    filled = is_filled(sketches, left, right, overlap.shared, config.cluster)
    contained = is_contained(overlap, config) & filled
    tied = is_near(overlap, config) | contained
    return Kinship(float(overlap.containment.min()), float(tied.mean()))


def _across(ours: Sequence[int], theirs: Sequence[int]) -> tuple[Numbers, Numbers]:
    """The pairs across two groups, by the members that speak for each."""
    ours, theirs = ours[:_MOST_COMPARED], theirs[:_MOST_COMPARED]
    left = np.repeat(np.array(ours, dtype=np.uint32), len(theirs))
    return left, np.tile(np.array(theirs, dtype=np.uint32), len(ours))


def _twins_of(
    firsts: Numbers, sketches: Sketches, standings: Sequence[Standing], config: ClusterConfig
) -> dict[int, list[int]]:
    """By first row, the rows of two or more that have one body, and one title if it is short."""
    bodies: dict[tuple[int, str | None], list[int]] = defaultdict(list)
    for row in np.flatnonzero(np.bincount(firsts, minlength=len(firsts))[firsts] > 1).tolist():
        if sketches.words[row] >= config.min_copy_words:
            bodies[int(firsts[row]), None].append(row)
        elif standings[row].title:
            bodies[int(firsts[row]), standings[row].title].append(row)
    return {rows[0]: rows for rows in bodies.values() if len(rows) > 1}


def _group_copies(
    linked: Linked,
    twins: dict[int, list[int]],
    sketches: Sketches,
    standings: Sequence[Standing],
) -> Group:
    cover = zip(linked.rows, cover_shingles(sketches, linked.rows), strict=True)
    of_member = {twin: share for row, share in cover for twin in twins.get(row, [row])}
    members = sorted(of_member)
    shares = [of_member[row] for row in members]
    canonical, rule = choose_canonical(members, shares, standings)
    return Group(canonical, rule, tuple(members), linked.weakest)


def _group_twins(members: list[int], standings: Sequence[Standing]) -> Group:
    canonical, rule = choose_canonical(members, [1.0] * len(members), standings)
    return Group(canonical, rule, tuple(members), (members[0], members[1], Relation.EXACT, 1.0))


def cluster_stories(
    pairs: Pairs,
    copies: Sequence[Group],
    sketches: Sketches,
    recounted: Recounted,
    standings: Sequence[Standing],
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
        speaking = rows[:_MOST_COMPARED]
        copied = [copies_of.get(row, [])[:_COPIES_COMPARED] for row in speaking]
        return [*speaking, *chain.from_iterable(copied)]

    days = list_days(standing.published for standing in standings)
    rest = _rest_often(sketches, recounted.weights)

    def holds(_: Tie, ours: list[int], theirs: list[int]) -> bool:
        rest()
        across = with_copies(ours), with_copies(theirs)
        cohesion = measure_cohesion(sketches, recounted, *across, config, days)
        return cohesion >= config.cluster.min_story_cohesion

    groups = []
    for rows, weakest in link_ties(_story_ties(pairs), holds):
        rest()
        members = sorted(rows)
        cover = cover_features(sketches, recounted, members)
        canonical, rule = choose_canonical(members, cover, standings)
        groups.append(Group(canonical, rule, tuple(members), weakest))
    return sorted(groups, key=lambda group: group.members)


def _story_ties(pairs: Pairs) -> Iterable[Tie]:
    sets = connect_pairs(pairs.left, pairs.right)  # as in `list_copy_ties`
    strongest = np.lexsort((pairs.right, pairs.left, -pairs.story_score, sets))
    columns = (pairs.left, pairs.right, pairs.relation, pairs.story_score)
    return zip(*(column[strongest].tolist() for column in columns), strict=True)


def measure_cohesion(
    sketches: Sketches,
    recounted: Recounted,
    ours: Sequence[int],
    theirs: Sequence[int],
    config: Config,
    days: Days | None = None,
) -> float:
    """The mean story score over the pairs across two stories.

    No pair counts much more than the bar: a strong tie does not stand in for those that lack. Pairs
    known (`days`, by row) to lie further apart than rewrites do count as 0.
    """
    across = _across(ours, theirs)
    scores = score_stories(sketches, recounted, *across)
    if days is not None:
        scores[are_apart(days, *across, config.verify.rewrite_days)] = 0
    return float(np.minimum(scores, _MOST_COUNTED * config.cluster.min_story_cohesion).mean())
