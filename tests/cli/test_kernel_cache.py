"""Where compiled kernels are kept, and what is said when there are none yet."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from dedup.cli.kernel_cache import announce_compiling, find_cache
from dedup.config import SketchConfig
from dedup.sketch import build as sketch

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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    kernel = SimpleNamespace(stats=SimpleNamespace(cache_path=str(tmp_path)), py_func=find_cache)
    monkeypatch.setattr(sketch, "sketch_batch", kernel)
    return tmp_path


def test_compiling_is_announced_until_the_kernel_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = find_cache.__code__.co_firstlineno
    (folder / f"build.sketch_batch-{line + 1}.py311.nbi").touch()  # of another version
    announce_compiling()
    assert capsys.readouterr().err.startswith("First run: compiling")
    (folder / f"build.sketch_batch-{line}.py311.nbi").touch()
    announce_compiling()
    assert capsys.readouterr().err == ""


def test_a_folder_of_one_run_is_said_to_serve_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(SETTING, f"{folder}/dedup-kernels-x1")
    announce_compiling()
    assert "every run" in capsys.readouterr().err


def test_nothing_is_announced_where_nothing_is_compiled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sketch, "sketch_batch", lambda: None)
    announce_compiling()
    assert capsys.readouterr().err == ""


def test_numba_keeps_the_kernel_where_it_is_looked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sketch.sketch_texts(["One two"], SketchConfig())
    announce_compiling()
    assert capsys.readouterr().err == ""
