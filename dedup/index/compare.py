"""Compare: new articles with those an index has, whose sketches are read where they lie.

What is counted is what `verify`, `recount` and `score` count of articles side by side. Of a stored
article's features only those of the lead are looked up in the counts of the corpus, which no cache
holds: what both share weighs by the new article's weight, which the counts have capped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Days, Numbers, Offsets, Scalar, Shares
from dedup.index.block import BLOCK, Block
from dedup.index.kept import DECODED
from dedup.recount import Frequencies, Recounted, find_cap, total_row, weigh_counted
from dedup.score import Measures, calibrate, measure_pair
from dedup.sketch import Sketches
from dedup.stress import A_PAIR, IN_LEAD, tabulate_stress
from dedup.verify import Overlap, count_common, relate_counts

_STRESS = tabulate_stress()


class Met(NamedTuple):
    """Pairs of a place and an asked row: whether they have one body, and how they overlap."""

    same: NDArray[np.bool_]
    overlap: Overlap


def overlap_places(asked: Sketches, blocks: Sequence[Block], places: Numbers, rows: Numbers) -> Met:
    """How the articles at these places, by pair, overlap with asked rows."""
    counts = np.empty((len(places), 4), dtype=np.int32)
    ours = asked.shingles
    for block, own in _split_blocks(blocks, places):
        columns = block.columns
        _overlap_block(
            ours.values, ours.offsets, asked.digests, rows, places, own, block.first,
            columns["shingles"], columns["shingle_offsets"], columns["digests"], counts,
        )  # fmt: skip
    shared, figures, theirs, same = counts.T
    return Met(same > 0, relate_counts(shared, figures, theirs, ours.count(rows)))


class Weighed(NamedTuple):
    """Asked articles, with what their features weigh in the corpus."""

    sketches: Sketches
    recounted: Recounted
    frequencies: Frequencies


def weigh_asked(sketches: Sketches, frequencies: Frequencies) -> Weighed:
    """Asked articles by the counts of the corpus."""
    return Weighed(sketches, weigh_counted(sketches, frequencies), frequencies)


def score_places(asked: Weighed, blocks: Sequence[Block], places: Numbers, rows: Numbers) -> Shares:
    """The story scores of the articles at these places, by pair, with asked rows."""
    measures = np.empty((len(places), 3), dtype=np.float32)
    sketches = asked.sketches
    for block, own in _split_blocks(blocks, places):
        columns = block.columns
        _measure_block(
            sketches.features.values, sketches.features.offsets, sketches.uses, *asked.recounted,
            rows, places, own, block.first,
            columns["features"], columns["feature_offsets"], columns["uses"], columns["weights"],
            DECODED, *asked.frequencies, _STRESS, measures,
        )  # fmt: skip
    return calibrate(Measures(*measures.T))


def list_place_days(blocks: Sequence[Block], places: Numbers) -> Days:
    """When the articles at these places were published, in days since 1970."""
    listed = places.tolist()
    days = [blocks[place // BLOCK].columns["days"][place % BLOCK] for place in listed]
    return np.array(days, dtype=np.float64)


def _split_blocks(
    blocks: Sequence[Block], places: Numbers
) -> Iterator[tuple[Block, NDArray[np.int64]]]:
    """Each block that has any of the places, with which of them."""
    if not len(places):
        return
    numbers = places // np.uint32(BLOCK)
    order = np.argsort(numbers, kind="stable")
    numbers = numbers[order]
    cuts = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
    for start, stop in pairwise([0, *cuts.tolist(), len(places)]):
        yield blocks[int(numbers[start])], order[start:stop]


@njit(cache=True, nogil=True)
def _overlap_block(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    ours: Array, our_offsets: Array, digests: Array, rows: Array, places: Array, own: Array,
    first: int, shingles: Array, offsets: Array, stored_digests: Array, counts: Array,
) -> None:  # fmt: skip
    """By pair: shingles shared; with a figure, not shared; of the stored; if the body is one."""
    for pair in own:
        row, at = rows[pair], np.int64(places[pair]) - first
        start, stop = _bound_row(offsets, at, shingles.shape[0])
        counts[pair, 0], counts[pair, 1] = count_common(
            shingles[start:stop], ours[our_offsets[row] : our_offsets[row + 1]]
        )
        counts[pair, 2] = stop - start
        same = stored_digests[2 * at] == digests[row, 0]
        counts[pair, 3] = same and stored_digests[2 * at + 1] == digests[row, 1]


@njit(cache=True, nogil=True)
def _measure_block(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    ours: Array, our_offsets: Array, our_uses: Array, our_weights: Array, our_totals: Array,
    rows: Array, places: Array, own: Array, first: int,
    features: Array, offsets: Array, uses: Array, codes: Array,
    decoded: Array, counts: Array, caps: Array, stress: Array, measures: Array,
) -> None:  # fmt: skip
    weights, totals = np.empty(1024, dtype=np.float32), np.empty(3, dtype=np.float32)
    for pair in own:
        start, stop = _bound_row(offsets, np.int64(places[pair]) - first, features.shape[0])
        if stop - start > weights.shape[0]:
            weights = np.empty(2 * (stop - start), dtype=np.float32)
        for k in range(start, stop):
            weight = decoded[codes[k]]
            if uses[k] & (A_PAIR | IN_LEAD) == IN_LEAD:
                weight = min(weight, find_cap(features[k], counts, caps))
            weights[k - start] = weight
        total_row(weights[: stop - start], uses[start:stop], stress, totals)
        row = rows[pair]
        asked = slice(our_offsets[row], our_offsets[row + 1])
        measure_pair(
            features[start:stop], uses[start:stop], weights[: stop - start], totals,
            ours[asked], our_uses[asked], our_weights[asked], our_totals[row],
            stress, measures[pair],
        )  # fmt: skip


# Bounds that lie outside are those of a disk that does not keep what was written: of no row.
@njit(cache=True, nogil=True)
def _bound_row(offsets: Offsets, row: Scalar, values: int) -> tuple[Scalar, Scalar]:
    """Where a row starts and ends."""
    start, stop = offsets[row], offsets[row + 1]
    if 0 <= start <= stop <= values:
        return start, stop
    return np.int64(0), np.int64(0)
