"""Propose: against a loop over every pair, and by simulation at the threshold itself."""

import random
from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.config import CandidatesConfig, SketchConfig
from dedup.match.lsh import (
    BucketRule,
    Candidates,
    choose_bands,
    group_keys,
    propose_near,
    propose_pairs,
    propose_passages,
)
from dedup.sketch.build import sketch_texts
from dedup.sketch.columns import Ragged, Sketches

ARTICLES = 12
COLUMN = st.lists(st.tuples(st.integers(0, 6), st.integers(0, ARTICLES - 1)), max_size=30)
WORDS = [f"word{k}" for k in range(400)]


def columns_of(drawn: list[list[tuple[int, int]]]) -> list[tuple[np.ndarray, np.ndarray]]:
    columns = []
    for column in drawn:
        owned = sorted(set(column), key=lambda pair: pair[1])  # owners ascend; a key once each
        keys = np.array([key for key, _ in owned], dtype=np.uint64)
        columns.append((keys, np.array([owner for _, owner in owned], dtype=np.uint32)))
    return columns


def buckets_of(columns: list[tuple[np.ndarray, np.ndarray]]) -> list[list[int]]:
    buckets: dict[tuple[int, int], set[int]] = defaultdict(set)
    for number, (keys, owners) in enumerate(columns):
        for key, owner in zip(keys.tolist(), owners.tolist(), strict=True):
            buckets[number, key].add(owner)
    return [sorted(bucket) for bucket in buckets.values() if len(bucket) > 1]


def pairs_by_loop(buckets: list[list[int]], rule: BucketRule) -> list[tuple[int, int]]:
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for bucket in buckets:
        if len(bucket) <= rule.cap:
            pairs = list(combinations(bucket, 2))
        else:
            pairs = [(bucket[0], other) for other in bucket[1:]]
        for pair in pairs:
            shared[pair] += 1
    return sorted(pair for pair, count in shared.items() if count >= rule.min_shared)


def pairs_of(candidates: Candidates) -> list[tuple[int, int]]:
    return list(zip(candidates.left.tolist(), candidates.right.tolist(), strict=True))


def rows_of(sketches: Sketches) -> np.ndarray:
    return np.flatnonzero(sketches.words > 0).astype(np.uint32)


def ragged(rows: list[list[int]]) -> Ragged:
    values = np.array([value for row in rows for value in row], dtype=np.uint32)
    return Ragged(values, np.cumsum([0, *map(len, rows)]))


def make_sketches(shingles: list[list[int]]) -> Sketches:
    count = len(shingles)
    return Sketches(
        words=np.full(count, 100, dtype=np.int32),
        digests=np.zeros((count, 2), dtype=np.uint64),
        signatures=np.zeros((count, 128), dtype=np.uint32),
        shingles=ragged(shingles),
        features=ragged([[] for _ in shingles]),
        weights=np.empty(0, dtype=np.float32),
        uses=np.empty(0, dtype=np.uint8),
        samples=np.zeros((count, 8), dtype=np.uint32),
    )


@settings(max_examples=300, deadline=None)
@given(
    drawn=st.lists(COLUMN, min_size=1, max_size=5),
    min_shared=st.integers(1, 3),
    cap=st.integers(1, 5),
    workers=st.sampled_from([1, 2]),
)
def test_pairs_are_those_of_the_loop(
    drawn: list[list[tuple[int, int]]], min_shared: int, cap: int, workers: int
) -> None:
    columns = columns_of(drawn)
    rule = BucketRule(min_shared, cap)
    found = propose_pairs(columns, ARTICLES, rule, workers)
    buckets = buckets_of(columns)
    assert pairs_of(found) == pairs_by_loop(buckets, rule)
    assert found.capped == sum(len(bucket) > cap for bucket in buckets)


@settings(max_examples=100, deadline=None)
@given(column=COLUMN)
def test_grouped_keys_are_the_buckets(column: list[tuple[int, int]]) -> None:
    (keys, owners) = columns_of([column])[0]
    grouped = group_keys(keys, owners)
    found = [grouped[k].tolist() for k in range(len(grouped))]
    assert sorted(found) == sorted(buckets_of([(keys, owners)]))


@pytest.mark.parametrize("shared", [65_535, 65_536, 65_537, 140_000])
def test_books_share_more_buckets_than_sixteen_bits_count(shared: int) -> None:
    keys = np.repeat(np.arange(shared, dtype=np.uint64), 2)
    owners = np.tile(np.array([0, 1], dtype=np.uint32), shared)
    order = np.argsort(owners, kind="stable")
    found = propose_pairs([(keys[order], owners[order])], 2, BucketRule(2, 64))
    assert pairs_of(found) == [(0, 1)]


@pytest.mark.parametrize("workers", [1, 2])
def test_many_articles_are_counted_in_chunks(workers: int) -> None:
    rng = np.random.default_rng(11)
    keys = rng.integers(0, 9000, 10_000).astype(np.uint64)
    columns = [(keys, np.arange(10_000, dtype=np.uint32))]
    rule = BucketRule(1, 64)
    found = propose_pairs(columns, 10_000, rule, workers)
    assert pairs_of(found) == pairs_by_loop(buckets_of(columns), rule)


