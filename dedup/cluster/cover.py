"""The cover: which members of a set of copies are kept, so that nothing they say is lost.

The canonical is kept first. Then, greedily, the member that adds most shingles, until no other
member has more text of its own than `keep.max_lost` and `keep.max_lost_words` allow. A member kept
for its own text is a *version* of the canonical. A member is dropped only if the kept ones have its
text, and if it is, verified, a copy of one of them. The work is linear in the shingles of a set.

Greedy set cover: V. Chvátal, "A greedy heuristic for the set-covering problem" (1979).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Rows
from dedup.cluster.linkage import Group
from dedup.config import Config
from dedup.match.verify import verify_pairs
from dedup.sketch.build import order_texts
from dedup.sketch.columns import Sketches
from dedup.sketch.shingles import find_lost

_MEMBERS = 4096  # of sets looked at together: their shingles take some 20 MB
_MOST_HOMES = 8  # kept members among which the best match of a dropped one is looked for
# The bodies of these rows (ascending), in order; None where bodies are not stored.
TextsOf = Callable[[NDArray[np.int64]], Iterable[str | None]]


class Cover(NamedTuple):
    """What is kept of one set of copies, and what is dropped, by row."""

    versions: tuple[int, ...]  # kept beside the canonical, ascending
    # Each dropped row with the kept ones that have its text; the first is its verified match.
    covered_by: dict[int, tuple[int, ...]]


@dataclass(slots=True, eq=False)
class _CopySet:
    """A set of copies while its cover is chosen. Members are numbered as in `rows`."""

    rows: NDArray[np.int64]  # [members] those that may be kept or dropped, ascending
    shingles: Rows  # [n] the distinct shingles of the set, ascending
    numbers: NDArray[np.int64]  # the shingles of each member, as numbers of `shingles`
    offsets: NDArray[np.int64]  # [members + 1] where each member's numbers start
    owners: NDArray[np.int64]  # the members that have each shingle
    owner_offsets: NDArray[np.int64]  # [n + 1] where each shingle's owners start
    missing: NDArray[np.int64]  # [members] shingles of each that no kept member has
    home: NDArray[np.int64]  # [n] which kept member was the first to have it; -1 for none
    repeats: NDArray[np.int64]  # [members] shingles of each that it has before
    allowed: NDArray[np.float64]  # [members] shingles of each that may be lost
    kept: list[int] = field(default_factory=list)  # members, in the order they were chosen

    def keep(self, member: int) -> None:
        """Keep a member: what it has is lost no more."""
        place = len(self.kept)
        self.kept.append(member)
        own = self._numbers_of(member)
        _take_home(own, self.owners, self.owner_offsets, place, self.home, self.missing)

    def dropped(self) -> NDArray[np.int64]:
        """The members that are not kept, as things stand."""
        dropped = np.ones(len(self.rows), dtype=np.bool_)
        dropped[self.kept] = False
        return np.flatnonzero(dropped)

    def lost_shingles(self, member: int) -> Rows:
        """The shingles of a member that no kept one has, ascending."""
        own = self._numbers_of(member)
        lost: Rows = self.shingles[np.sort(own[self.home[own] < 0])]
        return lost

    def find_homes(self, member: int) -> list[int]:
        """The kept members that were the first to have shingles of this member; most first."""
        homes = self.home[self._numbers_of(member)]
        counts = np.bincount(homes[homes >= 0], minlength=len(self.kept))
        order = np.argsort(-counts, kind="stable")[: min(np.count_nonzero(counts), _MOST_HOMES)]
        return [self.kept[place] for place in order.tolist()]

    def find_covering(self, member: int, first: int) -> tuple[int, ...]:
        """Kept members that have a member's text, but for what may be lost: `first` and no more
        than it takes."""
        own = self._numbers_of(member)
        spared = max(self.allowed[member], self.missing[member])
        covering, left = [first], np.setdiff1d(own, self._numbers_of(first), assume_unique=True)
        while len(left) > spared:
            homes = self.home[left]
            place = int(np.bincount(homes[homes >= 0]).argmax())
            covering.append(self.kept[place])
            left = left[homes != place]
        return tuple(covering)

    def _numbers_of(self, member: int) -> NDArray[np.int64]:
        return self.numbers[self.offsets[member] : self.offsets[member + 1]]


@njit(cache=True, nogil=True)
def _take_home(
    own: Array, owners: Array, owner_offsets: Array, place: int, home: Array, missing: Array
) -> None:
    """Give each of these shingles that has no home this one; its owners miss one less."""
    for number in own:
        if home[number] < 0:
            home[number] = place
            for k in range(owner_offsets[number], owner_offsets[number + 1]):
                missing[owners[k]] -= 1


def cover_groups(
    groups: Sequence[Group],
    sketches: Sketches,
    may_drop: NDArray[np.bool_],
    texts_of: TextsOf,
    config: Config,
    known: NDArray[np.bool_] | None = None,
) -> list[Cover]:
    """The cover of each set of copies.

    `may_drop` says of each row whether it may be dropped, or kept instead of another. What may not
    is left alone: an article in doubt is kept whatever the others say, and covers nothing. A set
    whose canonical is such an article drops nothing. `known` rows are kept already: they cover
    others and are no versions.
    """
    known = np.zeros(len(sketches), dtype=np.bool_) if known is None else known
    covers: list[Cover] = []
    for part in _split_groups(groups):
        sets = [_open_set(group, sketches, may_drop, known, config) for group in part]
        _choose_kept(sets, texts_of, config)
        for one, covered_by in zip(sets, _tie_dropped(sets, sketches, config), strict=True):
            versions = sorted(int(one.rows[k]) for k in one.kept[1:] if not known[one.rows[k]])
            covers.append(Cover(tuple(versions), covered_by))
        sketches.release()
    return covers


def _split_groups(groups: Sequence[Group]) -> Iterator[list[Group]]:
    part: list[Group] = []
    members = 0
    for group in groups:
        part.append(group)
        members += len(group.members)
        if members >= _MEMBERS:
            yield part
            part, members = [], 0
    yield part


def _open_set(
    group: Group,
    sketches: Sketches,
    may_drop: NDArray[np.bool_],
    known: NDArray[np.bool_],
    config: Config,
) -> _CopySet:
    """The set with its canonical and all known ones kept; of that alone where it covers nothing."""
    members = np.array(group.members, dtype=np.int64)
    rows = members[may_drop[members] | known[members]]
    if group.canonical not in rows:
        rows = np.array([group.canonical])
    owned = [sketches.shingles[row] for row in rows.tolist()]
    sizes = np.array([len(shingles) for shingles in owned], dtype=np.int64)
    shingles, numbers = np.unique(np.concatenate(owned), return_inverse=True)
    members = np.repeat(np.arange(len(rows)), sizes)
    numbers = numbers.reshape(-1)
    found = _CopySet(
        rows=rows,
        shingles=shingles,
        numbers=numbers,
        offsets=np.concatenate([[0], np.cumsum(sizes)]),
        owners=members[np.argsort(numbers, kind="stable")],
        owner_offsets=np.concatenate([[0], np.cumsum(np.bincount(numbers))]),
        missing=sizes.copy(),
        home=np.full(len(shingles), -1, dtype=np.int64),
        repeats=np.maximum(sketches.words[rows] - (config.sketch.shingle_words - 1) - sizes, 0),
        allowed=np.multiply(sizes, config.keep.max_lost, dtype=np.float64),
    )
    found.keep(int(np.searchsorted(rows, group.canonical)))
    for member in np.flatnonzero(known[rows] & (rows != group.canonical)).tolist():
        found.keep(member)
    return found


def _choose_kept(sets: Sequence[_CopySet], texts_of: TextsOf, config: Config) -> None:
    """Keep members until no other loses too much.

    Which words are lost in a row depends on their order, which sketches do not have: the texts are
    read of the few members that lose shingles enough for so long a run.
    """
    unsettled = list(sets)
    while unsettled:
        for one in unsettled:
            _keep_by_share(one)
        lost_runs = _measure_lost_runs(unsettled, texts_of, config)
        changed = []
        for one, runs in zip(unsettled, lost_runs, strict=True):
            long = [member for member, run in runs.items() if run > config.keep.max_lost_words]
            if long:
                one.keep(max(long, key=lambda member: (one.missing[member], -member)))
                changed.append(one)
        unsettled = changed


def _keep_by_share(one: _CopySet) -> None:
    """Keep the member that adds most, until none loses more than its share; of equals the first."""
    while True:
        beyond = np.where(one.missing > one.allowed, one.missing, 0)
        member = int(np.argmax(beyond))
        if not beyond[member]:
            return
        one.keep(member)


def _measure_lost_runs(
    sets: Sequence[_CopySet], texts_of: TextsOf, config: Config
) -> list[dict[int, int]]:
    """By set, the words in a row that members lose, of those that may lose too many."""
    losing = sorted(
        (int(one.rows[member]), k, member)
        for k, one in enumerate(sets)
        for member in one.dropped().tolist()
        # A lost run of n words has n lost shingles at least, repeats included.
        if one.missing[member] + one.repeats[member] > config.keep.max_lost_words
        and one.missing[member]
    )
    found: list[dict[int, int]] = [{} for _ in sets]
    if not losing:
        return found
    texts = list(texts_of(np.array([row for row, _, _ in losing])))
    ordered = iter(order_texts([text for text in texts if text is not None], config.sketch))
    width = config.sketch.shingle_words
    for (_, k, member), text in zip(losing, texts, strict=True):
        lost = sets[k].lost_shingles(member)
        # Without the text no order is known: all that is lost may stand in a row.
        found[k][member] = len(lost) if text is None else find_lost(next(ordered), lost, width)[1]
    return found


def _tie_dropped(
    sets: Sequence[_CopySet], sketches: Sketches, config: Config
) -> Iterator[dict[int, tuple[int, ...]]]:
    """By set, each dropped row with the kept ones that have its text, the best match first.

    One that is a copy of none of them, though they have all it says, is kept as well.
    """
    asked = [
        [(member, one.find_homes(member)) for member in one.dropped().tolist()] for one in sets
    ]
    pairs = [
        (one.rows[home], one.rows[member])
        for one, found in zip(sets, asked, strict=True)
        for member, homes in found
        for home in homes
    ]
    likeness = iter(_match_pairs(np.array(pairs, dtype=np.uint32).reshape(-1, 2), sketches, config))
    for one, found in zip(sets, asked, strict=True):
        tied = {}
        for member, homes in found:
            alike = [next(likeness) for _ in homes]
            first = int(np.argmax(alike))
            if alike[first]:
                covering = one.find_covering(member, homes[first])
                tied[int(one.rows[member])] = tuple(int(one.rows[home]) for home in covering)
            else:
                one.keep(member)
        yield tied


def _match_pairs(pairs: Rows, sketches: Sketches, config: Config) -> list[float]:
    """For each pair of rows its Jaccard, 1 for one body; 0 where the two are no copies."""
    left, right = pairs.min(axis=1), pairs.max(axis=1)
    named = verify_pairs(sketches, left, right, config)
    packed = zip(named.left.tolist(), named.right.tolist(), strict=True)
    jaccard = dict(zip(packed, named.jaccard.tolist(), strict=True))
    return [jaccard.get(pair, 0.0) for pair in zip(left.tolist(), right.tolist(), strict=True)]
