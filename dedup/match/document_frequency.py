"""Recount: how rare the features of the story view are in the corpus at hand.

Rarity in a language does not know the jargon of a corpus: in a file of wire copy, "dlrs", "mln" and
"eurobond due" are no news. So before stories are scored, the features are counted over the articles
that look for their story, and a feature weighs at most what its frequency in the corpus makes it
weigh (by the formula of `weigh`). The corpus is counted as if it were mixed with
`background_articles` of general news, so that five articles of one story do not make its names
common.

Figures in `benchmarks/README.md`, "The story view".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit

from dedup.arrays import Array, Rows, Scalar, Weights
from dedup.config import DocumentFrequencyConfig
from dedup.parallel import releases_columns
from dedup.sketch.columns import Sketches, gather_array, release_array
from dedup.sketch.story_features import A_FIGURE, A_PAIR, IN_LEAD, tabulate_term_weights
from dedup.text.rarity import weigh_frequency

# Counts are kept by the upper bits of a feature's hash: 64 MB however large the corpus. In 30,000
# articles one feature in nine shares its count with another, nearly always as rare as itself.
_COUNT_BITS = 24
_UNCOUNTED_BITS = np.uint32(32 - _COUNT_BITS)
# An article that has a word has it about this often: turns shares of articles into word frequency.
_USES = 1.5

_BLOCK = 1 << 24  # features weighed at a time for a file
_TERM_WEIGHTS = tabulate_term_weights()


class CorpusWeights(NamedTuple):
    """What the features of `Sketches` weigh in their corpus."""

    weights: Weights  # as long as `features.values`
    # float32[n, 3], of each article: weight times stress of the words of its lead; its distinct
    # words; those of them that hold a figure.
    totals: Weights

    def release(self) -> None:
        """Give the memory of mapped weights back to the system, until they are read again."""
        release_array(self.weights)


class Frequencies(NamedTuple):
    """How many articles have each feature, and what that makes of it."""

    counts: Rows  # by the upper bits of a feature
    caps: Weights  # the most a feature weighs that so many articles have; the last is for more


@releases_columns
def weigh_in_corpus(
    sketches: Sketches, rows: Rows, config: DocumentFrequencyConfig, path: Path | None = None
) -> CorpusWeights:
    """Weigh the features of all rows by how many of these `rows` have them.

    The weights are mapped from a new file at `path`, if one is given.
    """
    counts = new_counts()
    count_features(counts, sketches.features.values, sketches.features.offsets, rows)
    length = float(sketches.words[rows].mean()) if len(rows) else 1.0
    return weigh_counted(sketches, judge_counts(counts, len(rows), length, config), path)


def new_counts() -> Rows:
    """Counts of no article yet."""
    return np.zeros(1 << _COUNT_BITS, dtype=np.uint32)


def judge_counts(
    counts: Rows, articles: int, length: float, config: DocumentFrequencyConfig, spare: int = 0
) -> Frequencies:
    """What the counts of so many articles, of `length` words on the mean, make of a feature.

    They may grow by `spare` before they are judged anew.
    """
    mixed = config.background_articles + articles
    times = np.arange(1, counts.max(initial=1) + spare + 1)
    caps = weigh_frequency(_USES * times / (mixed * max(1.0, length)))
    return Frequencies(counts, np.concatenate([[np.inf], caps]).astype(np.float32))


def weigh_counted(
    sketches: Sketches, frequencies: Frequencies, path: Path | None = None
) -> CorpusWeights:
    """Weigh the features of sketches by counts of other articles, or of these.

    The weights are mapped from a new file at `path`, if one is given.
    """
    features = sketches.features
    if path:
        weights = gather_array(_cap_blocks(sketches, frequencies), path)
        sketches.release()
    else:
        weights = _cap_weights(features.values, sketches.weights, *frequencies)
    totals = _total_rows(features.offsets, weights, sketches.uses, _TERM_WEIGHTS)
    return CorpusWeights(weights, totals)


def _cap_blocks(sketches: Sketches, frequencies: Frequencies) -> Iterator[Weights]:
    values, weights = sketches.features.values, sketches.weights
    for start in range(0, max(1, len(values)), _BLOCK):  # one at least, to tell the type
        block = slice(start, start + _BLOCK)
        yield _cap_weights(values[block], weights[block], *frequencies)
        sketches.release()


@njit(cache=True, nogil=True)
def count_features(
    counts: Array, values: Array, offsets: Array, rows: Array, change: int = 1
) -> None:
    """Add `change` to the counts of the features of these rows."""
    for row in rows:
        for place in range(offsets[row], offsets[row + 1]):
            slot = values[place] >> _UNCOUNTED_BITS
            counts[slot] = np.uint32(np.int64(counts[slot]) + change)


@njit(cache=True, nogil=True)
def _cap_weights(values: Array, weights: Array, counts: Array, caps: Array) -> Weights:
    capped = np.empty(values.shape[0], dtype=np.float32)
    for place in range(values.shape[0]):
        capped[place] = min(weights[place], find_cap(values[place], counts, caps))
    return capped


@njit(cache=True, nogil=True)
def find_cap(feature: Scalar, counts: Array, caps: Array) -> Scalar:
    """The most a feature weighs, by `Frequencies`; no bound where no counted row has it."""
    return caps[min(counts[feature >> _UNCOUNTED_BITS], np.uint32(caps.shape[0] - 1))]


@njit(cache=True, nogil=True)
def _total_rows(offsets: Array, weights: Array, uses: Array, stress: Array) -> Weights:
    totals = np.empty((offsets.shape[0] - 1, 3), dtype=np.float32)
    for row in range(totals.shape[0]):
        own = slice(offsets[row], offsets[row + 1])
        total_row(weights[own], uses[own], stress, totals[row])
    return totals


@njit(cache=True, nogil=True)
def total_row(weights: Array, uses: Array, stress: Array, totals: Array) -> None:
    """Write one row of `CorpusWeights.totals`; only weights of words of the lead are looked at."""
    lead, words, figures = np.float64(0), 0, 0
    for place in range(weights.shape[0]):
        use = uses[place]
        if not use & A_PAIR:
            words += 1
            figures += (use & A_FIGURE) > 0
            if use & IN_LEAD:
                lead += weights[place] * stress[use]
    totals[0], totals[1], totals[2] = lead, words, figures
