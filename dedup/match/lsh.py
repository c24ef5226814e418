"""Sketches to candidates: locality-sensitive hashing over arrays.

A view gives an article some keys; the articles with one key are a bucket; two articles that share
enough buckets are a candidate. So are copies found, in two views (`agree` has the story view):

- near: a key is a band of the signature, and one shared band is enough;
- passage: a key is a sampled shingle, and two must be shared.

A bucket fuller than its cap does not propose all its pairs, which grow with the square of its
size, but a star: each article with the bucket's first. What the caps did is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Offsets, Rows
from dedup.config import CandidatesConfig
from dedup.parallel import map_in_order, releases_columns
from dedup.sketch.columns import Ragged, Sketches
from dedup.sketch.shingles import combine_hashes, mix_bits

Column = tuple[NDArray[Any], Rows]  # keys, and the article each belongs to
_CHUNK = 4096  # articles counted at a time by one thread
_LINE = 16  # neighbouring slots read together: a line of the processor's cache
_PASSAGE_COLUMNS = 16  # the sampled shingles are grouped in as many parts, to bound memory


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs to verify, `left < right`, ascending, without repeats."""

    left: Rows
    right: Rows
    capped: int = 0  # buckets over the cap

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True)
class BucketRule:
    """How buckets become candidates."""

    min_shared: int  # buckets that two articles must share
    cap: int  # articles; a fuller bucket proposes a star


