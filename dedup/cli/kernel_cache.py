"""A place for compiled kernels where numba would find none, and a word when they are compiled."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import click

_SETTING = "NUMBA_CACHE_DIR"
_PREFIX = "dedup-kernels-"
_FIRST_RUN = "First run: compiling, about 20 s; later runs start at once."
_EVERY_RUN = f"Compiling, about 20 s, as at every run: name a folder that lasts in {_SETTING}."


def find_cache(package: Path) -> None:
    """Give numba a folder to keep compiled kernels in, where it has none to write to.

    It keeps them in the package or in the user's cache; in a container without a home it has
    neither, and would refuse to compile. A new folder under the temporary one serves one run.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111  # never raises
    if _SETTING in os.environ or _can_write(package / "__pycache__") or _can_write(Path(cache)):
        return
    made = tempfile.mkdtemp(prefix=_PREFIX)
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    os.environ[_SETTING] = made


def announce_compiling() -> None:
    """Say on standard error that kernels are about to be compiled, where none are kept."""
    from dedup.sketch import build  # brings numba

    kernel = build.sketch_batch  # the largest
    if not hasattr(kernel, "stats"):  # numba is told not to compile
        return
    line = kernel.py_func.__code__.co_firstlineno
    if not any(Path(str(kernel.stats.cache_path)).glob(f"build.sketch_batch-{line}.*.nbi")):
        click.echo(_EVERY_RUN if _is_passing() else _FIRST_RUN, err=True)


def _is_passing() -> bool:
    """Whether the folder is the one that `find_cache` made for this run."""
    return Path(os.environ.get(_SETTING, "")).name.startswith(_PREFIX)


def _can_write(folder: Path) -> bool:
    """Whether files can be made in a folder, which may have to be made first."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), None)
    return there is not None and there.is_dir() and os.access(there, os.W_OK | os.X_OK)
