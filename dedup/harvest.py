"""Harvest: inputs to stripped pages in the spool, with as many processes as are given."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from dedup.config import Config, StripConfig, strip_recipe
from dedup.detect import settle_language
from dedup.errors import InputError
from dedup.read import read_pages
from dedup.records import Article, Page, Rejected
from dedup.run import CleanOptions, Run
from dedup.spool import Reading, Record, digest_page, encode_page
from dedup.strip import page_text, strip_page
from dedup.watch import Told

_BATCH = 64  # pages handed to a process at a time
_ALONE = 4  # batches: fewer are stripped here, sooner than processes start


class Harvest(NamedTuple):
    """What was read, and what was not."""

    pages: int
    rejected: list[Rejected]  # in order of source


def harvest_pages(
    inputs: Sequence[str | Path],
    run: Run,
    config: Config,
    options: CleanOptions,
    told: Told,
) -> Harvest:
    """Read every input, strip what the run's spool does not know yet, and number its articles.

    The run's own output is not read, should it lie inside an input. With `options.strict`, the
    first rejected input raises `InputError`.
    """
    readings: list[Reading] = []
    rejected: list[Rejected] = []
    recipe = strip_recipe(config)

    def unknown() -> Iterator[tuple[Reading, Page]]:
        for found in read_pages(inputs, config.read, exclude=run.out):
            if isinstance(found, Rejected):
                _refuse(found, rejected, strict=options.strict)
                continue
            reading = Reading(digest_page(found, recipe), found.id, found.source, len(found.text))
            readings.append(reading)
            if run.spool.knows(reading.digest):
                told(1)
            else:
                yield reading, found

    for batch, records in _strip_batches(unknown(), config.strip, options.workers):
        run.spool.add(batch, records)
        told(len(batch))
    for repeat in run.spool.number_rows(readings):
        _refuse(repeat, rejected, strict=options.strict)
    return Harvest(len(readings), sorted(rejected, key=lambda r: (r.source, r.reason)))


def _refuse(found: Rejected, rejected: list[Rejected], *, strict: bool) -> None:
    if strict:
        raise InputError(f"{found.source}: {found.reason}")
    rejected.append(found)


def settle_article(page: Page, config: StripConfig) -> Article:
    """The article of a page, each of its bodies with its language settled."""
    article = strip_page(page, config)
    embedded = tuple(settle_language_of(one) for one in article.embedded)
    return msgspec.structs.replace(settle_language_of(article), embedded=embedded)


def settle_language_of(article: Article) -> Article:
    """The article with the language of its body: as declared, else detected."""
    language = settle_language(article.language, article.text)
    return msgspec.structs.replace(article, language=language)


def _strip_batch(pages: Sequence[Page], config: StripConfig) -> list[Record]:
    return [encode_page(page, settle_article(page, config), page_text(page)) for page in pages]


Batch = tuple[tuple[Reading, ...], list[Record]]


def _batches(
    pages: Iterable[tuple[Reading, Page]],
) -> Iterator[tuple[tuple[Reading, ...], tuple[Page, ...]]]:
    source = iter(pages)
    while batch := list(islice(source, _BATCH)):
        readings, read = zip(*batch, strict=True)
        yield readings, read


def _strip_batches(
    pages: Iterable[tuple[Reading, Page]], config: StripConfig, workers: int
) -> Iterator[Batch]:
    """Strip pages in batches, in this process or, when there are many, in several; in order."""
    source = _batches(pages)
    strip = partial(_strip_batch, config=config)
    first = list(islice(source, _ALONE)) if workers > 1 else []
    if len(first) < _ALONE:
        yield from ((readings, strip(batch)) for readings, batch in chain(first, source))
        return
    # Spawned, not forked: a fork copies the locks of the threads that draw the progress bar.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_end_with_parent) as pool:
        waiting: deque[tuple[tuple[Reading, ...], Future[list[Record]]]] = deque()
        for readings, batch in chain(first, source):
            waiting.append((readings, pool.submit(strip, batch)))
            if len(waiting) > 2 * workers:  # enough to keep all busy; memory stays bounded
                yield _collect(waiting)
        while waiting:
            yield _collect(waiting)


def _end_with_parent() -> None:
    """End this worker when the run is killed: it would wait for pages for ever."""
    parent = multiprocessing.parent_process()

    def end() -> None:
        if parent:
            parent.join()
            os._exit(1)

    threading.Thread(target=end, daemon=True).start()


def _collect(waiting: deque[tuple[tuple[Reading, ...], Future[list[Record]]]]) -> Batch:
    readings, stripping = waiting.popleft()
    return readings, stripping.result()
