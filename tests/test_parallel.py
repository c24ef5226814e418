"""Share: in order, alone for little, with others for much."""

from __future__ import annotations

import os

import pytest

from dedup.parallel import WorkerPool


def name_process(batch: list[int]) -> tuple[int, list[int]]:
    return os.getpid(), [-number for number in batch]


@pytest.mark.parametrize(("workers", "alone"), [(1, 0), (2, 10**9)])
def test_little_is_done_here(workers: int, alone: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedup.parallel._ALONE", alone)
    with WorkerPool(workers) as worker_pool:
        done = list(worker_pool.share(name_process, iter([[1], [2, 3]]), len))
    assert done == [([1], (os.getpid(), [-1])), ([2, 3], (os.getpid(), [-2, -3]))]


def test_much_is_shared_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedup.parallel._ALONE", 3)
    batches = [[number] for number in range(40)]
    with WorkerPool(2) as worker_pool:
        done = list(worker_pool.share(name_process, batches, len))
        again = list(worker_pool.share(name_process, batches[:1], len))
    assert [batch for batch, _ in done] == batches
    assert [numbers for _, (_, numbers) in done] == [[-number] for number in range(40)]
    assert os.getpid() not in {process for _, (process, _) in done}
    assert again[0][1][0] != os.getpid()  # once started, the same processes are used
