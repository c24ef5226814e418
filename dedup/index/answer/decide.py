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
from numpy.typing import NDArray

from dedup.arrays import Rows, Shares
from dedup.cluster.copies import are_copies
from dedup.config import Config
from dedup.index.answer.stored_scores import (
    Weighed,
    list_place_days,
    overlap_places,
    score_places,
    weigh_asked,
)
from dedup.index.storage.derived import Derived
from dedup.index.storage.lsh_keys import Keys
from dedup.index.storage.replay import is_speaking
from dedup.index.storage.sketch_block import KEPT_COPY, SPEAKS
from dedup.index.storage.stored_sketch import StoredSketch, join_stored
from dedup.index.verdict import Status
from dedup.match.decision import PairScores
from dedup.match.verify import Pairs, join_pairs, name_copies
from dedup.records import COPY_RELATIONS, Relation
from dedup.sketch.build import order_texts
from dedup.sketch.columns import Sketches
from dedup.sketch.shingles import find_lost
from dedup.text.dates import are_apart

_MOST_TIES = 5  # of one article, the strongest: evidence takes a third of a batch's time
_RANK = {relation: rank for rank, relation in enumerate(Relation)}
_NO_ROWS, _NO_SHARES = np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.float32)
_NO_PAIRS = Pairs(
    left=_NO_ROWS,
    right=_NO_ROWS,
    relation=np.empty(0, dtype=object),
    jaccard=_NO_SHARES,
    containment=_NO_SHARES,
    story_score=_NO_SHARES,
    shared=np.empty(0, dtype=np.int32),
)
TitleOf = Callable[[int], str | None]  # of a place


class Tied(NamedTuple):
    """A verified pair of a new article and one the index has."""

    place: int
    relation: Relation
    scores: PairScores


class Answer(NamedTuple):
    """What an article is next to those before it."""

    status: Status
    canonical: int | None  # place of the article it is a copy or rewrite of
    ties: list[Tied]  # the strongest first; excerpts are still to be settled on the texts
    like: int | None = None  # of a version: place of the kept article that it is most like


_UNKNOWN = Answer(Status.NEW, None, [])


class Asked(NamedTuple):
    """Articles to be answered for: those an index takes in, or is only asked about."""

    kept: Sequence[StoredSketch]
    sketches: Sketches  # the same
    titles: Sequence[str | None]
    texts: Sequence[str | None]  # None: not stored, as of an article taken in anew
    doubts: Sequence[bool]  # whether each is in doubt
    places: Rows | None  # where they are in the index; None: they are not


def answer_copies(
    derived: Derived, asked: Asked, keys: Keys, config: Config, title_of: TitleOf
) -> tuple[list[Answer], Pairs]:
    """Which articles are copies; and every pair that shares shingles enough to say so.

    Of the index's pairs the left is a place, the right a row that is asked about.
    """
    left, right = _propose(derived, asked, keys)
    if not len(left):
        return [_UNKNOWN] * len(asked.kept), _NO_PAIRS
    pairs = _verify_shingles(derived, asked, left, right, config)
    by_row = _group(pairs, pairs.jaccard)
    answers: list[Answer] = []
    for row in range(len(asked.kept)):
        alike = [k for k in by_row[row] if pairs.relation[k] in COPY_RELATIONS]
        judged = (_is_copy(derived, asked, pairs, k, config, title_of) for k in alike)
        first = next((at for at, holds in enumerate(judged) if holds), len(alike))
        copied = pairs.where(np.array(alike[first:], dtype=np.int64))
        answers.append(_answer_copy(derived, asked, row, copied, answers, config))
    return answers, pairs


def _answer_copy(  # a row and what it is a copy of
    derived: Derived, asked: Asked, row: int, copied: Pairs, before: Sequence[Answer],
    config: Config,
) -> Answer:  # fmt: skip
    """What an article is that is a copy of these, the best first: a copy, a version, or new.

    `before`: the answers of the rows before it. A page in doubt is never a copy.
    """
    if not len(copied.left) or asked.doubts[row]:
        return _UNKNOWN
    places = copied.left.tolist()
    canonical = _settle(derived, places[0])
    of_set = (place for place in (*places, canonical) if _settle(derived, place) == canonical)
    kept = [place for place in of_set if _is_kept(derived, asked, place, before)]
    matched = any(place in kept for place in places)
    covering = [derived.kept(place) for place in dict.fromkeys(kept)]
    covered = matched and _is_covered(asked.kept[row], asked.texts[row], covering, config)
    if asked.places is not None:
        derived.settle(int(asked.places[row]), canonical, keeps=not covered)
    if covered:
        return Answer(Status.COPY, canonical, [])
    return Answer(Status.VERSION, canonical, [], next(iter(kept), places[0]))


