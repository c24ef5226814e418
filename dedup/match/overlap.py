"""How the shingles of two articles overlap, counted exactly, and how much of the longer they cover.

Nothing here is estimated. Jaccard and containment are of the distinct shingles. A round-up, a live
log and an analysis may hold a report whole and still be no copy of it, so `length_coverage` says
what share of the longer article, or of its lead, the shorter one covers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Rows, Scalar, Shares
from dedup.config import ClusterConfig
from dedup.parallel import map_pairs
from dedup.sketch.columns import Sketches
from dedup.sketch.story_features import A_PAIR, IN_LEAD, tabulate_term_weights


@dataclass(frozen=True, slots=True)
class Overlap:
    """How the shingles of pairs overlap, by column; 0 where either side has none."""

    jaccard: Shares
    containment: Shares  # share of the shorter side's shingles that the longer has
    shared: NDArray[np.int32]  # distinct shingles in common
    figures: Shares  # of the shingles that only one side has, the share that hold a figure


def overlap_shingles(sketches: Sketches, left: Rows, right: Rows, workers: int = 1) -> Overlap:
    """The shingle overlap of each pair of rows."""
    rows = sketches.shingles

    def count(chunk: slice) -> NDArray[np.int32]:
        return _count_common(rows.values, rows.offsets, left[chunk], right[chunk])

    shared, figures = map_pairs(count, len(left), workers).T
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


_TERM_WEIGHTS = tabulate_term_weights()


class LengthCoverage(NamedTuple):
    """How the longer of two articles is filled by the shorter, by pair."""

    whole: Shares  # share of the longer one's shingles that both have
    lead: Shares  # share of its lead's words, by rarity and stress, that the shorter one has


def measure_length_coverage(
    sketches: Sketches, left: Rows, right: Rows, shared: NDArray[np.int32]
) -> LengthCoverage:
    """The fill of pairs that have so many shingles in common."""
    ours, theirs = sketches.shingles.count(left), sketches.shingles.count(right)
    whole = (shared / np.maximum(1, np.maximum(ours, theirs))).astype(np.float32)
    longer, shorter = np.where(ours > theirs, (left, right), (right, left))
    rows = sketches.features
    lead = _cover_leads(
        rows.values, rows.offsets, sketches.uses, sketches.weights, longer, shorter, _TERM_WEIGHTS
    )
    return LengthCoverage(whole, lead)


def is_covered(
    sketches: Sketches,
    left: Rows,
    right: Rows,
    shared: NDArray[np.int32],
    config: ClusterConfig,
) -> NDArray[np.bool_]:
    """In which of these pairs the longer may be a copy of the shorter, if it contains it."""
    whole, lead = measure_length_coverage(sketches, left, right, shared)
    filled: NDArray[np.bool_] = (whole >= config.min_length_coverage) | (
        lead >= config.min_lead_coverage
    )
    return filled


@njit(cache=True, nogil=True)
def _cover_leads(  # a kernel takes arrays, not objects
    values: Array, offsets: Array, uses: Array, weights: Array,
    longer: Array, shorter: Array, stress: Array,
) -> Shares:  # fmt: skip
    """By pair, the share of the longer one's lead that the shorter one has anywhere."""
    shares = np.zeros(longer.shape[0], dtype=np.float32)
    for pair in range(longer.shape[0]):
        j, j_end = offsets[shorter[pair]], offsets[shorter[pair] + 1]
        had, led = np.float64(0), np.float64(1e-9)  # of nothing, nothing is had
        for i in range(offsets[longer[pair]], offsets[longer[pair] + 1]):
            if uses[i] & A_PAIR or not uses[i] & IN_LEAD:
                continue
            weight = weights[i] * stress[uses[i]]
            while j < j_end and values[j] < values[i]:
                j += 1
            led += weight
            had += weight if j < j_end and values[j] == values[i] else 0.0
        shares[pair] = had / led
    return shares
