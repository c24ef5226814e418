"""Tables that are kept from one process to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dedup.text import table_cache as keep
from dedup.text.table_cache import cached_arrays

TABLE = [np.arange(5, dtype=np.uint64), np.array(["de", "en"]), np.zeros((0, 2), dtype=np.float32)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    return tmp_path / "kept"


class Maker:
    """Makes the table, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def make(self) -> list[NDArray[Any]]:
        self.times += 1
        return [array.copy() for array in TABLE]

    def check(self, made: int) -> None:
        """The table is right, and has been made so often."""
        got = cached_arrays("table", self.make)
        assert [(array.dtype, array.tolist()) for array in got] == [
            (array.dtype, array.tolist()) for array in TABLE
        ]
        assert self.times == made


@pytest.fixture
def maker() -> Maker:
    return Maker()


def test_a_table_is_made_once(folder: Path, maker: Maker) -> None:
    maker.check(1)
    maker.check(1)
    assert [path.name for path in folder.iterdir()] == ["table.npz"]


@pytest.mark.parametrize("left", [0, 1, 200, 700])
def test_a_torn_table_is_made_anew(left: int, folder: Path, maker: Maker) -> None:
    maker.check(1)
    path = folder / "table.npz"
    path.write_bytes(path.read_bytes()[:left])
    maker.check(2)
    maker.check(2)


def test_a_table_of_other_code_is_made_anew(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    maker.check(1)
    monkeypatch.setattr(keep, "_name_maker", lambda: "another version")
    maker.check(2)
    maker.check(2)


def test_nothing_is_kept_where_nothing_can_be_written(folder: Path, maker: Maker) -> None:
    folder.write_text("a file, not a folder")
    maker.check(1)
    maker.check(2)
    assert folder.read_text() == "a file, not a folder"


def test_the_package_comes_before_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/home/of/mine")
    package = Path(keep.__file__).parent
    folders = [package / "__pycache__", Path("/home/of/mine/dedup/tables")]
    assert list(keep._list_folders()) == folders
