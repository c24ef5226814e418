"""How likely it is that two articles tell one story.

Rewrites share few words in a row. What they share is what the story is about: names, places,
numbers, the rare words, which news puts first and says again. Three measures of a pair say it:

- `coverage`: of what each article leads with, how much the other says anywhere. Of the words of a
  lead, by rarity times stress, the share that the other article has; the geometric mean of both
  ways, so that a digest that mentions a story does not pass for it.
- `particulars`: the words that only few articles have, in common and in the lead of one of them.
- `figures`: of the words that only one of the two has, the share that hold a figure. Two days of
  market notices or of results are one form of words with other figures; an update of a story
  changes words too. It speaks against a story.

A logistic curve turns them into the `story_score`, from 0 to 1: the probability that a reader calls
the two one story, a follow-up counting half. `benchmarks/stories.py` fits and tests it; figures in
`benchmarks/README.md`, "The story view".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Rows, Shares
from dedup.match.document_frequency import CorpusWeights
from dedup.parallel import map_pairs
from dedup.sketch.columns import Sketches
from dedup.sketch.story_features import A_FIGURE, A_PAIR, IN_LEAD, tabulate_term_weights

# Zipf 4.27, where 1 is a word a billion and 7 is "the": in a corpus of 30,000 articles of 200 words
# a word that some 100 of them have.
PARTICULAR_WEIGHT = np.float32(0.75)
_TERM_WEIGHTS = tabulate_term_weights()
_LEAST = np.float32(1e-9)  # nothing to divide by: then nothing is shared either
LEAST_COVERAGE = 0.05  # added before its logarithm is taken

# The most that is likely of two with no particular word in common: dividend notices of a dozen
# words cover one another, and tell of other companies.
_MOST_UNPARTICULAR = 0.4


class Curve(NamedTuple):
    """What the logit of the story score adds up."""

    constant: float
    coverage: float  # times the logarithm of coverage
    particulars: float  # times the logarithm of one more than the particulars
    figures: float


CURVE = Curve(1.08, 1.51, 0.46, -8.2)  # as `benchmarks/stories.py` prints it


class Measures(NamedTuple):
    """What pairs have in common, by column."""

    coverage: Shares
    particulars: Shares  # a count
    figures: Shares


def score_stories(
    sketches: Sketches, corpus_weights: CorpusWeights, left: Rows, right: Rows, workers: int = 1
) -> Shares:
    """The story score of each pair of rows; 0 where nothing either leads with is in the other."""
    return calibrate(measure_stories(sketches, corpus_weights, left, right, workers))


def measure_stories(
    sketches: Sketches, corpus_weights: CorpusWeights, left: Rows, right: Rows, workers: int = 1
) -> Measures:
    """The measures of each pair of rows."""
    rows = sketches.features

    def measure(chunk: slice) -> NDArray[np.float32]:
        return _measure_pairs(
            rows.values, rows.offsets, sketches.uses, corpus_weights.weights, corpus_weights.totals,
            left[chunk], right[chunk], _TERM_WEIGHTS,
        )  # fmt: skip

    return Measures(*map_pairs(measure, len(left), workers).T)


def calibrate(measures: Measures, curve: Curve = CURVE) -> Shares:
    """The story scores of measured pairs."""
    logit = (
        curve.constant
        + curve.coverage * np.log(LEAST_COVERAGE + measures.coverage)
        + curve.particulars * np.log1p(measures.particulars)
        + curve.figures * measures.figures
    )
    likely = 1 / (1 + np.exp(-logit))
    most = np.where(measures.particulars > 0, 1, _MOST_UNPARTICULAR)
    return np.where(measures.coverage > 0, np.minimum(likely, most), 0).astype(np.float32)


@njit(cache=True, nogil=True)
def _measure_pairs(  # a kernel takes arrays, not objects
    values: Array, offsets: Array, uses: Array, weights: Array, totals: Array,
    left: Array, right: Array, stress: Array,
) -> NDArray[np.float32]:  # fmt: skip
    """By pair: coverage, particulars, figures. `totals` as `recount.CorpusWeights` has them."""
    measures = np.empty((left.shape[0], 3), dtype=np.float32)
    for pair in range(left.shape[0]):
        ours = slice(offsets[left[pair]], offsets[left[pair] + 1])
        theirs = slice(offsets[right[pair]], offsets[right[pair] + 1])
        measure_pair(
            values[ours], uses[ours], weights[ours], totals[left[pair]],
            values[theirs], uses[theirs], weights[theirs], totals[right[pair]],
            stress, measures[pair],
        )  # fmt: skip
    return measures


# Both rows of features are sorted: one walk finds what is in both. A word may weigh differently in
# two languages: the smaller weight is the shared one.
@njit(cache=True, nogil=True)
def measure_pair(  # a kernel takes arrays, not objects
    values: Array, uses: Array, weights: Array, totals: Array,
    other_values: Array, other_uses: Array, other_weights: Array, other_totals: Array,
    stress: Array, measures: Array,
) -> None:  # fmt: skip
    """Write coverage, particulars and figures of one article and another to `measures`."""
    i, j = 0, 0
    covered, covering = np.float64(0), np.float64(0)
    particulars, words, figures = 0, 0, 0
    while i < values.shape[0] and j < other_values.shape[0]:
        a, b = values[i], other_values[j]
        either = uses[i] | other_uses[j]
        if a == b and not either & A_PAIR:
            weight = min(weights[i], other_weights[j])
            if uses[i] & IN_LEAD:
                covered += weight * stress[uses[i]]
            if other_uses[j] & IN_LEAD:
                covering += weight * stress[other_uses[j]]
            particulars += (either & IN_LEAD) > 0 and weight >= PARTICULAR_WEIGHT
            words += 1
            figures += (uses[i] & A_FIGURE) > 0
        i += a <= b
        j += b <= a
    shares = (covered / max(totals[0], _LEAST)) * (covering / max(other_totals[0], _LEAST))
    alone = max(totals[1] + other_totals[1] - 2 * words, 0)
    measures[0], measures[1] = np.sqrt(shares), particulars
    measures[2] = max(totals[2] + other_totals[2] - 2 * figures, 0) / (alone + 1)
