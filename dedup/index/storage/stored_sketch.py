"""Kept: what an index keeps of one article's sketches, by which candidates are verified.

Rarity is kept as one byte, on a logarithmic scale of steps of 3 %, so that a story score is within
a few thousandths of itself of what a batch run computes. Signatures and samples are not kept: keys
are made of them once and then stand in the postings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Hashes, Rows, Weights
from dedup.config import SketchConfig
from dedup.sketch.columns import Ragged, Sketches
from dedup.sketch.minhash import load_permutations, sign_shingles
from dedup.sketch.weighted_minhash import sample_features

_LEAST_WEIGHT, _MOST_WEIGHT = 0.01, 26.0
_STEP = np.log(_MOST_WEIGHT / _LEAST_WEIGHT) / 255
DECODED: Weights = (_LEAST_WEIGHT * np.exp(_STEP * np.arange(256))).astype(np.float32)


class StoredSketch(NamedTuple):
    """What is kept of one article's sketches."""

    words: int
    digest: Hashes  # [2]
    shingles: Rows
    features: Rows
    weights: NDArray[np.uint8]  # codes
    uses: NDArray[np.uint8]
    day: float = math.nan  # since 1970, when the article was published; NaN where unknown


NOTHING = StoredSketch(
    0,
    np.zeros(2, np.uint64),
    np.empty(0, np.uint32),
    np.empty(0, np.uint32),
    np.empty(0, np.uint8),
    np.empty(0, np.uint8),
)


def code_weights(weights: Weights) -> NDArray[np.uint8]:
    """The nearest code of each weight.

    >>> codes = code_weights(np.array([0.001, 1.0, 12.7], np.float32))
    >>> [f"{weight:.2f}" for weight in DECODED[codes]]
    ['0.01', '0.99', '12.79']
    """
    steps = np.log(np.maximum(weights, _LEAST_WEIGHT) / _LEAST_WEIGHT) / _STEP
    codes: NDArray[np.uint8] = np.minimum(np.rint(steps), 255).astype(np.uint8)
    return codes


def store_sketches(sketches: Sketches) -> list[StoredSketch]:
    """What is kept of each row."""
    codes = code_weights(sketches.weights)
    shingles, features = sketches.shingles, sketches.features
    ours, theirs = shingles.offsets.tolist(), features.offsets.tolist()
    words = sketches.words.tolist()
    return [
        StoredSketch(
            words[row],
            sketches.digests[row],
            shingles.values[ours[row] : ours[row + 1]],
            features.values[theirs[row] : theirs[row + 1]],
            codes[theirs[row] : theirs[row + 1]],
            sketches.uses[theirs[row] : theirs[row + 1]],
        )
        for row in range(len(words))
    ]


def join_stored(articles: Sequence[StoredSketch]) -> Sketches:
    """Sketches of what was kept, in order, without signatures and samples."""
    if len(articles) == 1:
        return _lone_sketch(articles[0])
    none = np.empty((len(articles), 0), dtype=np.uint32)
    rows = articles or [NOTHING]
    words, digests, shingles, features, weights, uses, _ = zip(*rows, strict=True)
    return Sketches(
        words=np.array(words[: len(articles)], dtype=np.int32),
        digests=np.array(digests[: len(articles)], dtype=np.uint64).reshape(-1, 2),
        signatures=none,
        shingles=_join(shingles, len(articles)),
        features=_join(features, len(articles)),
        weights=DECODED[np.concatenate(weights)],
        uses=np.concatenate(uses),
        samples=none,
    )


def _lone_sketch(kept: StoredSketch) -> Sketches:
    none = np.empty((1, 0), dtype=np.uint32)
    return Sketches(
        words=np.array([kept.words], dtype=np.int32),
        digests=kept.digest.reshape(1, 2),
        signatures=none,
        shingles=Ragged(kept.shingles, np.array([0, len(kept.shingles)])),
        features=Ragged(kept.features, np.array([0, len(kept.features)])),
        weights=DECODED[kept.weights],
        uses=kept.uses,
        samples=none,
    )


def restore_sketches(articles: Sequence[StoredSketch], config: SketchConfig) -> Sketches:
    """Sketches of what was kept, with signatures and samples, for a batch run."""
    sketches = join_stored(articles)
    count = len(articles)
    signatures = np.full((count, config.permutations), 0xFFFFFFFF, dtype=np.uint32)
    samples = np.empty((count, config.story_samples), dtype=np.uint32)
    factors, terms = load_permutations(config.permutations)
    offsets = sketches.features.offsets
    for row in range(count):
        own = slice(offsets[row], offsets[row + 1])
        sign_shingles(sketches.shingles[row], factors, terms, signatures[row])
        sample_features(sketches.features[row], sketches.weights[own], samples[row])
    return replace(sketches, signatures=signatures, samples=samples)


def _join(rows: Sequence[Rows], count: int) -> Ragged:
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows[:count]], out=offsets[1:])
    return Ragged(np.concatenate(rows), offsets)


def pack_stored(kept: StoredSketch) -> bytes:
    """What was kept of one article's sketches as bytes, for a log without bodies."""
    return msgspec.msgpack.encode([kept.words, *(column.tobytes() for column in kept[1:-1])])


def unpack_stored(packed: bytes) -> StoredSketch:
    """What `pack_stored` packed."""
    words, *columns = msgspec.msgpack.decode(packed)
    dtypes = (np.uint64, np.uint32, np.uint32, np.uint8, np.uint8)
    arrays = [np.frombuffer(c, d) for c, d in zip(columns, dtypes, strict=True)]
    return StoredSketch(words, arrays[0], arrays[1], arrays[2], arrays[3], arrays[4])
