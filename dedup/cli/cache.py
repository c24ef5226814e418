"""A place for compiled kernels where numba would find none."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_SETTING = "NUMBA_CACHE_DIR"


def find_cache(package: Path) -> None:
    """Give numba a folder to keep compiled kernels in, where it has none to write to.

    It keeps them in the package or in the user's cache; in a container without a home it has
    neither, and would refuse to compile. A new folder under the temporary one serves one run.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111  # never raises
    if _SETTING in os.environ or _can_write(package / "__pycache__") or _can_write(Path(cache)):
        return
    made = tempfile.mkdtemp(prefix="dedup-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    os.environ[_SETTING] = made


def _can_write(folder: Path) -> bool:
    """Whether files can be made in a folder, which may have to be made first."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), None)
    return there is not None and there.is_dir() and os.access(there, os.W_OK | os.X_OK)
