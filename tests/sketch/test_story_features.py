"""How much an article makes of a feature."""

from __future__ import annotations

import math

import numpy as np

from dedup.config import SketchConfig
from dedup.sketch.build import sketch_texts
from dedup.sketch.story_features import A_FIGURE, A_PAIR, IN_LEAD, code_use, tabulate_term_weights

STRESS = tabulate_term_weights()


def uses_of(text: str, lead_words: int = 100) -> dict[tuple[int, bool, bool], int]:
    """How many features are used so often, as a pair or not, first in the lead or not."""
    found: dict[tuple[int, bool, bool], int] = {}
    for use in sketch_texts([text], SketchConfig(lead_words=lead_words)).uses.tolist():
        key = use >> 3, bool(use & A_PAIR), bool(use & IN_LEAD)
        found[key] = found.get(key, 0) + 1
    return found


def test_words_and_pairs_are_told_apart_and_counted() -> None:
    found = uses_of("Kremlin zebra Kremlin", lead_words=1)
    assert found == {
        (2, False, True): 1,
        (1, True, True): 1,
        (1, False, False): 1,
        (1, True, False): 1,
    }


def test_the_lead_is_where_a_feature_is_first_used() -> None:
    assert uses_of("Kremlin " + "the " * 5 + "zebra Kremlin", lead_words=4)[2, False, True] == 1


def test_many_repeats_are_fifteen() -> None:
    assert (15, False, True) in uses_of("zebra " * 400)
    assert code_use(16, np.uint8(0)) == code_use(4000, np.uint8(0)) == 15 << 3


def test_figures_are_marked() -> None:
    uses = sketch_texts(["zebra 1914 zebra"], SketchConfig()).uses
    assert sorted(bool(use & A_FIGURE) for use in uses if not use & A_PAIR) == [False, True]
    assert not any(use & A_FIGURE for use in uses if use & A_PAIR)


def test_stress_grows_with_repeats() -> None:
    once, twice = int(code_use(1, np.uint8(0))), int(code_use(2, np.uint8(0)))
    assert STRESS[once] == STRESS[once | IN_LEAD] == 1
    assert math.isclose(STRESS[twice], 1 + math.log(2), rel_tol=1e-6)