def test_a_hot_bucket_costs_no_square() -> None:
    articles = 20_000
    columns = [(np.zeros(articles, np.uint64), np.arange(articles, dtype=np.uint32))] * 3
    found = propose_pairs(columns, articles, BucketRule(2, 64))
    assert found.capped == 3
    assert pairs_of(found) == [(0, right) for right in range(1, articles)]


def test_a_star_still_reaches_all_of_a_body() -> None:
    text = " ".join(WORDS[:120])
    sketches = sketch_texts([f"{text} {k}" for k in range(200)], SketchConfig())
    found = propose_near(sketches, rows_of(sketches), CandidatesConfig(near_bucket=10), 0.25)
    assert found.capped > 0
    assert {(0, right) for right in range(1, 200)} <= set(pairs_of(found))


@pytest.mark.parametrize("jaccard", [0.25, 0.4, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("permutations", [64, 128, 256])
def test_chosen_bands_fit_and_reach_the_recall(permutations: int, jaccard: float) -> None:
    bands, rows = choose_bands(permutations, jaccard, 0.98)
    assert bands * rows <= permutations
    chance = 1 - (1 - jaccard**rows) ** bands
    assert chance >= 0.98
    longer = rows + 1
    assert 1 - (1 - jaccard**longer) ** (permutations // longer) < 0.98


def test_an_unreachable_recall_takes_every_value() -> None:
    assert choose_bands(16, 0.01, 0.98) == (16, 1)


def signed(shingles: list[list[int]], permutations: int = 128) -> Sketches:
    """Sketches whose signatures are real, of these shingle sets."""
    from dedup.sketch.minhash import load_permutations, sign_shingles  # this test only

    signatures = np.full((len(shingles), permutations), 0xFFFFFFFF, dtype=np.uint32)
    for row, values in enumerate(shingles):
        factors, terms = load_permutations(permutations)
        sign_shingles(np.array(values, dtype=np.uint32), factors, terms, signatures[row])
    made = make_sketches(shingles)
    return Sketches(
        made.words, made.digests, signatures, made.shingles, made.features, made.weights,
        made.uses, made.samples,
    )  # fmt: skip


@pytest.mark.parametrize("jaccard", [0.25, 0.5])
def test_recall_at_the_threshold(jaccard: float) -> None:
    rng = random.Random(13)
    pairs = 1500
    shared = 60
    own = round(shared * (1 / jaccard - 1) / 2)  # of each side: Jaccard is exactly the threshold
    assert shared / (shared + 2 * own) == pytest.approx(jaccard)
    sets = []
    for _ in range(pairs):
        values = rng.sample(range(1 << 32), shared + 2 * own)
        sets += [sorted(values[: shared + own]), sorted(values[:shared] + values[shared + own :])]
    sketches = signed(sets)
    found = propose_near(sketches, rows_of(sketches), CandidatesConfig(), jaccard, workers=2)
    hit = {(left, right) for left, right in pairs_of(found) if right == left + 1 and left % 2 == 0}
    # .98 and more; 1,500 pairs leave a standard error of .0036.
    assert len(hit) / pairs > 0.97


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.sets(st.integers(0, 40).map(lambda k: k * 101_000_000), max_size=25), max_size=7
    ),
    share=st.sampled_from([1.0, 0.5, 0.125, 1e-12]),
    min_shared=st.integers(1, 3),
)
def test_passages_share_sampled_shingles(
    rows: list[set[int]], share: float, min_shared: int
) -> None:
    sketches = make_sketches([sorted(row) for row in rows])
    owners = np.arange(len(rows), dtype=np.uint32)
    config = CandidatesConfig(passage_share=share, passage_shared=min_shared)
    sampled = [{value for value in row if value < int(share * 2**32)} for row in rows]
    expected = [
        (i, j)
        for i, j in combinations(range(len(rows)), 2)
        if len(sampled[i] & sampled[j]) >= min_shared
    ]
    assert pairs_of(propose_passages(sketches, owners, config)) == expected


def test_a_story_in_a_page_many_times_its_length_is_proposed() -> None:
    rng = random.Random(17)
    short = " ".join(rng.choices(WORDS, k=150))
    pad = " ".join(rng.choices(WORDS, k=6000))
    sketches = sketch_texts([f"{pad} {short} {pad}", "Quite another story.", short], SketchConfig())
    found = propose_passages(sketches, rows_of(sketches), CandidatesConfig())
    assert (0, 2) in pairs_of(found)


def test_only_the_given_rows_are_paired() -> None:
    sketches = sketch_texts([" ".join(WORDS[:80])] * 4, SketchConfig())
    rows = np.array([1, 3], dtype=np.uint32)
    assert pairs_of(propose_passages(sketches, rows, CandidatesConfig())) == [(1, 3)]
    assert pairs_of(propose_near(sketches, rows, CandidatesConfig(), 0.25)) == [(1, 3)]


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["One story only, of no interest."]])
def test_nothing_to_pair(texts: list[str]) -> None:
    sketches = sketch_texts(texts, SketchConfig())
    rows = rows_of(sketches)
    assert not len(propose_near(sketches, rows, CandidatesConfig(), 0.25))
    assert not len(propose_passages(sketches, rows, CandidatesConfig()))
