"""The index: "have we got this already?", asked for each page as it arrives, for years."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import RLock
from types import TracebackType

from dedup.config import Config
from dedup.errors import InputError
from dedup.index.answer.evidence import tell_page
from dedup.index.answer.prepare import Prepared, find_flaw, prepare_pages
from dedup.index.integrity import measure_store, prove_store
from dedup.index.location import MEMORY, show_place
from dedup.index.log.recipe import Clock, Opened, open_log, rebuild_log, system_clock
from dedup.index.recluster import regroup_store
from dedup.index.storage.files import Folder, find_cache
from dedup.index.store import Store, Told, remove_articles
from dedup.index.verdict import Fault, IndexStats, Verdict
from dedup.progress import NoProgress, Progress
from dedup.records import Article, Cluster, Page, Rejected

_BATCH = 256  # pages of one turn
_REMOVED = 1024  # articles taken out in one turn
_NO_PROGRESS = NoProgress()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Index:
    """An index that is open; use it in `with`, or close it. Its methods may be called by threads.

    All of them raise `StoreError` where the log cannot be read or written; what a method has
    returned for is stored.
    """

    def __init__(self, store: Store, where: str, recipe: str, passing: Path | None) -> None:
        self._store, self._where, self._recipe = store, where, recipe
        self._passing = passing  # a folder to delete in the end
        self._lock = RLock()

    def add(self, page: Page | Article) -> Verdict:
        """Take a page in, and say what its article is next to all that came before.

        Raises `InputError` where the index has its id.
        """
        return next(self.add_many([page]))

    def add_many(
        self, pages: Iterable[Page | Article], *, rejected: list[Rejected] | None = None
    ) -> Iterator[Verdict]:
        """Take many pages in, far faster; each batch of verdicts is given once it is stored.

        A page whose id the index has goes to `rejected`, where that is given; else `InputError`
        is raised, and nothing of its batch is stored.
        """
        source = iter(pages)
        while batch := list(islice(source, _BATCH)):
            yield from self._add(batch, rejected)

    def _add(
        self, pages: Sequence[Page | Article], rejected: list[Rejected] | None
    ) -> list[Verdict]:
        sound = self._refuse_flawed(pages, rejected)
        prepared = prepare_pages(sound, self._store.config)
        with self._lock:
            with self._store.turn():
                fresh = self._refuse_known(prepared, rejected)
                told = self._store.add(fresh)
            return self._tell(fresh, told)

    def _refuse_flawed(
        self, pages: Sequence[Page | Article], rejected: list[Rejected] | None = None
    ) -> list[Page | Article]:
        sound = []
        for page in pages:
            flaw = find_flaw(page)
            if flaw is None:
                sound.append(page)
            elif rejected is None:
                raise InputError(f"{show_place(self._where)}: {flaw}")
            else:
                place = getattr(page, "source", "") or ascii(getattr(page, "id", page))
                rejected.append(Rejected(place, flaw))
        return sound

    def _refuse_known(
        self, pages: Sequence[Prepared], rejected: list[Rejected] | None
    ) -> list[Prepared]:
        """The pages none of whose articles' ids is known, or comes twice."""
        seen = set(self._store.find_ids([one.id for page in pages for one in page.articles]))
        fresh = []
        for page in pages:
            ids = [one.id for one in page.articles]
            repeated = next((name for name in ids if name in seen), None)
            if repeated is None:
                seen.update(ids)
                fresh.append(page)
                continue
            reason = f"the index has the id {repeated!r}; replace it, or remove it first"
            if rejected is None:
                raise InputError(f"{show_place(self._where)}: {reason}")
            rejected.append(Rejected(page.source or page.id, reason))
        return fresh

    def _tell(self, pages: Sequence[Prepared], told: Told) -> list[Verdict]:
        answers = iter(told.answers)
        verify = self._store.config.verify
        return [
            tell_page(page.articles, [next(answers) for _ in page.articles], told.known, verify)
            for page in pages
        ]

    def query(self, page: Page | Article) -> Verdict:
        """What a page's article would be if it were added; nothing is stored."""
        prepared = prepare_pages(self._refuse_flawed([page]), self._store.config)
        with self._lock:
            with self._store.view():
                told = self._store.ask(prepared)
            return self._tell(prepared, told)[0]

    def remove(self, page_id: str) -> int:
        """Take a page out, with the articles it embeds; returns how many articles there were.

        Raises `InputError` where the index has no such page.
        """
        with self._lock, self._store.turn():
            places = self._store.places_of(page_id)
            if not places:
                raise InputError(f"{show_place(self._where)}: no page has the id {page_id!r}")
            return remove_articles(self._store, places)

    def replace(self, page: Page | Article) -> Verdict:
        """Take a page in, and out what the index has under its id, if anything, in one turn."""
        prepared = prepare_pages(self._refuse_flawed([page]), self._store.config)
        with self._lock:
            with self._store.turn():
                remove_articles(self._store, self._store.places_of(prepared[0].id))
                self._refuse_known(prepared, None)
                told = self._store.add(prepared)
            return self._tell(prepared, told)[0]

    def expire(self, before: datetime) -> int:
        """Take out every article that was added before a moment; returns how many.

        A moment without a time zone is UTC.
        """
        moment = before if before.tzinfo else before.replace(tzinfo=UTC)
        microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
        removed = 0
        with self._lock:
            places = self._store.added_before(microseconds)
            for start in range(0, len(places), _REMOVED):
                with self._store.turn():
                    chosen = places[start : start + _REMOVED]
                    removed += remove_articles(self._store, chosen, places)
        return removed

    def clusters(self, progress: Progress = _NO_PROGRESS) -> list[Cluster]:
        """Copies, then stories, of all that the index has: those a batch run makes of its pages."""
        with self._lock:
            self._store.refresh()
            return regroup_store(self._store, progress)

    def kept_articles(self) -> Iterator[Article]:
        """The articles that the index did not call copies when they came, with their bodies.

        Raises `InputError` where bodies are not stored.
        """
        if not self._store.config.index.store_text:
            place = show_place(self._where)
            raise InputError(f"{place}: bodies are not stored (store_text: false)")
        with self._lock:
            self._store.refresh()
            places = self._store.kept().tolist()
        for start in range(0, len(places), _REMOVED):
            with self._lock:
                found = self._store.fetch(places[start : start + _REMOVED])
            yield from (found[place].article for place in sorted(found))

    def stats(self) -> IndexStats:
        """What the index holds, and what that takes."""
        with self._lock:
            self._store.refresh()
            return measure_store(self._store, self._recipe)

    def compact(self) -> None:
        """Delete what was removed, from the log and from the postings, and give the room back."""
        with self._lock:
            self._store.compact()

    def verify(self) -> list[Fault]:
        """Hold the postings against the log and the log against the postings; no fault is found
        in an index that is well."""
        with self._lock, self._store.view():
            return prove_store(self._store)

    def __contains__(self, page_id: str) -> bool:
        with self._lock:
            self._store.refresh()
            return page_id in self._store.find_ids([page_id])

    def __len__(self) -> int:
        with self._lock:
            self._store.refresh()
            return len(self._store.alive())

    def __iter__(self) -> Iterator[Article]:
        """Every article, in the order in which they were added."""
        with self._lock:
            self._store.refresh()
            places = self._store.alive().tolist()
        for start in range(0, len(places), _BATCH):
            with self._lock:
                found = self._store.fetch(places[start : start + _BATCH])
            yield from (found[place].article for place in sorted(found))

    def close(self) -> None:
        """Close the index; what is kept in memory is saved, to open fast."""
        with self._lock:
            own = self._store.log.is_open()
            self._store.close()
            if own and self._passing is not None:
                shutil.rmtree(self._passing, ignore_errors=True)

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_index(
    where: str | Path,
    config: Config | None = None,
    *,
    cache: str | Path | None = None,
    clock: Clock = system_clock,
    create: bool = True,
    progress: Progress = _NO_PROGRESS,
) -> Index:
    """The index at `where`, made if there is none, unless it is not to `create` one.

    `where` is a folder, `postgresql://user@host/database`, or `:memory:`. `config` is by default
    the one it was made with. What is derived from a PostgreSQL log is kept in `cache`, by default a
    folder of the user's cache. `clock` gives the seconds since 1970 that articles are added at.
    `progress` is told how far it is with a log that was never read here, or not for long.

    Raises `StoreError` where it cannot be opened, is something else, or has another recipe.
    """
    opened = open_log(str(where), config, create=create)
    return _open(opened, cache, clock, progress)


def rebuild_index(
    where: str | Path,
    config: Config | None = None,
    *,
    cache: str | Path | None = None,
    progress: Progress = _NO_PROGRESS,
) -> None:
    """Sketch an index's stored bodies anew: by `config`, else by its own and this version's rules.

    Bodies are not stripped anew, for the pages are not kept. Where it is interrupted, the next
    open goes on. Raises `StoreError` where bodies are not stored.
    """
    rebuild_log(str(where), config)
    with _open(open_log(str(where), config), cache, system_clock, progress) as index:
        index._store.folder.drop_others()


def _open(opened: Opened, cache: str | Path | None, clock: Clock, progress: Progress) -> Index:
    where = opened.log.where
    passing = Path(tempfile.mkdtemp(prefix="dedup-")) if where == MEMORY else None
    try:
        folder = Folder((passing or find_cache(where, cache, opened.name)) / opened.recipe)
        return Index(Store(opened, folder, clock, progress), where, opened.recipe, passing)
    except BaseException:
        opened.log.close()
        raise
