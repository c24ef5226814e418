"""The pytest plugin: each expectation of a pairs file is a test.

Files named `pairs.yaml` or `*.pairs.yaml` are collected (the ini option `dedup_files` says which).
A corpus is analysed when its first expectation runs, once a session. Nothing of `dedup` but this is
loaded before such a file is met, and nothing heavy before one of its tests runs.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    group = parser.getgroup("dedup", "duplicates asserted in pairs files")
    group.addoption(
        "--dedup-config",
        metavar="FILE",
        help="config with which pairs are judged, or `precision` or `recall`",
    )
    group.addoption(
        "--dedup-corpus",
        metavar="INPUT",
        action="append",
        default=[],
        help="pages that replace the corpus of every pairs file; may be given again",
    )
    parser.addini(
        "dedup_files",
        "names of the files collected as pairs files",
        type="args",
        default=["pairs.yaml", "*.pairs.yaml"],
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a pairs file."""
    if not any(file_path.match(name) for name in parent.config.getini("dedup_files")):
        return None
    from dedup.check.collect import PairsFile  # most suites have no such file

    return PairsFile.from_parent(parent, path=file_path)
