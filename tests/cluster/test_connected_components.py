"""Which pairs hang together: against a search from row to row."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.cluster.linkage import connected_components

ROW = st.integers(0, 12)


def reach(start: int, pairs: list[tuple[int, int]]) -> set[int]:
    reached, waiting = {start}, [start]
    while waiting:
        row = waiting.pop()
        for pair in pairs:
            if row in pair:
                waiting += [other for other in pair if other not in reached]
                reached |= set(pair)
    return reached


@settings(deadline=None)  # the first compiles
@given(pairs=st.lists(st.tuples(ROW, ROW), max_size=20))
def test_a_set_is_named_by_its_first_row(pairs: list[tuple[int, int]]) -> None:
    left, right = np.array(pairs, dtype=np.uint32).reshape(-1, 2).T
    assert connected_components(left, right).tolist() == [
        min(reach(row, pairs)) for row, _ in pairs
    ]
