"""Tell: answers as verdicts, with ids for places and the evidence from the stored bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial

import msgspec

from dedup.config import VerifyConfig
from dedup.index.answer.decide import Answer, Tied
from dedup.index.log.article_codec import Filed
from dedup.index.verdict import Status, Verdict, VerdictStatus
from dedup.match.changes import find_changes
from dedup.match.decision import decide_found
from dedup.match.evidence import AnalysedText, analyse_text, explain_pair
from dedup.records import Article, Changes, Comparison, Match, Relation

_WORDS: dict[Status, VerdictStatus] = {
    Status.NEW: "new",
    Status.COPY: "copy",
    Status.VERSION: "version",
    Status.REWRITE: "rewrite",
}
_WORDINGS = 1024  # bodies kept ready, 20 MB: what is copied today was so an hour ago
_WITHOUT_TEXT = "bodies are not stored (store_text: false): no passages, no terms"

_ready = lru_cache(maxsize=_WORDINGS)(analyse_text)


def describe_status(status: int) -> VerdictStatus:
    """The word for a status."""
    return _WORDS[Status(status)]


def tell_page(
    articles: Sequence[Article],
    answers: Sequence[Answer],
    known: Mapping[int, Filed],
    config: VerifyConfig,
) -> Verdict:
    """The verdict of a page's articles, the main one's with those of the embedded ones in it.

    `known` has the articles at all places that the answers name.
    """
    told = [_tell(*one, known, config) for one in zip(articles, answers, strict=True)]
    return replace(told[0], embedded=tuple(told[1:])) if len(told) > 1 else told[0]


def _tell(
    article: Article, answer: Answer, known: Mapping[int, Filed], config: VerifyConfig
) -> Verdict:
    canonical = None if answer.canonical is None else known[answer.canonical].article.id
    tied = [(one, known[one.place]) for one in answer.ties]
    like = [known[answer.like]] if answer.like is not None else []
    without = any(not filed.has_text for filed in (*like, *(filed for _, filed in tied)))
    return Verdict(
        id=article.id,
        status=describe_status(answer.status),
        canonical=canonical,
        note=_WITHOUT_TEXT if without else None,
        seek_matches=partial(_seek_matches, article, tied, config),
        seek_changes=partial(_seek_changes, article, answer, known),
    )


def _seek_changes(article: Article, answer: Answer, known: Mapping[int, Filed]) -> Changes | None:
    if answer.like is None or not known[answer.like].has_text:
        return None
    return find_changes(article.text, known[answer.like].article.text)


def _seek_matches(
    article: Article, ties: Sequence[tuple[Tied, Filed]], config: VerifyConfig
) -> tuple[Match, ...]:
    if not ties:
        return ()
    ours = _ready(article.text, article.language)
    compared = [_compare(article.id, ours, *tied, config) for tied in ties]
    return tuple(
        msgspec.convert(found, Match, from_attributes=True)
        for found in compared
        if found.relation is not None
    )


def _compare(
    name: str, ours: AnalysedText, tied: Tied, known: Filed, config: VerifyConfig
) -> Comparison:
    relation, scores = Relation(tied.relation), tied.scores
    if known.has_text:
        theirs = _ready(known.article.text, known.article.language)
        pair = (name, ours), (known.article.id, theirs)
        return explain_pair(*pair, relation, scores, config)
    rounded = [round(score, 4) for score in scores[:3]]
    return Comparison(
        left=name,
        right=known.article.id,
        relation=relation,
        jaccard=rounded[0],
        containment=rounded[1],
        story_score=rounded[2],
        decisions=decide_found(relation, scores, 0, config),
    )
