"""The story score, against the same measures taken with dictionaries of words."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from wordfreq import zipf_frequency

import dedup
from dedup.config import DocumentFrequencyConfig, SketchConfig
from dedup.match.document_frequency import CorpusWeights, weigh_in_corpus
from dedup.match.story_score import Measures, calibrate, measure_stories, score_stories
from dedup.sketch.build import sketch_texts
from dedup.sketch.columns import Sketches

SEEDS = Path(__file__).parents[2] / "seeds"
STORIES = [dedup.strip_page(path.read_text()).text for path in sorted(SEEDS.glob("*.txt"))]
LEAD = 100


def rarity(word: str) -> float:
    return max(0.0, (7 - zipf_frequency(word, "en")) / 3) ** 3


class Told:
    """An article as a reader counts it: ASCII words and their places."""

    def __init__(self, text: str) -> None:
        words = re.findall("[a-z0-9]+", text.lower())
        self.times = Counter(words)
        self.lead = {word for word in self.times if words.index(word) < LEAD}

    def weigh(self, words: set[str]) -> float:
        return sum(rarity(word) * (1 + math.log(min(15, self.times[word]))) for word in words)


def measure(left: Told, right: Told) -> tuple[float, float, float]:
    covered = left.weigh(left.lead & right.times.keys()) / left.weigh(left.lead)
    covering = right.weigh(right.lead & left.times.keys()) / right.weigh(right.lead)
    shared = (left.lead | right.lead) & left.times.keys() & right.times.keys()
    alone = {word for word in left.times.keys() ^ right.times.keys() if rarity(word) > 0}
    figures = {word for word in alone if re.search("[0-9]", word)}
    return (
        math.sqrt(covered * covering),
        sum(1 for word in shared if rarity(word) >= 0.75),
        len(figures) / (len(alone) + 1),
    )


def weigh_alone(sketches: Sketches) -> CorpusWeights:
    """Each feature by its rarity in the language: no article is counted."""
    return weigh_in_corpus(sketches, np.empty(0, np.uint32), DocumentFrequencyConfig())


def score(left: str, right: str) -> float:
    sketches = sketch_texts([left, right], SketchConfig())
    first, second = np.array([0], np.uint32), np.array([1], np.uint32)
    return float(score_stories(sketches, weigh_alone(sketches), first, second)[0])


def test_measures_are_those_of_dictionaries() -> None:
    plain = [text.encode("ascii", "ignore").decode().replace("'", " ") for text in STORIES]
    plain += ["Shares rose 3 to 17 and 40 on zinc.", "Shares rose 9 to 18 and 40 on zinc."]
    sketches = sketch_texts(plain, SketchConfig())
    rows = list(combinations(range(len(plain)), 2))
    left, right = np.array(rows, dtype=np.uint32).T.copy()
    found = measure_stories(sketches, weigh_alone(sketches), left, right)
    told = [Told(text) for text in plain]
    for k, (i, j) in enumerate(rows):
        expected = measure(told[i], told[j])
        assert [float(column[k]) for column in found] == pytest.approx(expected, rel=5e-3, abs=5e-4)
    assert found.figures[-1] > 0.4  # the two notices


def test_threads_change_nothing() -> None:
    sketches = sketch_texts(STORIES, SketchConfig())
    rng = np.random.default_rng(3)
    left, right = rng.integers(0, len(STORIES), (2, 70_000)).astype(np.uint32)
    alone = weigh_alone(sketches)
    one, three = (score_stories(sketches, alone, left, right, workers) for workers in (1, 3))
    assert np.array_equal(one, three)
    assert np.array_equal(one, score_stories(sketches, alone, right, left))


def test_the_score_grows_with_what_is_shared_and_falls_with_other_figures() -> None:
    def likely(coverage: float, particulars: float, figures: float) -> float:
        measures = coverage, particulars, figures
        columns = (np.array([number], dtype=np.float32) for number in measures)
        return float(calibrate(Measures(*columns))[0])

    assert likely(0, 9, 0) == 0
    assert likely(0.2, 2, 0) < likely(0.5, 2, 0) < likely(0.5, 6, 0) < 1
    assert likely(0.5, 6, 0.2) < likely(0.5, 6, 0)


def test_same_words_with_other_figures_score_less_than_with_the_same() -> None:
    notice = "Zinc futures at Antofagasta rose {} points to {} while molybdenum fell {} to {}."
    today = notice.format(31, 1404, 12, 880)
    assert (
        score(today, notice.format(17, 1393, 4, 868)) < 0.3 < score(today, f"{today} Traders sat.")
    )


def test_a_passing_mention_is_no_story() -> None:
    story = STORIES[0]
    others = " ".join(["Cricket at Hambantota ended early."] * 40)
    assert score(story, others + story[:150]) < 0.3


@pytest.mark.parametrize("text", ["", "the of and", "!"])
def test_nothing_said_tells_no_story(text: str) -> None:
    assert score(text, text) == 0
    assert score(text, STORIES[0]) == 0
