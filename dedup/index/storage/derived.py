"""What is derived from the log, and how it keeps up: postings, stored sketches, counts.

`Derived` is a function of the log's rows in their order. A full block of places goes to disk, its
postings as a segment, and segments are merged in tiers; the last, unfinished block is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dedup.arrays import Hashes, Offsets, Rows
from dedup.config import Config
from dedup.errors import StoreError
from dedup.index.storage.candidates import find_candidates, make_rules
from dedup.index.storage.document_counts import new_document_counts, open_document_counts
from dedup.index.storage.files import SKETCHES, Folder, open_whole
from dedup.index.storage.lookup import MembershipFilter, Part, Sought
from dedup.index.storage.lsh_keys import Keys, copy_keys, shape_keys, story_keys
from dedup.index.storage.memtable import Fresh
from dedup.index.storage.segment_set import Segments
from dedup.index.storage.sketch_block import (
    ALIVE,
    BLOCK,
    KEPT_COPY,
    SPEAKS,
    Growing,
    Row,
    Stored,
    open_block,
    open_sound_block,
    write_block,
)
from dedup.index.storage.stored_sketch import NOTHING, StoredSketch, join_stored
from dedup.sketch.columns import Sketches

_SAVED_BLOCKS = 32  # after so many the counts are saved: an open after a kill counts no more anew
Source = Callable[[int, int], list[Row]]  # the log's rows from one place to another, none left out


class Derived:
    """Postings, sketches and counts of the places below `next`."""

    def __init__(self, folder: Folder, config: Config, source: Source) -> None:
        self.folder, self._source = folder, source
        self.shape, self._rules = shape_keys(config), make_rules(config.candidates)
        self.next = 0
        self.flags = np.zeros(BLOCK, dtype=np.uint8)
        self.canonical = np.zeros(BLOCK, dtype=np.uint32)
        self._sieve = MembershipFilter(BLOCK)  # of ids
        self.blocks: list[Stored | Fresh] = []
        self.segments = Segments(folder, self.shape)
        self.tally = new_document_counts()

    def open(self, stop: int) -> None:
        """Take up what is on disk and derive what is missing of the log, which ends at `stop`."""
        self.folder.tidy_left()
        self.tally = open_document_counts(self.folder, stop)
        self._reserve(stop)
        self.advance(stop)
        if self.next - self.tally.covered > _SAVED_BLOCKS // 8 * BLOCK:  # not twice
            self.tally.save(self.folder, self.next)

    def advance(self, stop: int) -> None:
        """Catch up with the log as far as `stop`."""
        if self.next >= stop:
            return
        self.seal()  # what own turns filled: blocks on disk come before those in memory
        while self.next < stop:
            if self.next % BLOCK == 0 and stop - self.next >= BLOCK:
                self._adopt_block()
            else:
                self._replay(min(stop, self.next + BLOCK - self.next % BLOCK))
                self.seal()
        self.segments.extend(self.whole_blocks())

    def whole_blocks(self) -> list[Stored]:
        """The blocks on disk."""
        return [block for block in self.blocks if isinstance(block, Stored)]

    def _adopt_block(self) -> None:
        """Take a block from disk, where a close or another process put it, or from the log."""
        first = self.next
        path = self.folder.name(first, first + BLOCK, SKETCHES)
        counted = first + BLOCK <= self.tally.covered  # else it is read whole, and checked
        block = open_whole(path, open_block if counted else open_sound_block)
        if block is None:
            growing = Growing(first)
            for row in self._source(first, first + BLOCK):
                growing.append(row)
            write_block(path, growing)
            block = open_block(path)
        self.blocks.append(block)
        self._reserve(block.last)
        self._fold(block)
        self.next = block.last

    def _fold(self, block: Stored) -> None:
        """Count a block's rows and forget what it removes."""
        columns = block.columns
        own = slice(block.first, block.last)
        self.flags[own], self.canonical[own] = columns["flags"], columns["canonical"]
        self._sieve.mark(columns["id_keys"])
        if block.last > self.tally.covered:  # else not read: an open would read the whole index
            rows = np.flatnonzero(columns["flags"] & SPEAKS).astype(np.uint32)
            self.tally.count(block.sketches(), rows, rows + np.uint32(block.first))
        for row in np.flatnonzero(columns["removed"]).tolist():
            self._forget(block.first + row, int(columns["removed"][row]) - 1)

    def _replay(self, stop: int) -> None:
        """Take the rows up to `stop`, of one block, from what a close kept or from the log."""
        first = self.next
        rows = self._left_rows(first, stop)
        rows += self._source(first + len(rows), stop)
        articles = [row for row in rows if row.flags & ALIVE]
        places = np.array([k for k, row in enumerate(rows, first) if row.flags & ALIVE], np.uint32)
        keys = np.array([row.id_key for row in articles], dtype=np.uint64)
        kept = [row.kept for row in articles]
        sketches = join_stored(kept)
        self.enter(places, kept, sketches, keys)
        self.pad(stop)
        for place, row in zip(places.tolist(), articles, strict=True):
            self.settle(place, row.canonical, keeps=bool(row.flags & KEPT_COPY))
        speaking = np.flatnonzero([row.flags & SPEAKS for row in articles]).astype(np.uint32)
        self.speak(sketches, speaking, places)
        self.count(sketches, speaking, places)
        for place, row in enumerate(rows, first):
            if row.removed is not None:
                self.remove(place, row.removed)

    def _left_rows(self, first: int, stop: int) -> list[Row]:
        for file in self.folder.files(SKETCHES):
            if file.first == first and file.last <= stop:
                block = open_whole(file.path, open_sound_block)
                if block is not None:
                    return list(block.rows())
        return []

    def enter(
        self, places: Rows, kept: Sequence[StoredSketch], sketches: Sketches, keys: Hashes
    ) -> Keys:
        """Add articles, with the keys of their ids, so that copies of them are found.

        `places` ascend, from `next` on; `sketches` are those kept. Returns what finds copies.
        """
        for place, one, key in zip(places.tolist(), kept, keys.tolist(), strict=True):
            self.pad(place)
            self._append(Row(one, ALIVE, place, key))
        own = copy_keys(sketches, np.arange(len(kept), dtype=np.uint32), self.shape)
        self._sieve.mark(keys)
        posted = np.concatenate([places, places[own.rows]])
        self._post(np.concatenate([keys, own.values]), posted)
        return own

    def settle(self, place: int, canonical: int, *, keeps: bool = False) -> None:
        """Note which article one that was entered is a copy or rewrite of.

        `keeps`: it is a version, kept for text of its own.
        """
        fresh = self._fresh_of(place)
        fresh.columns["canonical"][place - fresh.first] = canonical
        self.canonical[place] = canonical
        if keeps:
            fresh.columns["flags"][place - fresh.first] |= KEPT_COPY
            self.flags[place] |= KEPT_COPY

    def speak(self, sketches: Sketches, rows: Rows, places: Rows) -> Keys:
        """Let these rows' articles be found as telling a story; `count` is to follow.

        `places` are those of all rows of the sketches.
        """
        for place in places[rows].tolist():
            fresh = self._fresh_of(place)
            fresh.columns["flags"][place - fresh.first] = ALIVE | SPEAKS
        self.flags[places[rows]] |= SPEAKS
        keys = story_keys(sketches, rows, self.shape)
        self._post(keys.values, places[keys.rows])
        return keys

    def count(self, sketches: Sketches, rows: Rows, places: Rows) -> None:
        """Count the features of articles that speak: after they were judged by those before."""
        self.tally.count(sketches, rows, places[rows])

    def remove(self, place: int, removed: int) -> None:
        """Take the article at the place `removed` out; `place` is the removal's own."""
        self.pad(place + 1)
        fresh = self._fresh_of(place)
        fresh.columns["removed"][place - fresh.first] = removed + 1
        self._forget(place, removed)

    def _forget(self, place: int, removed: int) -> None:
        if self.flags[removed] & SPEAKS:
            sketches, one = join_stored([self.kept(removed)]), np.zeros(1, dtype=np.uint32)
            self.tally.count(sketches, one, np.array([place], dtype=np.uint32), -1)
        self.flags[removed] = 0

    def removed(self) -> list[int]:
        """The places of the articles that were removed."""
        found = (block.columns["removed"] for block in self.blocks)
        return [place - 1 for column in found for place in column[column > 0].tolist()]

    def kept(self, place: int) -> StoredSketch:
        """The stored sketches of an article."""
        return self.blocks[place // BLOCK][place]

    def find(self, keys: Keys, limits: Rows) -> tuple[Rows, Rows]:
        """Pairs (row of `keys`, place): see `find_candidates`; `limits` of each key."""
        sought = self._seek(keys.values, limits, self._rules.caps[keys.views])
        return find_candidates(sought, keys, self.flags, self._rules, self.tally.articles)

    def find_ids(self, keys: Hashes) -> list[int]:
        """The places of the articles that have any of these keys of ids, and perhaps others."""
        keys = self._sieve.keep_marked(keys)
        if not len(keys):
            return []
        limits = np.full(len(keys), self.next, dtype=np.uint32)
        sought = self._seek(keys, limits, limits.astype(np.int64))
        places = {place for _, own in sought.list_runs() for place in own.tolist()}
        return sorted(place for place in places if self.flags[place] & ALIVE)

    def _seek(self, keys: Hashes, limits: Rows, caps: Offsets) -> Sought:
        parts = self.parts()
        sought = Sought(keys, limits, caps, len(parts))
        for number, part in enumerate(parts if len(keys) else []):
            part.seek(sought, number)
        return sought

    def parts(self) -> list[Part]:
        """The postings, end to end."""
        return [*self.segments.parts, *self._unposted()]

    def _unposted(self) -> list[Fresh]:
        fresh: list[Fresh] = []
        for block in reversed(self.blocks):
            if not isinstance(block, Fresh):
                break
            fresh.append(block)
        return fresh[::-1]

    def _fresh_of(self, place: int) -> Fresh:
        block = self.blocks[place // BLOCK]
        if not isinstance(block, Fresh):
            raise StoreError(f"place {place} is in a sealed block; open the index anew")
        return block

    def pad(self, stop: int) -> None:
        """Empty rows up to `stop`: of removals, and of places the log has purged."""
        while self.next < stop:
            self._append(Row(NOTHING, 0, self.next, 0))

    def _append(self, row: Row) -> None:
        place = self.next
        if place % BLOCK == 0:
            self.blocks.append(Fresh(place))
        self._reserve(place + 1)
        self._fresh_of(place).append(row)
        self.flags[place], self.canonical[place] = row.flags, row.canonical
        self.next = place + 1

    def _reserve(self, stop: int) -> None:
        while stop > len(self.flags):
            self.flags = np.concatenate([self.flags, np.zeros_like(self.flags)])
            self.canonical = np.concatenate([self.canonical, np.zeros_like(self.canonical)])
            self._sieve.double()

    def _post(self, keys: Hashes, places: Rows) -> None:
        """Let the newest places be found by these keys."""
        fresh = self._unposted()
        if len(fresh) == 1:
            fresh[0].postings.add(keys, places)
            return
        for block in fresh:
            own = (places >= block.first) & (places < block.last)
            block.postings.add(keys[own], places[own])

    def seal(self) -> None:
        """Put the blocks that are full on disk; what they hold must be in the log for good."""
        full = [fresh for fresh in self._unposted() if fresh.count == BLOCK]
        for fresh in full:
            path = self.folder.name(fresh.first, fresh.last, SKETCHES)
            if not path.exists():
                write_block(path, fresh)
            self.segments.add(fresh.first, fresh.last, *fresh.postings.entries)
            self.blocks[fresh.first // BLOCK] = open_block(path)
            self.folder.tidy_block(fresh.first, fresh.last)
            if len(self.blocks) % _SAVED_BLOCKS == 0:
                self.tally.save(self.folder, self.next)
        while full and self.segments.merge(self.flags, self.whole_blocks()):
            pass

    def save(self) -> None:
        """Put what is in memory on disk, so that the next open finds it."""
        if self.next and not self.tally.is_saved(self.next):
            self.tally.save(self.folder, self.next)
        fresh = self.blocks[-1] if self.blocks else None
        if isinstance(fresh, Fresh):
            path = self.folder.name(fresh.first, self.next, SKETCHES)
            if not path.exists():
                write_block(path, fresh)
            self.folder.tidy_block(fresh.first, self.next)
