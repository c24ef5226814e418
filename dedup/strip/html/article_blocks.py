"""The article of an HTML page: which of its blocks are story, and what speaks for doubt.

The scorer's best run of blocks is the article. Its headline and its standfirst, which stand above
the run or among menus, are found by the page's structure: they are story on every page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.records import SpanKind
from dedup.strip.headlines import MAX_HEADLINE_WORDS, MIN_HEADLINE_WORDS
from dedup.strip.html.block_features import take_share
from dedup.strip.html.block_scorer import (
    BlockTable,
    load_block_scorer,
    read_table,
    score_blocks,
)
from dedup.strip.html.blocks import Container, Document
from dedup.strip.html.extract import Extracted
from dedup.strip.html.metadata import Metadata, find_day, read_day
from dedup.strip.line_state import Stretch
from dedup.strip.lines import PROSE_WORDS, Line, ends_sentence
from dedup.strip.scorer.prose_run import LineRun, best_run, find_run
from dedup.strip.scorer.trees import Floats

Mask = npt.NDArray[np.bool_]
MIN_KEPT_SHARE = 0.5  # of the best element's prose, or of what trafilatura took; below, a warning
MIN_DOUBTED = 60  # words of prose that must be at stake before it is worth a warning
EDGE_BLOCKS = 8  # blocks beyond the article's edge within which such a sentence is looked for
MIN_EDGE_SCORE = 0.05  # of a sentence at the article's edge that is marked up as its paragraphs are
MIN_WITHIN_SCORE = 0.05  # of a block within the article that is marked up so
UNIT_SHARE = 0.5  # of a table's or list's words, from which all of it is story
UNIT_DEPTH = 4  # elements between a block and its table or list
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
MIN_FOUND_PROSE = 40  # words of prose in a run that is believed without any score
MIN_FRONT_LINKS = 0.5  # share of a page's words that are links, from which it is a list of teasers
MIN_FRONT_BLOCKS = 20  # blocks of such a page
TITLE_SHARE = 0.75  # of the words of a headline and of the page's title together
MIN_TITLE_SHARE = 0.3  # the same, of a heading: a shorter one may be the name of the site
HEADLINE_TAGS = {"h1": 0.6, "h2": 0.3, "h3": 0.3}  # what a tag is worth, beside twice the share
BYLINE_BLOCKS = 6  # blocks around the headline and the first paragraph in which a date is its own
_DATED = (SpanKind.TIMESTAMP, SpanKind.ATTRIBUTION)
STANDFIRST_BLOCKS = 12  # blocks below the headline in which its standfirst stands
MIN_STANDFIRST_WORDS = 5
STANDFIRST_SHARE = 0.8  # of its words that the page's description has
_STANDFIRST = re.compile(
    r"standfirst|stand-first|\bdek\b|_dek|-dek|subtitle|sub-title|subhead|sub-head|summary|excerpt"
    r"|chapo|\blede\b|\blead\b|__lead|-lead\b|intro\b|vorspann|entradilla|sumario|occhiello|ingress"
    r"|key-?points|highlights|tldr|what-you-need"
)
_ELSEWHERE = re.compile(r"teaser|related|promo|card|widget|newsletter|comment|sidebar|caption")
_WORD = re.compile(r"\w+")

MIN_TEASERS = 5  # headings that are links, from which a page may be a section's
MIN_TEASER_WORDS = 3
MAX_TEASER_PROSE = 1.5  # paragraphs a teaser
SECTION_PAGE = "no article found in the HTML: a section page of {} teasers, nothing is kept"
NO_ARTICLE = "no article found in the HTML: the page is a list of links, nothing is kept"
UNSCORED = "no article found in the HTML: its best run of prose was kept instead"
WHOLE = "no article found in the HTML: all of its text was stripped by rules alone"


class ScoredPage(NamedTuple):
    """A page's blocks and what the scorer says of them."""

    stretch: Stretch
    document: Document
    table: BlockTable
    scores: Floats


