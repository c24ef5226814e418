"""The counts of features, on disk and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dedup.config import SketchConfig
from dedup.index.storage.document_counts import (
    DocumentCounts,
    new_document_counts,
    open_document_counts,
)
from dedup.index.storage.files import COUNTS, Folder
from dedup.sketch.build import sketch_texts

_TEXTS = ["The harbour of Rotterdam was closed on Tuesday.", "Rotterdam reopened its harbour."]


def count(tally: DocumentCounts, times: int) -> None:
    """Count the texts so many times, at places that follow one another."""
    sketches, rows = sketch_texts(_TEXTS, SketchConfig()), np.arange(2, dtype=np.uint32)
    for first in range(0, 2 * times, 2):
        tally.count(sketches, rows, rows + np.uint32(first))


def test_counts_of_any_size_come_back(tmp_path: Path) -> None:
    folder, tally = Folder(tmp_path), new_document_counts()
    count(tally, 300)
    tally.save(folder, 600)
    again = open_document_counts(folder, 600)
    assert again.covered == 600
    assert again.articles == 600
    assert again._counts.dtype == tally._counts.dtype
    assert set(np.unique(again._counts)) >= {0, 300, 600}
    assert (again._counts == tally._counts).all()


def test_a_file_of_few_counts_is_small(tmp_path: Path) -> None:
    folder, tally = Folder(tmp_path), new_document_counts()
    count(tally, 1)
    tally.save(folder, 2)
    assert folder.files(COUNTS)[0].path.stat().st_size < 10_000
