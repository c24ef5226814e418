"""The expectations that ask something of each pair, or of one article's attribution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from dedup.check.analysis import Analysis
from dedup.check.expectations import Bound, Expected
from dedup.check.messages import describe_decided, find_decision
from dedup.match.decision import describe_measure
from dedup.records import Comparison, Relation

COPYING = (Relation.EXACT, Relation.NEAR, Relation.CONTAINS)
MERGING = (*COPYING, Relation.REWRITE)
BROKEN = "a bound broken"
_STRENGTH = list(Relation)


class Complaint(NamedTuple):
    """A pair that an expectation does not hold of, and why not."""

    found: Comparison
    reasons: list[str]


class Judged(NamedTuple):
    """What an expectation came to: it holds where nothing is complained of."""

    found: str  # in a few words
    seen: list[Comparison]
    complaints: list[Complaint]


def judge_pairs(expected: Expected, analysis: Analysis) -> Judged:
    """The kinds that ask a relation of each pair."""
    wanted = Relation(expected.kind)
    seen = [analysis.compare(*pair) for pair in combinations(expected.ids, 2)]
    complaints = []
    for found in seen:
        reasons = [] if has_relation(found, wanted, analysis) else [_miss(found, wanted, analysis)]
        reasons += break_bounds(found, expected.bounds)
        if reasons:
            complaints.append(Complaint(found, _name_empty(found, analysis) + reasons))
    return Judged(_name_found(seen, expected, analysis), seen, complaints)


def has_relation(found: Comparison, wanted: Relation, analysis: Analysis) -> bool:
    """Whether a pair is what `wanted` asks for; the module's text says when."""
    if wanted is Relation.NEAR:
        return found.relation in (Relation.EXACT, Relation.NEAR)
    if wanted is Relation.CONTAINS:
        within = found.relation in (Relation.EXACT, Relation.CONTAINS)
        return within or find_decision(wanted, found).met
    return found.relation is wanted


def _miss(found: Comparison, wanted: Relation, analysis: Analysis) -> str:
    """The setting that made a pair something stronger than wanted, or kept it from being that."""
    deciding = wanted
    if found.relation and _STRENGTH.index(found.relation) < _STRENGTH.index(wanted):
        deciding = found.relation
    return describe_decided(deciding, found)


def break_bounds(found: Comparison, bounds: Iterable[Bound]) -> list[str]:
    """The bounds of the expectation itself that a pair does not keep."""
    broken = []
    for is_least, number, limit in bounds:
        value = getattr(found, number)
        name = number.replace("_", " ")
        if is_least and value < limit:
            broken.append(describe_measure(name, value, f"this expectation's min_{number}", limit))
        elif not is_least and value > limit:
            broken.append(
                f"{name} {value:.4g} exceeds this expectation's max_{number} {limit:.4g} "
                f"by {value - limit:.4g}"
            )
    return broken


def judge_different(expected: Expected, analysis: Analysis) -> Judged:
    seen = [analysis.compare(*pair) for pair in combinations(expected.ids, 2)]
    complaints = []
    for found in seen:
        # Nothing differs from all there is: such a pass would hide a page lost in stripping.
        reasons = _name_empty(found, analysis)
        if found.relation in MERGING:
            reasons.append(describe_decided(Relation(found.relation), found))
        reasons += describe_union(found, analysis) + break_bounds(found, expected.bounds)
        if reasons:
            complaints.append(Complaint(found, reasons))
    return Judged(_name_found(seen, expected, analysis), seen, complaints)


def describe_union(found: Comparison, analysis: Analysis) -> list[str]:
    """The cluster that two articles are both in, if there is one."""
    copies = analysis.copies_of(found.left)
    if copies and copies == analysis.copies_of(found.right):
        return [f"both are in {copies.id}, {len(copies.members)} articles"]
    story = analysis.story_of(found.left)
    if story and story == analysis.story_of(found.right):
        tie = story.weakest
        return [
            f"both tell {story.id}, {len(story.members)} articles "
            f"(weakest tie: {tie.left} ~ {tie.right}, story score {tie.score:.4g})"
        ]
    return []


def _name_empty(found: Comparison, analysis: Analysis) -> list[str]:
    return [
        f"{one} has an empty body: stripping took all of its page, or there was none"
        for one in (found.left, found.right)
        if analysis.is_empty(one)
    ]


def _name_found(seen: Sequence[Comparison], expected: Expected, analysis: Analysis) -> str:
    """The relations there are, and what else an expectation may fail by, with the right ones."""
    names = list(dict.fromkeys(str(found.relation or "no relation") for found in seen))
    if any(analysis.is_empty(one) for one in expected.ids):
        names.append("an empty body")
    if any(break_bounds(found, expected.bounds) for found in seen):
        names.append(BROKEN)
    return ", ".join(names)


def judge_attribution(expected: Expected, analysis: Analysis) -> tuple[bool, str]:
    """Whether the fields that were written down, and they only, are found as written."""
    article = analysis.article(expected.ids[0])
    wrong = []
    for field, wanted in expected.said.items():
        found = article.outlet if field == "outlet" else getattr(article.attribution, field)
        if not _says(field, wanted, found):
            wrong.append(f"  {field}: expected {_show(wanted)}, found {_show(found)}")
    if wrong:
        return False, "\n".join([f"attribution of {article.id} differs", *wrong])
    return True, f"attribution of {article.id}: {', '.join(expected.said)} as expected"


def _says(field: str, wanted: object, found: object) -> bool:
    if isinstance(wanted, tuple) and isinstance(found, tuple):
        return sorted(wanted) == sorted(found)
    if field == "outlet" and isinstance(wanted, str) and isinstance(found, str):
        return wanted.casefold() == found.casefold()
    return wanted == found


def _show(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(repr, value)) or "nobody"
    return "nothing" if value is None else repr(value)
