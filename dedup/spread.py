"""Pairs spread over threads: the kernels that compare them release the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 65536  # pairs compared at a time by one thread


def spread_pairs(
    compare: Callable[[slice], NDArray[Any]], pairs: int, workers: int
) -> NDArray[Any]:
    """What `compare` makes of every slice of so many pairs, joined in order."""
    if pairs <= _CHUNK:  # clustering asks for a few at a time: no pool for those
        return compare(slice(0, pairs))
    chunks = [slice(start, start + _CHUNK) for start in range(0, pairs, _CHUNK)]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return np.concatenate(list(pool.map(compare, chunks)))
