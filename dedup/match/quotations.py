"""Quotations that many articles share: one line, not an excerpt for each pair of them.

A statement that a hundred articles quote makes five thousand pairs. Pairs are put together by the
smallest shingle that both have (a MinHash of what they share); of each group one pair is kept, and
says of which articles the passage is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Rows
from dedup.config import Config
from dedup.match.evidence import analyse_text, longest_run
from dedup.match.verify import Pairs
from dedup.records import Relation
from dedup.sketch.columns import Sketches

_FEW = 5  # articles; a passage that no more share is shown with each pair
_MOST_OF_IT = 0.8  # share of the passage's shingles that an article must have
TextsOf = Callable[[NDArray[np.int64]], Iterable[str | None]]


class Quotations(NamedTuple):
    """Pairs, of which some stand for all that share their passage."""

    pairs: Pairs
    shared_by: dict[tuple[int, int], tuple[int, ...]]  # by left and right row: all rows, ascending


def gather_quotations(
    pairs: Pairs, sketches: Sketches, texts_of: TextsOf, config: Config
) -> Quotations:
    """The pairs, with one excerpt for each passage that many share; all others as they were."""
    excerpts = np.flatnonzero(pairs.relation == Relation.EXCERPT)
    left, right = pairs.left[excerpts], pairs.right[excerpts]
    shingles = sketches.shingles
    smallest = _find_smallest(shingles.values, shingles.offsets, left, right)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for place, key in zip(excerpts.tolist(), smallest.tolist(), strict=True):
        groups[key].append(place)
    kept = np.ones(len(pairs.left), dtype=np.bool_)
    shared_by = {}
    for group in groups.values():
        members, places = _gather_group(group, pairs, sketches)
        if len(members) > _FEW and _is_passage(pairs, places[0], texts_of, config):
            kept[places[1:]] = False
            shared_by[int(pairs.left[places[0]]), int(pairs.right[places[0]])] = members
    return Quotations(pairs.where(kept), shared_by)


@njit(cache=True, nogil=True)
def _find_smallest(values: Array, offsets: Array, left: Array, right: Array) -> Rows:
    """The smallest shingle that both rows of each pair have."""
    found = np.zeros(left.shape[0], dtype=np.uint32)
    for pair in range(left.shape[0]):
        i, j = offsets[left[pair]], offsets[right[pair]]
        while i < offsets[left[pair] + 1] and j < offsets[right[pair] + 1]:
            if values[i] == values[j]:
                found[pair] = values[i]
                break
            if values[i] < values[j]:
                i += 1
            else:
                j += 1
    return found


def _gather_group(
    group: list[int], pairs: Pairs, sketches: Sketches
) -> tuple[tuple[int, ...], list[int]]:
    """The articles that have a group's passage, and the pairs of them, first the one to be shown.

    That is the one that shares least: the passage, and nothing besides.
    """
    rows = {int(row) for k in group for row in (pairs.left[k], pairs.right[k])}
    if len(rows) <= _FEW:
        return (), group
    shared = {k: _share(pairs, k, sketches) for k in group}
    shown = min(group, key=lambda k: (len(shared[k]), k))
    passage = shared[shown]
    members = {
        row
        for row in rows
        if np.isin(passage, sketches.shingles[row]).sum() >= _MOST_OF_IT * len(passage)
    }
    inside = [k for k in group if {int(pairs.left[k]), int(pairs.right[k])} <= members]
    return tuple(sorted(members)), [shown, *(k for k in inside if k != shown)]


def _share(pairs: Pairs, k: int, sketches: Sketches) -> Rows:
    ours, theirs = sketches.shingles[int(pairs.left[k])], sketches.shingles[int(pairs.right[k])]
    shared: Rows = np.intersect1d(ours, theirs, assume_unique=True)
    return shared


def _is_passage(pairs: Pairs, k: int, texts_of: TextsOf, config: Config) -> bool:
    """Whether a pair does share a run of words that is long enough for an excerpt."""
    rows = np.array([pairs.left[k], pairs.right[k]], dtype=np.int64)
    left, right = (analyse_text(text or "", None) for text in texts_of(rows))
    return longest_run(left, right, config.verify.min_passage_words) > 0
