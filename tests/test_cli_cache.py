"""Where compiled kernels are kept when neither the package nor a home can be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dedup.cli.cache import find_cache

SETTING = "NUMBA_CACHE_DIR"


@pytest.fixture(autouse=True)
def no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    # Set first, so that what a test sets is taken back.
    monkeypatch.setenv(SETTING, "")
    monkeypatch.delenv(SETTING)


def deny(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in or above a folder can be written: tests may run as root, who may write all."""
    real = os.access

    def access(path: Path, mode: int) -> bool:
        return not Path(path).is_relative_to(folder) and real(path, mode)

    monkeypatch.setattr(os, "access", access)


def test_a_folder_is_made_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    deny(tmp_path, monkeypatch)
    find_cache(tmp_path / "package")
    made = Path(os.environ[SETTING])
    assert made.is_dir()
    made.rmdir()


@pytest.mark.parametrize("writable", ["package", "cache", "setting"])
def test_nothing_is_made_where_something_can_be_written(
    writable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("package", "cache"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache" / "of" / "mine"))
    denied = {"package": "cache", "cache": "package"}.get(writable)
    if denied:
        deny(tmp_path / denied, monkeypatch)
    else:
        monkeypatch.setenv(SETTING, "/somewhere")
        deny(tmp_path, monkeypatch)
    find_cache(tmp_path / "package")
    assert os.environ.get(SETTING) == ("/somewhere" if writable == "setting" else None)
