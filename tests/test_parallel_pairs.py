"""Pairs in parts: every pair once, and each part between two stretches of rows."""

import numpy as np
import pytest

from dedup.parallel import tile_pairs

STRETCH = 1 << 17


@pytest.mark.parametrize("rows", [1, 1000, STRETCH, STRETCH + 1, 5 * STRETCH])
def test_parts_are_of_two_stretches(rows: int) -> None:
    rng = np.random.default_rng(rows)
    left, right = rng.integers(0, rows, (2, 20_000)).astype(np.uint32)
    parts = list(tile_pairs(left, right))
    assert sorted(np.concatenate(parts).tolist()) == list(range(20_000))
    for part in parts:
        assert np.all(np.diff(part) > 0)
        assert len(set(left[part] // STRETCH)) == len(set(right[part] // STRETCH)) == 1
    tiles = {(i, j) for i, j in zip(left // STRETCH, right // STRETCH, strict=True)}
    assert len(parts) == len(tiles)


def test_no_pairs_are_one_empty_part() -> None:
    none = np.empty(0, dtype=np.uint32)
    assert [part.tolist() for part in tile_pairs(none, none)] == [[]]
