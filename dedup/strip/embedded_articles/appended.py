"""Appended articles: whole stories under a bare "More top stories", no outlet named beside them.

Three things must come together: an opener that stands under enough of the page's own prose; under
it a headline with an article's worth of prose; and in that prose next to none of the page's rare
words. Cohesion alone never cuts: one real article in thirty shares as few rare words with its own
second half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.strip.embedded_articles.headers import Start
from dedup.strip.headlines import may_be_headline
from dedup.strip.line_state import Stretch
from dedup.strip.lines import Line
from dedup.strip.scorer.prose_run import find_run

MIN_MAIN_WORDS = 100  # words in the run of prose above the opener
MIN_TEXT_WORDS = 80  # words of prose under a headline: a teaser has fewer
READ_WORDS = 400  # words of prose in which an article shows what it is about
HEADLINE_WITHIN = 3  # lines below the opener within which the first headline stands
PROSE_WITHIN = 6  # lines below a headline (times, by-lines, captions) within which prose begins
# Shares of rarity; benchmarks/README.md, "Appended articles".
MAX_COHESION = 0.05  # of a stranger: one own second half in thirty shares as little
MIN_RESUMED = 0.1  # of the page's own article when it goes on below: nine in ten share more


class Rare(NamedTuple):
    """The different words of some prose, by hash, and how rare each is."""

    words: npt.NDArray[np.uint64]  # ascending
    weights: npt.NDArray[np.float32]


Weigher = Callable[[Sequence[Line]], Rare]


class PageSection(NamedTuple):
    """Lines `headline` to `stop`, the latter left out: a headline and what stands under it."""

    headline: int
    stop: int


def find_appended(stretch: Stretch) -> list[Start]:
    """Where the articles appended to a page start; none where its own article goes on below."""
    openers = [n for n, hits in enumerate(stretch.hits) if hits and is_opener(stretch, n)]
    words = stretch.prose_words() if openers else []
    for opener in openers:
        if sum(words[:opener]) < MIN_MAIN_WORDS:
            continue
        if sum(words[opener:]) < MIN_TEXT_WORDS:
            return []
        sections = list(_read_sections(stretch, opener))
        if sections and (found := _part_articles(stretch, opener, sections)):
            return [Start(one.headline, one.headline, ()) for one in found]
    return []


def is_opener(stretch: Stretch, number: int, *, talk: bool = False) -> bool:
    return any(hit.rule.cuts and hit.rule.talk is talk for hit in stretch.hits[number])


def _read_sections(stretch: Stretch, opener: int) -> Iterator[PageSection]:
    """The headlines below an opener that prose stands under, each with its lines.

    What readers say below an article is no article: none is looked for there.
    """
    below = range(opener + 1, len(stretch.lines))
    end = next((n for n in below if is_opener(stretch, n, talk=True)), below.stop)
    starts = [n for n in range(opener + 1, end) if _heads_prose(stretch, n)]
    if not starts or starts[0] > opener + HEADLINE_WITHIN:
        return
    starts[0] = _above_standfirst(stretch, opener, starts[0])
    for start, stop in zip(starts, [*starts[1:], len(stretch.lines)], strict=True):
        yield PageSection(start, stop)


def _above_standfirst(stretch: Stretch, opener: int, number: int) -> int:
    """The line right below the opener where a standfirst is all that parts it from the prose."""
    return opener + 1 if number == opener + 2 and _may_head(stretch, opener + 1) else number


def _heads_prose(stretch: Stretch, number: int) -> bool:
    """Whether a line is a headline, with prose below it before the next one."""
    if not _may_head(stretch, number):
        return False
    for below in range(number + 1, min(number + 1 + PROSE_WITHIN, len(stretch.lines))):
        if stretch.lines[below].prose:
            return True
        if _may_head(stretch, below):
            return False
    return False


def _may_head(stretch: Stretch, number: int) -> bool:
    return may_be_headline(stretch, number) and " | " not in stretch.lines[number].text


def _part_articles(
    stretch: Stretch, opener: int, sections: Sequence[PageSection]
) -> list[PageSection]:
    """The sections put together to articles; none unless every one is strange to the page."""
    main = main_prose(stretch, opener)
    below = PageSection(sections[0].headline, sections[-1].stop)
    if sum(line.words for line in main) < MIN_MAIN_WORDS or not _has_paragraphs(stretch, below):
        return []  # before the words are weighed, which takes a second to be ready
    weigh = weigher_for(main)
    own = weigh(main)
    if find_cohesion(weigh(first_words(_prose(stretch, below))), own) >= MIN_RESUMED:
        return []  # most often; before the sections are told apart
    articles: list[PageSection] = []
    for section in sections:
        if not articles or _is_apart(stretch, articles[-1], section, sections[-1].stop, weigh):
            articles.append(section)
        else:
            articles[-1] = PageSection(articles[-1].headline, section.stop)
    bars = (MAX_COHESION, *[MIN_RESUMED] * len(articles))
    strange = (
        _has_paragraphs(stretch, article) and is_strange(_prose(stretch, article), own, weigh, bar)
        for article, bar in zip(articles, bars, strict=False)
    )
    return articles if all(strange) else []


def _is_apart(
    stretch: Stretch, article: PageSection, section: PageSection, end: int, weigh: Weigher
) -> bool:
    """Whether a headline starts another article: a subhead stands over the same rare words.

    Both what stands right below it and, for that may be little, what follows on must be strange.
    """
    own = weigh(_prose(stretch, article))
    ahead = first_words(_prose(stretch, PageSection(section.headline, end)))
    below = find_cohesion(weigh(_prose(stretch, section)), own)
    return below < MAX_COHESION and is_strange(ahead, own, weigh, MAX_COHESION)


def _has_paragraphs(stretch: Stretch, section: PageSection) -> bool:
    """Whether two lines of prose stand one under the other: teasers never do, a headline parts
    them."""
    prose = [stretch.is_clean_prose(n) for n in range(section.headline, section.stop)]
    return any(one and other for one, other in pairwise(prose))


def is_strange(prose: Sequence[Line], own: Rare, weigh: Weigher, bar: float) -> bool:
    """Whether prose is an article's, and shares next to no rare word with another, head or end."""
    if sum(line.words for line in prose) < MIN_TEXT_WORDS:
        return False
    ends = (first_words(prose), first_words(prose[::-1]))
    return max(find_cohesion(weigh(end), own) for end in ends) < bar


