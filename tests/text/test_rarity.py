"""Weigh: rarity against wordfreq itself, and what is so rare that no list has it."""

import numpy as np
import pytest
import wordfreq

from dedup.text.rarity import (
    Rarity,
    _token_frequencies,
    known_languages,
    load_rarity,
    weigh_frequency,
    weigh_tokens,
)
from dedup.text.tokenise import tokenise_text


def weights_of(text: str, language: str) -> list[float]:
    return weigh_tokens(tokenise_text(text).hashes, load_rarity(language)).tolist()


def formula(zipf: float) -> float:
    return max(0.0, (7 - zipf) / 3) ** 3


# Words that are no part of another in the list, so that their own frequency is all.
@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("parliament", "en"),
        ("Zelensky", "en"),
        ("quarterly", "en"),
        ("Bundeskanzler", "de"),
        ("правительство", "ru"),
        ("gouvernement", "fr"),
    ],
)
def test_weight_follows_the_frequency(word: str, language: str) -> None:
    expected = formula(np.log10(wordfreq.word_frequency(word, language)) + 9)
    # Compounds ("parliament's") add a little to the frequency of a word.
    assert weights_of(word, language)[0] == pytest.approx(expected, rel=0.06)


def test_common_words_weigh_next_to_nothing_and_unknown_most() -> None:
    the, talks, name, unknown = weights_of("the talks Pyongyang xqzzyv", "en")
    assert the == 0
    assert the < talks < name < unknown
    assert unknown == pytest.approx(formula(0))


def test_accents_and_case_weigh_the_same() -> None:
    assert weights_of("Élysée", "fr") == weights_of("ELYSEE", "fr") == weights_of("élysée", "fr")


def test_years_are_told_apart_and_long_numbers_are_rare() -> None:
    now, never, long = weights_of("2018 7391 48151623", "en")
    assert now < never
    assert long == pytest.approx(formula(0))


@pytest.mark.parametrize("language", ["", "xx", "la", "EN"])
def test_nothing_weighs_in_an_unknown_language(language: str) -> None:
    assert weights_of("the talks Pyongyang xqzzyv", language) == [0, 0, 0, 0]


@pytest.mark.parametrize(("code", "listed"), [("no", "nb"), ("hr", "sh"), ("tl", "fil")])
def test_other_codes_of_one_list(code: str, listed: str) -> None:
    assert listed in known_languages()
    ours, theirs = load_rarity(code), load_rarity(listed)
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_unspaced_words_weigh_by_character() -> None:
    common, rare = weights_of("的鼹", "zh")
    assert common < rare


def test_weights_of_frequencies() -> None:
    frequencies = np.array([1.0, 1e-2, 1e-3, 1e-6, 1e-9])
    expected = [formula(zipf) for zipf in (9, 7, 6, 3, 0)]
    assert weigh_frequency(frequencies).tolist() == pytest.approx(expected)


def test_table_answers_for_every_key() -> None:
    rarity = load_rarity("sl")
    assert isinstance(rarity, Rarity)
    keys, frequencies = _token_frequencies("sl")
    assert 2 * len(keys) <= len(rarity.table)  # half full at most: probes end
    weights = weigh_frequency(frequencies)
    assert len(set(weights.tolist())) > 1000
    assert np.array_equal(weigh_tokens(keys, rarity), weights)


def test_table_knows_no_other_key() -> None:
    rarity = load_rarity("sl")
    keys, _ = _token_frequencies("sl")
    # In the slots of words that are listed, and next to them.
    others = np.concatenate([keys ^ np.uint64(1 << 63), keys ^ np.uint64(1 << 33)])
    others = np.setdiff1d(others, keys)
    assert len(others) > len(keys)
    assert (weigh_tokens(others, rarity) == np.float32(formula(0))).all()


def test_common_words_are_at_hand() -> None:
    rarity = load_rarity("en")
    words = tokenise_text("The minister said on Monday that the government would not").hashes
    at_hand = rarity.common[words >> np.uint64(1) & np.uint64(len(rarity.common) - 1)]
    assert ((at_hand >> np.uint64(32)) == (words >> np.uint64(32))).mean() > 0.7
