"""Core mode: the article cut out of a whole-page dump, by the scorer's best run of lines.

Lines before and after the run leave, lines inside it that score too low leave, and the headline,
which stands above the run among menus, is looked for and put back.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from dedup.records import SpanKind
from dedup.strip.features import COHESION_LETTERS, Column, find_cohesion
from dedup.strip.headlines import is_headline, is_trail
from dedup.strip.lines import line_key
from dedup.strip.marks import Stretch
from dedup.strip.prose import Run, best_run, find_run
from dedup.strip.scorer import Floats, Scorer, score_lines
from dedup.strip.terms import load_terms

MIN_KEPT = 0.08  # share of a page's prose that must be left; else the cut is undone
MIN_FUNCTION_WORDS = 0.15  # of a prose line's words; below, the scorer does not know the language
HEADLINE_ABOVE = 40  # lines above the run in which its headline is looked for
ECHO_WORTH = 0.3  # of a line said twice on the page, beside the share of words it has of the body
DISTANCE_COST = 0.01  # a line between a headline and the run
STANDFIRST_LINES = 3  # lines a standfirst may stand below its headline
STANDFIRST_SHARE = 0.6  # of the standfirst's share of the body's words that the headline must have


def cut_article(stretch: Stretch, scorer: Scorer) -> Run:
    """Marks all lines but the article's; returns the run that was kept. Undone with a warning
    when next to nothing of the page's prose would be left."""
    if not stretch.lines:
        return Run(0, 0)
    scores = _score(stretch, scorer)
    words = np.array([line.words for line in stretch.lines])
    run = best_run(((scores - scorer.run_cost) * words).tolist())
    prose = np.array(stretch.prose_words())
    if prose[run.first : run.stop].sum() <= MIN_KEPT * prose.sum():
        stretch.warnings.append("no run of prose found: the page was stripped by rules alone")
        return Run(0, len(stretch.lines))
    for number, score in enumerate(scores):
        stretch.scores[number] = round(float(score), 3)
        if number < run.first:
            stretch.mark(number, SpanKind.MENU, "core.before")
        elif number >= run.stop:
            stretch.mark(number, SpanKind.TAIL, "core.after")
        elif score <= scorer.min_score:
            stretch.mark(number, SpanKind.MENU, "core.within")
    return run


def _score(stretch: Stretch, scorer: Scorer) -> Floats:
    """The scorer's probabilities; 1 on the untrained run of prose where it knows no language."""
    if _knows_language(stretch):
        return score_lines(stretch.lines, stretch.hits, scorer)
    run = find_run(stretch.lines, stretch.hits)
    scores = np.zeros(len(stretch.lines))
    scores[run.first : run.stop] = 1
    return scores


def _knows_language(stretch: Stretch) -> bool:
    function_words = load_terms().function_words
    known = total = 0
    for line in stretch.lines:
        if line.prose:
            words = line.text.casefold().split()
            total += line.words
            known += sum(word in function_words for word in words)
    return known >= MIN_FUNCTION_WORDS * total


def restore_headline(stretch: Stretch, run: Run) -> int | None:
    """Puts the headline back: of the lines above the run, the one most like the body."""
    body = np.array([stretch.is_body(n) and line.prose for n, line in enumerate(stretch.lines)])
    if not body.any():
        return None
    first = int(np.argmax(body))
    candidates = [
        number
        for number in range(max(0, run.first - HEADLINE_ABOVE), first)
        if is_headline(stretch.lines[number]) and _may_be_headline(stretch, number)
    ]
    if not candidates:
        return None
    shares = find_cohesion(stretch.lines, body)
    echoes = Counter(line.key for line in stretch.lines)

    def worth(number: int) -> float:
        line = stretch.lines[number]
        echo = ECHO_WORTH * (echoes[line.key] > 1 or _is_cut_short(line.key, echoes))
        return float(shares[number]) + echo - DISTANCE_COST * (first - number)

    best = max(candidates, key=worth)
    if shares[best] <= 0:
        return None
    best = _above_standfirst(best, candidates, shares)
    stretch.mark(best, SpanKind.BODY, "core.headline")
    return best


def _above_standfirst(best: int, candidates: list[int], shares: Column) -> int:
    """A standfirst says more of the story than the headline just above it."""
    for number in reversed([n for n in candidates if n < best]):
        if best - number <= STANDFIRST_LINES and shares[number] >= STANDFIRST_SHARE * shares[best]:
            best = number
    return best


def _may_be_headline(stretch: Stretch, number: int) -> bool:
    text = stretch.lines[number].text
    long_words = [word for word in text.split() if len(word) >= COHESION_LETTERS]
    return not stretch.hits[number] and len(long_words) > 1 and not is_trail(text)


def _is_cut_short(key: str, echoes: Counter[str]) -> bool:
    """Whether another line is this one with a site's name behind it."""
    return any(other.startswith(key) and len(other) > len(line_key(key)) for other in echoes)
