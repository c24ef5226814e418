"""Who is told how a run goes: the library tells, and only `cli` draws bars and keeps time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Advance = Callable[[int], None]  # called with how many more are done


class Progress(Protocol):
    """An onlooker of a run."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """A stage begins; what it yields is called with how many more of `total` are done."""

    def seconds(self) -> dict[str, float]:
        """Seconds by finished stage; empty where no time is kept."""


class NoProgress:
    """Nobody looks on."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """No one is told."""
        return nullcontext(ignore_progress)

    def seconds(self) -> dict[str, float]:
        """No time is kept."""
        return {}


def ignore_progress(_done: int) -> None:
    """The default listener of a stage's progress."""
