"""Fill: whether a longer article tells what the shorter one in it tells, or quotes it on the way.

A round-up, a log of a day and an analysis may hold a report whole and still be no copy of it. A
copy of it with more behind is filled by it to some share, or leads with it: then how much follows,
as on a live page, does not matter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Numbers, Shares
from dedup.config import ClusterConfig
from dedup.sketch import Sketches
from dedup.stress import A_PAIR, IN_LEAD, tabulate_stress

_STRESS = tabulate_stress()


class Fill(NamedTuple):
    """How the longer of two articles is filled by the shorter, by pair."""

    whole: Shares  # share of the longer one's shingles that both have
    lead: Shares  # share of its lead's words, by rarity and stress, that the shorter one has


def measure_fill(
    sketches: Sketches, left: Numbers, right: Numbers, shared: NDArray[np.int32]
) -> Fill:
    """The fill of pairs that have so many shingles in common."""
    ours, theirs = sketches.shingles.count(left), sketches.shingles.count(right)
    whole = (shared / np.maximum(1, np.maximum(ours, theirs))).astype(np.float32)
    longer, shorter = np.where(ours > theirs, (left, right), (right, left))
    rows = sketches.features
    lead = _share_leads(
        rows.values, rows.offsets, sketches.uses, sketches.weights, longer, shorter, _STRESS
    )
    return Fill(whole, lead)


def is_filled(
    sketches: Sketches,
    left: Numbers,
    right: Numbers,
    shared: NDArray[np.int32],
    config: ClusterConfig,
) -> NDArray[np.bool_]:
    """In which of these pairs the longer may be a copy of the shorter, if it contains it."""
    whole, lead = measure_fill(sketches, left, right, shared)
    filled: NDArray[np.bool_] = (whole >= config.min_fill) | (lead >= config.min_lead)
    return filled


@njit(cache=True, nogil=True)
def _share_leads(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    values: Array, offsets: Array, uses: Array, weights: Array,
    longer: Array, shorter: Array, stress: Array,
) -> Shares:  # fmt: skip
    """By pair, the share of the longer one's lead that the shorter one has anywhere."""
    shares = np.zeros(longer.shape[0], dtype=np.float32)
    for pair in range(longer.shape[0]):
        j, j_end = offsets[shorter[pair]], offsets[shorter[pair] + 1]
        had, led = np.float64(0), np.float64(1e-9)  # of nothing, nothing is had
        for i in range(offsets[longer[pair]], offsets[longer[pair] + 1]):
            if uses[i] & A_PAIR or not uses[i] & IN_LEAD:
                continue
            weight = weights[i] * stress[uses[i]]
            while j < j_end and values[j] < values[i]:
                j += 1
            led += weight
            had += weight if j < j_end and values[j] == values[i] else 0.0
        shares[pair] = had / led
    return shares
