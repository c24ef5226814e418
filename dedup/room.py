"""Room: memory that kernels work in, made once for a batch and used for each of its texts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Hashes, Numbers, Weights


class Room(NamedTuple):
    """Room for texts of so many tokens; of lines without a length, two a token and one more."""

    shingles: Numbers  # [tokens + 1], in the text's order
    rarity: Weights  # [tokens + 1]
    packed: Hashes
    ordered: Hashes
    firsts: Hashes
    numbers: Hashes  # 0, 1, 2, …
    worth: Weights
    marks: NDArray[np.uint8]
    counts: Numbers  # four times as many, and eight more: see `sort_hashes`
    nearest: Hashes  # [samples]


@njit(cache=True, nogil=True)
def make_room(longest: int, samples: int) -> Room:
    """Room for texts of at most so many tokens."""
    size = 2 * longest + 1
    return Room(
        shingles=np.empty(longest + 1, dtype=np.uint32),
        rarity=np.empty(longest + 1, dtype=np.float32),
        packed=np.empty(size, dtype=np.uint64),
        ordered=np.empty(size, dtype=np.uint64),
        firsts=np.empty(size, dtype=np.uint64),
        numbers=np.arange(size).astype(np.uint64),
        worth=np.empty(size, dtype=np.float32),
        marks=np.empty(size, dtype=np.uint8),
        counts=np.empty(4 * size + 8, dtype=np.uint32),
        nearest=np.empty(samples, dtype=np.uint64),
    )
