"""Lend: a kernel that slices what it is lent counts no reference to it, and harms none."""

import os
from typing import Any, NamedTuple

import numpy as np
import pytest
from numba import njit
from numba.core.runtime import _nrt_python

from dedup.kernels.lowering import borrow


class Pair(NamedTuple):
    left: Any
    right: Any


@njit
def add_slices(pair: Any) -> Any:
    pair = borrow(pair)
    total = 0
    for i in range(pair.left.shape[0]):
        own = pair.left[i:]
        total += own[0] * pair.right[i, 0]
    return total


@njit
def add_of_new(size: int) -> Any:
    return add_slices(Pair(np.arange(size), np.ones((size, 2))))


def test_arrays_that_were_lent_are_their_owners() -> None:
    pair = Pair(np.arange(1000), np.full((1000, 2), 2))
    assert add_slices(pair) == 999_000
    assert pair.left.sum() == 499_500
    assert pair.right.sum() == 4000


@pytest.mark.skipif("NUMBA_DISABLE_JIT" in os.environ, reason="nothing is counted then")
def test_what_a_kernel_makes_is_freed_once() -> None:
    add_of_new(3)
    _nrt_python.memsys_enable_stats()
    before = count_allocations()
    assert add_of_new(100_000) == 4_999_950_000
    made, freed = (after - first for after, first in zip(count_allocations(), before, strict=True))
    assert made == freed > 0


def count_allocations() -> tuple[int, int]:
    return _nrt_python.memsys_get_stats_alloc(), _nrt_python.memsys_get_stats_free()