def choose_blocks(stretch: Stretch, extracted: Extracted) -> LineRun:
    """Marks all blocks of a page but the article's; returns the run of blocks that was kept."""
    document, metadata = extracted.document, extracted.metadata
    table = read_table(document, stretch.lines, stretch.hits, metadata, extracted.vote)
    scorer = load_block_scorer()
    scores = score_blocks(table, stretch.lines, scorer)
    words = np.array([line.words for line in stretch.lines])
    run = best_run(((scores - scorer.run_cost) * words).tolist())
    kept = np.zeros(len(words), dtype=np.bool_)
    kept[run.first : run.stop] = scores[run.first : run.stop] > scorer.min_score
    run = _add_edges(ScoredPage(stretch, document, table, scores), kept, run)
    if _is_section_page(stretch, document, kept):
        stretch.warnings.append(SECTION_PAGE.format(_count_linked_headings(document, kept)))
        kept[:] = False
    elif not kept.any():
        run = _keep_unscored(stretch, document, kept)
    stretch.scores = [round(float(score), 3) for score in scores]
    _limit_hits(stretch, document, kept)
    _mark(stretch, kept, run)
    _restore_headline(stretch, document, metadata, kept)
    _restore_standfirst(stretch, document, metadata, kept, scores > scorer.run_cost)
    stretch.published = _find_published(stretch, document, kept)
    _warn_of_loss(stretch, table, kept, extracted.vote)
    return run


def _limit_hits(stretch: Stretch, document: Document, kept: Mask) -> None:
    """Takes back what rules know of the article's tables, where a row of hours is no time stamp,
    and the captions outside it: they are not the article's, however little else it says."""
    hits = list(stretch.hits)
    for number, known in enumerate(stretch.hits):
        if kept[number] and _is_row(document, number):
            hits[number] = ()
        elif known and not kept[number]:
            hits[number] = tuple(hit for hit in known if hit.rule.kind is not SpanKind.CAPTION)
    stretch.hits = hits


def _mark(stretch: Stretch, kept: Mask, run: LineRun) -> None:
    for number in np.flatnonzero(~kept).tolist():
        if number < run.first:
            stretch.mark(number, SpanKind.MENU, "blocks.before")
        elif number >= run.stop:
            stretch.mark(number, SpanKind.TAIL, "blocks.after")
        else:
            stretch.mark(number, SpanKind.MENU, "blocks.within")


def _add_edges(page: ScoredPage, kept: Mask, run: LineRun) -> LineRun:
    """Adds what is marked up as the article's paragraphs are, in the same element: in the run, and
    sentences before and after it, with what stands between them and the run."""
    stretch = page.stretch
    prose = [n for n in np.flatnonzero(kept).tolist() if stretch.is_clean_prose(n)]
    if not prose:
        return run
    kind = int(np.bincount(page.table.kinds[prose]).argmax())
    homes = {_home(page.document, n) for n in prose if page.table.kinds[n] == kind}

    def belongs(number: int, least: float) -> bool:
        return (
            page.table.kinds[number] == kind
            and _home(page.document, number) in homes
            and not stretch.hits[number]
            and not page.document.blocks[number].link_words
            and page.scores[number] > least
        )

    def ends(number: int) -> bool:
        return belongs(number, MIN_EDGE_SCORE) and ends_sentence(stretch.lines[number].text)

    for number in range(run.first, run.stop):
        kept[number] = kept[number] or belongs(number, MIN_WITHIN_SCORE)
    _complete_units(page, kept, run)
    first, stop = run
    while (last := _find_edge(page, range(stop, stop + EDGE_BLOCKS), ends)) is not None:
        _keep_between(page, kept, stop, last + 1)
        stop = last + 1
    while (last := _find_edge(page, range(first - 1, first - EDGE_BLOCKS, -1), ends)) is not None:
        _keep_between(page, kept, last, first)
        first = last
    return LineRun(first, stop)


def _find_edge(page: ScoredPage, numbers: range, ends: Callable[[int], bool]) -> int | None:
    """The first of some blocks that belongs to the article; what opens another section stops."""
    for number in numbers:
        if not 0 <= number < len(page.scores):
            return None
        if any(hit.rule.cuts for hit in page.stretch.hits[number]):
            return None
        if ends(number):
            return number
    return None


def _complete_units(page: ScoredPage, kept: Mask, run: LineRun) -> None:
    """Keeps, within the article, the rest of a table or list of which half is kept, and the heading
    of what is kept."""
    words = np.array([line.words for line in page.stretch.lines])
    units: dict[int, list[int]] = {}
    for number in range(run.first, run.stop):
        unit = _unit_of(page.document, number)
        if unit is not None:
            units.setdefault(unit, []).append(number)
    for members in units.values():
        if words[members] @ kept[members] >= UNIT_SHARE * words[members].sum():
            for number in members:
                kept[number] = kept[number] or _is_plain(page, number)
    for number in range(run.stop - 2, run.first - 1, -1):
        container = page.document.containers[page.document.blocks[number].container]
        if kept[number + 1] and container.tag in _HEADINGS and _is_plain(page, number):
            kept[number] = True


