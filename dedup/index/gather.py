"""Gather: the stored sketches of many places side by side, a block at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numba import njit

from dedup.arrays import Array, Days, Numbers, Offsets
from dedup.index.columns import BLOCK, DECODED, Block, Kept, join_kept
from dedup.sketch import Ragged, Sketches


class Shelf(Protocol):
    """A block in memory."""

    def __getitem__(self, place: int) -> Kept:
        """What is kept of the article at a place."""


def gather_places(
    kept: Sequence[Kept], asked: Sketches, blocks: Sequence[Block | Shelf], places: Numbers
) -> tuple[Sketches, Days]:
    """Asked sketches, which `kept` too are, then those at these places, which ascend; their days.

    Blocks on disk come before those in memory. Without signatures and samples.
    """
    parts, days = [asked], [np.array([one.day for one in kept])]
    split = np.split(places, np.flatnonzero(np.diff(places // BLOCK)) + 1)
    held = [(blocks[int(own[0]) // BLOCK], own) for own in split]
    whole = [(block, own) for block, own in held if isinstance(block, Block)]
    if whole:
        parts.append(_take_rows(whole))
        days += [block.frame.arrays["days"][own - np.uint32(block.first)] for block, own in whole]
    fresh = [block[place] for block, own in held[len(whole) :] for place in own.tolist()]
    if fresh:
        parts.append(join_kept(fresh))
        days.append(np.array([one.day for one in fresh]))
    return _join_sketches(parts), np.concatenate(days)


def _take_rows(whole: Sequence[tuple[Block, Numbers]]) -> Sketches:
    count = sum(len(places) for _, places in whole)
    bounds = np.empty((count, 4), dtype=np.int64)
    words, digests = np.empty(count, dtype=np.int32), np.empty((count, 2), dtype=np.uint64)
    at = 0
    for block, places in whole:
        columns, own = block.frame.arrays, slice(at, at + len(places))
        _bound_rows(
            places, block.first, columns["words"], columns["digests"],
            columns["shingle_offsets"], len(columns["shingles"]),
            columns["feature_offsets"], len(columns["features"]),
            words[own], digests[own], bounds[own],
        )  # fmt: skip
        at = own.stop
    shingles, features = _offsets(bounds[:, :2]), _offsets(bounds[:, 2:])
    taken = (
        np.empty(shingles[-1], dtype=np.uint32),
        np.empty(features[-1], dtype=np.uint32),
        np.empty(features[-1], dtype=np.float32),
        np.empty(features[-1], dtype=np.uint8),
    )
    at = 0
    for block, places in whole:
        columns, own = block.frame.arrays, slice(at, at + len(places))
        _copy_rows(
            bounds[own], shingles[own], features[own], columns["shingles"], columns["features"],
            columns["weights"], columns["uses"], DECODED, *taken,
        )  # fmt: skip
        at = own.stop
    return _as_sketches(
        words, digests, Ragged(taken[0], shingles), Ragged(taken[1], features), *taken[2:]
    )


def _offsets(bounds: Array) -> Offsets:
    offsets = np.zeros(len(bounds) + 1, dtype=np.int64)
    np.cumsum(bounds[:, 1] - bounds[:, 0], out=offsets[1:])
    return offsets


def _as_sketches(  # as `Sketches` has them
    words: Array, digests: Array, shingles: Ragged, features: Ragged, weights: Array, uses: Array
) -> Sketches:
    none = np.empty((len(words), 0), dtype=np.uint32)
    return Sketches(words, digests, none, shingles, features, weights, uses, none)


def _join_sketches(parts: Sequence[Sketches]) -> Sketches:
    if len(parts) == 1:
        return parts[0]
    return _as_sketches(
        np.concatenate([part.words for part in parts]),
        np.concatenate([part.digests for part in parts]),
        _join_ragged([part.shingles for part in parts]),
        _join_ragged([part.features for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.uses for part in parts]),
    )


def _join_ragged(parts: Sequence[Ragged]) -> Ragged:
    offsets, end = [parts[0].offsets[:1]], 0
    for part in parts:
        offsets.append(part.offsets[1:] + end)
        end += len(part.values)
    return Ragged(np.concatenate([part.values for part in parts]), np.concatenate(offsets))


# Bounds that lie outside are those of a disk that does not keep what was written: of no row.
@njit(cache=True, nogil=True)
def _bound_rows(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    places: Array, first: int, stored_words: Array, stored_digests: Array,
    ours: Array, shingles: int, theirs: Array, features: int,
    words: Array, digests: Array, bounds: Array,
) -> None:  # fmt: skip
    bounds[:] = 0
    for k in range(places.shape[0]):
        row = np.int64(places[k]) - first
        words[k] = stored_words[row]
        digests[k, 0], digests[k, 1] = stored_digests[2 * row], stored_digests[2 * row + 1]
        if 0 <= ours[row] <= ours[row + 1] <= shingles:
            bounds[k, 0], bounds[k, 1] = ours[row], ours[row + 1]
        if 0 <= theirs[row] <= theirs[row + 1] <= features:
            bounds[k, 2], bounds[k, 3] = theirs[row], theirs[row + 1]


@njit(cache=True, nogil=True)
def _copy_rows(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    bounds: Array, shingle_starts: Array, feature_starts: Array,
    shingles: Array, features: Array, codes: Array, uses: Array, decoded: Array,
    own_shingles: Array, own_features: Array, own_weights: Array, own_uses: Array,
) -> None:  # fmt: skip
    for k in range(bounds.shape[0]):
        at = shingle_starts[k]
        for i in range(bounds[k, 1] - bounds[k, 0]):
            own_shingles[at + i] = shingles[bounds[k, 0] + i]
        at, start = feature_starts[k], bounds[k, 2]
        for i in range(bounds[k, 3] - start):
            own_features[at + i] = features[start + i]
            own_weights[at + i] = decoded[codes[start + i]]
            own_uses[at + i] = uses[start + i]
