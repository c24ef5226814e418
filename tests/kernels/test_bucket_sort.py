"""Sort: against numpy's sort, of hashes and of what is not spread like them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels.bucket_sort import sort_hashes


def ordered(values: np.ndarray, low: int) -> list[int]:
    out = np.zeros(len(values), dtype=values.dtype)
    sort_hashes(values, low, out, np.zeros(4 * len(values) + 8, dtype=np.uint32))
    return out.tolist()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 500, 70_000])
def test_hashes(count: int) -> None:
    values = np.random.default_rng(3).integers(0, 2**32, count, dtype=np.uint32)
    assert ordered(values, 0) == np.sort(values).tolist()


@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 5), max_size=60))
def test_any_values(values: list[int]) -> None:
    assert ordered(np.array(values, dtype=np.uint32), 0) == sorted(values)


@settings(max_examples=100, deadline=None)
@given(
    highs=st.lists(st.integers(0, 2**32 - 1) | st.sampled_from([0, 7, 2**31]), max_size=60),
    data=st.data(),
)
def test_packed_values(highs: list[int], data: st.DataObject) -> None:
    size = len(highs)
    lows = data.draw(st.lists(st.integers(0, 2**32 - 1), min_size=size, max_size=size))
    values = [high << 32 | low for high, low in zip(highs, lows, strict=True)]
    assert ordered(np.array(values, dtype=np.uint64), 32) == sorted(values)


@pytest.mark.parametrize("count", [200, 255, 256, 257, 511, 512, 70_000])
def test_more_repeats_than_a_byte_counts(count: int) -> None:
    rng = np.random.default_rng(4)
    spread = rng.integers(0, 2**32, 500, dtype=np.uint32)
    values = rng.permutation(np.concatenate([spread, np.full(count, 2**31 + 5, np.uint32)]))
    assert ordered(values, 0) == np.sort(values).tolist()
