"""Proof: an index measured, and held against itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from dedup.arrays import Hashes, Rows
from dedup.index.answer.evidence import describe_status
from dedup.index.storage.array_file import check_frame
from dedup.index.storage.derived import Derived
from dedup.index.storage.lookup import Sought
from dedup.index.storage.lsh_keys import copy_keys, story_keys
from dedup.index.storage.sketch_block import ALIVE, BLOCK, SPEAKS, Row
from dedup.index.storage.stored_sketch import join_stored, pack_stored
from dedup.index.store import Store
from dedup.index.verdict import Fault, IndexStats

_SHOWN = 100  # faults; more say nothing new


def measure_store(store: Store, recipe: str) -> IndexStats:
    """What the index holds, and what that takes."""
    statuses = Counter(describe_status(status) for status in store.statuses())
    return IndexStats(
        articles=sum(statuses.values()),
        statuses={str(status): count for status, count in sorted(statuses.items())},
        places=store.derived.next,
        log_bytes=store.log.measure(),
        derived_bytes=store.folder.measure(),
        segments=len(store.derived.segments.parts),
        recipe=recipe,
    )


def prove_store(store: Store) -> list[Fault]:
    """Where log and postings disagree, or files are damaged; a hundred faults at most."""
    faults = [*_damaged(store.derived)]
    if faults:  # nothing that is read from them can be relied on
        return faults[:_SHOWN]
    for start in range(0, store.derived.next, BLOCK):
        if len(faults) >= _SHOWN:
            break
        faults += _compare_block(store, start, min(start + BLOCK, store.derived.next))
    return faults[:_SHOWN]


def _damaged(derived: Derived) -> Iterator[Fault]:
    frames = [block.frame for block in derived.whole_blocks()]
    frames += [segment.frame for segment in derived.segments.parts]
    for frame in frames:
        if not check_frame(frame):
            yield Fault(where=str(frame.path), what="not as written; delete it: it is derived anew")


def _compare_block(store: Store, start: int, stop: int) -> Iterator[Fault]:
    derived = store.derived
    rows = store.read(start, stop)
    for place, row in enumerate(rows, start):
        flags = int(derived.flags[place])
        if flags & ALIVE and not row.flags & ALIVE:
            yield Fault(where=f"place {place}", what="in the postings and not in the log")
        elif flags & ALIVE and not _is_same(row, derived, place):
            yield Fault(where=f"place {place}", what="its sketches are not those of its record")
    alive = [p for p in range(start, stop) if derived.flags[p] & ALIVE and rows[p - start].flags]
    keys, places = _expected([rows[place - start] for place in alive], alive, derived)
    found, counts = _posted(derived, keys, places, start, stop)
    for place in sorted(set(places[~found].tolist())):
        yield Fault(where=f"place {place}", what="not found by all of its keys")
    expected = np.bincount(places - start, minlength=stop - start)
    for extra in np.flatnonzero((counts != expected) & (derived.flags[start:stop] > 0)).tolist():
        yield Fault(where=f"place {start + extra}", what="has postings of keys it does not have")


def _is_same(row: Row, derived: Derived, place: int) -> bool:
    ours, theirs = row.kept, derived.kept(place)
    return pack_stored(ours) == pack_stored(theirs)


def _expected(rows: Sequence[Row], places: Sequence[int], derived: Derived) -> tuple[Hashes, Rows]:
    """Every key that these rows should be found by, and where."""
    sketches = join_stored([row.kept for row in rows])
    every = np.arange(len(rows), dtype=np.uint32)
    speaking = every[[bool(row.flags & SPEAKS) for row in rows]]
    copies = copy_keys(sketches, every, derived.shape)
    stories = story_keys(sketches, speaking, derived.shape)
    ids = np.array([row.id_key for row in rows], dtype=np.uint64)
    owners = np.concatenate([every, copies.rows, stories.rows])
    keys = np.concatenate([ids, copies.values, stories.values])
    return keys, np.array(places, dtype=np.uint32)[owners]


def _posted(
    derived: Derived, keys: Hashes, places: Rows, start: int, stop: int
) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Which keys find their place, and how many postings each place of a stretch has."""
    found = np.zeros(len(keys), dtype=np.bool_)
    counts = np.zeros(stop - start, dtype=np.int64)
    limits = np.full(len(keys), derived.next, dtype=np.uint32)
    for part in derived.parts():
        if part.last <= start or part.first >= stop:
            continue
        sought = Sought(keys, limits, limits.astype(np.int64) + 1, 1)
        part.seek(sought, 0)
        for k, listed in sought.list_runs():
            found[k] |= places[k] in listed
        own = part.posted()
        counts += np.bincount(own[(own >= start) & (own < stop)] - start, minlength=stop - start)
    return found, counts
