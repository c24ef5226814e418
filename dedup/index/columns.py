"""Columns: the stored sketches by which candidates are verified, in blocks of places.

A block of 4,096 places is a frame once it is full, and in memory until then. Rarity is kept as one
byte, on a logarithmic scale of steps of 3 %, so that a story score is within a few thousandths of
itself of what a batch run computes. Signatures and samples are not kept: keys are made of them once
and then stand in the postings.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Numbers, Weights
from dedup.config import SketchConfig
from dedup.index.frame import Frame, TornError, check_frame, open_frame, write_frame
from dedup.sample import sample_features
from dedup.sign import load_permutations, sign_shingles
from dedup.sketch import Ragged, Sketches

BLOCK = 4096  # places
ALIVE, SPEAKS = 1, 2  # flags of a place: an article; one that looks for its story
_LEAST_WEIGHT, _MOST_WEIGHT = 0.01, 26.0
_STEP = np.log(_MOST_WEIGHT / _LEAST_WEIGHT) / 255
DECODED: Weights = (_LEAST_WEIGHT * np.exp(_STEP * np.arange(256))).astype(np.float32)


class Kept(NamedTuple):
    """What is kept of one article's sketches."""

    words: int
    digest: Hashes  # [2]
    shingles: Numbers
    features: Numbers
    weights: NDArray[np.uint8]  # codes
    uses: NDArray[np.uint8]
    day: float = math.nan  # since 1970, when the article was published; NaN where unknown


NOTHING = Kept(
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


def keep_sketches(sketches: Sketches) -> list[Kept]:
    """What is kept of each row."""
    codes = code_weights(sketches.weights)
    shingles, features = sketches.shingles, sketches.features
    ours, theirs = shingles.offsets.tolist(), features.offsets.tolist()
    words = sketches.words.tolist()
    return [
        Kept(
            words[row],
            sketches.digests[row],
            shingles.values[ours[row] : ours[row + 1]],
            features.values[theirs[row] : theirs[row + 1]],
            codes[theirs[row] : theirs[row + 1]],
            sketches.uses[theirs[row] : theirs[row + 1]],
        )
        for row in range(len(words))
    ]


def join_kept(articles: Sequence[Kept]) -> Sketches:
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


def _lone_sketch(kept: Kept) -> Sketches:
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


def restore_sketches(articles: Sequence[Kept], config: SketchConfig) -> Sketches:
    """Sketches of what was kept, with signatures and samples, for a batch run."""
    sketches = join_kept(articles)
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


def _join(rows: Sequence[Numbers], count: int) -> Ragged:
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows[:count]], out=offsets[1:])
    return Ragged(np.concatenate(rows), offsets)


def pack_kept(kept: Kept) -> bytes:
    """What was kept of one article's sketches as bytes, for a log without bodies."""
    return msgspec.msgpack.encode([kept.words, *(column.tobytes() for column in kept[1:-1])])


def unpack_kept(packed: bytes) -> Kept:
    """What `pack_kept` packed."""
    words, *columns = msgspec.msgpack.decode(packed)
    dtypes = (np.uint64, np.uint32, np.uint32, np.uint8, np.uint8)
    arrays = [np.frombuffer(c, d) for c, d in zip(columns, dtypes, strict=True)]
    return Kept(words, arrays[0], arrays[1], arrays[2], arrays[3], arrays[4])


class Row(NamedTuple):
    """What the postings are derived from: one place of the log."""

    kept: Kept
    flags: int  # ALIVE, SPEAKS
    canonical: int  # place of the article it is a copy or rewrite of, else its own
    id_key: int
    removed: int | None = None  # the place that a removal removes


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of a block, or of its beginning, on disk."""

    first: int
    frame: Frame

    @property
    def last(self) -> int:
        """The place after the last."""
        return self.first + len(self.frame.arrays["flags"])

    def __getitem__(self, place: int) -> Kept:
        columns, row = self.frame.arrays, place - self.first
        start, stop = columns["shingle_offsets"][row : row + 2].tolist()
        ours = slice(start, stop)
        start, stop = columns["feature_offsets"][row : row + 2].tolist()
        theirs = slice(start, stop)
        return Kept(
            int(columns["words"][row]),
            columns["digests"][2 * row : 2 * row + 2],
            columns["shingles"][ours],
            columns["features"][theirs],
            columns["weights"][theirs],
            columns["uses"][theirs],
            float(columns["days"][row]),
        )

    def sketches(self) -> Sketches:
        """The sketches of all its places, without signatures and samples."""
        columns = self.frame.arrays
        none = np.empty((len(columns["words"]), 0), dtype=np.uint32)
        return Sketches(
            words=columns["words"],
            digests=columns["digests"].reshape(-1, 2),
            signatures=none,
            shingles=Ragged(columns["shingles"], columns["shingle_offsets"]),
            features=Ragged(columns["features"], columns["feature_offsets"]),
            weights=DECODED[columns["weights"]],
            uses=columns["uses"],
            samples=none,
        )

    def check(self) -> None:
        """Raises `TornError` where the disk has not kept it as it was written, and deletes it."""
        if not check_frame(self.frame):
            self.frame.path.unlink(missing_ok=True)
            raise TornError(f"{self.frame.path}: not as it was written")

    def rows(self) -> Iterable[Row]:
        """Every row again."""
        columns = self.frame.arrays
        facts = zip(
            columns["flags"].tolist(),
            columns["canonical"].tolist(),
            columns["id_keys"].tolist(),
            columns["removed"].tolist(),
            strict=True,
        )
        for row, (flags, canonical, id_key, removed) in enumerate(facts):
            target = removed - 1 if removed else None
            yield Row(self[self.first + row], flags, canonical, id_key, target)


def open_block(path: Path) -> Block:
    """The block at `path`; raises `TornError`."""
    frame = open_frame(path)
    return Block(frame.facts["first"], frame)


def open_sound_block(path: Path) -> Block:
    """The block at `path`, all of it as it was written; raises `TornError`."""
    block = open_block(path)
    block.check()
    return block


def write_block(path: Path, first: int, rows: Sequence[Row]) -> None:
    """Write the rows of the places from `first` on."""
    sketches = [row.kept for row in rows]
    columns: dict[str, Array] = {
        "words": np.array([kept.words for kept in sketches], dtype=np.int32),
        "days": np.array([kept.day for kept in sketches], dtype=np.float64),
        "flags": np.array([row.flags for row in rows], dtype=np.uint8),
        "canonical": np.array([row.canonical for row in rows], dtype=np.uint32),
        "id_keys": np.array([row.id_key for row in rows], dtype=np.uint64),
        "removed": np.array([_after(row.removed) for row in rows], dtype=np.uint32),
        "digests": np.concatenate([kept.digest for kept in sketches]),
        "shingle_offsets": _join([kept.shingles for kept in sketches], len(rows)).offsets,
        "feature_offsets": _join([kept.features for kept in sketches], len(rows)).offsets,
        "shingles": np.concatenate([kept.shingles for kept in sketches]),
        "features": np.concatenate([kept.features for kept in sketches]),
        "weights": np.concatenate([kept.weights for kept in sketches]),
        "uses": np.concatenate([kept.uses for kept in sketches]),
    }
    shapes = {name: (column.dtype, len(column)) for name, column in columns.items()}
    with write_frame(path, {"first": first}, shapes) as arrays:
        for name, column in columns.items():
            arrays[name][:] = column


def _after(place: int | None) -> int:
    return 0 if place is None else place + 1
