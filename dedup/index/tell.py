"""Tell: answers as verdicts, with ids for places and the evidence from the stored bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec

from dedup.config import VerifyConfig
from dedup.explain import Wording, explain_pair, word_text
from dedup.index.answer import Answer, Tied
from dedup.index.record import Filed
from dedup.index.source import Status
from dedup.index.verdict import Verdict, VerdictStatus
from dedup.records import Article, Comparison, Match, Relation

_WORDS: dict[Status, VerdictStatus] = {
    Status.NEW: "new",
    Status.COPY: "copy",
    Status.REWRITE: "rewrite",
}
_WORDINGS = 1024  # bodies kept ready, 20 MB: what is copied today was so an hour ago
_WITHOUT_TEXT = "bodies are not stored (store_text: false): no passages, no terms"


_ready = lru_cache(maxsize=_WORDINGS)(word_text)


def word_status(status: int) -> VerdictStatus:
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
    return msgspec.structs.replace(told[0], embedded=tuple(told[1:]))


def _tell(
    article: Article, answer: Answer, known: Mapping[int, Filed], config: VerifyConfig
) -> Verdict:
    canonical = None if answer.canonical is None else known[answer.canonical].article.id
    matches = _matches(article, answer.ties, known, config) if answer.ties else ()
    without = any(not known[tied.place].has_text for tied in answer.ties)
    return Verdict(
        id=article.id,
        status=word_status(answer.status),
        canonical=canonical,
        matches=matches,
        note=_WITHOUT_TEXT if without else None,
    )


def _matches(
    article: Article, ties: Sequence[Tied], known: Mapping[int, Filed], config: VerifyConfig
) -> tuple[Match, ...]:
    ours = _ready(article.text, article.language)
    compared = [_compare(article.id, ours, tied, known[tied.place], config) for tied in ties]
    return tuple(
        msgspec.convert(found, Match, from_attributes=True)
        for found in compared
        if found.relation is not None
    )


def _compare(
    name: str, ours: Wording, tied: Tied, known: Filed, config: VerifyConfig
) -> Comparison:
    scores = tied.jaccard, tied.containment, tied.story_score
    if known.has_text:
        theirs = _ready(known.article.text, known.article.language)
        pair = (name, ours), (known.article.id, theirs)
        return explain_pair(*pair, Relation(tied.relation), scores, config)
    rounded = [round(score, 4) for score in scores]
    return Comparison(
        left=name,
        right=known.article.id,
        relation=tied.relation,
        jaccard=rounded[0],
        containment=rounded[1],
        story_score=rounded[2],
    )
