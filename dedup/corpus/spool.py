"""The spool: stripped pages on disk while a run is under way.

Texts wait here, so that memory grows with sketches only. An interrupted run finds them again, so
`--resume` strips nothing twice. A page is known by the digest of what was read and of how it was
stripped. The spool is deleted with the work folder of its run.

Pages lie packed in a log. SQLite lists them in the order in which they were added, and holds the
lock on the folder. Bytes of the log after the last listed page are cut off: they belong to a page
that was not added whole, or to one that was trimmed for one search only.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.page_log import (
    PageBodies,
    PageLog,
    PageRanges,
    Record,
    StrippedPage,
    pack_stripped,
)
from dedup.errors import InputError
from dedup.records import Article, Rejected

# Exclusive: two runs in one folder would number each other's rows.
# A spool may be lost, never wrong: no fsync, but whole transactions.
_SETTINGS = """
PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;
"""
_SCHEMA = "CREATE TABLE IF NOT EXISTS pages (digest BLOB, articles INTEGER, stop INTEGER);"


class Reading(NamedTuple):
    """One page as it was read this time."""

    digest: bytes
    id: str
    source: str
    length: int  # characters


class Spool(Sequence[Article]):
    """The articles of a run, by row once `number_rows` was called: the run's corpus."""

    def __init__(self, folder: Path, *, keep: bool = True) -> None:
        """Open the spool in `folder`; without `keep`, what it held is deleted.

        Raises `InputError` where another run has it open, and for a file of another program.
        """
        self._db = _open_database(folder / "spool.sqlite", keep=keep)
        self._log = PageLog(folder / "spool.log")
        self._number: dict[bytes, int] = {}  # of a page, by digest
        self._articles = array("q")  # of a page, by number
        self._stops = array("q", [0])  # where a page ends in the log; the next begins there
        known = self._db.execute("SELECT digest, articles, stop FROM pages ORDER BY rowid")
        for digest, articles, stop in known:
            if stop <= self._log.size:
                self._remember(digest, articles, stop)
        self._bounds: NDArray[np.int64] = np.zeros((0, 2), dtype=np.int64)  # of numbered pages
        self._first_rows: NDArray[np.int64] = np.zeros(1, dtype=np.int64)  # of these, and the end
        self.is_open = True

    def _remember(self, digest: bytes, articles: int, stop: int) -> None:
        self._number[digest] = len(self._articles)
        self._articles.append(articles)
        self._stops.append(stop)

    def knows(self, digest: bytes) -> bool:
        """Whether this page was stripped before."""
        return digest in self._number

    def holds_pages(self) -> bool:
        """Whether any page was stripped."""
        return bool(self._number)

    def add(self, readings: Sequence[Reading], records: Sequence[Record]) -> None:
        """Keep stripped pages, as `pack_page` makes them, in one transaction."""
        self._log.cut(self._stops[-1])
        self._log.append(b"".join(record.data for record in records))
        rows = []
        for reading, record in zip(readings, records, strict=True):
            self._remember(reading.digest, record.articles, self._stops[-1] + len(record.data))
            rows.append((reading.digest, record.articles, self._stops[-1]))
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO pages VALUES (?, ?, ?)", rows)
        self._db.execute("COMMIT")

    def number_rows(self, readings: Iterable[Reading]) -> list[Rejected]:
        """Give each article of these pages its row, in order of page id; returns the refused.

        Of several pages with one id the longest stays; of equally long ones, the one with the
        smallest digest, so that the order of reading does not matter. Identical pages are one page.
        A page may not have the id of an article that another page embeds (`a#1`).
        """
        self._log.cut(self._stops[-1])  # what was trimmed, was trimmed for another set of pages
        kept, refused = _settle_repeats(readings)
        numbers: list[int] = []
        embedding: dict[str, int] = {}  # articles of a page that embeds others
        for page_id in sorted(kept):  # "a" before "a#1"
            page, _, place = page_id.rpartition("#")
            if page in embedding and place in map(str, range(1, embedding[page])):
                refused.append(Rejected(kept[page_id].source, _describe_clash(page_id, kept[page])))
                continue
            numbers.append(self._number[kept[page_id].digest])
            if self._articles[numbers[-1]] > 1:
                embedding[page_id] = self._articles[numbers[-1]]
        taken = np.array(numbers, dtype=np.int64)
        stops = np.array(self._stops, dtype=np.int64)
        self._bounds = np.stack([stops[taken], stops[taken + 1]], axis=1)
        articles = np.array(self._articles, dtype=np.int64)[taken]
        self._first_rows = np.concatenate([[0], np.cumsum(articles)]).astype(np.int64)
        return refused

    def place_pages(self) -> PageRanges:
        """Where the numbered pages lie, in order."""
        return PageRanges(self._log.path, self._bounds.copy())

    def place_parts(self, pages: int) -> Iterator[tuple[PageRanges, slice]]:
        """Where the numbered pages lie, `pages` at a time, and the rows of their articles."""
        for start in range(0, len(self._bounds), pages):
            bounds = self._bounds[start : start + pages]
            rows = slice(*self._first_rows[[start, start + len(bounds)]].tolist())
            yield PageRanges(self._log.path, bounds), rows

    def place_rows(self, rows: NDArray[np.int64]) -> tuple[PageRanges, NDArray[np.int64]]:
        """Where the pages of these rows lie, and which of its page's articles each row is."""
        pages = np.searchsorted(self._first_rows, rows, side="right") - 1
        return PageRanges(self._log.path, self._bounds[pages]), rows - self._first_rows[pages]

    def select(self, rows: NDArray[np.int64]) -> Iterator[Article]:
        """The articles of these rows."""
        places, within = self.place_rows(rows)
        for page, place in zip(places.read_bodies(), within.tolist(), strict=True):
            yield page.articles[place]

    def pages(self) -> Iterator[StrippedPage]:
        """The numbered pages, in order."""
        return self.place_pages().read_pages()

    def bodies(self) -> Iterator[PageBodies]:
        """The articles of the numbered pages, in order, without their removed spans."""
        return self.place_pages().read_bodies()

    def trim_pages(self, trim: Callable[[StrippedPage], StrippedPage | None]) -> NDArray[np.bool_]:
        """Replace each numbered page by what `trim` returns; None leaves the page as it is.

        Returns by row whether its page was trimmed. The pages as they were stripped stay in the
        spool, for `--resume`.
        """
        trimmed = np.zeros(len(self._bounds), dtype=np.bool_)
        for place, page in enumerate(self.pages()):
            changed = trim(page)
            if changed:
                start = self._log.size
                self._log.append(pack_stripped(changed).data)
                self._bounds[place] = start, self._log.size
                trimmed[place] = True
        return np.repeat(trimmed, np.diff(self._first_rows))

    def __len__(self) -> int:
        return int(self._first_rows[-1])

    def __iter__(self) -> Iterator[Article]:
        for page in self.bodies():
            yield from page.articles

    @overload
    def __getitem__(self, row: int) -> Article: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Article]: ...
    def __getitem__(self, row: int | slice) -> Article | Sequence[Article]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        if not 0 <= row < len(self):
            raise IndexError(row)
        (article,) = self.select(np.array([row]))
        return article

    def close(self) -> None:
        """Close the files; they stay for `--resume`."""
        self.is_open = False
        self._log.close()
        self._db.close()


