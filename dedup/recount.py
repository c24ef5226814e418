"""Recount: how rare the features of the story view are in the corpus at hand.

Rarity in a language does not know the jargon of a corpus: in a file of wire copy, "dlrs", "mln" and
"eurobond due" are no news. So before stories are scored, the features are counted over the articles
that look for their story, and

- a feature weighs at most what its frequency in the corpus makes it weigh (by the formula of
  `weigh`); the corpus is counted as if it were mixed with `background_articles` of general news,
  so that five articles of one story do not make its names common;
- a feature that few articles have is *particular*: rewrites share several (names, numbers, turns
  of phrase of the one event), recurring columns with new figures share the form and none of them.

Figures in `benchmarks/README.md`, "The story view".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Numbers, Weights
from dedup.config import RecountConfig
from dedup.sketch import Sketches
from dedup.weigh import weigh_frequency

# Counts are kept by the upper bits of a feature's hash: 64 MB however large the corpus. In 30,000
# articles one feature in nine shares its count with another, nearly always as rare as itself.
_COUNT_BITS = 24
_UNCOUNTED_BITS = np.uint32(32 - _COUNT_BITS)
# An article that has a word has it about this often: turns shares of articles into word frequency.
_USES = 1.5


class Recounted(NamedTuple):
    """What the features of `Sketches` weigh in their corpus: as long as `features.values`."""

    weights: Weights
    particular: NDArray[np.bool_]


class Frequencies(NamedTuple):
    """How many articles have each feature, and what that makes of it."""

    counts: Numbers  # by the upper bits of a feature
    caps: Weights  # the most a feature weighs that so many articles have; the last is for more
    most: int  # articles that a particular feature has at most


def recount_features(sketches: Sketches, rows: Numbers, config: RecountConfig) -> Recounted:
    """Weigh the features of all rows by how many of these `rows` have them."""
    counts = new_counts()
    count_features(counts, sketches.features.values, sketches.features.offsets, rows)
    length = float(sketches.words[rows].mean()) if len(rows) else 1.0
    return weigh_counted(sketches, judge_counts(counts, len(rows), length, config))


def new_counts() -> Numbers:
    """Counts of no article yet."""
    return np.zeros(1 << _COUNT_BITS, dtype=np.uint32)


def judge_counts(
    counts: Numbers, articles: int, length: float, config: RecountConfig
) -> Frequencies:
    """What the counts of so many articles, of `length` words on the mean, make of a feature."""
    mixed = config.background_articles + articles
    times = np.arange(1, counts.max(initial=1) + 1)
    caps = weigh_frequency(_USES * times / (mixed * max(1.0, length)))
    most = max(config.particular_articles, int(config.particular_share * articles))
    return Frequencies(counts, np.concatenate([[np.inf], caps]).astype(np.float32), most)


def weigh_counted(sketches: Sketches, frequencies: Frequencies) -> Recounted:
    """Weigh the features of sketches by counts of other articles, or of these."""
    return Recounted(*_apply_counts(sketches.features.values, sketches.weights, *frequencies))


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
def _apply_counts(
    values: Array, weights: Array, counts: Array, caps: Array, most: int
) -> tuple[Weights, NDArray[np.bool_]]:
    """A feature no counted row has (0) keeps its weight."""
    capped = np.empty(values.shape[0], dtype=np.float32)
    particular = np.empty(values.shape[0], dtype=np.bool_)
    last = np.uint32(caps.shape[0] - 1)
    for place in range(values.shape[0]):
        count = counts[values[place] >> _UNCOUNTED_BITS]
        capped[place] = min(weights[place], caps[min(count, last)])
        particular[place] = count <= most
    return capped, particular
