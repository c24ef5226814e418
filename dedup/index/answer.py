"""Answer: what new articles are, next to those an index has: candidates, verified, and settled.

The stages are those of a batch run (`relate`), asked for a few articles at a time: copies first;
then those that are no copies look for their story. What joins two articles in a cluster there is
what makes a copy or a rewrite here; the difference is that here nothing is looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dedup.arrays import Days, Numbers
from dedup.cluster import are_copies, measure_cohesion
from dedup.config import Config
from dedup.index.columns import Kept
from dedup.index.derived import Derived
from dedup.index.gather import gather_places
from dedup.index.keys import Keys
from dedup.index.source import Status, is_speaking
from dedup.records import Relation
from dedup.recount import Recounted, weigh_counted
from dedup.relate import keep_near
from dedup.sketch import Sketches
from dedup.verify import Pairs, join_pairs, score_pairs, verify_copies, verify_rewrites

_MOST_TIES = 5  # of one article, the strongest: evidence takes a third of a batch's time
_RANK = {relation: rank for rank, relation in enumerate(Relation)}

_NO_ROWS, _NO_SHARES = np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.float32)
_NO_PAIRS = Pairs(_NO_ROWS, _NO_ROWS, np.empty(0, dtype=object), *[_NO_SHARES] * 3)

TitleOf = Callable[[int], str | None]  # of a place


class Tied(NamedTuple):
    """A verified pair of a new article and one the index has."""

    place: int
    relation: Relation
    jaccard: float
    containment: float
    story_score: float


class Answer(NamedTuple):
    """What an article is next to those before it."""

    status: Status
    canonical: int | None  # place of the article it is a copy or rewrite of
    ties: list[Tied]  # the strongest first; excerpts are still to be settled on the texts


_UNKNOWN = Answer(Status.NEW, None, [])


class Asked(NamedTuple):
    """Articles to be answered for: those an index takes in, or is only asked about."""

    kept: Sequence[Kept]
    sketches: Sketches  # the same
    titles: Sequence[str | None]
    warnings: Sequence[Sequence[str]]
    places: Numbers | None  # where they are in the index; None: they are not


class Arena(NamedTuple):
    """Asked articles and their candidates side by side."""

    sketches: Sketches
    days: Days
    places: Numbers  # of the candidates, whose rows come after the asked ones'
    asked: int

    def place(self, row: int) -> int:
        """The place of a candidate's row."""
        return int(self.places[row - self.asked])


def answer_copies(
    derived: Derived, asked: Asked, keys: Keys, config: Config, title_of: TitleOf
) -> tuple[list[Answer], Pairs, Numbers]:
    """Which articles are copies; every pair that shares shingles enough to say so, and the places
    of the left ones."""
    places, right = _propose(derived, asked, keys)
    if not len(places):
        return [_UNKNOWN] * len(asked.kept), _NO_PAIRS, _NO_ROWS
    arena = _arrange(derived, asked, places)
    pairs = _verify_shingles(arena, _rows_of(arena, places), right, config)
    by_row = _group(pairs, lambda k: (_RANK[pairs.relation[k]], -pairs.jaccard[k]))
    answers = []
    for row in range(len(asked.kept)):
        tied = next(
            (k for k in by_row[row] if _is_copy(arena, asked, pairs, k, config, title_of)), None
        )
        status = Status.NEW if tied is None else Status.COPY
        place = None if tied is None else _settle(derived, arena.place(pairs.left[tied]))
        if asked.places is not None and place is not None:
            derived.settle(int(asked.places[row]), place)
        answers.append(Answer(status, place, []))
    return answers, pairs, arena.places[pairs.left - arena.asked]


def answer_stories(  # what the first half found, and where
    derived: Derived, asked: Asked, keys: Keys, answers: list[Answer],
    alike: tuple[Pairs, Numbers], config: Config,
) -> list[Answer]:  # fmt: skip
    """Which of the articles that are no copies tell a known story; every answer with its ties."""
    places, right = _propose(derived, asked, keys)
    named = np.concatenate([places, alike[1]])
    if not len(named):
        return answers
    arena = _arrange(derived, asked, named)
    left, moved = _rows_of(arena, places), alike[0]._replace(left=_rows_of(arena, alike[1]))
    recounted = weigh_counted(arena.sketches, derived.tally.judge(config.recount))
    near = keep_near(left, right, arena.days, config.verify.rewrite_days)
    rewrites = verify_rewrites(arena.sketches, recounted, *near, config.verify)
    pairs = _unite(_score_alike(moved, arena, recounted), rewrites)
    by_row = _group(pairs, lambda k: (_RANK[pairs.relation[k]], -pairs.story_score[k]))
    for row, answer in enumerate(answers):
        found = by_row[row]
        if answer.status == Status.NEW and found:
            answers[row] = _tell(derived, asked, row, (pairs, found), (arena, recounted), config)
        ties = [_tie(arena, pairs, k) for k in found]
        if answer.status == Status.COPY:
            ties = [tied for tied in ties if tied.relation != Relation.EXCERPT]
        answers[row] = answers[row]._replace(ties=ties[:_MOST_TIES])
    return answers


