"""Pairs spread over threads: the kernels that compare them release the interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Numbers

_CHUNK = 65536  # pairs compared at a time by one thread
_TILE_BITS = 17  # 131,072 rows; their features, with weights and uses, are half a gigabyte


def tile_pairs(left: Numbers, right: Numbers) -> Iterator[NDArray[np.int64]]:
    """The places of pairs in parts, each of pairs between two stretches of rows.

    What is mapped for a part is no more than the columns of two stretches.
    """
    stretches = int(max(left.max(initial=0), right.max(initial=0)) >> _TILE_BITS) + 1
    if stretches == 1:
        yield np.arange(len(left))
        return
    tiles = (left >> _TILE_BITS) * np.uint32(stretches) + (right >> _TILE_BITS)
    order = np.argsort(tiles, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(tiles[order])) + 1)


def spread_pairs(
    compare: Callable[[slice], NDArray[Any]], pairs: int, workers: int
) -> NDArray[Any]:
    """What `compare` makes of every slice of so many pairs, joined in order."""
    if pairs <= _CHUNK:  # clustering asks for a few at a time: no pool for those
        return compare(slice(0, pairs))
    chunks = [slice(start, start + _CHUNK) for start in range(0, pairs, _CHUNK)]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return np.concatenate(list(pool.map(compare, chunks)))
