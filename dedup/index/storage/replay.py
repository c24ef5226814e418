"""Source: the log's rows as what postings are derived from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dedup.config import SketchConfig
from dedup.index.log.article_codec import Filed, Packer
from dedup.index.log.log import Log
from dedup.index.log.schema import LogRow
from dedup.index.storage.lsh_keys import id_keys
from dedup.index.storage.sketch_block import ALIVE, KEPT_COPY, SPEAKS, Row
from dedup.index.storage.stored_sketch import NOTHING, StoredSketch, store_sketches, unpack_stored
from dedup.index.verdict import Status
from dedup.progress import Advance, ignore_progress
from dedup.records import Article
from dedup.sketch.build import sketch_texts
from dedup.text.dates import list_days


def keep_articles(articles: Sequence[Article], config: SketchConfig) -> list[StoredSketch]:
    """What is kept of articles, in order."""
    by_language: defaultdict[str | None, list[int]] = defaultdict(list)
    for row, article in enumerate(articles):
        by_language[article.language].append(row)
    kept = [NOTHING] * len(articles)
    for language, rows in by_language.items():
        sketches = sketch_texts([articles[row].text for row in rows], config, language)
        for row, one in zip(rows, store_sketches(sketches), strict=True):
            kept[row] = one
    return _date(kept, articles)


def _date(kept: list[StoredSketch], articles: Sequence[Article]) -> list[StoredSketch]:
    if not any(article.published for article in articles):
        return kept
    days = list_days(article.published for article in articles).tolist()
    return [one._replace(day=day) for one, day in zip(kept, days, strict=True)]


def is_speaking(kept: StoredSketch, status: int, *, in_doubt: bool) -> bool:
    """Whether an article looks for its story: no copy, no page whose stripping raised a doubt."""
    return kept.words > 0 and status not in (Status.COPY, Status.VERSION) and not in_doubt


class Reader:
    """Reads the log's rows as `Derived` takes them; `advance` hears how far it is."""

    def __init__(self, log: Log, packer: Packer, config: SketchConfig) -> None:
        self._log, self._packer, self._config = log, packer, config
        self._reached = 0
        self.advance: Advance = ignore_progress

    def __call__(self, start: int, stop: int) -> list[Row]:
        """The rows of the places from `start` to `stop`; those that were purged are empty."""
        found: dict[int, Row] = {}
        for rows in self._log.read(start, stop):
            found.update(_derive(rows, self._packer, self._config))
        self.advance(stop - self._reached)  # with what was passed over, for it is on disk
        self._reached = stop
        return [found.get(place) or Row(NOTHING, 0, place, 0) for place in range(start, stop)]


def _derive(rows: Sequence[LogRow], packer: Packer, config: SketchConfig) -> dict[int, Row]:
    derived = {
        row.sequence: Row(NOTHING, 0, row.sequence, 0, row.removed)
        for row in rows
        if row.removed is not None
    }
    articles = [row for row in rows if row.removed is None]
    filed = [packer.unpack(row.article or b"", row.id) for row in articles]
    kept = _stored_of(articles, filed, config)
    keys = id_keys([row.id for row in articles]).tolist()
    for row, one, own, key in zip(articles, filed, kept, keys, strict=True):
        speaks = is_speaking(own, row.status, in_doubt=one.article.in_doubt)
        flags = ALIVE | SPEAKS if speaks else ALIVE
        flags |= KEPT_COPY if row.status == Status.VERSION else 0
        derived[row.sequence] = Row(own, flags, row.canonical, key)
    return derived


def _stored_of(
    rows: Sequence[LogRow], filed: Sequence[Filed], config: SketchConfig
) -> list[StoredSketch]:
    articles = [one.article for one in filed]
    if rows and rows[0].sketch is not None:
        return _date([unpack_stored(row.sketch or b"") for row in rows], articles)
    return keep_articles(articles, config)
