"""The sketches of a corpus, by column: in memory, or mapped from files.

One row is one article. A million articles of news have 5 GB of sketches. In a run's work folder
each column is a file and is mapped: it looks like any array, and the system can take its memory
back at any time, because the values are on disk.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Hashes, Offsets, Rows, Signatures, Weights


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of different lengths in one array: row i is `values[offsets[i]:offsets[i + 1]]`."""

    values: NDArray[Any]
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> NDArray[Any]:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self) -> Offsets:
        return np.diff(self.offsets)

    def count(self, rows: Rows) -> Offsets:
        """The lengths of these rows: for a few rows of many."""
        return self.offsets[rows + 1] - self.offsets[rows]


@dataclass(frozen=True, slots=True)
class Sketches:
    """The sketches of n articles, by column."""

    words: NDArray[np.int32]  # [n] tokens of the body
    digests: Hashes  # [n, 2] xxh3_128 of the token hashes, high half first
    signatures: Signatures  # [n, permutations]
    shingles: Ragged  # uint32, each row sorted and without repeats
    features: Ragged  # uint32, each row sorted and without repeats
    weights: Weights  # of `features.values`
    uses: NDArray[np.uint8]  # of `features.values`: see `stress.code_use`
    samples: Signatures  # [n, samples]; NO_SAMPLE where no feature fell

    def __len__(self) -> int:
        return len(self.words)

    def release(self) -> None:
        """Give the memory of mapped columns back to the system, until they are read again."""
        for field in fields(self):
            column = getattr(self, field.name)
            release_array(column.values if isinstance(column, Ragged) else column)


def join_sketches(parts: Sequence[Sketches]) -> Sketches:
    """Several sketches as one, in order."""
    return Sketches(
        words=np.concatenate([p.words for p in parts]),
        digests=np.concatenate([p.digests for p in parts]),
        signatures=np.concatenate([p.signatures for p in parts]),
        shingles=_join_ragged([p.shingles for p in parts]),
        features=_join_ragged([p.features for p in parts]),
        weights=np.concatenate([p.weights for p in parts]),
        uses=np.concatenate([p.uses for p in parts]),
        samples=np.concatenate([p.samples for p in parts]),
    )


def _join_ragged(parts: Sequence[Ragged]) -> Ragged:
    lengths = np.concatenate([p.lengths for p in parts])
    values = np.concatenate([p.values for p in parts])
    return Ragged(values, _offsets_of(lengths))


def _offsets_of(lengths: Sequence[int] | Offsets) -> Offsets:
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, dtype=np.int64))])


_LENGTHS = "_lengths"  # of a ragged column, beside its values
_OF_FEATURES = frozenset({"weights", "uses"})  # columns with a value a feature, not a row


def gather_sketches(parts: Iterable[Sketches], folder: Path | None = None) -> Sketches:
    """The sketches of the parts (one or more), in order; in files of a new `folder` if given."""
    if folder is None:
        return join_sketches(list(parts))
    folder.mkdir()
    with ExitStack() as files:
        columns: dict[str, tuple[BinaryIO, NDArray[Any]]] = {}  # a file, and an array of its kind
        for part in parts:
            for name, rows in _list_columns(part):
                if name not in columns:
                    file = files.enter_context((folder / name).open("w+b"))
                    columns[name] = file, rows[:0]
                rows.tofile(columns[name][0])
        mapped = {name: _map_file(*column) for name, column in columns.items()}
    return Sketches(**{field.name: _find_column(field.name, mapped) for field in fields(Sketches)})


def _list_columns(part: Sketches) -> Iterable[tuple[str, NDArray[Any]]]:
    for field in fields(Sketches):
        column = getattr(part, field.name)
        if isinstance(column, Ragged):
            yield field.name, column.values
            yield field.name + _LENGTHS, column.lengths
        else:
            yield field.name, column


def _map_file(file: BinaryIO, kind: NDArray[Any]) -> NDArray[Any]:
    """The rows in a file, each of the type and shape of those of `kind`."""
    file.flush()
    if file.tell() == 0:
        return kind.copy()
    values = np.frombuffer(mmap.mmap(file.fileno(), 0), dtype=kind.dtype)
    return values.reshape(-1, *kind.shape[1:])


def _find_column(name: str, mapped: dict[str, NDArray[Any]]) -> Any:
    lengths = mapped.get(name + _LENGTHS)
    if lengths is None:
        return mapped[name]
    return Ragged(mapped[name], _offsets_of(lengths))


def gather_array(parts: Iterable[NDArray[Any]], path: Path) -> NDArray[Any]:
    """The parts (one or more) end to end, mapped from a new file."""
    with path.open("w+b") as file:
        for part in parts:
            part.tofile(file)
        return _map_file(file, part[:0])


def release_array(array: NDArray[Any]) -> None:
    """Give the memory of a mapped array back to the system, until it is read again."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    mapping = getattr(base, "obj", None)
    if isinstance(mapping, mmap.mmap) and hasattr(mapping, "madvise"):
        mapping.madvise(mmap.MADV_DONTNEED)


def take_sketches(sketches: Sketches, rows: NDArray[np.int64]) -> Sketches:
    """The sketches of these rows, in the order given."""
    features = _place_values(sketches.features, rows)
    taken: dict[str, Any] = {}
    for field in fields(Sketches):
        column = getattr(sketches, field.name)
        if isinstance(column, Ragged):
            places = features if column is sketches.features else _place_values(column, rows)
            offsets = _offsets_of(column.lengths[rows])
            taken[field.name] = Ragged(column.values[places], offsets)
        else:
            taken[field.name] = column[features if field.name in _OF_FEATURES else rows]
    return Sketches(**taken)


def _place_values(column: Ragged, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the values of these rows are."""
    starts, lengths = column.offsets[rows], column.lengths[rows]
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - ends + lengths, lengths)
