"""Verified matches to clusters: copies, and the stories that copies and rewrites tell.

Matches only say which articles to look at together; who is in a cluster is decided here.

- copies: within articles connected by matches, the one that covers most of them is canonical, and
  the others stay only if each matches *it*; what is left starts over. A chain A~B~C never puts A
  and C together unless one of the three is like both others.
- stories: the strongest tie joins first. Two stories join only when, besides that tie, their
  articles are alike on the whole (mean story score over the pairs across): a single bridge, a
  news-in-brief page between two events, does not carry the mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dedup.arrays import Numbers
from dedup.config import ClusterConfig, Config, VerifyConfig
from dedup.records import Relation
from dedup.recount import Recounted
from dedup.sketch import Sketches
from dedup.verify import Pairs, overlap_shingles, score_stories

_MERGING = (Relation.EXACT, Relation.NEAR, Relation.CONTAINS)
_MOST_COMPARED = 24  # members of a story that speak for it: those that joined first


class Standing(NamedTuple):
    """What besides its body makes an article the one to keep."""

    id: str
    kind: str  # main before embedded: an embedded article is another page's
    names: frozenset[str]  # what others call it: outlet, host
    source: str | None  # whom its attribution names
    published: str | None
    length: int  # characters


class Group(NamedTuple):
    """A cluster by row numbers."""

    canonical: int
    rule: str  # which rule chose the canonical
    members: tuple[int, ...]  # ascending, the canonical included
    weakest: tuple[int, int, Relation, float]


Cover = Callable[[list[int]], list[float]]


def cluster_copies(
    pairs: Pairs,
    firsts: Numbers,
    sketches: Sketches,
    standings: Sequence[Standing],
    config: ClusterConfig,
    verify: VerifyConfig,
) -> list[Group]:
    """The copies among the articles of `pairs`, which are of distinct bodies.

    `firsts` names for each row the first with the same body: those are put back with it.
    """
    ties = _merging_ties(pairs, sketches, config)
    twins = _twins_of(firsts)
    groups: list[Group] = []
    for component in _components(ties, twins):
        groups += _split_component(component, ties, twins, sketches, standings, verify)
    return sorted(groups, key=lambda group: group.members)


Ties = dict[tuple[int, int], tuple[Relation, float]]


def _merging_ties(pairs: Pairs, sketches: Sketches, config: ClusterConfig) -> Ties:
    ties: Ties = {}
    for left, right, relation, _, containment, _ in zip(*pairs, strict=True):
        pair = int(left), int(right)
        if relation == Relation.CONTAINS and not _is_copy(
            sketches, *pair, float(containment), config
        ):
            continue
        if relation in _MERGING:
            ties[pair] = relation, float(containment)
    return ties


def _is_copy(
    sketches: Sketches, left: int, right: int, containment: float, config: ClusterConfig
) -> bool:
    """Whether a contained article is a trimmed copy, and not one item of a round-up."""
    lengths = sketches.shingles.lengths
    longer, shorter = (left, right) if lengths[left] >= lengths[right] else (right, left)
    if containment * lengths[shorter] >= config.min_lead_share * lengths[longer]:
        return True
    lead = sketches.leads[longer]
    return float(np.isin(lead, sketches.shingles[shorter]).mean()) >= config.min_lead_share


def _twins_of(firsts: Numbers) -> dict[int, list[int]]:
    twins: dict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(firsts != np.arange(len(firsts))).tolist():
        twins[int(firsts[row])].append(row)
    return twins


def _components(ties: Ties, twins: dict[int, list[int]]) -> Iterator[list[int]]:
    """Rows connected by ties, and rows with twins alone, each ascending."""
    parent: dict[int, int] = {row: row for row in twins}

    def find(row: int) -> int:
        root = row
        while parent.setdefault(root, root) != root:
            root = parent[root]
        while parent[row] != root:
            parent[row], row = root, parent[row]
        return root

    for left, right in ties:
        a, b = sorted((find(left), find(right)))
        parent[b] = a
    components: dict[int, list[int]] = defaultdict(list)
    for row in sorted(parent):
        components[find(row)].append(row)
    yield from components.values()


def _split_component(
    rows: list[int],
    ties: Ties,
    twins: dict[int, list[int]],
    sketches: Sketches,
    standings: Sequence[Standing],
    verify: VerifyConfig,
) -> Iterator[Group]:
    """Clusters in which every member matches the canonical."""
    remaining = rows
    while remaining:
        body, rule = choose_canonical(remaining, _cover_shingles(sketches, remaining), standings)
        own = _ties_to(body, remaining, ties, sketches, verify)
        members = sorted(row for other in (body, *own) for row in (other, *twins.get(other, ())))
        if len(members) > 1:
            same = [body, *twins.get(body, ())]
            canonical, among_same = choose_canonical(same, [1.0] * len(same), standings)
            weakest = _weakest_copy(body, own, members)
            yield Group(canonical, rule if own else among_same, tuple(members), weakest)
        remaining = [row for row in remaining if row != body and row not in own]


def _ties_to(
    canonical: int, rows: list[int], ties: Ties, sketches: Sketches, verify: VerifyConfig
) -> dict[int, tuple[Relation, float]]:
    """The rows that match the canonical; those that LSH did not pair with it are verified now."""
    own: dict[int, tuple[Relation, float]] = {}
    unseen: list[int] = []
    for row in rows:
        tie = ties.get((min(row, canonical), max(row, canonical)))
        if tie:
            own[row] = tie
        elif row != canonical:
            unseen.append(row)
    if unseen:
        left = np.full(len(unseen), canonical, dtype=np.uint32)
        overlap = overlap_shingles(sketches, left, np.array(unseen, dtype=np.uint32))
        for k in np.flatnonzero(overlap.jaccard >= verify.min_jaccard).tolist():
            own[unseen[k]] = Relation.NEAR, float(overlap.containment[k])
    return own


def _weakest_copy(
    canonical: int, own: dict[int, tuple[Relation, float]], members: list[int]
) -> tuple[int, int, Relation, float]:
    if not own:
        return members[0], members[1], Relation.EXACT, 1.0
    row, (relation, score) = min(own.items(), key=lambda tie: (tie[1][1], tie[0]))
    return min(row, canonical), max(row, canonical), relation, score


def _cover_shingles(sketches: Sketches, rows: list[int]) -> list[float]:
    """For each row the mean share of the others' shingles that it has, itself included."""
    shingles = [sketches.shingles[row] for row in rows]
    lengths = np.array([max(1, len(s)) for s in shingles])
    owners = np.repeat(np.arange(len(rows)), [len(s) for s in shingles])
    _, places = np.unique(np.concatenate(shingles), return_inverse=True)
    worth = np.bincount(places, weights=1.0 / lengths[owners])
    cover = np.bincount(owners, weights=worth[places], minlength=len(rows))
    return [float(c) for c in cover / len(rows)]