def _unit_of(document: Document, number: int) -> int | None:
    """The table or list that a block is a row or an item of."""
    at = document.blocks[number].container
    for _ in range(UNIT_DEPTH):
        container: Container = document.containers[at]
        if container.tag in ("table", "ul", "ol", "dl"):
            return at
        at = container.parent
        if at < 0:
            return None
    return None


def _is_plain(page: ScoredPage, number: int) -> bool:
    """Whether a block is no link, and nothing that a rule knows; a table's row is no time stamp."""
    block, line = page.document.blocks[number], page.stretch.lines[number]
    known = page.stretch.hits[number] and not _is_row(page.document, number)
    foreign = _stands_in(page.document, block.container, _ELSEWHERE)
    return not known and not foreign and 2 * block.link_words <= line.words


def _home(document: Document, number: int) -> tuple[int, str]:
    """The element that a block's own stands in; of elements that have a class and stand side by
    side, such as the entries of a live page, all are one."""
    parent = document.containers[document.blocks[number].container].parent
    container: Container = document.containers[parent]
    if container.tag == "div" and container.names.strip() and container.parent >= 0:
        return container.parent, container.names
    return parent, ""


def _keep_between(page: ScoredPage, kept: Mask, first: int, stop: int) -> None:
    """Keeps the blocks of a stretch of the article that are not links and that no rule knows."""
    for number in range(first, stop):
        kept[number] = _is_plain(page, number)


def _is_row(document: Document, number: int) -> bool:
    return bool(document.containers[document.blocks[number].container].tag == "tr")


def _is_section_page(stretch: Stretch, document: Document, kept: Mask) -> bool:
    """Whether what would be kept are teasers: headings that are links, each over a line or two."""
    headings = _count_linked_headings(document, kept)
    prose = sum(stretch.lines[n].words >= PROSE_WORDS for n in np.flatnonzero(kept).tolist())
    return headings >= MIN_TEASERS and prose - headings <= MAX_TEASER_PROSE * headings


def _count_linked_headings(document: Document, kept: Mask) -> int:
    """Headings among the kept blocks that are links as a whole."""
    blocks = [document.blocks[number] for number in np.flatnonzero(kept).tolist()]
    return sum(
        document.containers[block.container].tag in _HEADINGS
        and block.link_words >= MIN_TEASER_WORDS
        and block.link_words == len(block.text.split())
        for block in blocks
    )


def _keep_unscored(stretch: Stretch, document: Document, kept: Mask) -> LineRun:
    """What is kept of a page of which the scorer takes nothing, with a warning that says so."""
    size = len(kept)
    run = find_run(stretch.lines, stretch.hits)
    if sum(line.words for line in stretch.lines[run.first : run.stop]) >= MIN_FOUND_PROSE:
        stretch.warnings.append(UNSCORED)
        kept[run.first : run.stop] = True
        return run
    words = sum(line.words for line in stretch.lines)
    linked = sum(block.link_words for block in document.blocks)
    if size >= MIN_FRONT_BLOCKS and linked >= MIN_FRONT_LINKS * words:
        stretch.warnings.append(NO_ARTICLE)
        return LineRun(0, 0)
    stretch.warnings.append(WHOLE)
    kept[:] = True
    return LineRun(0, size)


def _restore_headline(stretch: Stretch, document: Document, metadata: Metadata, kept: Mask) -> None:
    """Keeps the headline: a block above the article's prose that says the page's title, or its
    `<h1>`."""
    first = next((n for n in np.flatnonzero(kept).tolist() if stretch.lines[n].prose), 0)
    if not kept.any():
        return
    best, best_worth = None, 0.0
    title = _words_of(metadata.title or "")
    for number in range(first + 1 if not stretch.lines[first].prose else first):
        worth = _headline_worth(stretch, document, number, title)
        if worth >= best_worth and worth > 0:
            best, best_worth = number, worth
    if best is None:
        return
    stretch.headline = best
    if not kept[best]:
        stretch.mark(best, SpanKind.BODY, "blocks.headline")
        kept[best] = True


