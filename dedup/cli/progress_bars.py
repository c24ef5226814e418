"""Progress on standard error: bars for what takes over a second, and the time of each stage."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from dedup.progress import Advance

_DELAY = 1.0  # seconds; what is done sooner needs no bar


class ProgressBars:
    """A `Progress` that draws a bar a stage, on a terminal, and keeps time."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True)
        self._quiet = quiet or not self._console.is_terminal
        self._seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Advance]:
        """Time a stage, and show its bar once it has taken a second."""
        progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        task = progress.add_task(name, total=total)
        timer = threading.Timer(_DELAY, progress.start)
        if not self._quiet:
            timer.start()
        started = perf_counter()
        try:
            yield lambda done: progress.advance(task, done)
        finally:
            # A stage that is gone through twice is one line of the summary.
            spent = self._seconds.get(name, 0.0) + perf_counter() - started
            self._seconds[name] = round(spent, 2)
            timer.cancel()
            if progress.live.is_started:  # a bar that was not drawn would end in an empty line
                progress.stop()

    def seconds(self) -> dict[str, float]:
        """Seconds by finished stage, in order."""
        return dict(self._seconds)