def choose_canonical(
    rows: Sequence[int], cover: Sequence[float], standings: Sequence[Standing]
) -> tuple[int, str]:
    """The row to keep, and the rule that decided.

    Main before embedded; then the one that covers most of the cluster (to a hundredth: less is
    chance); then the one the others name as their source; then the earliest; the longest; the
    smallest id. A date that is not known is later than any.
    """
    named = {row: _count_naming(row, rows, standings) for row in rows}
    criteria: list[tuple[str, Callable[[int], object]]] = [
        ("main", lambda k: standings[rows[k]].kind != "main"),
        ("coverage", lambda k: -round(cover[k], 2)),
        ("named as source", lambda k: -named[rows[k]]),
        ("earliest", lambda k: standings[rows[k]].published or "~"),
        ("longest", lambda k: -standings[rows[k]].length),
        ("smallest id", lambda k: standings[rows[k]].id),
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


def _count_naming(row: int, rows: Sequence[int], standings: Sequence[Standing]) -> int:
    names = standings[row].names
    return sum(standings[other].source in names for other in rows if other != row)


def cluster_stories(
    pairs: Pairs,
    sketches: Sketches,
    recounted: Recounted,
    standings: Sequence[Standing],
    config: Config,
) -> list[Group]:
    """The stories among the canonical articles of `pairs`; each row in one at most."""
    story_of: dict[int, list[int]] = {}
    weakest: dict[int, tuple[int, int, Relation, float]] = {}  # by a story's first member
    min_cohesion = config.cluster.min_story_cohesion
    strongest = np.lexsort((pairs.right, pairs.left, -pairs.story_score))
    for k in strongest.tolist():
        left, right = int(pairs.left[k]), int(pairs.right[k])
        ours = story_of.setdefault(left, [left])
        theirs = story_of.setdefault(right, [right])
        if ours is theirs:
            continue
        if measure_cohesion(sketches, recounted, ours, theirs, config.verify) < min_cohesion:
            continue
        # The larger first: its earliest members, the most alike, keep speaking for the story.
        joined = sorted((ours, theirs), key=lambda rows: (-len(rows), rows[0]))
        story = joined[0] + joined[1]
        story_of.update(dict.fromkeys(story, story))
        weakest[story[0]] = left, right, pairs.relation[k], float(pairs.story_score[k])
    stories = {story[0]: story for story in story_of.values() if len(story) > 1}
    groups = [
        _group_story(story, weakest[first], sketches, recounted, standings)
        for first, story in stories.items()
    ]
    return sorted(groups, key=lambda group: group.members)


def measure_cohesion(
    sketches: Sketches,
    recounted: Recounted,
    ours: list[int],
    theirs: list[int],
    verify: VerifyConfig,
) -> float:
    """The mean story score over the pairs across two stories."""
    ours, theirs = ours[:_MOST_COMPARED], theirs[:_MOST_COMPARED]
    left = np.repeat(np.array(ours, dtype=np.uint32), len(theirs))
    right = np.tile(np.array(theirs, dtype=np.uint32), len(ours))
    scores, particulars = score_stories(sketches, recounted, left, right)
    # Pairs that share only a form of words, as recurring columns do, speak for no story.
    return float(np.where(particulars >= verify.min_particulars, scores, 0).mean())


def _group_story(
    story: list[int],
    weakest: tuple[int, int, Relation, float],
    sketches: Sketches,
    recounted: Recounted,
    standings: Sequence[Standing],
) -> Group:
    rows = sorted(story)
    canonical, rule = choose_canonical(rows, _cover_features(sketches, recounted, rows), standings)
    return Group(canonical, rule, tuple(rows), weakest)


def _cover_features(sketches: Sketches, recounted: Recounted, rows: list[int]) -> list[float]:
    """For each row the mean share, by weight, of the others' features that it has."""
    offsets = sketches.features.offsets
    places = [slice(int(offsets[row]), int(offsets[row + 1])) for row in rows]
    features = [sketches.features.values[place] for place in places]
    weights = np.concatenate([recounted.weights[place] for place in places])
    owners = np.repeat(np.arange(len(rows)), [len(f) for f in features])
    totals = np.maximum(np.bincount(owners, weights=weights, minlength=len(rows)), 1e-9)
    _, found = np.unique(np.concatenate(features), return_inverse=True)
    worth = np.bincount(found, weights=weights / totals[owners])
    cover = np.bincount(owners, weights=worth[found], minlength=len(rows))
    return [float(c) for c in cover / len(rows)]
