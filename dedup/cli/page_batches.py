"""Feed: pages as they come from files or a pipe, many at a time where they come fast."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue

import click

from dedup.records import Page, Rejected

_MOST_WAITING = 256  # pages of a pipe that are added together when they come fast


def refuse(found: Rejected) -> None:
    """Say on standard error what was not taken, where it stands and why."""
    click.echo(f"Rejected: {found.source}: {found.reason}", err=True)


def accept_pages(
    found: Iterable[Page | Rejected], counts: Counter[str] | None = None
) -> Iterator[Page]:
    """The pages; what is none is refused, and counted as `rejected`."""
    for one in found:
        if isinstance(one, Rejected):
            refuse(one)
            if counts is not None:
                counts["rejected"] += 1
        else:
            yield one


def batch_incoming(pages: Iterator[Page]) -> Iterator[list[Page]]:
    """What has come in since the last batch: one page of a slow pipe, many of a file."""
    waiting: SimpleQueue[Page | BaseException | None] = SimpleQueue()
    room = threading.Semaphore(2 * _MOST_WAITING)

    def read() -> None:
        end: BaseException | None = None
        try:
            for page in pages:
                room.acquire()
                waiting.put(page)
        except BaseException as error:  # raised again where the pages are taken
            end = error
        waiting.put(end)

    threading.Thread(target=read, daemon=True).start()
    while True:
        batch = [waiting.get()]
        while isinstance(batch[-1], Page) and len(batch) < _MOST_WAITING:
            try:
                batch.append(waiting.get_nowait())
            except Empty:
                break
        taken = [page for page in batch if isinstance(page, Page)]
        for _ in taken:
            room.release()
        if taken:
            yield taken
        if isinstance(batch[-1], BaseException):
            raise batch[-1]
        if batch[-1] is None:
            return


def read_ids() -> Iterator[str]:
    """The lines of standard input that are not blank; what is not UTF-8 is no id there is."""
    for line in sys.stdin.buffer if sys.stdin else ():  # or it is closed
        name = str(line, "utf-8", "replace").rstrip("\r\n")
        if name:
            yield name