def first_words(prose: Sequence[Line]) -> list[Line]:
    words = np.cumsum([line.words for line in prose])
    return list(prose[: int(np.searchsorted(words, READ_WORDS)) + 1])


def main_prose(stretch: Stretch, opener: int) -> list[Line]:
    run = find_run(stretch.lines[:opener], stretch.hits[:opener])
    return [line for line in stretch.lines[run.first : run.stop] if line.prose]


def _prose(stretch: Stretch, section: PageSection) -> list[Line]:
    numbers = range(section.headline, section.stop)
    return [stretch.lines[n] for n in numbers if stretch.is_clean_prose(n)]


def find_cohesion(words: Rare, own: Rare) -> float:
    """The share of the rarity of some words that another text has too; 1 where none is known."""
    total = float(words.weights.sum())
    if not total or not len(own.words):
        return float(not total)
    places = np.searchsorted(own.words, words.words)
    shared = own.words.take(places, mode="clip") == words.words
    return float(words.weights[shared].sum()) / total


def weigher_for(main: Sequence[Line]) -> Weigher:
    """What weighs lines by the rarity of the language that a page's own prose is in."""
    # Rarity is what the story view weighs by, and takes a second to load: for few pages only.
    from dedup.text.language import choose_language  # numba: few pages
    from dedup.text.rarity import load_rarity, weigh_tokens  # as above
    from dedup.text.tokenise import tokenise_text  # as above

    rarity = load_rarity(choose_language(None, _join(main)) or "")

    def weigh(lines: Sequence[Line]) -> Rare:
        words = np.unique(tokenise_text(_join(lines)).hashes)
        return Rare(words, weigh_tokens(words, rarity))

    return weigh


def _join(lines: Sequence[Line]) -> str:
    return "\n".join(line.text for line in lines)
