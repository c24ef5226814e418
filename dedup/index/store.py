"""The store: a log, and what this process derived from it, kept in step.

A change is a transaction: no other writer's overlaps it, and before it decides anything it has
read every row that was stored before. A failed transaction is rolled back: what it changed in
memory is derived again from the log. Removal is here too, because it decides which article then
represents the copies of the one removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import chain, count
from typing import NamedTuple

import numpy as np

from dedup.arrays import Rows
from dedup.errors import StoreError
from dedup.index.answer.decide import Answer, Asked, answer_copies, answer_stories
from dedup.index.answer.prepare import Prepared
from dedup.index.location import show_place
from dedup.index.log.article_codec import Filed, Packer
from dedup.index.log.database import worded_errors
from dedup.index.log.recipe import Clock, Opened
from dedup.index.log.schema import Head, LogRow
from dedup.index.storage.array_file import TornError
from dedup.index.storage.derived import Derived
from dedup.index.storage.files import Folder, drop_beyond
from dedup.index.storage.lsh_keys import copy_keys, id_keys, story_keys
from dedup.index.storage.replay import Reader, is_speaking
from dedup.index.storage.sketch_block import ALIVE, KEPT_COPY, SPEAKS
from dedup.index.storage.stored_sketch import StoredSketch, join_stored, pack_stored
from dedup.index.verdict import Status
from dedup.progress import Progress
from dedup.records import Article


class Told(NamedTuple):
    """Answers for the articles of some pages, in order, and the articles they name, by place."""

    answers: list[Answer]
    known: dict[int, Filed]


_STALE = 1 << 62  # beyond any log's end


class Store:
    """The log at one place, and what is derived from it in `folder`."""

    def __init__(self, opened: Opened, folder: Folder, clock: Clock, progress: Progress) -> None:
        self.log, self.config = opened.log, opened.config
        self.folder, self._clock = folder, clock
        self.packer = Packer(store_text=self.config.index.store_text)
        self.read = Reader(self.log, self.packer, self.config.sketch)
        left = folder.list_all()  # before the log's end is asked for
        with self.log.view():
            head = self.log.look()
            self._recipes = head.recipes
            drop_beyond(left, head.next_sequence)
            with progress.stage("read the log", head.next_sequence) as self.read.advance:
                self.derived = self._derive(head.next_sequence)

    def _derive(self, stop: int) -> Derived:
        while True:  # until no file is damaged: a damaged one is deleted, and then derived anew
            derived = Derived(self.folder, self.config, self.read)
            with worded_errors(self.log.where), suppress(TornError):
                derived.open(stop)
                return derived

    def refresh(self) -> None:
        """Read what others have added."""
        with self.view():
            pass

    @contextmanager
    def view(self) -> Iterator[None]:
        """The log as it is now, which nothing changes until this ends."""
        with self._step(self.log.view(), self.log.look):
            yield

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A change: it is stored when this ends."""
        # What earlier turns filled, now and not after them: of an article that is stored the
        # verdict must be told, even where the disk has no room for what is derived from it.
        self._seal()
        with self._step(self.log.turn(), self.log.look_alone):
            yield

    @contextmanager
    def _step(
        self, transaction: AbstractContextManager[None], look: Callable[[], Head]
    ) -> Iterator[None]:
        """What changed in memory when this fails is made anew, by the next that looks."""
        before = self.derived, self.derived.next
        try:
            with transaction:
                self._catch_up(look())
                before = self.derived, self.derived.next
                yield
        except BaseException:
            if (self.derived, self.derived.next) != before:
                self.derived.next = _STALE
            raise

    def _catch_up(self, head: Head) -> None:
        self._check_recipe(head.recipes)
        # A transaction was rolled back, or an older log was put back.
        if head.next_sequence < self.derived.next:
            if self.derived.next != _STALE:
                drop_beyond(self.folder.list_all(), head.next_sequence)
            self.derived = self._derive(head.next_sequence)
        try:
            with worded_errors(self.log.where):
                self.derived.advance(head.next_sequence)
        except TornError:
            self.derived = self._derive(head.next_sequence)

    def _check_recipe(self, recipes: int) -> None:
        if recipes != self._recipes:
            place = show_place(self.log.where)
            raise StoreError(f"{place}: rebuilt by another process since it was opened; reopen it")

    def _seal(self) -> None:
        if self.derived.next == _STALE:
            return
        try:
            with worded_errors(self.log.where):
                self.derived.seal()
        except TornError:
            self.derived.next = _STALE
        except BaseException:
            self.derived.next = _STALE
            raise

    def take(self, count: int) -> int:
        """The first of the next places; within a turn."""
        return self.log.take_sequence(count).next_sequence - count if count else self.derived.next

    def find_ids(self, ids: Sequence[str]) -> dict[str, int]:
        """The places of those of these ids that the index has."""
        places = self.derived.find_ids(id_keys(ids))
        stored = self.log.fetch(places) if places else {}
        found = {row.id: place for place, row in stored.items()}
        return {name: found[name] for name in ids if name in found}

    def ask(self, pages: Sequence[Prepared]) -> Told:
        """What these pages' articles are next to those of the index."""
        asked = _asked(pages, None)
        if not asked.kept:
            return Told([], {})
        sketches, rows = asked.sketches, np.arange(len(asked.kept), dtype=np.uint32)
        shape = self.derived.shape
        alike = answer_copies(
            self.derived, asked, copy_keys(sketches, rows, shape), self.config, self._title_of
        )
        speaking = _speaking(asked, alike[0])
        keys = story_keys(sketches, speaking, shape)
        answers = answer_stories(self.derived, asked, keys, *alike, self.config)
        return Told(answers, self.fetch(_named(answers)))

    def add(self, pages: Sequence[Prepared], again: Sequence[LogRow] = ()) -> Told:
        """Take articles in; within a turn. `again`: the rows they had, if they had any."""
        articles = list(chain.from_iterable(page.articles for page in pages))
        if not articles:
            return Told([], {})
        first = self.take(len(articles))
        places = np.arange(first, first + len(articles), dtype=np.uint32)
        asked = _asked(pages, places)
        own = {place: Filed(one, len(one.text), True) for place, one in enumerate(articles, first)}
        keys = id_keys([one.id for one in articles])
        sketches = asked.sketches
        copies = self.derived.enter(places, asked.kept, sketches, keys)

        def title_of(place: int) -> str | None:
            return own[place].article.title if place in own else self._title_of(place)

        alike = answer_copies(self.derived, asked, copies, self.config, title_of)
        speaking = _speaking(asked, alike[0])
        stories = self.derived.speak(sketches, speaking, places)
        answers = answer_stories(self.derived, asked, stories, *alike, self.config)
        self.derived.count(sketches, speaking, places)
        named = _named(answers)
        known = {**self.fetch(named - own.keys()), **own}
        rows = again or self._make_rows(articles, asked.kept)
        self.log.append(
            [
                row._replace(
                    sequence=place,
                    status=int(answer.status),
                    canonical=place if answer.canonical is None else answer.canonical,
                )
                for place, row, answer in zip(places.tolist(), rows, answers, strict=True)
            ]
        )
        return Told(answers, known)

    def _make_rows(self, articles: Sequence[Article], kept: Sequence[StoredSketch]) -> list[LogRow]:
        """Rows that are still to be given their places and what they were told."""
        added, store_text = self.now(), self.config.index.store_text
        return [
            LogRow(
                sequence=0,
                id=article.id,
                added=added,
                status=0,
                canonical=0,
                removed=None,
                digest=one.digest.tobytes(),
                article=self.packer.pack(article),
                sketch=None if store_text else pack_stored(one),
            )
            for article, one in zip(articles, kept, strict=True)
        ]

    def now(self) -> int:
        """The time, in microseconds since 1970."""
        return int(self._clock() * 1_000_000)

    def fetch(self, places: Iterable[int]) -> dict[int, Filed]:
        """The articles at these places."""
        wanted = sorted(places)
        rows = self.log.fetch(wanted) if wanted else {}
        return {
            place: self.packer.unpack(row.article or b"", row.id) for place, row in rows.items()
        }

    def _title_of(self, place: int) -> str | None:
        return self.fetch([place])[place].article.title

    def places_of(self, page_id: str) -> list[int]:
        """The places of a page's articles; none where the index has no such page."""
        places: list[int] = []
        for number in count():
            name = f"{page_id}#{number}" if number else page_id
            found = self.fetch(self.find_ids([name]).values())
            # Another page may have the id that an embedded article would have.
            own = [place for place, filed in found.items() if filed.article.page == page_id]
            if not own:
                break
            places += own
        return places

    def added_before(self, moment: int) -> list[int]:
        """The places of the articles there are that were added before."""
        with self.view():
            places = np.array(self.log.added_before(moment), dtype=np.int64)
        return [int(p) for p in places[(self.derived.flags[places] & ALIVE) > 0]]

    def compact(self) -> None:
        """Purge what was removed."""
        with self.turn():
            rows = self.derived.removed()
            self.log.purge(rows)
        with worded_errors(self.log.where):
            self.derived.segments.rewrite(self.derived.flags)
        self.log.shrink()

    def statuses(self) -> list[int]:
        """What every article there is was told to be."""
        derived, places = self.derived, self.alive()
        speaks = (derived.flags[places] & SPEAKS) > 0
        own = derived.canonical[places] == places
        told = np.where(own, Status.NEW, np.where(speaks, Status.REWRITE, Status.COPY))
        told[(derived.flags[places] & KEPT_COPY) > 0] = Status.VERSION
        return [int(status) for status in told]

    def kept(self) -> Rows:
        """The places of the articles that are no copies; versions are kept."""
        alive, statuses = self.alive(), np.array(self.statuses())
        kept: Rows = alive[statuses != Status.COPY] if len(alive) else alive
        return kept

    def alive(self) -> Rows:
        """The places of all articles."""
        return np.flatnonzero(self.derived.flags[: self.derived.next] & ALIVE).astype(np.uint32)

    def close(self) -> None:
        """Keep on disk what is in memory, and close the log."""
        try:
            if self.log.is_open() and self.derived.next != _STALE:
                with suppress(OSError, TornError):  # no room: the next open derives it from the log
                    self.derived.seal()
                    self.derived.save()
        finally:
            self.log.close()


