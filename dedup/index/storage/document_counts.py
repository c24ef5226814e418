"""The tally: how many articles that look for their story have each feature (see `recount`)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import zstandard

from dedup.arrays import Array, Rows
from dedup.config import DocumentFrequencyConfig
from dedup.index.storage.array_file import TornError, check_frame, open_frame, write_frame
from dedup.index.storage.files import COUNTS, Folder
from dedup.match.document_frequency import Frequencies, count_features, judge_counts, new_counts
from dedup.sketch.columns import Sketches

# What counts make of features changes slowly: it is judged anew when the corpus and its background,
# or the mean length of its articles, have changed by a step; there are so many to a double. So the
# judgement is a function of the corpus, and not of when a process opened the index.
_STEPS = 64
_LARGE = 255  # a count that takes more than a byte, or just not


class DocumentCounts:
    """Counts over the places below `covered`, and of what is counted after."""

    def __init__(self, counts: Rows, articles: int, words: int, covered: int) -> None:
        self._counts = counts
        self.articles, self._words = articles, words
        self.covered = covered
        self._judged: tuple[tuple[int, int], Frequencies] | None = None

    def count(self, sketches: Sketches, rows: Rows, places: Rows, change: int = 1) -> None:
        """Count these rows, or with -1 no longer; not for rows that came before `covered`."""
        rows = rows[places >= self.covered]
        features = sketches.features
        count_features(self._counts, features.values, features.offsets, rows, change)
        self.articles += change * len(rows)
        self._words += change * int(sketches.words[rows].sum())

    def judge(self, config: DocumentFrequencyConfig) -> Frequencies:
        """What the counts make of features now."""
        background = config.background_articles
        step = _find_step(self.articles + background), _find_step(self._mean_length())
        if self._judged is None or self._judged[0] != step:
            mixed, length = (2 ** (k / _STEPS) for k in step)
            articles = max(0, round(mixed) - background)
            spare = background + articles // _STEPS
            judged = judge_counts(self._counts, articles, length, config, spare)
            self._judged = step, judged
        return self._judged[1]

    def _mean_length(self) -> float:
        return self._words / max(1, self.articles)

    def is_saved(self, place: int) -> bool:
        """Whether the counts on disk are those over the places below `place`."""
        return self.covered == place

    def save(self, folder: Folder, place: int) -> None:
        """Write the counts over the places below `place`, which are all there are."""
        path = folder.name(0, place, COUNTS)
        facts = {"articles": self.articles, "words": self._words}
        columns = _pack_counts(self._counts)
        shapes = {name: (column.dtype, len(column)) for name, column in columns.items()}
        with write_frame(path, facts, shapes) as arrays:
            for name, column in columns.items():
                arrays[name][:] = column
        folder.tidy(COUNTS, {path})


def _pack_counts(counts: Rows) -> dict[str, Array]:
    """Counts as a byte each, compressed, and those that are too large for one with their slots."""
    rest = np.flatnonzero(counts >= _LARGE).astype(np.uint32)
    low = np.empty(len(counts), dtype=np.uint8)
    np.minimum(counts, _LARGE, out=low, casting="unsafe")  # without 64 MB in between
    packed = zstandard.ZstdCompressor(level=1).compress(low.data)
    return {"packed": np.frombuffer(packed, np.uint8), "slots": rest, "counts": counts[rest]}


def _unpack_counts(columns: Mapping[str, Array]) -> Rows:
    low = zstandard.ZstdDecompressor().decompress(columns["packed"].data)
    counts: Rows = np.frombuffer(low, np.uint8).astype(np.uint32)
    counts[columns["slots"]] = columns["counts"]
    return counts


def _find_step(value: float) -> int:
    return round(_STEPS * math.log2(max(1.0, value)))


def open_document_counts(folder: Folder, stop: int) -> DocumentCounts:
    """The counts that cover most, whole and not beyond `stop`; else none yet."""
    for file in folder.files(COUNTS):
        try:
            frame = open_frame(file.path)
        except (TornError, FileNotFoundError):
            continue
        # One without is of a dedup that wrote four bytes for each count.
        if file.last <= stop and "packed" in frame.arrays and check_frame(frame):
            facts = frame.facts
            counts = _unpack_counts(frame.arrays)
            return DocumentCounts(counts, facts["articles"], facts["words"], file.last)
        file.path.unlink(missing_ok=True)
    return new_document_counts()


def new_document_counts() -> DocumentCounts:
    """Counts of no article yet."""
    return DocumentCounts(new_counts(), 0, 0, 0)
