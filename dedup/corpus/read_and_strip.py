"""Inputs to stripped pages in the spool, with as many processes as are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from dedup.config import Config, StripConfig, strip_recipe
from dedup.corpus.page_log import Record, digest_page, pack_page
from dedup.corpus.spool import Reading
from dedup.corpus.workspace import Run
from dedup.errors import InputError
from dedup.parallel import WorkerPool
from dedup.progress import Advance
from dedup.read import read_pages
from dedup.records import Page, Rejected
from dedup.strip.page import make_article_with_text

_BATCH = 64  # pages handed to a process at a time
_HTML_WEIGHT = 5  # a character of HTML takes as long to strip as so many of text


class ReadCounts(NamedTuple):
    """What was read, and what was not."""

    pages: int
    rejected: list[Rejected]  # in order of source


def read_and_strip(
    inputs: Sequence[str | Path],
    run: Run,
    worker_pool: WorkerPool,
    config: Config,
    *,
    strict: bool,
    advance: Advance,
    known: Sequence[Reading] = (),
) -> ReadCounts:
    """Read every input, strip what the run's spool does not know yet, and number its articles.

    If the run's own output lies inside an input, it is not read. With `strict`, the first
    rejected input raises `InputError`. `known` pages are in the spool already.
    """
    readings: list[Reading] = []
    rejected: list[Rejected] = []
    recipe = strip_recipe(config)

    def unknown() -> Iterator[tuple[Reading, Page]]:
        for found in read_pages(inputs, config.read, exclude=run.out):
            if isinstance(found, Rejected):
                _refuse(found, rejected, strict=strict)
                continue
            reading = Reading(digest_page(found, recipe), found.id, found.source, len(found.text))
            readings.append(reading)
            if run.spool.knows(reading.digest):
                advance(1)
            else:
                yield reading, found

    source = unknown()
    batches = iter(lambda: list(islice(source, _BATCH)), [])
    strip = partial(_strip_batch, config=config.strip)
    for batch, records in worker_pool.share(strip, batches, _weigh_batch):
        run.spool.add([reading for reading, _ in batch], records)
        advance(len(batch))
    for repeat in run.spool.number_rows([*readings, *known]):
        _refuse(repeat, rejected, strict=strict)
    return ReadCounts(len(readings), sorted(rejected, key=lambda r: (r.source, r.reason)))


def _refuse(found: Rejected, rejected: list[Rejected], *, strict: bool) -> None:
    if strict:
        raise InputError(f"{found.source}: {found.reason}")
    rejected.append(found)


ReadBatch = list[tuple[Reading, Page]]


def _strip_batch(batch: ReadBatch, config: StripConfig) -> list[Record]:
    return [pack_page(page, *make_article_with_text(page, config)) for _, page in batch]


def _weigh_batch(batch: ReadBatch) -> int:
    return sum(len(page.text) * (_HTML_WEIGHT if page.is_html else 1) for _, page in batch)