def _is_kept(derived: Derived, asked: Asked, place: int, before: Sequence[Answer]) -> bool:
    """Whether the article at a place is kept, and not in doubt: it then covers others."""
    if asked.places is not None and place >= asked.places[0]:  # of the same turn
        row = int(np.searchsorted(asked.places, place))
        return before[row].status != Status.COPY and not asked.doubts[row]
    return bool(derived.flags[place] & (SPEAKS | KEPT_COPY))


def _is_covered(
    article: StoredSketch, text: str | None, kept: Sequence[StoredSketch], config: Config
) -> bool:
    """Whether the kept articles have all of an article's text but for what may be lost.

    The rule of `dedup.cluster.cover` for one article: an index has only what came before.
    Without the text the order of its words is unknown: all that is lost may stand in a row.
    """
    lost = _find_lost_shingles(article.shingles, kept)
    if len(lost) > config.keep.max_lost * len(article.shingles):
        return False
    width = config.sketch.shingle_words
    repeats = max(0, article.words - (width - 1) - len(article.shingles))
    if not len(lost) or len(lost) + repeats <= config.keep.max_lost_words:
        return True
    if text is None:
        return len(lost) <= config.keep.max_lost_words
    (ordered,) = order_texts([text], config.sketch)
    return find_lost(ordered, lost, width)[1] <= config.keep.max_lost_words


def _find_lost_shingles(shingles: Rows, kept: Sequence[StoredSketch]) -> Rows:
    lost = shingles
    for one in kept:
        lost = np.setdiff1d(lost, one.shingles, assume_unique=True)
    return lost


def answer_stories(
    derived: Derived, asked: Asked, keys: Keys, answers: list[Answer], alike: Pairs, config: Config
) -> list[Answer]:
    """Which of the articles that are no copies tell a known story; every answer with its ties.

    `alike`: what `answer_copies` found.
    """
    left, right = _propose(derived, asked, keys)
    if not len(left) and not len(alike.left):
        return answers
    weighed = weigh_asked(asked.sketches, derived.tally.judge(config.document_frequency))
    pairs = _verify_stories(derived, asked, weighed, (left, right), alike, config)
    if not len(pairs.left):
        return answers
    holds = _hold_together(derived, asked, pairs, config)
    # One body tells one story.
    shown = np.where(pairs.relation == Relation.EXACT, 1, pairs.story_score).astype(np.float32)
    pairs = pairs._replace(story_score=shown)
    holds &= shown >= config.verify.min_story_score
    by_row = _group(pairs, shown)
    for row, answer in enumerate(answers):
        found = by_row[row]
        if answer.status == Status.NEW and found:
            answers[row] = _tell(derived, asked, row, pairs, [k for k in found if holds[k]])
        ties = [_tie(pairs, k) for k in found]
        if answer.status in (Status.COPY, Status.VERSION):
            ties = [tied for tied in ties if tied.relation != Relation.EXCERPT]
        answers[row] = answers[row]._replace(ties=ties[:_MOST_TIES])
    return answers


def _propose(derived: Derived, asked: Asked, keys: Keys) -> tuple[Rows, Rows]:
    """Candidates: places, and the asked rows to compare them with."""
    own = asked.places
    limits = np.full_like(keys.rows, derived.next) if own is None else own[keys.rows]
    right, places = derived.find(keys, limits)
    return places, right


def _verify_shingles(
    derived: Derived, asked: Asked, left: Rows, right: Rows, config: Config
) -> Pairs:
    met = overlap_places(asked.sketches, derived.blocks, left, right)
    return name_copies(left, right, met.overlap, config, met.same)


def _group(pairs: Pairs, scores: Shares) -> defaultdict[int, list[int]]:
    """By asked row its pairs, the strongest first: by relation, then by these scores; of equals
    the earliest article's."""
    by_row: defaultdict[int, list[int]] = defaultdict(list)
    ranks = np.array([_RANK[relation] for relation in pairs.relation], dtype=np.int64)
    order = np.lexsort((pairs.left, -scores, ranks))
    for k, row in zip(order.tolist(), pairs.right[order].tolist(), strict=True):
        by_row[row].append(k)
    return by_row


