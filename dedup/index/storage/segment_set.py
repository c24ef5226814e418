"""The segments of an index: one for each octal digit of the number of its blocks.

Of `0o1234` blocks there are four: of 512, of 2 * 64, of 3 * 8 and of 4. A new block's is merged
into the last, and that, when it is eightfold, into the one before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Hashes, Rows
from dedup.index.storage.array_file import check_frame
from dedup.index.storage.files import POSTINGS, Folder, open_whole
from dedup.index.storage.lsh_keys import KeyShape, copy_keys, story_keys
from dedup.index.storage.segment import Segment, merge_segments, open_segment, write_segment
from dedup.index.storage.sketch_block import ALIVE, BLOCK, SPEAKS, Stored

_GROWTH = (
    8  # times: of less, look-ups go through more segments; of more, they are merged more often
)
_MOST_ENTRIES = (1 << 32) - 1  # of a segment


class Segments:
    """The postings on disk, end to end from place 0 on."""

    def __init__(self, folder: Folder, shape: KeyShape) -> None:
        self._folder, self._shape = folder, shape
        self.parts: list[Segment] = []

    @property
    def covered(self) -> int:
        """The place after the last that they cover."""
        return self.parts[-1].last if self.parts else 0

    def extend(self, blocks: Sequence[Stored]) -> None:
        """Cover these blocks, which are all from place 0 on: by what is on disk, else anew.

        Raises `TornError` where it must be anew and a block is damaged.
        """
        stop = blocks[-1].last if blocks else 0
        while self.covered < stop:
            found = self._widest(self.covered, stop)
            if found is not None:
                self.parts.append(found)
            else:
                block = next(b for b in blocks if b.first == self.covered)
                block.check()
                self.add(block.first, block.last, *list_entries(block, self._shape))

    def _widest(self, first: int, stop: int) -> Segment | None:
        for file in self._folder.files(POSTINGS):
            if file.first == first and file.last <= stop:
                segment = open_whole(file.path, open_segment)
                if segment is not None:
                    return segment
        return None

    def add(self, first: int, last: int, keys: Hashes, places: Rows) -> None:
        """Write a segment of these entries, unless another process has, and use it."""
        path = self._folder.name(first, last, POSTINGS)
        while (segment := open_whole(path, open_segment)) is None:  # or merged by another by now
            write_segment(path, first, last, keys, places)
        self.parts.append(segment)

    def merge(self, flags: NDArray[np.uint8], blocks: Sequence[Stored]) -> bool:
        """Merge two neighbours, if any are to be one; returns whether there were.

        What a disk has not kept as it was written is not passed on: it is made of `blocks` anew.
        """
        pair = self._next_pair()
        if pair is None:
            return False
        chosen = self.parts[pair : pair + 2]
        if self._drop_damaged(chosen):
            self.extend(blocks)
            return True
        with self._folder.alone() as alone:
            path = self._folder.name(chosen[0].first, chosen[-1].last, POSTINGS)
            merged = open_whole(path, open_segment)
            if merged is None:
                if not alone:
                    return False
                merge_segments(path, chosen, flags)
                merged = open_segment(path)
            self.parts[pair : pair + 2] = [merged]
            for old in chosen:
                old.frame.path.unlink(missing_ok=True)
        return True

    def _drop_damaged(self, chosen: Sequence[Segment]) -> bool:
        damaged = [part for part in chosen if not check_frame(part.frame)]
        for part in damaged:
            part.frame.path.unlink(missing_ok=True)
            self.parts = [kept for kept in self.parts if kept.last <= part.first]
        return bool(damaged)

    def _next_pair(self) -> int | None:
        ends = _list_ends(self.covered)
        for k in reversed(range(len(self.parts) - 1)):
            entries = len(self.parts[k]) + len(self.parts[k + 1])
            if self.parts[k].last not in ends and entries <= _MOST_ENTRIES:
                return k
        return None

    def rewrite(self, flags: NDArray[np.uint8]) -> None:
        """Write every segment again without what is not alive, once no one else merges."""
        with self._folder.alone(wait=True):
            for k, segment in enumerate(self.parts):
                path = segment.frame.path
                if path.exists():  # or another process has merged it
                    merge_segments(path, [segment], flags)
                    self.parts[k] = open_segment(path)


def _list_ends(stop: int) -> list[int]:
    """Where the segments of so many places are to end.

    >>> [f"{place // BLOCK:o}" for place in _list_ends(0o1204 * BLOCK)]
    ['1204', '1200', '1000']
    """
    ends, unit = [stop], BLOCK
    while unit < stop:
        unit *= _GROWTH
        ends.append(stop - stop % unit)
    return sorted({*ends} - {0}, reverse=True)


def list_entries(block: Stored, shape: KeyShape) -> tuple[Hashes, Rows]:
    """Every key of a block's articles, with its place."""
    columns, sketches = block.columns, block.sketches()
    alive = np.flatnonzero(columns["flags"] & ALIVE).astype(np.uint32)
    speaking = np.flatnonzero(columns["flags"] & SPEAKS).astype(np.uint32)
    copies, stories = copy_keys(sketches, alive, shape), story_keys(sketches, speaking, shape)
    rows = np.concatenate([alive, copies.rows, stories.rows])
    keys = np.concatenate([columns["id_keys"][alive], copies.values, stories.values])
    return keys, rows + np.uint32(block.first)
