"""Verify: every number against Python's sets and dicts, every bar on both of its sides."""

import random
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.config import Config, DocumentFrequencyConfig, SketchConfig, VerifyConfig
from dedup.match.document_frequency import weigh_in_corpus
from dedup.match.overlap import Overlap, overlap_shingles
from dedup.match.story_score import score_stories
from dedup.match.verify import (
    Pairs,
    group_exact,
    is_contained,
    is_near,
    join_pairs,
    score_pairs,
    verify_copies,
    verify_exact,
    verify_rewrites,
)
from dedup.records import Relation
from dedup.sketch.build import sketch_texts
from dedup.sketch.columns import Ragged, Sketches

ROOT = Path(__file__).parents[2]
BODIES = [path.read_text() for path in sorted((ROOT / "tests" / "expected").glob("*.txt"))]
DEFAULT = VerifyConfig()
ROWS = st.lists(st.sets(st.integers(0, 30), max_size=20), min_size=2, max_size=6)
# Features and their weights, in eighths; a word may weigh differently in two languages.
WEIGHED = st.dictionaries(st.integers(1, 30), st.integers(1, 64), max_size=20)


def ragged(rows: list[list[int]]) -> Ragged:
    values = np.array([value for row in rows for value in row], dtype=np.uint32)
    return Ragged(values, np.cumsum([0, *map(len, rows)]))


def make_sketches(
    shingles: list[list[int]], weighed: list[dict[int, int]] | None = None
) -> Sketches:
    count = len(shingles)
    features = [dict(sorted(row.items())) for row in weighed or [{}] * count]
    weights = [weight / 8 for row in features for weight in row.values()]
    return Sketches(
        words=np.array([len(row) + 4 for row in shingles], dtype=np.int32),
        digests=np.zeros((count, 2), dtype=np.uint64),
        signatures=np.zeros((count, 8), dtype=np.uint32),
        shingles=ragged(shingles),
        features=ragged([list(row) for row in features]),
        weights=np.array(weights, dtype=np.float32),
        uses=np.full(len(weights), 8, dtype=np.uint8),
        samples=np.zeros((count, 8), dtype=np.uint32),
    )


def all_pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    left, right = np.triu_indices(count, 1)
    return left.astype(np.uint32), right.astype(np.uint32)


def overlapping(left: int, right: int, shared: int) -> Sketches:
    """Two articles of so many shingles, so many of them shared."""
    ours = list(range(left))
    theirs = [*range(shared), *range(10_000, 10_000 + right - shared)]
    return make_sketches([ours, theirs])


def relation_of(left: int, right: int, shared: int, config: VerifyConfig = DEFAULT) -> str | None:
    whole = Config(verify=config)
    found = verify_copies(overlapping(left, right, shared), *all_pairs(2), whole)
    return str(found.relation[0]) if len(found.left) else None


@settings(max_examples=150, deadline=None)
@given(rows=ROWS)
def test_overlap_is_that_of_sets(rows: list[set[int]]) -> None:
    sketches = make_sketches([sorted(row) for row in rows])
    left, right = all_pairs(len(rows))
    overlap = overlap_shingles(sketches, left, right)
    for k, (i, j) in enumerate(zip(left, right, strict=True)):
        ours, theirs = rows[i], rows[j]
        both, either = ours & theirs, ours | theirs
        shorter = min(len(ours), len(theirs))
        assert overlap.shared[k] == len(both)
        assert overlap.jaccard[k] == pytest.approx(len(both) / len(either) if either else 0)
        assert overlap.containment[k] == pytest.approx(len(both) / shorter if shorter else 0)


def test_numbers_of_real_texts() -> None:
    sketches = sketch_texts(BODIES, SketchConfig())
    left, right = all_pairs(len(BODIES))
    overlap = overlap_shingles(sketches, left, right)
    for k, (i, j) in enumerate(zip(left, right, strict=True)):
        ours, theirs = set(sketches.shingles[i].tolist()), set(sketches.shingles[j].tolist())
        assert overlap.jaccard[k] == pytest.approx(len(ours & theirs) / len(ours | theirs))


def test_workers_and_chunks_change_nothing() -> None:
    rng = random.Random(23)
    sketches = make_sketches([sorted(rng.sample(range(60), 30)) for _ in range(420)])
    left, right = all_pairs(420)  # more than a chunk
    assert len(left) > 65536
    one, two = (overlap_shingles(sketches, left, right, workers) for workers in (1, 2))
    assert np.array_equal(one.shared, two.shared)
    for k in range(0, len(left), 9001):
        ours = set(sketches.shingles[left[k]].tolist())
        assert one.shared[k] == len(ours & set(sketches.shingles[right[k]].tolist()))


@pytest.mark.parametrize(
    ("left", "right", "shared", "relation"),
    [
        # Enough shingles shared: Jaccard 50 / 200 is the bar itself.
        (125, 125, 50, "near"),
        (125, 126, 50, "excerpt"),
        # Containment 65 / 100 is the bar, in a page too long to be near.
        (100, 400, 65, "contains"),
        (100, 400, 64, "excerpt"),
        # One shingle fewer than enough: the short bars, .7 and .9.
        (49, 49, 49, "near"),
        (59, 60, 49, "near"),
        (60, 60, 49, "excerpt"),
        (54, 300, 49, "contains"),
        (55, 300, 49, "excerpt"),
        # Short and like each other throughout.
        (10, 10, 10, "near"),
        (10, 10, 9, "near"),
        (10, 10, 8, None),
        # Contained, but less than a passage of 20 words has: 16 shingles.
        (16, 300, 16, "contains"),
        (15, 300, 15, None),
        (300, 300, 16, "excerpt"),
        (300, 300, 15, None),
        (300, 300, 0, None),
        (0, 300, 0, None),
        (0, 0, 0, None),
    ],
)
def test_bars(left: int, right: int, shared: int, relation: str | None) -> None:
    assert relation_of(left, right, shared) == relation
    assert relation_of(right, left, shared) == relation


