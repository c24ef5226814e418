"""Stress: how much an article makes of a feature of the story view.

News tells the most important first, and names what it is about again and again. So a feature of an
article counts for its rarity times a stress: more in the lead, more for each repeat, and less for a
pair of words, which says little that its words do not. A use is one byte:

    bit 0: a pair of words, not a word;  bit 1: first used in the lead;  bits 2-5: times used, 15 at
    most.

Chosen on half of `semeval_stories`; figures in `benchmarks/README.md`, "The story view".
"""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.arrays import Scalar, Weights

A_PAIR, IN_LEAD = 1, 2
_TIMES_SHIFT, _MOST_TIMES = 2, 15
_LEAD_STRESS = 5.0
_PAIR_STRESS = 0.3


@njit(cache=True, nogil=True, inline="always")
def code_use(times: Scalar, kind: Scalar) -> Scalar:
    """The byte of a feature used so often (1 or more); `kind` gives the lower two bits."""
    often = np.uint8(min(times, _MOST_TIMES) << _TIMES_SHIFT)
    return np.uint8(often | (kind & np.uint8(A_PAIR | IN_LEAD)))


def tabulate_stress() -> Weights:
    """The stress of every use, float32[64]: 1 for a word used once, after the lead."""
    uses = np.arange(64)
    times = np.maximum(uses >> _TIMES_SHIFT, 1)
    lead = np.where(uses & IN_LEAD, _LEAD_STRESS, 1)
    pair = np.where(uses & A_PAIR, _PAIR_STRESS, 1)
    stress: Weights = (lead * pair * (1 + np.log(times))).astype(np.float32)
    return stress
