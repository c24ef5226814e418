"""The spool: stripped pages on disk while a run is under way, in SQLite.

Texts wait here, so that memory grows with sketches only; an interrupted run finds them again, so
that `--resume` strips nothing twice. A page is known by its digest: of what was read and of how it
was stripped. It goes with its run's work folder.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, overload

import msgspec
import xxhash

from dedup.errors import InputError
from dedup.records import Article, Page, Rejected, SpanKind

_PAGE_ENDINGS = (".txt", ".html", ".htm", ".md")

# Exclusive: two runs in one folder would number each other's rows.
_SETTINGS = """
PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;
"""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS pages (digest BLOB PRIMARY KEY, articles INTEGER, record BLOB);
CREATE TABLE IF NOT EXISTS rows (row INTEGER PRIMARY KEY, digest BLOB, place INTEGER);
CREATE TABLE IF NOT EXISTS trimmed (digest BLOB PRIMARY KEY, record BLOB);
"""
# Each row's page, as it was trimmed or else as it was stripped.
_RECORDS = """
SELECT digest, COALESCE(trimmed.record, pages.record), place
FROM rows JOIN pages USING (digest) LEFT JOIN trimmed USING (digest)
"""


class Removed(msgspec.Struct, frozen=True):
    """A removed span of a page, with its text: a line of `removed.jsonl`."""

    page: str
    start: int
    end: int
    kind: SpanKind
    rule: str
    text: str


class StrippedPage(msgspec.Struct, frozen=True):
    """What a page came to: its articles, the main one first, and what left it."""

    articles: tuple[Article, ...]  # only the main one with its spans
    removed: tuple[Removed, ...]
    is_file: bool  # the page was a file of its own: its kept body becomes one too


class Record(NamedTuple):
    """A stripped page, packed."""

    articles: int
    data: bytes


class Reading(NamedTuple):
    """One page as it was read this time."""

    digest: bytes
    id: str
    source: str
    length: int  # characters


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(StrippedPage).decode


def digest_page(page: Page, recipe: str) -> bytes:
    """What tells this page, stripped by this recipe, from any other: 16 bytes of xxh3_128.

    `source` is left out: a page that moved is the same page.
    """
    told = (page.id, page.text, page.is_html, page.url, page.outlet, page.published, page.language)
    return xxhash.xxh3_128_digest(_encode((recipe, _is_file(page), *told)))


def _is_file(page: Page) -> bool:
    return page.source.lower().endswith(_PAGE_ENDINGS)  # not "pages.jsonl:17"