def _propose(derived: Derived, asked: Asked, keys: Keys) -> tuple[Numbers, Numbers]:
    """Candidates: places, and the asked rows to compare them with."""
    own = asked.places
    limits = keys.rows * 0 + np.uint32(derived.next) if own is None else own[keys.rows]
    right, places = derived.find(keys, limits)
    return places, right


def _arrange(derived: Derived, asked: Asked, places: Numbers) -> Arena:
    """The asked articles and those at these places side by side."""
    unique = np.unique(places)
    gathered = gather_places(asked.kept, asked.sketches, derived.blocks, unique)
    return Arena(*gathered, unique, len(asked.kept))


def _rows_of(arena: Arena, places: Numbers) -> Numbers:
    return (np.searchsorted(arena.places, places) + arena.asked).astype(np.uint32)


def _verify_shingles(arena: Arena, left: Numbers, right: Numbers, config: Config) -> Pairs:
    digests = arena.sketches.digests
    same = (digests[left] == digests[right]).all(axis=1)
    ones = np.ones(int(same.sum()), dtype=np.float32)
    exact = np.full(len(ones), Relation.EXACT, dtype=object)
    alike = verify_copies(arena.sketches, left[~same], right[~same], config)
    return join_pairs([Pairs(left[same], right[same], exact, ones, ones, ones), alike])


def _group(pairs: Pairs, strength: Callable[[int], tuple[int, float]]) -> dict[int, list[int]]:
    """By asked row its pairs, the strongest first; of equals the earliest article's."""
    by_row: defaultdict[int, list[int]] = defaultdict(list)
    for k in sorted(range(len(pairs.right)), key=lambda k: (strength(k), pairs.left[k])):
        by_row[int(pairs.right[k])].append(k)
    return by_row


def _is_copy(  # a pair and what judges it
    arena: Arena, asked: Asked, pairs: Pairs, k: int, config: Config, title_of: TitleOf
) -> bool:
    left, right = int(pairs.left[k]), int(pairs.right[k])
    words = arena.sketches.words
    short = min(words[left], words[right]) < config.cluster.min_copy_words
    if pairs.relation[k] == Relation.EXACT:
        title = asked.titles[right]
        return not short or bool(title and title == title_of(arena.place(left)))
    if pairs.relation[k] == Relation.EXCERPT or short:
        return False
    return are_copies(arena.sketches, [left], [right], config)


def _settle(derived: Derived, place: int) -> int:
    """The article that one at this place is a copy or rewrite of, if it is still there."""
    canonical = int(derived.canonical[place])
    return canonical if derived.flags[canonical] else place


def _tell(  # a row with its pairs, and what judges it
    derived: Derived, asked: Asked, row: int, found: tuple[Pairs, list[int]],
    scored: tuple[Arena, Recounted], config: Config,
) -> Answer:  # fmt: skip
    """A rewrite of the story of the strongest pair that holds together; else new."""
    arena, recounted = scored
    pairs, own = found
    if not is_speaking(asked.kept[row], Status.NEW, asked.warnings[row]):
        return Answer(Status.NEW, None, [])
    for k in sorted(own, key=lambda k: -pairs.story_score[k]):
        left = int(pairs.left[k])
        weak = pairs.story_score[k] < config.verify.min_story_score
        if pairs.relation[k] == Relation.EXCERPT or weak:
            continue
        pair = [left], [row]
        cohesion = measure_cohesion(arena.sketches, recounted, *pair, config, arena.days)
        if cohesion >= config.cluster.min_story_cohesion:
            canonical = _settle(derived, arena.place(left))
            if asked.places is not None:
                derived.settle(int(asked.places[row]), canonical)
            return Answer(Status.REWRITE, canonical, [])
    return Answer(Status.NEW, None, [])


def _score_alike(pairs: Pairs, arena: Arena, recounted: Recounted) -> Pairs:
    """The pairs with their story scores; one body tells one story."""
    if not len(pairs.left):
        return pairs
    scored = score_pairs(pairs, arena.sketches, recounted)
    one = np.where(pairs.relation == Relation.EXACT, 1, scored.story_score)
    return scored._replace(story_score=one.astype(np.float32))


def _unite(alike: Pairs, rewrites: Pairs) -> Pairs:
    """One relation a pair: copies, else rewrite, else excerpt."""
    if not len(alike.left):
        return rewrites
    excerpt = alike.relation == Relation.EXCERPT
    told, copied = _packed(rewrites), _packed(alike.where(~excerpt))
    kept = ~excerpt | ~np.isin(_packed(alike), told)
    return join_pairs([alike.where(kept), rewrites.where(~np.isin(told, copied))])


def _packed(pairs: Pairs) -> Numbers:
    return (pairs.left.astype(np.uint64) << np.uint64(32)) | pairs.right


def _tie(arena: Arena, pairs: Pairs, k: int) -> Tied:
    scores = pairs.jaccard[k], pairs.containment[k], pairs.story_score[k]
    jaccard, containment, story_score = map(float, scores)
    return Tied(arena.place(pairs.left[k]), pairs.relation[k], jaccard, containment, story_score)
