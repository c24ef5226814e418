"""Remove: articles taken out of an index, and who then speaks for their copies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.index.block import ALIVE, SPEAKS
from dedup.index.derived import Derived
from dedup.index.prepare import Prepared
from dedup.index.schema import LogRow
from dedup.index.source import Status
from dedup.index.store import Store


def remove_articles(store: Store, places: Sequence[int], going: Sequence[int] = ()) -> int:
    """Take the articles at these places out, those that are still in; returns how many.

    Within a turn. Copies that lose the article they are copies of are taken in anew, in their
    order: the earliest then speaks for their story, and the others are copies of it. Not those at
    places of `going`, which are to be taken out next.
    """
    gone = [place for place in places if store.derived.flags[place] & ALIVE]
    _log_removals(store, gone)
    heirs = _find_heirs(store.derived, gone, going)
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
    """The copies of the articles that are gone, those that are there, ascending."""
    end = derived.next
    copies = (derived.flags[:end] & (ALIVE | SPEAKS)) == ALIVE
    copies[np.array(going, dtype=np.int64)] = False
    orphans = np.flatnonzero(copies & np.isin(derived.canonical[:end], gone))
    return [int(place) for place in orphans]
