"""Sample: features against plain dictionaries, the quick race against the exact one."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.sketch.shingles import combine_hashes, mix_bits
from dedup.sketch.story_features import make_workspace, weigh_features
from dedup.sketch.weighted_minhash import _CLOSE, _END, _race, sample_exactly, sample_features

WORDS = [int(word) for word in np.random.default_rng(2).integers(1, 2**63, 9)]
TEXTS = st.lists(st.sampled_from(range(9)), max_size=50)
RARITY = [0.0, 0.0, 0.5, 1.25, 1.0, 3.0, 8.0, 2.0e-8, 0.1]


def texts_to_arrays(text: list[int]) -> tuple[np.ndarray, np.ndarray]:
    tokens = np.array([WORDS[word] for word in text], dtype=np.uint64)
    return tokens, np.array([RARITY[word] for word in text], dtype=np.float32)


class Feature(NamedTuple):
    hashed: int
    weight: float
    use: int


def features_of(text: list[int], lead_words: int) -> list[Feature]:
    tokens, rarity = texts_to_arrays(text)
    places: dict[int, list[tuple[int, int]]] = {}  # word index, words
    for i in range(len(text)):
        places.setdefault(int(mix_bits(tokens[i])) >> 32, []).append((i, 1))
        if i + 1 < len(text):
            # A kernel answers with a plain integer.
            pair = mix_bits(np.uint64(combine_hashes(tokens[i], tokens[i + 1])))
            places.setdefault(int(pair) >> 32, []).append((i, 2))
    found = []
    for feature, used in sorted(places.items()):
        (first, words) = used[0]
        weight = float(rarity[first : first + words].sum(dtype=np.float32))
        figure = words == 1 and int(tokens[first]) & 1
        use = min(15, len(used)) << 3 | figure << 2 | (first < lead_words) << 1 | (words - 1)
        if weight > 0:
            found.append(Feature(feature, weight, use))
    return found


@settings(max_examples=200, deadline=None)
@given(text=TEXTS, lead_words=st.integers(1, 12))
def test_features_are_words_and_pairs_that_weigh(text: list[int], lead_words: int) -> None:
    tokens, rarity = texts_to_arrays(text)
    size = 2 * len(text) + 1
    features, weights = np.zeros(size, np.uint32), np.zeros(size, np.float32)
    uses, workspace = np.zeros(size, np.uint8), make_workspace(len(text), 1)
    kept = weigh_features(tokens, rarity, lead_words, features, weights, uses, workspace)
    columns = (column[:kept].tolist() for column in (features, weights, uses))
    found = [Feature(*row) for row in zip(*columns, strict=True)]
    assert found == features_of(text, lead_words)


@pytest.mark.parametrize("bins", [1, 8, 128])
@pytest.mark.parametrize("count", [0, 1, 5, 40, 700, 20_000])
def test_the_quick_race_has_the_exact_winners(bins: int, count: int) -> None:
    rng = np.random.default_rng(count + bins)
    for _ in range(20):
        features = np.unique(rng.integers(0, 2**32, count, dtype=np.uint32))
        weights = (rng.random(len(features)) ** 3 * 13 + 1e-8).astype(np.float32)
        quick, exact = np.zeros((2, bins), dtype=np.uint32)
        sample_features(features, weights, quick)
        sample_exactly(features, weights, exact)
        assert quick.tolist() == exact.tolist()


def test_rough_times_are_closer_than_what_is_compared_exactly() -> None:
    features = np.random.default_rng(8).integers(0, 2**32, 100_000, dtype=np.uint32)
    weights = np.ones(len(features), dtype=np.float32)
    times, chosen = np.zeros((2, len(features)), np.uint64)
    _race(features, weights, 128, times, chosen)
    rough = (times >> np.uint64(32)).astype(np.uint32).view(np.float32)
    bits = [int(mix_bits(np.uint64(feature))) >> 11 for feature in features]
    uniform = [(value + 0.5) / 2**53 for value in bits]
    inner = np.array([int(_END) < u * 2**32 < 2**32 - int(_END) for u in uniform])
    exact = np.array([-math.log(u) for u in uniform])
    # A unit in the last place is at most 2**-23 of a float32.
    assert np.abs(rough / exact - 1)[inner].max() < int(_CLOSE) / 2.5 * 2**-24
