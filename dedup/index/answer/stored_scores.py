"""Compare: new articles with those an index has, whose sketches are read where they lie.

What is counted is what `verify`, `recount` and `score` count of articles side by side. Of a stored
article only the words of the lead are looked up in the counts of the corpus, which no cache holds:
what both share weighs by the new article's weight, which the counts have capped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Days, Offsets, Rows, Scalar, Shares
from dedup.index.storage.sketch_block import BLOCK, Block
from dedup.index.storage.stored_sketch import DECODED
from dedup.match.document_frequency import (
    CorpusWeights,
    Frequencies,
    find_cap,
    total_row,
    weigh_counted,
)
from dedup.match.overlap import Overlap, count_common, relate_counts
from dedup.match.story_score import Measures, calibrate, measure_pair
from dedup.sketch.columns import Ragged, Sketches
from dedup.sketch.story_features import A_PAIR, IN_LEAD, tabulate_term_weights

_TERM_WEIGHTS = tabulate_term_weights()


class Met(NamedTuple):
    """Pairs of a place and an asked row: whether they have one body, and how they overlap."""

    same: NDArray[np.bool_]
    overlap: Overlap


def overlap_places(asked: Sketches, blocks: Sequence[Block], places: Rows, rows: Rows) -> Met:
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
    """Asked articles, of whose features only the words are left, and what those weigh."""

    sketches: Sketches
    corpus_weights: CorpusWeights
    frequencies: Frequencies


def weigh_asked(sketches: Sketches, frequencies: Frequencies) -> Weighed:
    """Asked articles by the counts of the corpus; pairs of words have no part in a score."""
    features, is_word = sketches.features, sketches.uses & A_PAIR == 0
    ends = np.zeros(len(is_word) + 1, dtype=np.int64)
    np.cumsum(is_word, out=ends[1:])
    words = replace(
        sketches,
        features=Ragged(features.values[is_word], ends[features.offsets]),
        weights=sketches.weights[is_word],
        uses=sketches.uses[is_word],
    )
    return Weighed(words, weigh_counted(words, frequencies), frequencies)


def score_places(asked: Weighed, blocks: Sequence[Block], places: Rows, rows: Rows) -> Shares:
    """The story scores of the articles at these places, by pair, with asked rows."""
    measures = np.empty((len(places), 3), dtype=np.float32)
    sketches = asked.sketches
    for block, own in _split_blocks(blocks, places):
        columns = block.columns
        _measure_block(
            sketches.features.values, sketches.features.offsets, sketches.uses,
            *asked.corpus_weights, rows, places, own, block.first,
            columns["features"], columns["feature_offsets"], columns["uses"], columns["weights"],
            DECODED, *asked.frequencies, _TERM_WEIGHTS, measures,
        )  # fmt: skip
    return calibrate(Measures(*measures.T))


def list_place_days(blocks: Sequence[Block], places: Rows) -> Days:
    """When the articles at these places were published, in days since 1970."""
    listed = places.tolist()
    days = [blocks[place // BLOCK].columns["days"][place % BLOCK] for place in listed]
    return np.array(days, dtype=np.float64)


def _split_blocks(
    blocks: Sequence[Block], places: Rows
) -> Iterator[tuple[Block, NDArray[np.int64]]]:
    """Each block that has any of the places, with which of them."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for k, place in enumerate(places.tolist()):
        found[place // BLOCK].append(k)
    for number, own in found.items():
        yield blocks[number], np.array(own)


@njit(cache=True, nogil=True)
def _overlap_block(  # a kernel takes arrays, not objects
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
def _measure_block(  # a kernel takes arrays, not objects
    ours: Array, our_offsets: Array, our_uses: Array, our_weights: Array, our_totals: Array,
    rows: Array, places: Array, own: Array, first: int,
    features: Array, offsets: Array, uses: Array, codes: Array,
    decoded: Array, counts: Array, caps: Array, stress: Array, measures: Array,
) -> None:  # fmt: skip
    values, kinds = np.empty(1024, dtype=np.uint32), np.empty(1024, dtype=np.uint8)
    weights, totals = np.empty(1024, dtype=np.float32), np.empty(3, dtype=np.float32)
    for pair in own:
        start, stop = _bound_row(offsets, np.int64(places[pair]) - first, features.shape[0])
        if stop - start > values.shape[0]:
            room = 2 * (stop - start)
            values, kinds = np.empty(room, dtype=np.uint32), np.empty(room, dtype=np.uint8)
            weights = np.empty(room, dtype=np.float32)
        words = 0
        for k in range(start, stop):
            values[words], kinds[words] = features[k], uses[k]
            weights[words] = decoded[codes[k]]
            words += int(uses[k] & A_PAIR == 0)
        for k in range(words):
            if kinds[k] & IN_LEAD:
                weights[k] = min(weights[k], find_cap(values[k], counts, caps))
        total_row(weights[:words], kinds[:words], stress, totals)
        row = rows[pair]
        asked = slice(our_offsets[row], our_offsets[row + 1])
        measure_pair(
            values[:words], kinds[:words], weights[:words], totals,
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
