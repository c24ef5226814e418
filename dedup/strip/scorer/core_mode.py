"""Core mode: the article cut out of a whole-page dump, by the scorer's best run of lines.

Lines before and after the run leave, lines inside it that score too low leave, and the headline,
which stands above the run among menus, is looked for and put back.
"""

from __future__ import annotations

import numpy as np

from dedup.records import SpanKind
from dedup.strip.headlines import choose_headline, may_be_headline
from dedup.strip.line_state import Stretch
from dedup.strip.rules.terms import load_terms
from dedup.strip.scorer.prose_run import LineRun, best_run, find_run
from dedup.strip.scorer.trees import Floats, Scorer, score_lines

MIN_KEPT = 0.08  # share of a page's prose, or words if it has none, that must be left,
MIN_KEPT_WORDS = 300  # unless it is as long as an article: there are pages of 500 comments
MIN_FUNCTION_WORDS = 0.15  # of a prose line's words; below, the scorer does not know the language
HEADLINE_ABOVE = 40  # lines above the run in which its headline is looked for


def cut_article(stretch: Stretch, scorer: Scorer) -> LineRun:
    """Marks all lines but the article's; returns the run that was kept. Undone with a warning
    when next to nothing of the page's prose would be left."""
    if not stretch.lines:
        return LineRun(0, 0)
    scores = _score(stretch, scorer)
    words = np.array([line.words for line in stretch.lines])
    run = best_run(((scores - scorer.run_cost) * words).tolist())
    prose = np.array(stretch.prose_words())
    if not prose.any():  # an article in one line that ends in the middle of a sentence
        prose = words
    kept = prose[run.first : run.stop].sum()
    if kept <= MIN_KEPT * prose.sum():
        if kept < MIN_KEPT_WORDS:
            stretch.warnings.append("no run of prose found: the page was stripped by rules alone")
            return LineRun(0, len(stretch.lines))
        stretch.warnings.append(f"{kept} of {prose.sum()} words of prose taken for the article")
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


def restore_headline(stretch: Stretch, run: LineRun) -> int | None:
    """Puts the headline back: of the lines above the run's prose, the one most like it."""
    prose = [n for n in range(len(stretch.lines)) if stretch.is_clean_prose(n)]
    first = prose[0] if prose else 0
    above = range(max(0, run.first - HEADLINE_ABOVE), first)
    best = choose_headline(stretch, [n for n in above if may_be_headline(stretch, n)])
    if best is not None:
        stretch.mark(best, SpanKind.BODY, "core.headline")
    return best