def _is_copy(  # a pair and what judges it
    derived: Derived, asked: Asked, pairs: Pairs, k: int, config: Config, title_of: TitleOf
) -> bool:
    place, row = int(pairs.left[k]), int(pairs.right[k])
    ours, theirs = asked.kept[row], derived.kept(place)
    short = min(ours.words, theirs.words) < config.cluster.min_copy_words
    if pairs.relation[k] == Relation.EXACT:
        title = asked.titles[row]
        return not short or bool(title and title == title_of(place))
    return not short and are_copies(join_stored([theirs, ours]), [0], [1], config)


def _settle(derived: Derived, place: int) -> int:
    """The article that one at this place is a copy or rewrite of, if it is still there."""
    canonical = int(derived.canonical[place])
    return canonical if derived.flags[canonical] else place


def _verify_stories(  # candidates and what they are judged by
    derived: Derived, asked: Asked, weighed: Weighed, proposed: tuple[Rows, Rows],
    alike: Pairs, config: Config,
) -> Pairs:  # fmt: skip
    """Of the proposed pairs those that tell one story, and those alike with their story scores."""
    left, right = proposed
    both = np.concatenate([left, alike.left]), np.concatenate([right, alike.right])
    scores = score_places(weighed, derived.blocks, *both)
    alike = alike._replace(story_score=scores[len(left) :])
    told = np.flatnonzero(scores[: len(left)] >= config.verify.min_story_score)
    told = told[~_are_apart(derived, asked, left[told], right[told], config)]
    return _unite(alike, _as_rewrites(derived, asked, left[told], right[told], scores[told]))


def _as_rewrites(derived: Derived, asked: Asked, left: Rows, right: Rows, scores: Shares) -> Pairs:
    if not len(left):
        return _NO_PAIRS
    overlap = overlap_places(asked.sketches, derived.blocks, left, right).overlap
    relation = np.full(len(left), Relation.REWRITE, dtype=object)
    columns = overlap.jaccard, overlap.containment, scores, overlap.shared
    return Pairs(left, right, relation, *columns)


def _are_apart(
    derived: Derived, asked: Asked, left: Rows, right: Rows, config: Config
) -> NDArray[np.bool_]:
    """Which pairs are known to lie further apart than rewrites do."""
    if not len(left):
        return np.zeros(0, dtype=np.bool_)
    ours = np.array([one.day for one in asked.kept])
    days = np.concatenate([ours, list_place_days(derived.blocks, left)])
    rows = np.arange(len(ours), len(days), dtype=np.uint32)
    return are_apart(days, rows, right, config.verify.rewrite_days)


def _hold_together(
    derived: Derived, asked: Asked, pairs: Pairs, config: Config
) -> NDArray[np.bool_]:
    """Which pairs are stories by themselves: the cohesion of two articles is their score."""
    apart = _are_apart(derived, asked, pairs.left, pairs.right, config)
    cohesion = np.where(apart, 0, pairs.story_score).astype(np.float64)
    holds: NDArray[np.bool_] = cohesion >= config.cluster.min_story_cohesion
    holds[pairs.relation == Relation.EXCERPT] = False
    return holds


def _tell(derived: Derived, asked: Asked, row: int, pairs: Pairs, found: list[int]) -> Answer:
    """A rewrite of the story of the strongest of the pairs that were found; else new."""
    if not found or not is_speaking(asked.kept[row], Status.NEW, in_doubt=asked.doubts[row]):
        return _UNKNOWN
    strongest = max(found, key=pairs.story_score.__getitem__)  # of equals the first
    canonical = _settle(derived, int(pairs.left[strongest]))
    if asked.places is not None:
        derived.settle(int(asked.places[row]), canonical)
    return Answer(Status.REWRITE, canonical, [])


def _unite(alike: Pairs, rewrites: Pairs) -> Pairs:
    """One relation a pair: copies, else rewrite, else excerpt."""
    if not len(alike.left) or not len(rewrites.left):
        return alike if len(alike.left) else rewrites
    excerpt = alike.relation == Relation.EXCERPT
    told, copied = _packed(rewrites), _packed(alike.where(~excerpt))
    kept = ~excerpt | ~np.isin(_packed(alike), told)
    return join_pairs([alike.where(kept), rewrites.where(~np.isin(told, copied))])


def _packed(pairs: Pairs) -> Rows:
    return (pairs.left.astype(np.uint64) << np.uint64(32)) | pairs.right


def _tie(pairs: Pairs, k: int) -> Tied:
    scores = PairScores(
        jaccard=float(pairs.jaccard[k]),
        containment=float(pairs.containment[k]),
        story_score=float(pairs.story_score[k]),
        shared=int(pairs.shared[k]),
    )
    return Tied(int(pairs.left[k]), pairs.relation[k], scores)
