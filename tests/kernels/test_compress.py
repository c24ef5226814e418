"""Sift: what is kept against numpy's own, of every length and both widths."""

import numpy as np
import pytest

from dedup.kernels.lowering import compress_marked


@pytest.mark.parametrize("kind", [np.uint32, np.uint64])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 64, 1001])
def test_the_marked_are_kept_in_order(size: int, share: float, kind: type) -> None:
    rng = np.random.default_rng(size)
    values = rng.integers(0, np.iinfo(kind).max, size, dtype=kind)
    marks = (rng.random(size) < share).astype(np.uint8)
    kept: np.ndarray = np.zeros(size + 1, dtype=kind)
    expected = values[marks == 1].tolist()
    assert kept[: compress_marked(values, marks, kept)].tolist() == expected
    assert kept[size] == 0  # nothing is written past what was given
    assert values[: compress_marked(values, marks, values)].tolist() == expected  # in place
