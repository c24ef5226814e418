"""Decide: the setting that gives a pair a relation or keeps it from it, and by how much."""

from __future__ import annotations

from typing import NamedTuple

from dedup.check.analyse import Analysis
from dedup.check.word import count_passage_words, word_measure
from dedup.records import Comparison, Relation


class Bar(NamedTuple):
    """A number of a pair and the setting it is held against."""

    name: str
    value: float
    setting: str
    limit: float
    aside: str = ""  # what made it this setting and not another

    @property
    def reached(self) -> bool:
        """Whether the number is at or above the setting."""
        return self.value >= self.limit


def decide(relation: Relation, found: Comparison, analysis: Analysis) -> str:
    """`jaccard 0.31 misses verify.min_jaccard 0.5 by 0.19`: of what this relation hangs on."""
    if relation is Relation.EXACT:
        return _word_exact(found)
    bar = find_bar(relation, found, analysis)
    aside = f" ({bar.aside})" if bar.aside else ""
    return word_measure(bar.name, bar.value, bar.setting, bar.limit) + aside


def _word_exact(found: Comparison) -> str:
    if found.relation is Relation.EXACT:
        return "the normalised bodies are the same: jaccard 1"
    miss = f"jaccard {found.jaccard:.4g} misses 1 by {1 - found.jaccard:.4g}"
    return f"the normalised bodies differ: {miss}"


def find_bar(relation: Relation, found: Comparison, analysis: Analysis) -> Bar:
    """What decides whether a pair has this relation, which is any but `exact`."""
    match relation:
        case Relation.EXCERPT:
            return _excerpt_bar(found, analysis)
        case Relation.REWRITE:
            return _rewrite_bar(found, analysis)
        case Relation.CONTAINS:
            return _copy_bar("containment", found, analysis)
        case _:
            return _copy_bar("jaccard", found, analysis)


def _copy_bar(number: str, found: Comparison, analysis: Analysis) -> Bar:
    """The bar for copies, which is higher for pairs that share little."""
    verify = analysis.config.verify
    value, limit = getattr(found, number), getattr(verify, f"min_{number}")
    bar = Bar(number, value, f"verify.min_{number}", limit)
    short = getattr(verify, f"min_{number}_short")
    shared = analysis.count_shingles(found.left, found.right)
    if shared >= verify.enough_shingles or short <= limit:
        return bar
    aside = f"shared shingles: {shared}, under verify.enough_shingles {verify.enough_shingles}"
    return bar._replace(setting=f"verify.min_{number}_short", limit=short, aside=aside)


def _rewrite_bar(found: Comparison, analysis: Analysis) -> Bar:
    verify = analysis.config.verify
    apart, window = analysis.count_days(found.left, found.right), verify.rewrite_days
    late = f"published {apart:.3g} days apart, over verify.rewrite_days {window}"
    aside = late if window and apart > window else ""
    setting = "verify.min_story_score"
    return Bar("story score", found.story_score, setting, verify.min_story_score, aside)


def _excerpt_bar(found: Comparison, analysis: Analysis) -> Bar:
    words = count_passage_words(found, analysis.article(found.left).text)
    name, least = "longest shared passage, in words,", analysis.config.verify.min_passage_words
    return Bar(name, max(words, default=0), "verify.min_passage_words", least)