@pytest.mark.parametrize("jaccard", [0.25, 0.3, 0.5, 0.6, 0.7, 0.8, 1.0])
def test_a_pair_at_the_bar_is_over_it(jaccard: float) -> None:
    config = msgspec.structs.replace(DEFAULT, min_jaccard=jaccard, min_containment=1.0)
    side = round(1000 * (1 + jaccard) / 2)  # shared + own, of 1,000 in either
    assert relation_of(side, side, round(1000 * jaccard), config) == "near"
    if jaccard < 1:
        assert relation_of(side + 1, side + 1, round(1000 * jaccard), config) == "excerpt"


def test_short_bars_are_never_lower_than_the_others() -> None:
    config = msgspec.structs.replace(DEFAULT, min_jaccard=0.9, min_jaccard_short=0.5)
    assert relation_of(40, 40, 35, config) == "excerpt"
    overlap = Overlap(*(np.array([value]) for value in (0.6, 0.95, 20, 0.0)))
    assert not is_near(overlap, Config(verify=config))[0]
    assert is_contained(overlap, Config(verify=config))[0]


@pytest.mark.parametrize(
    ("texts", "firsts"),
    [
        ([], []),
        (["", "", "…"], [0, 1, 2]),
        (["Peace", "peace!", "war", " PEACE "], [0, 0, 2, 0]),
        (["a b", "", "A—B", "b a", ""], [0, 1, 0, 3, 4]),
        (["caf\u00e9", "cafe\u0301"], [0, 0]),
        (["one two three four", "one two three four five"], [0, 1]),
    ],
)
def test_group_exact(texts: list[str], firsts: list[int]) -> None:
    sketches = sketch_texts(texts, SketchConfig())
    found = group_exact(sketches)
    assert found.tolist() == firsts
    star = verify_exact(sketches, found)
    expected = [(first, k) for k, first in enumerate(firsts) if first != k]
    assert list(zip(star.left, star.right, strict=True)) == expected
    assert all(relation == Relation.EXACT for relation in star.relation)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.sampled_from(["Kyiv", "kyiv.", "Kiev", "", "!", "a b", "a-b", "ab"])))
def test_exact_groups_are_those_of_the_words(texts: list[str]) -> None:
    spelt = ["".join(c if c.isalnum() else " " for c in text.lower()).split() for text in texts]
    expected = [spelt.index(words) if words else k for k, words in enumerate(spelt)]
    assert group_exact(sketch_texts(texts, SketchConfig())).tolist() == expected


def test_rewrites_need_a_score() -> None:
    sketches = sketch_texts(BODIES, SketchConfig())
    corpus_weights = weigh_in_corpus(
        sketches, np.arange(len(BODIES), dtype=np.uint32), DocumentFrequencyConfig()
    )
    left, right = all_pairs(len(BODIES))
    scores = score_stories(sketches, corpus_weights, left, right)
    bar = float(np.median(scores))
    config = msgspec.structs.replace(DEFAULT, min_story_score=bar)
    found = verify_rewrites(sketches, corpus_weights, left, right, config)
    assert 0 < len(found.left) < len(left)
    assert found.story_score.tolist() == scores[scores >= bar].tolist()
    assert list(zip(found.left, found.right, strict=True)) == [
        (i, j) for i, j, score in zip(left, right, scores, strict=True) if score >= bar
    ]


@pytest.mark.parametrize("words", [1, 3, 5, 8])
def test_a_passage_is_as_long_whatever_the_shingles(words: int) -> None:
    """A run of twenty words has 21 - n shingles of n."""
    config = Config(sketch=SketchConfig(shingle_words=words))
    enough = 21 - words
    for shared, found in ((enough, 1), (enough - 1, 0)):
        alike = verify_copies(overlapping(500, 500, shared), *all_pairs(2), config)
        assert len(alike.relation) == found


def test_scores_and_joins_keep_their_pairs() -> None:
    sketches = sketch_texts([*BODIES[:3], BODIES[0] + BODIES[1]], SketchConfig())
    rows = np.arange(4, dtype=np.uint32)
    corpus_weights = weigh_in_corpus(sketches, rows, DocumentFrequencyConfig())
    left, right = all_pairs(4)
    pairs = score_pairs(verify_copies(sketches, left, right, Config()), sketches, corpus_weights)
    scores = score_stories(sketches, corpus_weights, pairs.left, pairs.right)
    assert np.array_equal(pairs.story_score, scores)
    backwards = np.arange(len(pairs.left))[::-1]
    joined = join_pairs([pairs.where(backwards[:1]), pairs.where(backwards[1:])])
    assert all(np.array_equal(a, b) for a, b in zip(joined, pairs, strict=True))
    assert isinstance(joined, Pairs)
