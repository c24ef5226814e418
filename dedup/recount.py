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


def recount_features(sketches: Sketches, rows: Numbers, config: RecountConfig) -> Recounted:
    """Weigh the features of all rows by how many of these `rows` have them."""
    counts = _count_articles(sketches.features.values, sketches.features.offsets, rows)
    length = max(1.0, float(sketches.words[rows].mean())) if len(rows) else 1.0
    articles = config.background_articles + len(rows)
    most = max(config.particular_articles, int(config.particular_share * len(rows)))
    times = np.arange(1, counts.max(initial=1) + 1)
    caps = np.concatenate([[np.inf], weigh_frequency(_USES * times / (articles * length))])
    weights, particular = _apply_counts(
        sketches.features.values, sketches.weights, counts, caps.astype(np.float32), most
    )
    return Recounted(weights, particular)


@njit(cache=True, nogil=True)
def _count_articles(values: Array, offsets: Array, rows: Array) -> Numbers:
    counts = np.zeros(1 << _COUNT_BITS, dtype=np.uint32)
    for row in rows:
        for place in range(offsets[row], offsets[row + 1]):
            counts[values[place] >> _UNCOUNTED_BITS] += np.uint32(1)
    return counts


@njit(cache=True, nogil=True)
def _apply_counts(
    values: Array, weights: Array, counts: Array, caps: Array, most: int
) -> tuple[Weights, NDArray[np.bool_]]:
    """A feature no counted row has (0) keeps its weight."""
    capped = np.empty(values.shape[0], dtype=np.float32)
    particular = np.empty(values.shape[0], dtype=np.bool_)
    for place in range(values.shape[0]):
        count = counts[values[place] >> _UNCOUNTED_BITS]
        capped[place] = min(weights[place], caps[count])
        particular[place] = count <= most
    return capped, particular
