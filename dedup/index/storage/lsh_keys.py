"""Keys: what an article is found by, as 64-bit numbers.

One space of keys for all views: a key is the mixed hash of its view, its column (band or bin) and
its value, so that keys of different views or columns meet by chance only, and then propose a
candidate that verification refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import xxhash
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Rows, Scalar
from dedup.config import Config
from dedup.match.lsh import choose_bands
from dedup.sketch.columns import Sketches
from dedup.sketch.minhash import load_permutations, sign_shingles
from dedup.sketch.shingles import combine_hashes, mix_bits
from dedup.sketch.weighted_minhash import NO_SAMPLE, sample_features

_EMPTY = np.uint32(0xFFFFFFFF)


class View(IntEnum):
    """What a key is of."""

    ID = 0
    DIGEST = 1
    NEAR = 2
    PASSAGE = 3
    STORY = 4


_DIGEST, _NEAR, _PASSAGE, _STORY = (np.uint64(v) for v in list(View)[1:])


class Keys(NamedTuple):
    """Keys of several articles, those of one row together, rows ascending."""

    values: Hashes
    rows: Rows
    views: NDArray[np.uint8]


class KeyShape(NamedTuple):
    """Of a config what shapes keys."""

    permutations: int
    bands: int
    band_rows: int
    passage_below: int  # shingles below are sampled
    samples: int


def shape_keys(config: Config) -> KeyShape:
    """What keys a config makes."""
    permutations = config.sketch.permutations
    bands = choose_bands(permutations, config.verify.min_jaccard, config.candidates.near_recall)
    below = int(config.candidates.passage_share * (1 << 32))
    return KeyShape(permutations, *bands, below, config.sketch.story_samples)


def id_keys(ids: Sequence[str]) -> Hashes:
    """The keys by which articles are found by their ids."""
    digests = [xxhash.xxh3_64_intdigest(one.encode(errors="surrogatepass")) for one in ids]
    return np.array(digests, dtype=np.uint64)


def copy_keys(sketches: Sketches, rows: Rows, shape: KeyShape) -> Keys:
    """The keys of these rows by which copies are found: digest, near and passage view."""
    factors, terms = load_permutations(shape.permutations)
    return Keys(
        *_copy_keys(
            sketches.digests, sketches.shingles.values, sketches.shingles.offsets, rows,
            factors, terms, shape.bands, shape.band_rows, np.uint64(shape.passage_below),
        )
    )  # fmt: skip


def story_keys(sketches: Sketches, rows: Rows, shape: KeyShape) -> Keys:
    """The keys of these rows by which their stories are found."""
    features = sketches.features
    return Keys(
        *_story_keys(features.values, features.offsets, sketches.weights, rows, shape.samples)
    )


@njit(cache=True, nogil=True, inline="always")
def _key(view: Scalar, column: Scalar, value: Scalar) -> Scalar:
    return mix_bits(combine_hashes(combine_hashes(view + np.uint64(1), column), value))


@njit(cache=True, nogil=True)
def _copy_keys(  # a kernel takes arrays, not objects
    digests: Array, shingles: Array, offsets: Array, rows: Array, factors: Array, terms: Array,
    bands: int, band_rows: int, below: Scalar,
) -> tuple[Hashes, Rows, NDArray[np.uint8]]:  # fmt: skip
    most = 0
    for row in rows:
        most += 1 + bands + offsets[row + 1] - offsets[row]
    keys = np.empty(most, dtype=np.uint64)
    owners = np.empty(most, dtype=np.uint32)
    views = np.empty(most, dtype=np.uint8)
    signature = np.empty(factors.shape[0], dtype=np.uint32)
    found = 0
    for row in rows:
        own = shingles[offsets[row] : offsets[row + 1]]
        if own.shape[0] == 0:
            continue
        first = found
        keys[found] = _key(_DIGEST, digests[row, 0], digests[row, 1])
        views[found] = _DIGEST
        found += 1
        signature[:] = _EMPTY
        sign_shingles(own, factors, terms, signature)
        for band in range(bands):
            state = np.uint64(band)
            for k in range(band * band_rows, (band + 1) * band_rows):
                state = combine_hashes(state, np.uint64(signature[k]))
            keys[found] = _key(_NEAR, np.uint64(band), state)
            views[found] = _NEAR
            found += 1
        for shingle in own:  # ascending
            if np.uint64(shingle) >= below:
                break
            keys[found] = _key(_PASSAGE, np.uint64(0), np.uint64(shingle))
            views[found] = _PASSAGE
            found += 1
        owners[first:found] = row
    return keys[:found], owners[:found], views[:found]


@njit(cache=True, nogil=True)
def _story_keys(
    features: Array, offsets: Array, weights: Array, rows: Array, bins: int
) -> tuple[Hashes, Rows, NDArray[np.uint8]]:
    keys = np.empty(rows.shape[0] * bins, dtype=np.uint64)
    owners = np.empty(keys.shape[0], dtype=np.uint32)
    samples = np.empty(bins, dtype=np.uint32)
    found = 0
    for row in rows:
        own = slice(offsets[row], offsets[row + 1])
        sample_features(features[own], weights[own], samples)
        for k in range(bins):
            if samples[k] != NO_SAMPLE:
                keys[found] = _key(_STORY, np.uint64(k), np.uint64(samples[k]))
                owners[found] = row
                found += 1
    views = np.full(found, _STORY, dtype=np.uint8)
    return keys[:found], owners[:found], views