def _open_database(path: Path, *, keep: bool) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(path, timeout=0, isolation_level=None)
        database.executescript(_SETTINGS + _SCHEMA)
        database.execute("SELECT digest, articles, stop FROM pages LIMIT 0")
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            raise InputError(f"{path}: another run is writing there; wait for it") from None
        if not keep:
            path.unlink()
            return _open_database(path, keep=True)
        message = f"{path}: not this program's spool ({error}); delete it and run again"
        raise InputError(message) from None
    if not keep:
        database.execute("DELETE FROM pages")
    return database


def _settle_repeats(readings: Iterable[Reading]) -> tuple[dict[str, Reading], list[Rejected]]:
    """Of the pages with one id the one that is kept, and the others, refused."""
    kept: dict[str, Reading] = {}
    repeats: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        if kept.setdefault(reading.id, reading) is not reading:
            repeats[reading.id].append(reading)
    refused = []
    for page_id, others in repeats.items():
        ordered = sorted([kept[page_id], *others], key=lambda r: (-r.length, r.digest, r.source))
        kept[page_id] = ordered[0]
        refused += [Rejected(r.source, _describe_repeat(r, ordered[0])) for r in ordered[1:]]
    return kept, refused


def _describe_repeat(refused: Reading, kept: Reading) -> str:
    if refused.digest == kept.digest:
        return f"id {refused.id!r} again, the same page as {kept.source}"
    message = (
        f"id {refused.id!r} is also that of {kept.source}, which is kept; give each its own id"
    )
    return f"{message} (a file's is its path below the folder you name, without the ending)"


def _describe_clash(refused_id: str, kept: Reading) -> str:
    message = f"id {refused_id!r} is that of an article embedded in {kept.source}"
    return f"{message}; give the page another id"
