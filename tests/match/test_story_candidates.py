"""Story candidates: against a loop over every pair, and at size."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.config import CandidatesConfig, SketchConfig
from dedup.match.lsh import Candidates
from dedup.match.story_candidates import propose_stories, set_bars, weigh_buckets
from dedup.sketch.build import sketch_texts
from dedup.sketch.columns import Ragged, Sketches
from dedup.sketch.weighted_minhash import NO_SAMPLE

BACKGROUND = 30_000
BINS = 16
EMPTY = Ragged(np.empty(0, dtype=np.uint32), np.zeros(1, dtype=np.int64))


def sample(table: np.ndarray) -> Sketches:
    """Sketches of which nothing but the samples is looked at."""
    count = len(table)
    return Sketches(
        words=np.full(count, 100, dtype=np.int32),
        digests=np.zeros((count, 2), dtype=np.uint64),
        signatures=np.zeros((count, 128), dtype=np.uint32),
        shingles=EMPTY,
        features=EMPTY,
        weights=np.empty(0, dtype=np.float32),
        uses=np.empty(0, dtype=np.uint8),
        samples=table.astype(np.uint32),
    )


def pairs_of(candidates: Candidates) -> list[tuple[int, int]]:
    return list(zip(candidates.left.tolist(), candidates.right.tolist(), strict=True))


def pairs_by_loop(
    table: np.ndarray, rows: list[int], config: CandidatesConfig
) -> list[tuple[int, int]]:
    """Each pair by itself, in quarters of a bit, rounded down."""
    size = len(rows) + BACKGROUND
    has = [Counter(int(table[row, column]) for row in rows) for column in range(table.shape[1])]
    found = []
    for left, right in combinations(rows, 2):
        shared, rare = 0, 0
        for column in range(table.shape[1]):
            value = int(table[left, column])
            if value == table[right, column] and value != NO_SAMPLE:
                worth = math.floor(4 * math.log2(size / has[column][value]))
                shared += worth
                rare += worth if has[column][value] <= config.story_bucket else 0
        enough = math.floor(4 * (math.log2(size) + config.story_bits))
        if rare >= max(1, math.floor(4 * config.story_rare_bits)) and shared >= enough:
            found.append((left, right))
    return found


@settings(max_examples=150, deadline=None)
@given(
    # 256 apart: the lowest bytes agree, the samples do not.
    samples=st.lists(
        st.lists(st.sampled_from([0, 1, 2, 258, 514]), min_size=BINS, max_size=BINS), max_size=8
    ),
    left_out=st.integers(0, 3),
    cap=st.integers(1, 6),
    rare_bits=st.sampled_from([1.0, 13.0, 14.0, 27.5, 41.0]),
    bits=st.sampled_from([0.0, 11.5, 24.0, 60.0]),
    workers=st.sampled_from([1, 2]),
)
def test_pairs_are_those_of_the_loop(
    samples: list[list[int]], left_out: int, cap: int, rare_bits: float, bits: float, workers: int
) -> None:
    table = np.array(samples, dtype=np.uint32).reshape(-1, BINS)
    rows = list(range(left_out, len(samples)))
    config = CandidatesConfig(story_bucket=cap, story_rare_bits=rare_bits, story_bits=bits)
    found = propose_stories(sample(table), np.array(rows, dtype=np.uint32), config, workers)
    assert pairs_of(found) == pairs_by_loop(table, rows, config)


@pytest.mark.parametrize("workers", [1, 2])
def test_many_articles_are_counted_in_chunks(workers: int) -> None:
    rng = np.random.default_rng(11)
    table = rng.integers(1, 4000, (9000, BINS)).astype(np.uint32)
    table[8500:9000, :4] = table[:500, :4]  # of chunks far apart
    config = CandidatesConfig(story_bits=20)
    found = propose_stories(sample(table), np.arange(9000, dtype=np.uint32), config, workers)
    assert {(row, 8500 + row) for row in range(500)} <= set(pairs_of(found))
    some = [*range(50), *range(8500, 8550)]
    within = {pair for pair in pairs_of(found) if set(pair) <= set(some)}
    assert {pair for pair in within if pair[1] - pair[0] == 8500} == {
        (k, 8500 + k) for k in range(50)
    }


def test_a_hot_bucket_proposes_nothing_but_counts() -> None:
    articles = 2000
    table = np.zeros((articles, BINS), dtype=np.uint32)
    table[:, :12] = 7  # all have these
    table[:4, 12] = [1, 1, 2, 2]  # and two pairs have one more each, ...
    table[:2, 13] = 3  # ... the first of them a second
    rows = np.arange(articles, dtype=np.uint32)
    found = propose_stories(sample(table), rows, CandidatesConfig())
    assert pairs_of(found) == [(0, 1)]
    assert found.capped == 12
    table[:, :12] = 0
    assert not len(propose_stories(sample(table), rows, CandidatesConfig()))


def test_the_bar_grows_with_the_corpus_and_worth_with_it() -> None:
    small, large = set_bars(1000, CandidatesConfig()), set_bars(1_000_000, CandidatesConfig())
    assert (small.rare, large.rare) == (56, 56)
    assert (
        4 * 5 - 1 <= large.enough - small.enough <= 4 * 5 + 1
    )  # 33 times the size with background
    sizes = np.array([1, 2, 150, 1_000_000])
    assert weigh_buckets(sizes, 1_000_000).tolist() == [79, 75, 50, 0]


def test_only_the_given_rows_are_paired() -> None:
    text = " ".join(f"word{k}" for k in range(80))
    sketches = sketch_texts([text] * 4, SketchConfig())
    rows = np.array([1, 3], dtype=np.uint32)
    assert pairs_of(propose_stories(sketches, rows, CandidatesConfig())) == [(1, 3)]


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["One story only, of no interest."]])
def test_nothing_to_pair(texts: list[str]) -> None:
    sketches = sketch_texts(texts, SketchConfig())
    rows = np.flatnonzero(sketches.words > 0).astype(np.uint32)
    assert not len(propose_stories(sketches, rows, CandidatesConfig()))
