"""Stress: how much an article makes of a feature of the story view.

News tells the most important first, and names what it is about again and again. So sketches keep,
beside the rarity of a feature, how the article uses it, in one byte:

    bit 0: a pair of words, not a word;  bit 1: first used in the lead;  bit 2: a word with a
    figure;  bits 3-6: times used, 15 at most.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.arrays import Scalar, Weights

A_PAIR, IN_LEAD, A_FIGURE = 1, 2, 4
_TIMES_SHIFT, _MOST_TIMES = 3, 15


@njit(cache=True, nogil=True, inline="always")
def code_use(times: Scalar, kind: Scalar) -> Scalar:
    """The byte of a feature used so often (1 or more); `kind` gives the lower three bits."""
    often = np.uint8(min(times, _MOST_TIMES) << _TIMES_SHIFT)
    return np.uint8(often | (kind & np.uint8(A_PAIR | IN_LEAD | A_FIGURE)))


def tabulate_stress() -> Weights:
    """By use, float32[128]: one more than the logarithm of the times used."""
    times = np.maximum(np.arange(128) >> _TIMES_SHIFT, 1)
    stress: Weights = (1 + np.log(times)).astype(np.float32)
    return stress
