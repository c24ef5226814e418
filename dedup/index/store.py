"""The store: a log, and what this process derived from it, kept in step.

A change is a turn: no other writer's overlaps it, and before it decides anything it has read every
row that was stored before. Of a turn that comes to nothing no trace is left: what it changed in
memory is made anew from the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple

import numpy as np

from dedup.arrays import Numbers
from dedup.errors import StoreError
from dedup.index.answer import Answer, Asked, answer_copies, answer_stories
from dedup.index.columns import ALIVE, SPEAKS, Kept, Row, join_kept, pack_kept
from dedup.index.connect import show_place, worded_errors
from dedup.index.derived import Derived
from dedup.index.folder import Folder
from dedup.index.keys import Keys, View, copy_keys, id_keys, story_keys
from dedup.index.log import LogRow
from dedup.index.open import Clock, Opened
from dedup.index.prepare import Prepared
from dedup.index.record import Filed, Packer
from dedup.index.source import Status, is_speaking, read_rows
from dedup.records import Article


class Told(NamedTuple):
    """Answers for the articles of some pages, in order, and the articles they name, by place."""

    answers: list[Answer]
    known: dict[int, Filed]


_FETCHED = 1024  # articles read at a time
_STALE = 1 << 62  # beyond any log's end


class Store:
    """The log at one place, and what is derived from it in `folder`."""

    def __init__(self, opened: Opened, folder: Folder, clock: Clock) -> None:
        self.log, self.config = opened.log, opened.config
        self.folder, self._clock = folder, clock
        self.packer = Packer(store_text=self.config.index.store_text)
        head = self.log.look()
        self._recipes = head.recipes
        self.derived = self._derive(head.place)

    def _derive(self, stop: int) -> Derived:
        derived = Derived(self.folder, self.config, self.read)
        with worded_errors(self.log.where):
            derived.open(stop)
        return derived

    def read(self, start: int, stop: int) -> list[Row]:
        """The log's rows from one place to another, as `Derived` takes them."""
        return read_rows(self.log, self.packer, self.config.sketch, start, stop)

    def refresh(self) -> None:
        """Read what others have added."""
        head = self.log.look()
        self._check_recipe(head.recipes)
        if head.place < self.derived.next:
            self.derived = self._derive(head.place)
        with worded_errors(self.log.where):
            self.derived.advance(head.place)

    def _check_recipe(self, recipes: int) -> None:
        if recipes != self._recipes:
            place = show_place(self.log.where)
            raise StoreError(f"{place}: rebuilt by another process since it was opened; reopen it")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A change: it is stored when this ends."""
        before = self.derived.next
        try:
            with self.log.turn():
                head = self.log.take_places(0)
                self._check_recipe(head.recipes)
                if head.place < before:  # a turn came to nothing, or an older log was put back
                    self.derived = self._derive(head.place)
                self.derived.advance(head.place)
                before = self.derived.next
                yield
        except BaseException:
            if self.derived.next > before:
                self.derived.next = _STALE  # the next turn, or look, makes it anew
            raise
        with worded_errors(self.log.where):
            self.derived.seal()

    def take(self, count: int) -> int:
        """The first of the next places; within a turn."""
        return self.log.take_places(count).place - count if count else self.derived.next

    def find_ids(self, ids: Sequence[str]) -> dict[str, int]:
        """The places of those of these ids that the index has."""
        rows = np.arange(len(ids), dtype=np.uint32)
        keys = Keys(id_keys(ids), rows, np.full(len(ids), View.ID, dtype=np.uint8))
        found, places = self.derived.find(keys, np.full(len(ids), self.derived.next, np.uint32))
        stored = self.log.fetch(np.unique(places).tolist()) if len(places) else {}
        return {
            ids[row]: place
            for row, place in zip(found.tolist(), places.tolist(), strict=True)
            if place in stored and stored[place].id == ids[row]
        }

    def ask(self, pages: Sequence[Prepared]) -> Told:
        """What these pages' articles are next to those of the index."""
        asked = _asked(pages, None)
        if not asked.kept:
            return Told([], {})
        sketches, rows = join_kept(asked.kept), np.arange(len(asked.kept), dtype=np.uint32)
        shape = self.derived.shape
        alike = answer_copies(
            self.derived, asked, copy_keys(sketches, rows, shape), self.config, self._title_of
        )
        speaking = _speaking(asked, alike[0])
        keys = story_keys(sketches, speaking, shape)
        answers = answer_stories(self.derived, asked, keys, alike[0], alike[1:], self.config)
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
        sketches, copies = self.derived.enter(places, asked.kept, keys)

        def title_of(place: int) -> str | None:
            return own[place].article.title if place in own else self._title_of(place)

        alike = answer_copies(self.derived, asked, copies, self.config, title_of)
        speaking = _speaking(asked, alike[0])
        stories = self.derived.speak(sketches, speaking, places)
        answers = answer_stories(self.derived, asked, stories, alike[0], alike[1:], self.config)
        self.derived.count(sketches, speaking, places)
        named = _named(answers)
        known = {**self.fetch(named - own.keys()), **own}
        rows = again or self._make_rows(articles, asked.kept)
        self.log.append(
            [
                row._replace(
                    place=place,
                    status=int(answer.status),
                    canonical=place if answer.canonical is None else answer.canonical,
                )
                for place, row, answer in zip(places.tolist(), rows, answers, strict=True)
            ]
        )
        return Told(answers, known)

    def _make_rows(self, articles: Sequence[Article], kept: Sequence[Kept]) -> list[LogRow]:
        """Rows that are still to be given their places and what they were told."""
        added, store_text = self.now(), self.config.index.store_text
        return [
            LogRow(
                place=0,
                id=article.id,
                added=added,
                status=0,
                canonical=0,
                removed=None,
                digest=one.digest.tobytes(),
                article=self.packer.pack(article),
                sketch=None if store_text else pack_kept(one),
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

    def articles(self) -> Iterator[Article]:
        """Every article, in the order in which they were added."""
        places = self.alive().tolist()
        for start in range(0, len(places), _FETCHED):
            found = self.fetch(places[start : start + _FETCHED])
            yield from (found[place].article for place in sorted(found))

    def _title_of(self, place: int) -> str | None:
        return self.fetch([place])[place].article.title

    def remove(self, places: Sequence[int]) -> int:
        """Take the articles at these places out, those that are still in; returns how many.

        Within a turn. Where copies lose the article they are copies of, the earliest of them is
        taken in anew, so that their story can be found by it.
        """
        gone = [place for place in places if self.derived.flags[place] & ALIVE]
        self._log_removals(gone)
        heirs = self._find_heirs(gone)
        if heirs:
            rows = [self.log.fetch(heirs)[place] for place in heirs]
            self._log_removals(heirs)
            filed = self.fetch(heirs)
            pages = [Prepared((filed[h].article,), (self.derived.kept(h),)) for h in heirs]
            self.add(pages, rows)
        return len(gone)

    def _log_removals(self, gone: Sequence[int]) -> None:
        names = {place: row.id for place, row in self.log.fetch(gone).items()}
        added, first = self.now(), self.take(len(gone))
        rows = []
        for place, removed in enumerate(gone, first):
            self.derived.remove(place, removed)
            removal = LogRow(
                place, names[removed], added, Status.REMOVAL, place, removed, None, None, None
            )
            rows.append(removal)
        if rows:
            self.log.append(rows)

    def _find_heirs(self, gone: Sequence[int]) -> list[int]:
        """Of the copies of each article that is gone, the earliest that is there."""
        derived, end = self.derived, self.derived.next
        copies = (derived.flags[:end] & (ALIVE | SPEAKS)) == ALIVE
        orphans = np.flatnonzero(copies & np.isin(derived.canonical[:end], gone))
        _, earliest = np.unique(derived.canonical[orphans], return_index=True)
        return sorted(int(place) for place in orphans[earliest])

    def places_of(self, page_id: str) -> list[int]:
        """The places of a page's articles; none where the index has no such page."""
        places: list[int] = []
        name, number = page_id, 0
        while found := self.find_ids([name]):
            places += found.values()
            number += 1
            name = f"{page_id}#{number}"
        return places

    def added_before(self, moment: int) -> list[int]:
        """The places of the articles there are that were added before."""
        self.refresh()
        places = np.array(self.log.added_before(moment), dtype=np.int64)
        return [int(p) for p in places[(self.derived.flags[places] & ALIVE) > 0]]

    def compact(self) -> None:
        """Purge what was removed."""
        with self.turn():
            rows = self.derived.removed()
            self.log.purge(rows)
        self.derived.segments.rewrite(self.derived.flags)
        self.log.shrink()

    def statuses(self) -> list[int]:
        """What every article there is was told to be."""
        derived, places = self.derived, self.alive()
        speaks = (derived.flags[places] & SPEAKS) > 0
        own = derived.canonical[places] == places
        told = np.where(own, Status.NEW, np.where(speaks, Status.REWRITE, Status.COPY))
        return [int(status) for status in told]

    def alive(self) -> Numbers:
        """The places of all articles."""
        return np.flatnonzero(self.derived.flags[: self.derived.next] & ALIVE).astype(np.uint32)

    def close(self) -> None:
        """Keep on disk what is in memory, and close the log."""
        try:
            with worded_errors(self.log.where):
                if self.derived.next != _STALE:
                    self.derived.save()
        finally:
            self.log.close()


def _asked(pages: Sequence[Prepared], places: Numbers | None) -> Asked:
    articles = list(chain.from_iterable(page.articles for page in pages))
    kept = list(chain.from_iterable(page.kept for page in pages))
    return Asked(kept, [one.title for one in articles], [one.warnings for one in articles], places)


def _speaking(asked: Asked, answers: Sequence[Answer]) -> Numbers:
    told = zip(asked.kept, answers, asked.warnings, strict=True)
    speaks = [is_speaking(kept, answer.status, warned) for kept, answer, warned in told]
    return np.flatnonzero(speaks).astype(np.uint32)


def _named(answers: Iterable[Answer]) -> set[int]:
    places = {tied.place for answer in answers for tied in answer.ties}
    return places | {answer.canonical for answer in answers if answer.canonical is not None}
