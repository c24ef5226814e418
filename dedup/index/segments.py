"""The segments of an index: one for each new block, merged two by two as they grow in number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Hashes, Numbers
from dedup.index.block import ALIVE, SPEAKS, Stored
from dedup.index.folder import POSTINGS, Folder, open_whole
from dedup.index.frame import check_frame
from dedup.index.keys import KeyShape, copy_keys, story_keys
from dedup.index.postings import Segment, merge_segments, open_segment, write_segment

_TOGETHER = 2  # neighbours of one size that are merged: every look-up goes through all that remain
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

    def add(self, first: int, last: int, keys: Hashes, places: Numbers) -> None:
        """Write a segment of these entries, unless another process has, and use it."""
        path = self._folder.name(first, last, POSTINGS)
        while (segment := open_whole(path, open_segment)) is None:  # or merged by another by now
            write_segment(path, first, last, keys, places)
        self.parts.append(segment)

    def merge(self, flags: NDArray[np.uint8], blocks: Sequence[Stored]) -> bool:
        """Merge two neighbours of one size, if there are; returns whether there were.

        What a disk has not kept as it was written is not passed on: it is made of `blocks` anew.
        """
        group = self._next_group()
        if group is None:
            return False
        chosen = self.parts[group : group + _TOGETHER]
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
            self.parts[group : group + _TOGETHER] = [merged]
            for old in chosen:
                old.frame.path.unlink(missing_ok=True)
        return True

    def _drop_damaged(self, chosen: Sequence[Segment]) -> bool:
        damaged = [part for part in chosen if not check_frame(part.frame)]
        for part in damaged:
            part.frame.path.unlink(missing_ok=True)
            self.parts = [kept for kept in self.parts if kept.last <= part.first]
        return bool(damaged)

    def _next_group(self) -> int | None:
        for k in range(len(self.parts) - _TOGETHER + 1):
            group = self.parts[k : k + _TOGETHER]
            span = group[0].last - group[0].first
            alike = all(segment.last - segment.first == span for segment in group)
            aligned = group[0].first % (_TOGETHER * span) == 0
            if alike and aligned and sum(map(len, group)) <= _MOST_ENTRIES:
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


def list_entries(block: Stored, shape: KeyShape) -> tuple[Hashes, Numbers]:
    """Every key of a block's articles, with its place."""
    columns, sketches = block.columns, block.sketches()
    alive = np.flatnonzero(columns["flags"] & ALIVE).astype(np.uint32)
    speaking = np.flatnonzero(columns["flags"] & SPEAKS).astype(np.uint32)
    copies, stories = copy_keys(sketches, alive, shape), story_keys(sketches, speaking, shape)
    rows = np.concatenate([alive, copies.rows, stories.rows])
    keys = np.concatenate([columns["id_keys"][alive], copies.values, stories.values])
    return keys, rows + np.uint32(block.first)
