"""Stripped pages as bytes, end to end in a log that every process of a run can read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from dedup.records import Article, Page, Span, SpanKind

_PAGE_ENDINGS = (".txt", ".html", ".htm", ".md")


class Removed(msgspec.Struct, frozen=True, gc=False):
    """A removed span of a page, with its text: a line of `removed.jsonl`."""

    page: str
    start: int
    end: int
    kind: SpanKind
    rule: str
    text: str


class PageBodies(msgspec.Struct, frozen=True, kw_only=True):
    """The articles of a page, the main one first, without their spans."""

    articles: tuple[Article, ...]
    is_file: bool  # the page was a file of its own: its kept body becomes one too


class StrippedPage(PageBodies, frozen=True, kw_only=True):
    """A stripped page: its articles, and the spans that were removed from it."""

    removed: tuple[Removed, ...]
    spans: tuple[Span, ...]  # of the main article


class Record(NamedTuple):
    """A stripped page, packed."""

    articles: int
    data: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(StrippedPage).decode
_decode_bodies = msgspec.msgpack.Decoder(PageBodies).decode  # passes over the rest


def digest_page(page: Page, recipe: str) -> bytes:
    """A digest of this page and of how it was stripped: 16 bytes of xxh3_128.

    `source` is not part of it: a page that was moved is the same page.
    """
    told = (page.id, page.text, page.is_html, page.url, page.outlet, page.published, page.language)
    return xxhash.xxh3_128_digest(_encode((recipe, _is_file(page), *told)))


def _is_file(page: Page) -> bool:
    return page.source.lower().endswith(_PAGE_ENDINGS)  # not "pages.jsonl:17"


class PageLog:
    """Records end to end in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        self.size = os.fstat(self._file).st_size

    def append(self, records: bytes) -> None:
        """Write at the end. If the disk is full, the log stays as it was."""
        written = 0
        while written < len(records):
            written += os.pwrite(self._file, records[written:], self.size + written)
        self.size += len(records)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes of a record."""
        return os.pread(self._file, stop - start, start)

    def cut(self, size: int) -> None:
        """Cut off everything after the first `size` bytes."""
        os.ftruncate(self._file, size)
        self.size = size

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class PageRanges(NamedTuple):
    """Where the records of some pages lie in a log: what another process needs to read them."""

    log: Path
    bounds: NDArray[np.int64]  # [pages, 2] start and stop

    def read_pages(self) -> Iterator[StrippedPage]:
        """The pages, in order."""
        log = PageLog(self.log)
        try:
            yield from (_decode(log.read(*bounds)) for bounds in self.bounds.tolist())
        finally:
            log.close()

    def read_bodies(self) -> Iterator[PageBodies]:
        """The articles of the pages, in order, without their removed spans."""
        log = PageLog(self.log)
        try:
            yield from (_decode_bodies(log.read(*bounds)) for bounds in self.bounds.tolist())
        finally:
            log.close()


def pack_page(page: Page, article: Article, text: str) -> Record:
    """A stripped page for `Spool.add`; `text` is what its article's spans index."""
    removed = tuple(
        Removed(page.id, s.start, s.end, s.kind, s.rule, text[s.start : s.end])
        for s in article.removed
    )
    embedded = (msgspec.structs.replace(one, spans=()) for one in article.embedded)
    articles = (msgspec.structs.replace(article, embedded=(), spans=()), *embedded)
    stripped = StrippedPage(
        articles=articles, is_file=_is_file(page), removed=removed, spans=article.spans
    )
    return pack_stripped(stripped)


def pack_stripped(page: StrippedPage) -> Record:
    """A stripped page as bytes."""
    return Record(len(page.articles), _encode(page))
