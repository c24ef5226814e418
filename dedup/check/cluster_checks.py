"""Together: the expectations that ask for one cluster of the whole corpus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations, product

from dedup.check.analysis import Analysis
from dedup.check.expectations import Expected
from dedup.check.messages import describe_decided
from dedup.check.pair_checks import BROKEN, COPYING, MERGING, Complaint, Judged, break_bounds
from dedup.match.decision import describe_measure
from dedup.records import Comparison, Relation

_MOST_TRIED = 12  # members of a part whose pairs with another part are compared


def judge_copies(expected: Expected, analysis: Analysis) -> Judged:
    return _judge_together(expected, analysis, _copies_key, _describe_apart_copies)


def judge_story(expected: Expected, analysis: Analysis) -> Judged:
    return _judge_together(expected, analysis, _story_key, _describe_apart_stories)


Key = Callable[[str, Analysis], str]
WordApart = Callable[[Comparison, Analysis], list[str]]


def _copies_key(article_id: str, analysis: Analysis) -> str:
    copies = analysis.copies_of(article_id)
    return copies.id if copies else article_id


def _story_key(article_id: str, analysis: Analysis) -> str:
    story = analysis.story_of(article_id)
    return story.id if story else _copies_key(article_id, analysis)


def _judge_together(
    expected: Expected, analysis: Analysis, key_of: Key, describe_apart: WordApart
) -> Judged:
    """The kinds that ask for one cluster: complained of is the strongest pair between its parts."""
    parts: dict[str, list[str]] = defaultdict(list)
    for article_id in expected.ids:
        parts[key_of(article_id, analysis)].append(article_id)
    first, *others = sorted(parts.values(), key=lambda part: -len(part))
    apart = [_strongest(first, other, analysis) for other in others]
    complaints = [Complaint(found, describe_apart(found, analysis)) for found in apart]
    bounded = combinations(expected.ids, 2) if expected.bounds else ()
    pairs = [analysis.compare(*pair) for pair in bounded]
    broken = [Complaint(found, break_bounds(found, expected.bounds)) for found in pairs]
    broken = [complaint for complaint in broken if complaint.reasons]
    named = "one cluster" if not others else f"{len(parts)} clusters"
    names = [*parts, BROKEN] if broken else parts
    seen = [analysis.compare(first[0], other) for other in first[1:]]
    return Judged(f"{named}: {', '.join(names)}", seen, complaints + broken)


def _strongest(ours: Sequence[str], theirs: Sequence[str], analysis: Analysis) -> Comparison:
    tried = product(ours[:_MOST_TRIED], theirs[:_MOST_TRIED])
    return max(
        (analysis.compare(left, right) for left, right in tried),
        key=lambda found: (found.containment, found.story_score),
    )


def _describe_apart_copies(found: Comparison, analysis: Analysis) -> list[str]:
    if found.relation not in COPYING:
        nearest = (Relation.NEAR, Relation.CONTAINS)
        return [describe_decided(relation, found) for relation in nearest]
    reached = describe_decided(Relation(found.relation), found)
    return [reached, f"but {_describe_strangers(found, analysis)}"]


def _describe_strangers(found: Comparison, analysis: Analysis) -> str:
    """Why two articles that match are no copies."""
    config = analysis.config.cluster
    fewest = min(analysis.count_words(found.left), analysis.count_words(found.right))
    fill = analysis.measure_length_coverage(found.left, found.right)
    filled = fill.whole[0] >= config.min_length_coverage or fill.lead[0] >= config.min_lead_coverage
    least, tied = analysis.compare_groups(found.left, found.right)
    if fewest < config.min_copy_words:
        name = "words, under different titles or none,"
        return describe_measure(name, fewest, "cluster.min_copy_words", config.min_copy_words)
    if found.relation is Relation.CONTAINS and not filled:
        name = "share of the longer that the shorter is,"
        whole = describe_measure(
            name, float(fill.whole[0]), "cluster.min_length_coverage", config.min_length_coverage
        )
        name = "share of its lead"
        lead = describe_measure(
            name, float(fill.lead[0]), "cluster.min_lead_coverage", config.min_lead_coverage
        )
        return f"{whole} and {lead}"
    if least < config.min_containment_across:
        name = "least containment across their copies"
        return describe_measure(
            name, least, "cluster.min_containment_across", config.min_containment_across
        )
    name = "share of pairs across their copies that match,"
    return describe_measure(name, tied, "cluster.min_copy_share", config.min_copy_share)


def _describe_apart_stories(found: Comparison, analysis: Analysis) -> list[str]:
    if found.relation not in MERGING:
        return [describe_decided(Relation.REWRITE, found)]
    across = analysis.score_across(found.left, found.right)
    least = analysis.config.cluster.min_story_cohesion
    reached = describe_decided(Relation(found.relation), found)
    if across >= least:
        return [reached, "but the search did not propose them (settings under `candidates`)"]
    across_wording = describe_measure(
        "mean story score across their stories", across, "cluster.min_story_cohesion", least
    )
    return [reached, f"but {across_wording}"]
