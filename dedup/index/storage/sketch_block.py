"""Blocks: what is kept of 4,096 places, column by column; in memory until the block is full.

A full block is a frame on disk. Of either, a kernel reads the columns where they lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dedup.arrays import Array
from dedup.index.storage.array_file import Frame, TornError, check_frame, open_frame, write_frame
from dedup.index.storage.stored_sketch import DECODED, StoredSketch
from dedup.sketch.columns import Ragged, Sketches

BLOCK = 4096  # places
# Flags of a place: an article; one that looks for its story; a copy kept for text of its own.
ALIVE, SPEAKS, KEPT_COPY = 1, 2, 4
_OF_PLACES = {  # columns with so many values a place
    "words": (np.int32, 1),
    "days": (np.float64, 1),
    "flags": (np.uint8, 1),
    "canonical": (np.uint32, 1),
    "id_keys": (np.uint64, 1),
    "removed": (np.uint32, 1),  # of a removal: one more than the place it removes
    "digests": (np.uint64, 2),
}
_OF_ROWS = {  # ragged columns, and which say where their rows end
    "shingles": (np.uint32, "shingle_offsets"),
    "features": (np.uint32, "feature_offsets"),
    "weights": (np.uint8, "feature_offsets"),  # codes
    "uses": (np.uint8, "feature_offsets"),
}
_OFFSETS = ("shingle_offsets", "feature_offsets")


class Row(NamedTuple):
    """What the postings are derived from: one place of the log."""

    kept: StoredSketch
    flags: int  # ALIVE, SPEAKS, KEPT_COPY
    canonical: int  # place of the article it is a copy or rewrite of, else its own
    id_key: int
    removed: int | None = None  # the place that a removal removes


class Block:
    """The rows of the places from `first` on, by column."""

    def __init__(self, first: int, columns: dict[str, Array]) -> None:
        self.first, self.columns = first, columns

    def __getitem__(self, place: int) -> StoredSketch:
        columns, row = self.columns, place - self.first
        start, stop = columns["shingle_offsets"][row : row + 2].tolist()
        ours = slice(start, stop)
        start, stop = columns["feature_offsets"][row : row + 2].tolist()
        theirs = slice(start, stop)
        return StoredSketch(
            int(columns["words"][row]),
            columns["digests"][2 * row : 2 * row + 2],
            columns["shingles"][ours],
            columns["features"][theirs],
            columns["weights"][theirs],
            columns["uses"][theirs],
            float(columns["days"][row]),
        )


class Stored(Block):
    """A block, or the beginning of one, on disk."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame.facts["first"], frame.arrays)
        self.frame = frame

    @property
    def last(self) -> int:
        """The place after the last."""
        return self.first + len(self.columns["flags"])

    def sketches(self) -> Sketches:
        """The sketches of all its places, without signatures and samples."""
        columns = self.columns
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

    def rows(self) -> Iterator[Row]:
        """Every row again."""
        names = ("flags", "canonical", "id_keys", "removed")
        facts = zip(*(self.columns[name].tolist() for name in names), strict=True)
        for place, (flags, canonical, id_key, removed) in enumerate(facts, self.first):
            yield Row(self[place], flags, canonical, id_key, removed - 1 if removed else None)


class Growing(Block):
    """A block in memory: its columns have room for more rows than there are."""

    def __init__(self, first: int) -> None:
        columns: dict[str, Array] = {
            name: np.zeros(BLOCK * times, dtype) for name, (dtype, times) in _OF_PLACES.items()
        }
        columns |= {name: np.zeros(BLOCK + 1, np.int64) for name in _OFFSETS}
        columns |= {name: np.zeros(1 << 12, dtype) for name, (dtype, _) in _OF_ROWS.items()}
        super().__init__(first, columns)
        self.last = first + BLOCK  # once it is full
        self.count = 0

    def append(self, row: Row) -> None:
        """Add the row of the next place."""
        at, kept, columns = self.count, row.kept, self.columns
        columns["words"][at], columns["days"][at] = kept.words, kept.day
        columns["digests"][2 * at : 2 * at + 2] = kept.digest
        columns["flags"][at], columns["canonical"][at] = row.flags, row.canonical
        columns["id_keys"][at] = row.id_key
        columns["removed"][at] = 0 if row.removed is None else row.removed + 1
        for name, (_, offsets) in _OF_ROWS.items():
            values = getattr(kept, name)
            start = int(columns[offsets][at])
            stop = start + len(values)
            if stop > len(columns[name]):
                columns[name] = _widen(columns[name], stop)
            columns[name][start:stop] = values
            columns[offsets][at + 1] = stop
        self.count += 1

    def filled(self) -> dict[str, Array]:
        """The columns without the room that is left."""
        lengths = {name: self.count * times for name, (_, times) in _OF_PLACES.items()}
        lengths |= dict.fromkeys(_OFFSETS, self.count + 1)
        for name, (_, offsets) in _OF_ROWS.items():
            lengths[name] = int(self.columns[offsets][self.count])
        return {name: column[: lengths[name]] for name, column in self.columns.items()}


def _widen(values: Array, needed: int) -> Array:
    wider = np.zeros(max(needed, 2 * len(values)), dtype=values.dtype)
    wider[: len(values)] = values
    return wider


def open_block(path: Path) -> Stored:
    """The block at `path`; raises `TornError`."""
    return Stored(open_frame(path))


def open_sound_block(path: Path) -> Stored:
    """The block at `path`, all of it as it was written; raises `TornError`."""
    block = open_block(path)
    block.check()
    return block


def write_block(path: Path, block: Growing) -> None:
    """Write a block's rows."""
    columns: Mapping[str, Array] = block.filled()
    shapes: dict[str, tuple[Any, int]] = {
        name: (column.dtype, len(column)) for name, column in columns.items()
    }
    with write_frame(path, {"first": block.first}, shapes) as arrays:
        for name, column in columns.items():
            arrays[name][:] = column