def _headline_worth(
    stretch: Stretch, document: Document, number: int, title: frozenset[str]
) -> float:
    """How much speaks for a block as the headline: its words are the title's, it is an `<h1>`."""
    line = stretch.lines[number]
    if line.words > MAX_HEADLINE_WORDS:
        return 0.0
    own = _words_of(line.text)
    share = len(own & title) / max(1, len(own | title))
    tag = document.containers[document.blocks[number].container].tag
    weight = HEADLINE_TAGS.get(tag, 0.0)
    if share >= TITLE_SHARE or (weight and share >= MIN_TITLE_SHARE):
        return 2 * share + weight
    return MIN_TITLE_SHARE if tag == "h1" and line.words >= MIN_HEADLINE_WORDS else 0.0


def _words_of(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _restore_standfirst(
    stretch: Stretch, document: Document, metadata: Metadata, kept: Mask, likely: Mask
) -> None:
    """Keeps what stands between the headline and the article and says what it is about: the
    page's description, an element named as a standfirst or a summary, or what is `likely` story."""
    headline = stretch.headline
    if headline is None:
        return
    first = next((n for n in np.flatnonzero(kept).tolist() if n > headline), headline)
    described = _words_of(metadata.description or "")
    for number in range(headline + 1, min(first, headline + STANDFIRST_BLOCKS)):
        line = stretch.lines[number]
        if kept[number] or stretch.hits[number] or line.words < MIN_STANDFIRST_WORDS:
            continue
        block = document.blocks[number]
        is_button = document.containers[block.container].tag == "button"
        foreign = is_button or _stands_in(document, block.container, _ELSEWHERE)
        if foreign or 2 * block.link_words > line.words:
            continue
        own = _words_of(line.text)
        is_described = len(own & described) >= STANDFIRST_SHARE * min(
            len(own), len(described) or 99
        )
        named = _stands_in(document, block.container, _STANDFIRST)
        if is_described or named or likely[number]:
            stretch.mark(number, SpanKind.BODY, "blocks.standfirst")
            kept[number] = True


def _stands_in(document: Document, number: int, names: re.Pattern[str]) -> bool:
    """Whether an element or one of the two around it has such a class or id."""
    for _ in range(3):
        container: Container = document.containers[number]
        if container.tag in ("body", "html", "article", "main"):
            return False
        if names.search(container.names):
            return True
        number = container.parent
    return False


def _find_published(stretch: Stretch, document: Document, kept: Mask) -> str | None:
    """The day that the article's own `<time>` says, or its by-line; not a teaser's or a tweet's."""
    own = np.flatnonzero(kept)
    if not own.size:
        return None
    first = int(own[0]) if stretch.headline is None else min(int(own[0]), stretch.headline)
    prose = next((n for n in own.tolist() if n > first and stretch.lines[n].prose), first)
    near = range(first - BYLINE_BLOCKS, prose + BYLINE_BLOCKS)
    for time in document.times:
        own_time = time.block in near and not _is_foreign(document, time.container)
        if own_time and (day := read_day(time.written)):
            return day
    for number in range(max(0, near.start), min(len(kept), prose + 2)):
        dated = any(hit.rule.kind in _DATED for hit in stretch.hits[number])
        dated = dated and not _is_foreign(document, document.blocks[number].container)
        if dated and (day := find_day(stretch.lines[number].text)):
            return day
    return None


def _is_foreign(document: Document, number: int) -> bool:
    """Whether an element stands in one that is not the article's: a quoted post, a teaser."""
    while number >= 0:
        container: Container = document.containers[number]
        if container.tag in ("nav", "aside", "footer", "blockquote", "figure"):
            return True
        if container.tag in ("body", "main", "article"):
            return False
        if _ELSEWHERE.search(container.names):
            return True
        number = container.parent
    return False


def _warn_of_loss(stretch: Stretch, table: BlockTable, kept: Mask, vote: str) -> None:
    """Warns where much less was kept than the page's best element or trafilatura would give."""
    words = np.array([line.words for line in stretch.lines])
    prose = int(words[kept & np.array([line.prose for line in stretch.lines])].sum())
    under = int(table.prose_under_top)
    if kept.any() and prose < MIN_KEPT_SHARE * under and under >= MIN_DOUBTED:
        stretch.warnings.append(
            f"{prose} words of prose kept, of {under} in the element that has most of the page's"
        )
    texts: list[Line] = list(stretch.lines)
    taken = int((take_share([line.text for line in texts], vote) * words).sum()) if vote else 0
    if kept.any() and words[kept].sum() < MIN_KEPT_SHARE * taken and taken >= MIN_DOUBTED:
        stretch.warnings.append(f"{words[kept].sum()} words kept; trafilatura takes {taken}")
