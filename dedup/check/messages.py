"""The evidence about a pair in sentences, and the setting that decided."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from textwrap import shorten, wrap

from dedup.config import VerifyConfig
from dedup.match.decision import describe_decision
from dedup.match.evidence import Passage
from dedup.records import Article, Comparison, Decision, Relation
from dedup.text.tokenise import tokenise_text

_COLUMN = 46  # characters of each text where two stand side by side
_SHOWN_PASSAGES = 3
_SHOWN_CHARACTERS = 200  # of a passage
_AROUND = 24  # characters shown on each side of a first difference


def describe_pair(found: Comparison) -> str:
    """`a ~ b: rewrite · jaccard 0.0011 · containment 0.0023 · story score 0.0743`."""
    return f"{found.left} ~ {found.right}: {describe_numbers(found)}"


def describe_numbers(found: Comparison) -> str:
    """The relation of a pair and its numbers, in a line."""
    return (
        f"{found.relation or 'no relation'} · jaccard {found.jaccard:.4g} · "
        f"containment {found.containment:.4g} · story score {found.story_score:.4g}"
    )


def count_passage_words(found: Comparison, ours: str) -> list[int]:
    """The words of each shared passage."""
    return [len(tokenise_text(ours[start:end]).hashes) for start, end, _, _ in found.passages]


def describe_evidence(
    found: Comparison, left: Article, right: Article, config: VerifyConfig
) -> list[str]:
    """The lines that show what two articles share: passages side by side, then rare terms."""
    lines = list(_describe_passages(found, left.text, right.text, config))
    if found.relation is None or found.relation is not Relation.EXACT:
        lines += _describe_difference(left.text, right.text) if found.jaccard > 0.9 else []
    terms = ", ".join(term.text for term in found.shared_terms) or "none"
    lines.append(f"shared terms, rarest first: {terms}")
    if found.shared_figures:
        lines.append(f"shared figures: {', '.join(found.shared_figures)}")
    return lines + [f"both quote: {quote}" for quote in found.shared_quotes[:_SHOWN_PASSAGES]]


def _describe_passages(
    found: Comparison, ours: str, theirs: str, config: VerifyConfig
) -> Iterator[str]:
    if not found.passages:
        yield f"shared passages: none of {config.shown_passage_words} words or more"
        return
    words = count_passage_words(found, ours)
    longest = sorted(range(len(words)), key=lambda k: (-words[k], k))[:_SHOWN_PASSAGES]
    shown = f"; the {len(longest)} longest" if len(longest) < len(words) else ""
    yield f"shared passages: {len(words)} with {sum(words)} words{shown}:"
    for k in longest:
        yield from _show_passage(found.passages[k], words[k], ours, theirs)


def _show_passage(passage: Passage, words: int, ours: str, theirs: str) -> Iterator[str]:
    start, end, their_start, their_end = passage
    left = f"left {start}-{end}, {words} words"
    right = f"right {their_start}-{their_end}"
    yield from set_side_by_side(left, right)
    yield from set_side_by_side(
        shorten(ours[start:end], _SHOWN_CHARACTERS, placeholder=" …"),
        shorten(theirs[their_start:their_end], _SHOWN_CHARACTERS, placeholder=" …"),
    )


def set_side_by_side(left: str, right: str) -> Iterator[str]:
    """Two texts in two columns.

    >>> [line.split() for line in set_side_by_side("a b", "c")]
    [['a', 'b', '|', 'c']]
    """
    for ours, theirs in zip_longest(wrap(left, _COLUMN), wrap(right, _COLUMN), fillvalue=""):
        yield f"  {ours:<{_COLUMN}} | {theirs}".rstrip()


def _describe_difference(ours: str, theirs: str) -> list[str]:
    """Where two bodies that are nearly the same first part."""
    left, right = tokenise_text(ours), tokenise_text(theirs)
    same = min(len(left.hashes), len(right.hashes))
    first = next((k for k in range(same) if left.hashes[k] != right.hashes[k]), same)
    places = []
    for text, tokens in ((ours, left), (theirs, right)):
        start = int(tokens.starts[first]) if first < len(tokens.starts) else len(text)
        around = text[max(0, start - _AROUND) : start + _AROUND]
        places.append(" ".join(around.split()))
    return ["first difference:", *set_side_by_side(*places)]


def describe_decided(relation: Relation, found: Comparison) -> str:
    """`jaccard 0.31 misses verify.min_jaccard 0.5 by 0.19`: what this relation hangs on."""
    if relation is Relation.EXACT:
        return _describe_exact(found)
    return describe_decision(find_decision(relation, found))


def find_decision(relation: Relation, found: Comparison) -> Decision:
    """What decided whether a pair has this relation, which is any but `exact`."""
    return next(one for one in found.decisions if one.relation is relation)


def _describe_exact(found: Comparison) -> str:
    if found.relation is Relation.EXACT:
        return "the normalised bodies are the same: jaccard 1"
    miss = f"jaccard {found.jaccard:.4g} misses 1 by {1 - found.jaccard:.4g}"
    return f"the normalised bodies differ: {miss}"
