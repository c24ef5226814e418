"""A run's output folder: what may be written there, and the work folder of an unfinished run."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from dedup.config import DropLevel
from dedup.corpus.spool import Spool
from dedup.errors import InputError
from dedup.records import RUN_MARKS

FILES = (*sorted(RUN_MARKS), "removed.jsonl", "rejected.jsonl", "summary.json", "report.html")
KEPT = "kept"
_WORK = ".work"  # the mark of a run under way, or interrupted


class CleanOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is made and what it keeps. What it finds depends on the config alone.

    `drop`: which articles get no file in `kept/`; `keep_embedded`: those that other pages embed
    get one; `workers`: processes and threads; `resume`: go on with a run that was interrupted;
    `overwrite`: replace the run that is in the folder; `strict`: `InputError` at the first input
    that cannot be read.
    """

    drop: DropLevel = "copies"
    keep_embedded: bool = False
    workers: int = 1
    resume: bool = False
    overwrite: bool = False
    strict: bool = False


class Run:
    """A run under way: files are made in a work folder and put in place when all are there."""

    def __init__(self, out: Path, *, resume: bool = False) -> None:
        self.out = out
        self.work = out / _WORK
        self._is_new = not out.exists()
        self.new = self.work / "new"
        self.work.mkdir(parents=True, exist_ok=True)
        # First: from here on no other run is under way here, and what one left may be removed.
        self.spool = Spool(self.work, keep=resume)
        self.columns = self.work / "columns"
        for folder in (self.new, self.columns):
            _remove(folder)
            folder.mkdir()

    def leave(self) -> None:
        """Close the spool. A run that stripped no page leaves no trace; others can be resumed."""
        if not self.spool.is_open:  # finished, or interrupted while finishing
            return
        kept = self.spool.holds_pages()
        self.spool.close()
        if not kept:
            _remove(self.work)
            if self._is_new:
                self.out.rmdir()

    def finish(self) -> None:
        """Put the files in place and delete the work folder."""
        self.spool.close()
        for name in (*FILES, KEPT):
            _remove(self.out / name)
            if (self.new / name).exists():
                (self.new / name).rename(self.out / name)
        _remove(self.work)


@contextmanager
def open_run(out: Path, *, resume: bool = False, overwrite: bool = False) -> Iterator[Run]:
    """The run that writes to `out`; what it stripped stays for `resume` when it is interrupted.

    Raises `InputError` where `out` holds anything that neither option allows to be replaced,
    where it cannot be written, and where its disk is full.
    """
    try:
        _check_folder(out, resume=resume, overwrite=overwrite)
        run = Run(out, resume=resume)
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror}") from None
    try:
        yield run
    except (OSError, sqlite3.OperationalError) as error:
        if not _is_full(error):
            raise
        raise InputError(f"{out}: disk full; make room and go on with --resume") from None
    finally:
        run.leave()


def _is_full(error: OSError | sqlite3.OperationalError) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return error.sqlite_errorcode == sqlite3.SQLITE_FULL


def _check_folder(out: Path, *, resume: bool, overwrite: bool) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; give a folder to write to")
    found = sorted(path.name for path in out.iterdir()) if out.exists() else []
    foreign = [name for name in found if name not in (*FILES, KEPT, _WORK)]
    if foreign:
        message = f"{out}: holds files of no run of dedup ({', '.join(foreign[:3])})"
        raise InputError(f"{message}; give an empty or new folder")
    if _WORK in found and not (resume or overwrite):
        message = f"{out}: a run there was interrupted, or is under way"
        raise InputError(f"{message}; go on with --resume or start anew with --overwrite")
    if found and not (overwrite or _WORK in found):
        raise InputError(f"{out}: not empty; use --overwrite to replace the run there")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