def _asked(pages: Sequence[Prepared], places: Rows | None) -> Asked:
    articles = list(chain.from_iterable(page.articles for page in pages))
    kept = list(chain.from_iterable(page.kept for page in pages))
    titles, doubts = [one.title for one in articles], [one.in_doubt for one in articles]
    texts = [one.text or None for one in articles]
    return Asked(kept, join_stored(kept), titles, texts, doubts, places)


def _speaking(asked: Asked, answers: Sequence[Answer]) -> Rows:
    told = zip(asked.kept, answers, asked.doubts, strict=True)
    speaks = [is_speaking(kept, one.status, in_doubt=doubt) for kept, one, doubt in told]
    return np.flatnonzero(speaks).astype(np.uint32)


def _named(answers: Iterable[Answer]) -> set[int]:
    places = {tied.place for answer in answers for tied in answer.ties}
    places |= {answer.like for answer in answers if answer.like is not None}
    return places | {answer.canonical for answer in answers if answer.canonical is not None}


def remove_articles(store: Store, places: Sequence[int], going: Sequence[int] = ()) -> int:
    """Take the articles at these places out, those that are still in; returns how many.

    Within a turn. Copies that lose the article they are copies of are taken in anew, in their
    order: the earliest then speaks for their story, and the others are copies of it. So are those
    of a set that loses a version, which may have covered any of them. Not those at
    places of `going`, which are to be taken out next.
    """
    derived = store.derived
    gone = [place for place in places if derived.flags[place] & ALIVE]
    kept = [place for place in gone if derived.flags[place] & (SPEAKS | KEPT_COPY)]
    sets = {*gone, *derived.canonical[kept].tolist()}  # a rewrite, or a version, covers copies too
    _log_removals(store, gone)
    heirs = _find_heirs(derived, sorted(sets), going)
    if heirs:
        rows = [store.log.fetch(heirs)[place] for place in heirs]
        _log_removals(store, heirs)
        filed = store.fetch(heirs)
        pages = [Prepared((filed[h].article,), (store.derived.kept(h),)) for h in heirs]
        store.add(pages, rows)
    return len(gone)


def _log_removals(store: Store, gone: Sequence[int]) -> None:
    names = {place: row.id for place, row in store.log.fetch(gone).items()}
    added, first = store.now(), store.take(len(gone))
    rows = []
    for place, removed in enumerate(gone, first):
        store.derived.remove(place, removed)
        removal = LogRow(
            place, names[removed], added, Status.REMOVAL, place, removed, None, None, None
        )
        rows.append(removal)
    if rows:
        store.log.append(rows)


def _find_heirs(derived: Derived, gone: Sequence[int], going: Sequence[int]) -> list[int]:
    """The copies that may have lost what covered them, those that are there, ascending.

    `gone` are the articles taken out, or the canonical ones of the sets that they covered.
    """
    end = derived.next
    copies = (derived.flags[:end] & (ALIVE | SPEAKS)) == ALIVE
    copies[np.array(going, dtype=np.int64)] = False
    orphans = np.flatnonzero(copies & np.isin(derived.canonical[:end], gone))
    return [int(place) for place in orphans]
