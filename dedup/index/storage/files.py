"""The folder of what is derived: which files there are, which are whole, and who may clean up.

A file's name says which places it covers. What it holds follows from the log alone, so whoever
writes it first writes what all others would. Where files overlap the widest is used; the rest were
merged into it and are deleted by the next process that may.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from dedup.errors import StoreError
from dedup.index.location import DERIVED, is_url
from dedup.index.storage.array_file import TornError

if sys.platform != "win32":  # where `Folder` refuses an index
    import fcntl

SKETCHES, POSTINGS, COUNTS = ".sketches", ".postings", ".counts"
_LEFT_SECONDS = 3600  # a file half written that long ago has no writer any more
T = TypeVar("T")


class Named(NamedTuple):
    """A file that covers the places from `first` to `last`, that one not included."""

    first: int
    last: int
    path: Path


class Folder:
    """What is derived from one log by one recipe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if sys.platform == "win32":  # a file that is mapped cannot be deleted or renamed there
            raise StoreError(f"{path}: an index needs Linux or macOS; on Windows use WSL")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            advice = "free the place, or name another for the cache of a PostgreSQL index"
            message = f"what is derived cannot lie there: {error.strerror}; {advice}"
            raise StoreError(f"{path}: {message}") from None

    def name(self, first: int, last: int, kind: str) -> Path:
        """The path of a file."""
        return self.path / f"{first:010d}-{last:010d}{kind}"

    def files(self, kind: str) -> list[Named]:
        """The files of a kind: by first place, the widest first."""
        found = []
        for path in self.path.glob(f"*{kind}"):
            first, _, last = path.stem.partition("-")
            if first.isdigit() and last.isdigit():
                found.append(Named(int(first), int(last), path))
        return sorted(found, key=lambda file: (file.first, -file.last))

    def list_all(self) -> list[Named]:
        """The files of every kind."""
        return [file for kind in (SKETCHES, POSTINGS, COUNTS) for file in self.files(kind)]

    def measure(self) -> int:
        """The bytes of all files; what another process deletes meanwhile has none."""
        size = 0
        for path in self.path.iterdir():
            with contextlib.suppress(FileNotFoundError):
                size += path.stat().st_size
        return size

    def tidy_block(self, first: int, last: int) -> None:
        """Delete what earlier closes kept of a block that is now kept as far as `last`."""
        for file in self.files(SKETCHES):
            if file.first == first and file.last < last:
                file.path.unlink(missing_ok=True)

    def tidy(self, kind: str, used: set[Path]) -> None:
        """Delete the files of a kind that are not in use; who has them open keeps them."""
        for file in self.files(kind):
            if file.path not in used:
                file.path.unlink(missing_ok=True)

    def drop_others(self) -> None:
        """Delete what was derived from the same log by other recipes."""
        for other in self.path.parent.iterdir():
            if other != self.path:
                shutil.rmtree(other, ignore_errors=True)

    def tidy_left(self) -> None:
        """Delete what killed processes left half written."""
        for path in self.path.glob("*.new"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _LEFT_SECONDS:
                    path.unlink()

    @contextmanager
    def alone(self, *, wait: bool = False) -> Iterator[bool]:
        """Whether this is the one who merges and deletes now; it is, if told to `wait` for that."""
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
            else:
                yield True


def drop_beyond(files: Iterable[Named], stop: int) -> None:
    """Delete those that cover more than the log, which ends at `stop`: an older one was put back.

    They must have been listed before the log was asked where it ends: others go on.
    """
    for file in files:
        if file.last > stop:
            file.path.unlink(missing_ok=True)


def open_whole(path: Path, opener: Callable[[Path], T]) -> T | None:
    """The file, opened; None where it is torn, and then deleted, or not there."""
    try:
        return opener(path)
    except FileNotFoundError:  # or merged by another process since it was listed
        return None
    except TornError:
        path.unlink(missing_ok=True)
        return None


def find_cache(where: str, cache: str | Path | None, name: str) -> Path:
    """Where what is derived from a log is kept: beside it, or by the log's name in a cache."""
    if not is_url(where):
        return Path(where).absolute() / DERIVED
    own = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache or Path(own) / "dedup") / name
