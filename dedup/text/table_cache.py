"""Tables that take long to make, kept for later processes where compiled kernels are kept too.

A kept table is used only by the code that made it, on the same data: with it lies a digest of our
sources and the versions of what it was made from. Anything else about a file, damage included,
means that the table is made anew.
"""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import xxhash
from numpy.typing import NDArray

Arrays = Sequence[NDArray[Any]]
_MADE_FROM = ("py3langid", "wordfreq")
_STALE = (OSError, ValueError, KeyError, EOFError, BadZipFile)  # what reading a damaged file raises


def cached_arrays(name: str, make: Callable[[], Arrays]) -> list[NDArray[Any]]:
    """What `make` returns, from an earlier process where that is possible.

    `name` is unique among tables, and fit for a file. Where nothing can be written, none is kept.
    """
    for folder in _list_folders():
        with suppress(*_STALE), np.load(folder / f"{name}.npz") as kept:
            if str(kept["made_by"]) == _name_maker():
                return [kept[f"arr_{place}"] for place in range(len(kept.files) - 1)]
    made = list(make())
    for folder in _list_folders():
        with suppress(OSError):
            _write(folder, name, made)
            break
    return made


def _write(folder: Path, name: str, arrays: Arrays) -> None:
    """Beside, then renamed: who reads meanwhile has the old file or the new."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as passing:
        path = Path(passing, f"{name}.npz")
        np.savez(path, *arrays, made_by=np.array(_name_maker()))
        path.replace(folder / path.name)


def _list_folders() -> Iterator[Path]:
    """Where tables may lie, the best first: numba's own order."""
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(named)
        return
    yield Path(__file__).parent / "__pycache__"
    with suppress(RuntimeError):  # nobody's home
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "dedup", "tables")


@cache
def _name_maker() -> str:
    """A digest of all that a table depends on."""
    digest = xxhash.xxh3_64(unicodedata.unidata_version.encode())
    for package in _MADE_FROM:
        digest.update(f"{package} {version(package)}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
