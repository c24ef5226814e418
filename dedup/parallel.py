"""Work shared by processes or threads; results come in the order of the work.

Processes share batches of pages. Threads share pairs of articles: the kernels that compare them
release the interpreter.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from itertools import chain
from multiprocessing import resource_tracker
from typing import Any, ParamSpec, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Rows

Batch = TypeVar("Batch")
Done = TypeVar("Done")
Given = ParamSpec("Given")

# Characters of text that are sooner dealt with here than two processes start: 2 to 5 seconds' work.
_ALONE = 4_000_000


class WorkerPool:
    """The processes of a run: none until there is work enough."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def share(
        self,
        task: Callable[[Batch], Done],
        batches: Iterable[Batch],
        weigh: Callable[[Batch], int],
    ) -> Iterator[tuple[Batch, Done]]:
        """Each batch with what `task`, a function of a module, makes of it; in order.

        `weigh` says how many characters a batch has. Memory holds a few batches a process.
        """
        source = iter(batches)
        held: list[Batch] = []
        weight = 0
        if self.workers > 1 and self._pool is None:
            for batch in source:
                held.append(batch)
                weight += weigh(batch)
                if weight > _ALONE:
                    self._pool = self._start()
                    break
        if self._pool is None:
            return ((batch, task(batch)) for batch in chain(held, source))
        return map_in_order(self._pool, 2 * self.workers, task, chain(held, source))

    def _start(self) -> ProcessPoolExecutor:
        # Spawned, not forked: a fork copies the locks of the threads that draw the progress bar.
        context = multiprocessing.get_context("spawn")
        with _uninterrupted():
            pool = ProcessPoolExecutor(self.workers, context, initializer=_end_with_parent)
            for _ in range(self.workers):  # each task starts one, as none is idle yet
                pool.submit(int)
        return pool

    def dismiss(self) -> None:
        """End the processes, whose memory is wanted; more work starts new ones."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.dismiss()


def map_in_order(
    pool: Executor, ahead: int, task: Callable[[Batch], Done], batches: Iterable[Batch]
) -> Iterator[tuple[Batch, Done]]:
    """Each batch with what `task` makes of it, in order; so many are in work ahead of need."""
    waiting: deque[tuple[Batch, Future[Done]]] = deque()
    for batch in batches:
        waiting.append((batch, pool.submit(task, batch)))
        if len(waiting) > ahead:  # enough to keep all busy; memory stays bounded
            first, future = waiting.popleft()
            yield first, future.result()
    for first, future in waiting:
        yield first, future.result()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes started within never see Ctrl-C, even while they load: the run tells them to end.

    The signal is held back, not lost: it comes when the block is left.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # starting it would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """End this worker when the run is killed: it would wait for work for ever.

    Ctrl-C goes to all processes of a terminal: the run ends its workers, and tells the user.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def end() -> None:
        if parent:
            parent.join()
            os._exit(1)

    threading.Thread(target=end, daemon=True).start()


_CHUNK = 65536  # pairs compared at a time by one thread
_TILE_BITS = 17  # 131,072 rows; their features, with weights and uses, are half a gigabyte


@runtime_checkable
class Mapped(Protocol):
    """Columns that may be mapped from files."""

    def release(self) -> None:
        """Give their memory back to the system, until they are read again."""


def tile_pairs(left: Rows, right: Rows, *columns: Mapped) -> Iterator[NDArray[np.int64]]:
    """The indexes of pairs in parts, each of pairs between two stretches of rows.

    `columns` are released after each part: no more of them is in memory than two stretches.
    """
    stretches = int(max(left.max(initial=0), right.max(initial=0)) >> _TILE_BITS) + 1
    tiles = (left >> _TILE_BITS) * np.uint32(stretches) + (right >> _TILE_BITS)
    order = np.argsort(tiles, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(tiles[order])) + 1):
        yield part
        for column in columns:
            column.release()


def releases_columns(stage: Callable[Given, Done]) -> Callable[Given, Done]:
    """A stage that releases the columns that it was given once it is done with them."""

    @wraps(stage)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Done:
        try:
            return stage(*args, **kwargs)
        finally:
            for given in args:
                if isinstance(given, Mapped):
                    given.release()

    return run


def map_pairs(compare: Callable[[slice], NDArray[Any]], pairs: int, workers: int) -> NDArray[Any]:
    """What `compare` makes of every slice of so many pairs, joined in order."""
    if pairs <= _CHUNK:  # clustering asks for a few at a time: no pool for those
        return compare(slice(0, pairs))
    chunks = [slice(start, start + _CHUNK) for start in range(0, pairs, _CHUNK)]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return np.concatenate(list(pool.map(compare, chunks)))
