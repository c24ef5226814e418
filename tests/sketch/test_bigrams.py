"""In Chinese and Japanese the words of the story view are pairs of characters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dedup.config import SketchConfig
from dedup.sketch.build import sketch_texts
from dedup.sketch.shingles import combine_hashes, mix_bits
from dedup.sketch.story_features import A_PAIR, BIGRAM_LANGUAGES
from dedup.text.tokenise import tokenise_text

TEXTS = {"zh": "政府表示水库堤坝裂缝", "ja": "政府は堤防の亀裂を調査"}


def weigh(text: str, language: str) -> dict[str, tuple[float, bool]]:
    """By pair of characters its weight, and whether it is read as a pair, not as a word."""
    sketches = sketch_texts([text], SketchConfig(), language)
    found = dict(
        zip(
            sketches.features.values.tolist(),
            zip(sketches.weights.tolist(), (sketches.uses & A_PAIR > 0).tolist(), strict=True),
            strict=True,
        )
    )
    tokens = tokenise_text(text)
    pairs = {}
    for k, (first, second) in enumerate(pairwise(tokens.hashes)):
        feature = int(mix_bits(np.uint64(combine_hashes(first, second)))) >> 32
        pairs[text[k : k + 2]] = found[feature]
    return pairs


@pytest.mark.parametrize("language", sorted(BIGRAM_LANGUAGES))
def test_pairs_are_read_as_words(language: str) -> None:
    pairs = weigh(TEXTS[language], language)
    assert not any(is_pair for _, is_pair in pairs.values())
    common, _ = pairs["政府"]  # "government", in the list: weighs as the word it is
    assert 0.01 < common < 0.5


def test_a_pair_that_is_no_word_is_rarer_than_one_that_is() -> None:
    pairs = weigh(TEXTS["zh"], "zh")
    assert pairs["堤坝"][0] > pairs["裂缝"][0] > pairs["政府"][0]  # dyke, crack, government
    assert pairs["示水"][0] > pairs["表示"][0]  # across two words, and "said"


def test_other_languages_keep_their_words() -> None:
    sketches = sketch_texts(["Kremlin zebra"], SketchConfig(), "en")
    assert sorted((sketches.uses & A_PAIR > 0).tolist()) == [False, False, True]
