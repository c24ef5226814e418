"""The setting that decided is named, and it is the one that the search went by."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from dedup.config import Config, VerifyConfig
from dedup.corpus.search import compare_articles
from dedup.match.decision import (
    PairScores,
    all_met,
    contains_criteria,
    decide,
    decide_found,
    describe_decision,
    near_criteria,
    rewrite_criteria,
)
from dedup.match.overlap import Overlap
from dedup.records import Article, Relation

MARKET = (
    "Shares on the exchange closed {0} on the day the index of leading companies stood at {1} "
    "after {2} issues rose and {3} fell while the volume came to {4} million and the pound "
    "bought {5} dollars against {6} euros as brokers said that trading had been quiet ahead of "
    "the holiday and that most investors were waiting for the figures on prices which the "
    "statistics office will publish later in the week and for the decision of the central bank "
    "on the rate of interest"
)


def article(name: str, text: str, published: str | None = None) -> Article:
    return Article(id=name, page=name, text=text, language="en", published=published)


def overlap_of(jaccard: float, containment: float, shared: int, figures: float = 0) -> Overlap:
    shares = (np.array([value], dtype=np.float32) for value in (jaccard, containment, figures))
    first, second, third = shares
    return Overlap(first, second, np.array([shared], dtype=np.int32), third)


def test_two_days_of_a_column_are_told_by_the_column_rule() -> None:
    days = [MARKET.format(*range(start, start + 7)) for start in (100, 200)]
    config = Config(verify=VerifyConfig(enough_shingles=1, max_column_jaccard=0.95))
    found = compare_articles(article("monday", days[0]), article("tuesday", days[1]), config)
    assert found.relation not in (Relation.NEAR, Relation.CONTAINS)
    assert found.jaccard >= config.verify.min_jaccard  # the bar alone would have made it near
    near = next(one for one in found.decisions if one.relation is Relation.NEAR)
    assert (near.setting, near.met) == ("verify.min_column_figures", False)
    assert "two days of one column" in describe_decision(near)


@pytest.mark.parametrize("shared", [49, 50])
def test_pairs_that_share_few_shingles_are_held_to_the_higher_bar(shared: int) -> None:
    criteria = near_criteria(overlap_of(0.5, 0.6, shared), Config())
    decision = decide(Relation.NEAR, criteria)
    few = shared < 50
    assert decision.setting == ("verify.min_jaccard_short" if few else "verify.min_jaccard")
    assert (decision.met, bool(decision.note)) == (not few, few)


def test_a_contained_text_shares_a_passage_at_least() -> None:
    config = Config(verify=VerifyConfig(min_containment_short=0.5))
    criteria = contains_criteria(overlap_of(0.1, 1, 15), config)
    assert not all_met(criteria)[0]
    assert decide(Relation.CONTAINS, criteria).measure == "shared shingles"


def test_a_rewrite_published_too_far_apart_is_told_by_the_window() -> None:
    score = np.array([0.9], dtype=np.float32)
    late = decide(Relation.REWRITE, rewrite_criteria(score, np.array([31.0]), VerifyConfig()))
    assert (late.setting, late.met) == ("verify.rewrite_days", False)
    for days, window in ((30, 30), (np.nan, 30), (400, 0)):
        config = VerifyConfig(rewrite_days=window)
        assert all_met(rewrite_criteria(score, np.array([float(days)]), config))[0]


def test_what_decided_a_match_is_met() -> None:
    shares = (0.26, 0.66, 0.72, 0.95)
    for relation, share, shared in product(list(Relation)[1:], shares, (20, 400)):
        scores = PairScores(share, share, share, shared)
        (decision,) = decide_found(relation, scores, 24, VerifyConfig())
        assert decision.met == (decision.value >= decision.limit)
        assert describe_decision(decision).startswith(decision.measure)
    assert decide_found(Relation.EXACT, PairScores(1, 1, 1, 9), 0, VerifyConfig()) == ()