class Spool(Sequence[Article]):
    """The articles of a run, by row once `number_rows` was called: the run's corpus."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
            # A spool may be lost, never wrong: no fsync, but whole transactions.
            self._db.executescript(_SETTINGS + _SCHEMA)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise InputError(f"{path}: another run is writing there; wait for it") from None
            message = f"{path}: not this program's spool ({error}); delete it and run again"
            raise InputError(message) from None
        self._count = 0
        self.is_open = True

    def knows(self, digest: bytes) -> bool:
        """Whether this page was stripped before."""
        query = "SELECT 1 FROM pages WHERE digest = ?"
        return self._db.execute(query, (digest,)).fetchone() is not None

    def holds_pages(self) -> bool:
        """Whether any page was stripped."""
        return self._db.execute("SELECT 1 FROM pages LIMIT 1").fetchone() is not None

    def add(self, readings: Sequence[Reading], records: Sequence[Record]) -> None:
        """Keep stripped pages, as `encode_page` makes them, in one transaction."""
        rows = [(r.digest, *record) for r, record in zip(readings, records, strict=True)]
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", rows)
        self._db.execute("COMMIT")

    def number_rows(self, readings: Iterable[Reading]) -> list[Rejected]:
        """Give each article of these pages its row, in order of page id; returns the refused.

        Of several pages with one id the longest stays, of equals the one with the smallest digest:
        which was read first is no reason. Pages that were the same to the letter are one page.
        A page may not have the id of an article that another page embeds (`a#1`).
        """
        kept: dict[str, Reading] = {}
        refused: list[Rejected] = []
        for reading in sorted(readings, key=lambda r: (-r.length, r.digest, r.source)):
            first = kept.setdefault(reading.id, reading)
            if first is not reading:
                refused.append(Rejected(reading.source, _word_repeat(reading, first)))
        self._db.execute("BEGIN")
        # What was trimmed, was trimmed for another set of pages.
        self._db.execute("DELETE FROM rows")
        self._db.execute("DELETE FROM trimmed")
        self._count = 0
        articles: dict[str, int] = {}  # of each page that was numbered
        for page_id in sorted(kept):  # "a" before "a#1"
            page, _, number = page_id.rpartition("#")
            if number in map(str, range(1, articles.get(page, 0))):
                refused.append(Rejected(kept[page_id].source, _word_clash(page_id, kept[page])))
            else:
                articles[page_id] = self._number_page(kept[page_id].digest)
        self._db.execute("COMMIT")
        return refused

    def _number_page(self, digest: bytes) -> int:
        query = "SELECT articles FROM pages WHERE digest = ?"
        articles: int = self._db.execute(query, (digest,)).fetchone()[0]
        rows = [(self._count + place, digest, place) for place in range(articles)]
        self._db.executemany("INSERT INTO rows VALUES (?, ?, ?)", rows)
        self._count += articles
        return articles

    def pages(self) -> Iterator[StrippedPage]:
        """The numbered pages, in order."""
        for _, record, _ in self._db.execute(f"{_RECORDS} WHERE place = 0 ORDER BY row"):
            yield _decode(record)

    def trim_pages(self, trim: Callable[[StrippedPage], StrippedPage | None]) -> int:
        """Put what `trim` makes of a numbered page in its stead, None: as it is; returns how many.

        The pages as they were stripped stay in the spool, for `--resume`.
        """
        trimmed = 0
        # Beside the table that is being read, so that no page is seen trimmed already.
        self._db.execute("BEGIN")
        self._db.execute("CREATE TEMP TABLE new (digest BLOB, record BLOB)")
        for digest, record, _ in self._db.execute(f"{_RECORDS} WHERE place = 0 ORDER BY row"):
            page = trim(_decode(record))
            if page:
                self._db.execute("INSERT INTO new VALUES (?, ?)", (digest, _encode(page)))
                trimmed += 1
        self._db.execute("INSERT OR REPLACE INTO trimmed SELECT digest, record FROM new")
        self._db.execute("DROP TABLE new")
        self._db.execute("COMMIT")
        return trimmed

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Article]:
        for page in self.pages():
            yield from page.articles

    @overload
    def __getitem__(self, row: int) -> Article: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Article]: ...
    def __getitem__(self, row: int | slice) -> Article | Sequence[Article]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        found = self._db.execute(f"{_RECORDS} WHERE row = ?", (row,)).fetchone()
        if found is None:
            raise IndexError(row)
        _, record, place = found
        article: Article = _decode(record).articles[place]
        return article

    def close(self) -> None:
        """Close the file; it stays for `--resume`."""
        self.is_open = False
        self._db.close()


def _word_repeat(refused: Reading, kept: Reading) -> str:
    if refused.digest == kept.digest:
        return f"id {refused.id!r} again, the same page as {kept.source}"
    return f"id {refused.id!r} is also that of {kept.source}, which is kept; give each its own id"


def _word_clash(refused_id: str, kept: Reading) -> str:
    message = f"id {refused_id!r} is that of an article embedded in {kept.source}"
    return f"{message}; give the page another id"


def encode_page(page: Page, article: Article, text: str) -> Record:
    """A stripped page for `Spool.add`; `text` is what its article's spans index."""
    removed = tuple(
        Removed(page.id, s.start, s.end, s.kind, s.rule, text[s.start : s.end])
        for s in article.removed
    )
    embedded = (msgspec.structs.replace(one, spans=()) for one in article.embedded)
    articles = (msgspec.structs.replace(article, embedded=()), *embedded)
    return Record(len(articles), _encode(StrippedPage(articles, removed, _is_file(page))))
