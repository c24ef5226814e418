"""Agree: pairs of articles that may tell one story, for their story samples agree.

A sample that two articles share speaks for one story the more, the fewer articles have it. What it
is worth is counted in bits: the logarithm, to base 2, of the size of the corpus over the number of
articles that have it. Of articles that have nothing to do with each other, one in 2**b shares b
bits with a given one. So in a corpus of n articles a pair is a candidate when all it shares is
worth log2(n) bits and `story_bits` more: few are so by chance, however large the corpus.

Names that hundreds of articles have would make too many pairs to look at, so a bucket over
`story_bucket` makes none. But it still counts: pairs that share `story_rare_bits` in smaller
buckets are compared sample by sample, and there every sample has its worth.

The corpus is taken as if it were mixed with general news, so that in a small one, where all tell of
one matter, its names are still rare. Figures in `benchmarks/README.md`, "Candidates at size".
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Offsets, Rows, Scalar
from dedup.config import CandidatesConfig
from dedup.match.lsh import Candidates, group_keys, join_buckets, sort_pairs
from dedup.parallel import map_in_order, releases_columns
from dedup.sketch.columns import Ragged, Sketches
from dedup.sketch.weighted_minhash import NO_SAMPLE

_BACKGROUND = 30_000  # articles of general news that the corpus is mixed with: as `news_30k`
_PARTS = 4  # of a bit: worth is counted in quarters, rounded down
_CHUNK = 4096  # articles counted at a time by one thread
_CACHE_LINE = 64  # bytes
_TOGETHER = 16  # columns of samples read at a time: a line of the cache


class Bars(NamedTuple):
    """What a pair must share, in quarters of a bit."""

    rare: int  # in buckets that are not too full, to be compared sample by sample
    enough: int  # in all


def set_bars(articles: int, config: CandidatesConfig) -> Bars:
    """The bars in a corpus of so many articles that look for their story."""
    size = float(np.log2(articles + _BACKGROUND))
    return Bars(
        max(1, int(_PARTS * config.story_rare_bits)), int(_PARTS * (size + config.story_bits))
    )


def weigh_buckets(sizes: NDArray[np.int64], articles: int) -> NDArray[np.uint8]:
    """What it is worth, in quarters of a bit, to share a sample that so many articles have.

    >>> weigh_buckets(np.array([2, 300]), 2000)
    array([55, 26], dtype=uint8)
    """
    rarity = (articles + _BACKGROUND) / np.maximum(sizes, 1)
    return (_PARTS * np.log2(np.maximum(rarity, 1))).astype(np.uint8)


@releases_columns
def propose_stories(
    sketches: Sketches, rows: Rows, config: CandidatesConfig, workers: int = 1
) -> Candidates:
    """Pairs of these rows whose story samples agree in more than chance would have."""
    samples, articles = sketches.samples, len(sketches)
    worth = np.zeros((samples.shape[1], articles), dtype=np.uint8)  # of each row's samples
    lows = np.concatenate([block.astype(np.uint8) for block in _cut_blocks(samples)])

    def group(column: tuple[int, Rows]) -> tuple[Ragged, int]:
        number, sampled = column
        filled = sampled != NO_SAMPLE
        buckets = group_keys(sampled[filled], rows[filled])
        sizes = buckets.lengths
        worth[number, buckets.values] = np.repeat(weigh_buckets(sizes, len(rows)), sizes)
        return _drop_full(buckets, config.story_bucket)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        columns = enumerate(_list_columns(samples, rows))
        grouped = [done for _, done in map_in_order(pool, workers, group, columns)]
        buckets = join_buckets([buckets for buckets, _ in grouped])
        points = weigh_buckets(buckets.lengths, len(rows))
        kind = np.empty(0, np.uint32 if len(buckets.values) < 1 << 32 else np.int64)
        places = _place_members(buckets.values, buckets.offsets, points, articles, kind)
        bars = set_bars(len(rows), config)

        def count(start: int) -> Hashes:
            stop = min(start + _CHUNK, articles)
            near = _weigh_shared(start, stop, *places, buckets.values, worth, lows, *bars)
            near.sort()  # else each look at a row of samples waits for memory
            return _confirm_shared(near, worth, samples, bars.enough)

        parts = list(pool.map(count, range(0, articles, _CHUNK)))
    return sort_pairs(parts, sum(full for _, full in grouped))


def _cut_blocks(samples: Array) -> Iterator[Array]:
    for start in range(0, max(1, len(samples)), _CHUNK):
        yield samples[start : start + _CHUNK]


def _list_columns(samples: Array, rows: Rows) -> Iterator[Rows]:
    for column in range(0, samples.shape[1], _TOGETHER):
        yield from np.ascontiguousarray(samples[rows, column : column + _TOGETHER].T)


def _drop_full(buckets: Ragged, cap: int) -> tuple[Ragged, int]:
    """The buckets of at most `cap`, and how many had more."""
    lengths = buckets.lengths
    kept = lengths <= cap
    offsets = np.concatenate([[0], np.cumsum(lengths[kept])]).astype(np.int64)
    return Ragged(buckets.values[np.repeat(kept, lengths)], offsets), int((~kept).sum())


# Of each bucket it is in, an article is looked at with the members before it. Laid out by article,
# so that the counting below reads on and on.
@njit(cache=True, nogil=True)
def _place_members(
    members: Array, offsets: Array, points: Array, articles: int, kind: Array
) -> tuple[Offsets, Array, NDArray[np.uint8]]:
    """For each article: CSR offsets; where its buckets start and it stands; their worth."""
    ends = np.zeros(articles + 1, dtype=np.int64)
    for member in members:
        ends[member + 1] += 1
    for i in range(articles):
        ends[i + 1] += ends[i]
    cursor = ends[:-1].copy()
    stretches = np.empty((members.shape[0], 2), dtype=kind.dtype)
    worth = np.empty(members.shape[0], dtype=np.uint8)
    for bucket in range(offsets.shape[0] - 1):
        for place in range(offsets[bucket], offsets[bucket + 1]):
            at = cursor[members[place]]
            stretches[at, 0], stretches[at, 1] = offsets[bucket], place
            worth[at] = points[bucket]
            cursor[members[place]] += 1
    return ends, stretches, worth


# A pair is packed left << 32 | right. `worth` is uint8[bins, articles], 0 where nobody shares a
# sample; `lows`, uint8[articles, bins], are the lowest bytes of the samples: two lines of a cache
# for a look at any article, and one in 256 agrees by chance, which the next kernel sees. What is
# shared so far lives in one array an article wide, cleared by the list of what was touched. Nothing
# branches on it: which it is cannot be foretold.
@njit(cache=True, nogil=True)
def _weigh_shared(  # a kernel takes arrays, not objects
    start: int, stop: int, ends: Array, stretches: Array, points: Array, members: Array,
    worth: Array, lows: Array, rare: int, enough: int,
) -> Hashes:  # fmt: skip
    shared = np.zeros(ends.shape[0] - 1, dtype=np.uint16)
    touched = np.empty(ends.shape[0] + 1, dtype=np.uint32)
    asked = np.empty(ends.shape[0] + 1, dtype=np.uint32)
    own = np.empty(lows.shape[1], dtype=np.uint8)
    pairs = np.empty(1024, dtype=np.uint64)
    found, least, warmed = 0, np.uint16(rare), np.uint8(0)
    for right in range(start, stop):
        seen, asking = 0, 0
        for k in range(ends[right], ends[right + 1]):
            more = np.uint16(points[k])
            for place in range(stretches[k, 0], stretches[k, 1]):
                left = members[place]
                before = shared[left]
                after = np.uint16(before + more)
                shared[left] = after
                touched[seen] = left
                seen += int((before == 0) & (after != 0))
                asked[asking] = left
                asking += int((before < least) & (after >= least))
        if asking:
            for column in range(own.shape[0]):
                own[column] = worth[column, right]
            while found + asking > pairs.shape[0]:
                pairs = np.concatenate((pairs, np.empty_like(pairs)))
        for k in range(asking):  # many at once: then no comparison waits for memory
            for column in range(0, own.shape[0], _CACHE_LINE):
                warmed += lows[asked[k], column]
        for k in range(asking):
            left = asked[k]
            pairs[found] = (np.uint64(left) << np.uint64(32)) | np.uint64(right)
            found += int(_compare_samples(lows[left], lows[right], own) >= enough)
        for k in range(seen):
            shared[touched[k]] = 0
    asked[0] = warmed  # else it would not be looked up
    return pairs[:found]


@njit(cache=True, nogil=True)
def _compare_samples(ours: Array, theirs: Array, worth: Array) -> Scalar:
    """What the samples that two articles share are worth, of the worth of each of `theirs`."""
    total = np.uint16(0)
    for column in range(worth.shape[0]):
        total += np.uint16(worth[column] * np.uint8(ours[column] == theirs[column]))
    return total


@njit(cache=True, nogil=True)
def _confirm_shared(pairs: Array, worth: Array, samples: Array, enough: int) -> Hashes:
    """The pairs that share enough by their whole samples."""
    own = np.empty(samples.shape[1], dtype=np.uint8)
    kept = 0
    for pair in pairs:
        left, right = np.int64(pair >> np.uint64(32)), np.int64(pair & np.uint64(0xFFFFFFFF))
        for column in range(own.shape[0]):
            own[column] = worth[column, right]
        pairs[kept] = pair
        kept += int(_compare_samples(samples[left], samples[right], own) >= enough)
    return pairs[:kept]
