"""Guarded agglomerative linkage: verified pairs to groups that hold together on the whole.

Every article starts alone. The strongest edge is looked at first, and the two groups that it
connects join only if they hold together: the guard is the caller's. So a chain A~B~C~D never by
itself puts A and D together. A group is known by its first members, those that are most alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
from numba import njit

from dedup.arrays import Array, Rows
from dedup.parallel import Mapped
from dedup.records import Relation

MOST_COMPARED = 24  # members that speak for a group: those that joined first
_LOOKS_BEFORE_RELEASE = 1024  # at rows, after which the memory of mapped columns is given back
Edge = tuple[int, int, Relation, float]  # left row, right row, relation, score
Holds = Callable[[Edge, list[int], list[int]], bool]  # whether two groups that a tie joins do hold


class Group(NamedTuple):
    """A cluster by row numbers."""

    canonical: int
    rule: str  # which rule chose the canonical
    members: tuple[int, ...]  # ascending, the canonical included
    weakest: Edge


class Linked(NamedTuple):
    """Rows that hold together, in the order they joined, and the weakest tie that joined them."""

    rows: list[int]
    weakest: Edge


def link_edges(edges: Iterable[Edge], holds: Holds) -> list[Linked]:
    """Groups of two or more rows: strongest tie first, joined where they hold together.

    Ties come strongest first, at least of those that others connect; rows that no tie joined to
    another are in no group.
    """
    group_of: dict[int, list[int]] = {}
    weakest: dict[int, Edge] = {}  # by a group's first row
    refused: set[tuple[int, int, int, int]] = set()  # a group's first row and size are its state
    for edge in edges:
        ours = group_of.setdefault(edge[0], [edge[0]])
        theirs = group_of.setdefault(edge[1], [edge[1]])
        if ours is theirs or (state := (ours[0], len(ours), theirs[0], len(theirs))) in refused:
            continue
        if not holds(edge, ours, theirs):
            refused.add(state)
            continue
        # The larger first: its earliest members keep speaking for the group.
        larger, smaller = sorted((ours, theirs), key=lambda rows: (-len(rows), rows[0]))
        larger += smaller
        group_of.update(dict.fromkeys(smaller, larger))
        weakest[larger[0]] = edge
    groups = {rows[0]: rows for rows in group_of.values() if len(rows) > 1}
    return [Linked(rows, weakest[first]) for first, rows in sorted(groups.items())]


def release_often(*columns: Mapped) -> Callable[[], None]:
    """A function to call with every look at a few rows; at every 1,024th it releases `columns`."""
    looks = count(1)

    def release() -> None:
        if next(looks) % _LOOKS_BEFORE_RELEASE == 0:
            for column in columns:
                column.release()

    return release


def pairs_across(ours: Sequence[int], theirs: Sequence[int]) -> tuple[Rows, Rows]:
    """The pairs across two groups, by the members that speak for each."""
    ours, theirs = ours[:MOST_COMPARED], theirs[:MOST_COMPARED]
    left = np.repeat(np.array(ours, dtype=np.uint32), len(theirs))
    return left, np.tile(np.array(theirs, dtype=np.uint32), len(ours))


@njit(cache=True, nogil=True)
def connected_components(left: Array, right: Array) -> Rows:
    """For each pair of rows the first row of all that pairs connect with it.

    Union-find, the smaller row on top.
    """
    rows = max(left.max(), right.max()) + 1 if left.shape[0] else 0
    above = np.arange(rows).astype(np.uint32)
    for k in range(left.shape[0]):
        ours, theirs = _find_first(above, left[k]), _find_first(above, right[k])
        above[max(ours, theirs)] = min(ours, theirs)
    sets = np.empty(left.shape[0], dtype=np.uint32)
    for k in range(left.shape[0]):
        sets[k] = _find_first(above, left[k])
    return sets


@njit(cache=True, nogil=True)
def _find_first(above: Array, row: int) -> int:
    while above[row] != row:
        above[row] = above[above[row]]
        row = above[row]
    return row