def choose_bands(permutations: int, min_jaccard: float, recall: float) -> tuple[int, int]:
    """The bands and rows that propose a pair at `min_jaccard` with probability >= `recall`.

    Of those that do, the longest rows (fewest chance buckets), then the fewest bands. Verification
    removes what is proposed wrongly; nothing brings back what is not proposed, so the recall is
    asked for at the threshold itself, where the textbook choice gives about a half.

    >>> choose_bands(128, 0.5, 0.98)
    (30, 3)
    """
    for rows in range(permutations, 0, -1):
        for bands in range(1, permutations // rows + 1):
            if 1 - (1 - min_jaccard**rows) ** bands >= recall:
                return bands, rows
    return permutations, 1


@releases_columns
def propose_near(
    sketches: Sketches,
    rows: Rows,
    config: CandidatesConfig,
    min_jaccard: float,
    workers: int = 1,
) -> Candidates:
    """Pairs of these rows (ascending, none empty) that share a band of their signatures."""
    shape = choose_bands(sketches.signatures.shape[1], min_jaccard, config.near_recall)
    columns = _band_columns(sketches, rows, *shape)
    rule = BucketRule(min_shared=1, cap=config.near_bucket)
    return propose_pairs(columns, len(sketches), rule, workers)


@releases_columns
def propose_passages(
    sketches: Sketches, rows: Rows, config: CandidatesConfig, workers: int = 1
) -> Candidates:
    """Pairs of these rows that share sampled shingles, however different their lengths."""
    rule = BucketRule(min_shared=config.passage_shared, cap=config.passage_bucket)
    columns = _passage_columns(sketches.shingles, rows, config.passage_share)
    return propose_pairs(columns, len(sketches), rule, workers)


def _band_columns(sketches: Sketches, owners: Rows, bands: int, rows: int) -> Iterator[Column]:
    together = max(1, _LINE // rows)
    for band in range(0, bands, together):
        slots = sketches.signatures[:, band * rows : min(bands, band + together) * rows]
        for keys in _hash_rows(slots, owners, rows):
            yield keys, owners


def _passage_columns(shingles: Ragged, owners: Rows, share: float) -> Iterator[Column]:
    limit = int(share * (1 << 32))
    step = -(-limit // _PASSAGE_COLUMNS)
    starts = shingles.offsets[:-1][owners]
    for column in range(1, _PASSAGE_COLUMNS + 1):
        below = min(limit, column * step)
        stops = _find_stops(shingles.values, shingles.offsets, owners, below)
        lengths = stops - starts
        taken = np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        yield shingles.values[taken], np.repeat(owners, lengths)
        starts = stops


@njit(cache=True, nogil=True)
def _find_stops(values: Array, offsets: Array, owners: Array, below: int) -> Offsets:
    """Where in `values` each owner's (sorted) row reaches `below`."""
    stops = np.empty(owners.shape[0], dtype=np.int64)
    for k in range(owners.shape[0]):
        start = offsets[owners[k]]
        stops[k] = start + np.searchsorted(values[start : offsets[owners[k] + 1]], below)
    return stops


@njit(cache=True, nogil=True)
def _hash_rows(slots: Array, owners: Array, rows: int) -> Hashes:
    """The key of every so many slots of each owner's, uint64[bands, owners]."""
    keys = np.empty((slots.shape[1] // rows, owners.shape[0]), dtype=np.uint64)
    for i in range(owners.shape[0]):
        for band in range(keys.shape[0]):
            state = np.uint64(0)
            for j in range(band * rows, (band + 1) * rows):
                state = combine_hashes(state, np.uint64(slots[owners[i], j]))
            keys[band, i] = mix_bits(state)
    return keys


def propose_pairs(
    columns: Iterable[Column], articles: int, rule: BucketRule, workers: int = 1
) -> Candidates:
    """The pairs of articles that share `rule.min_shared` buckets; columns never mix keys."""
    buckets = _group_columns(columns, workers)
    hot = buckets.lengths > rule.cap
    kind = np.empty(0, np.uint32 if len(buckets.values) < 1 << 32 else np.int64)
    stretches = _list_stretches(buckets.values, buckets.offsets, hot, articles, kind)

    def count(start: int) -> NDArray[np.uint64]:
        stop = min(start + _CHUNK, articles)
        return _count_shared(start, stop, *stretches, buckets.values, rule.min_shared)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        parts = list(pool.map(count, range(0, articles, _CHUNK)))
    return sort_pairs(parts, int(hot.sum()))


def sort_pairs(parts: Iterable[Hashes], capped: int) -> Candidates:
    """Pairs packed left << 32 | right, without repeats, as candidates."""
    pairs = np.concatenate([np.empty(0, np.uint64), *parts])
    pairs.sort()
    left = (pairs >> np.uint64(32)).astype(np.uint32)
    return Candidates(left, pairs.astype(np.uint32), capped)


def _group_columns(columns: Iterable[Column], workers: int) -> Ragged:
    """The buckets of all columns."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        grouped = map_in_order(pool, workers, lambda column: group_keys(*column), columns)
        return join_buckets([buckets for _, buckets in grouped])


def group_keys(keys: NDArray[Any], owners: Rows) -> Ragged:
    """The buckets of two or more: owners with one key, ascending within a bucket."""
    if keys.dtype == np.uint32:  # key and owner in one number: a sort is five times an argsort
        packed = (keys.astype(np.uint64) << np.uint64(32)) | owners
        packed.sort()
        return Ragged(*_cut_buckets(packed >> np.uint64(32), packed.astype(np.uint32)))
    order = np.argsort(keys)
    members, offsets = _cut_buckets(keys[order], owners[order])
    lengths = np.diff(offsets)
    packed = np.repeat(np.arange(len(lengths), dtype=np.uint64) << np.uint64(32), lengths) | members
    packed.sort()
    return Ragged(packed.astype(np.uint32), offsets)


@njit(cache=True, nogil=True)
def _cut_buckets(keys: Array, owners: Array) -> tuple[Rows, Offsets]:
    """The owners of each key that two or more have; keys come sorted."""
    count = keys.shape[0]
    members = np.empty(count, dtype=np.uint32)
    offsets = np.zeros(count // 2 + 1, dtype=np.int64)
    buckets, filled, start = 0, 0, 0
    for i in range(1, count + 1):
        if i < count and keys[i] == keys[start]:
            continue
        if i - start > 1:
            members[filled : filled + i - start] = owners[start:i]
            filled += i - start
            buckets += 1
            offsets[buckets] = filled
        start = i
    return members[:filled].copy(), offsets[: buckets + 1].copy()


def join_buckets(parts: list[Ragged]) -> Ragged:
    """The buckets of several columns as one."""
    lengths = np.concatenate([np.empty(0, np.int64), *(p.lengths for p in parts)])
    values = np.concatenate([np.empty(0, np.uint32), *(p.values for p in parts)])
    return Ragged(values, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


# What an article is proposed with, of each bucket it is in: the members before it, or in a bucket
# over the cap only the first. Laid out by article, so that the counting below reads on and on.
@njit(cache=True, nogil=True)
def _list_stretches(
    members: Array, offsets: Array, hot: Array, articles: int, kind: Array
) -> tuple[Offsets, Array]:
    """For each article stretches of `members`: CSR offsets, and [n, 2] starts and stops."""
    ends = np.zeros(articles + 1, dtype=np.int64)
    for bucket in range(offsets.shape[0] - 1):
        for place in range(offsets[bucket] + 1, offsets[bucket + 1]):
            ends[members[place] + 1] += 1
    for i in range(articles):
        ends[i + 1] += ends[i]
    cursor = ends[:-1].copy()
    stretches = np.zeros((ends[articles], 2), dtype=kind.dtype)
    for bucket in range(offsets.shape[0] - 1):
        first = offsets[bucket]
        for place in range(first + 1, offsets[bucket + 1]):
            member = members[place]
            stop = first + 1 if hot[bucket] else place
            stretches[cursor[member], 0], stretches[cursor[member], 1] = first, stop
            cursor[member] += 1
    return ends, stretches


# A pair is packed left << 32 | right. Counts live in one array an article wide, cleared by the list
# of what was touched. Nothing branches on a count: which it is cannot be foretold.
@njit(cache=True, nogil=True)
def _count_shared(  # a kernel takes arrays, not objects
    start: int, stop: int, ends: Array, stretches: Array, members: Array, min_shared: int
) -> Hashes:
    counts = np.zeros(ends.shape[0] - 1, dtype=np.uint32)
    touched = np.empty(ends.shape[0] + 1, dtype=np.uint32)
    needed = np.uint32(min_shared)
    pairs = np.empty(1024, dtype=np.uint64)
    found = 0
    for right in range(start, stop):
        seen = 0
        for k in range(ends[right], ends[right + 1]):
            first, last = stretches[k]
            while found + last - first > pairs.shape[0]:
                pairs = np.concatenate((pairs, np.empty_like(pairs)))
            for place in range(first, last):
                left = members[place]
                count = np.uint32(counts[left] + np.uint32(1))
                counts[left] = count
                touched[seen] = left
                seen += int(count == np.uint32(1))
                pairs[found] = (np.uint64(left) << np.uint64(32)) | np.uint64(right)
                found += int(count == needed)
        for k in range(seen):
            counts[touched[k]] = np.uint32(0)
    return pairs[:found]
