"""Harvest: inputs to stripped pages in the spool, with as many processes as are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from dedup.config import Config, StripConfig, strip_recipe
from dedup.detect import settle_language
from dedup.errors import InputError
from dedup.pack import Record, digest_page, pack_page
from dedup.read import read_pages
from dedup.records import Article, Page, Rejected
from dedup.run import Run
from dedup.share import Crew
from dedup.spool import Reading
from dedup.strip import page_text, strip_page
from dedup.watch import Told

_BATCH = 64  # pages handed to a process at a time
_HTML_WEIGHT = 5  # a character of HTML takes as long to strip as so many of text


class Harvest(NamedTuple):
    """What was read, and what was not."""

    pages: int
    rejected: list[Rejected]  # in order of source


def harvest_pages(
    inputs: Sequence[str | Path],
    run: Run,
    crew: Crew,
    config: Config,
    *,
    strict: bool,
    told: Told,
) -> Harvest:
    """Read every input, strip what the run's spool does not know yet, and number its articles.

    The run's own output is not read, should it lie inside an input. With `strict`, the first
    rejected input raises `InputError`.
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
                told(1)
            else:
                yield reading, found

    source = unknown()
    batches = iter(lambda: list(islice(source, _BATCH)), [])
    strip = partial(_strip_batch, config=config.strip)
    for batch, records in crew.share(strip, batches, _weigh_batch):
        run.spool.add([reading for reading, _ in batch], records)
        told(len(batch))
    for repeat in run.spool.number_rows(readings):
        _refuse(repeat, rejected, strict=strict)
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
    """The article with the language of its body: as declared, else detected.

    Raises `InputError` for what is no article: a page, for one.
    """
    if not isinstance(article, Article):
        kind = type(article).__name__
        raise InputError(f"not an article: {kind}; strip_page makes one of a page or its text")
    language = settle_language(article.language, article.text)
    return msgspec.structs.replace(article, language=language)


Batch = list[tuple[Reading, Page]]


def _strip_batch(batch: Batch, config: StripConfig) -> list[Record]:
    return [pack_page(page, settle_article(page, config), page_text(page)) for _, page in batch]


def _weigh_batch(batch: Batch) -> int:
    return sum(len(page.text) * (_HTML_WEIGHT if page.is_html else 1) for _, page in batch)
