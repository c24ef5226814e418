"""`strip_page`: from a page to its article."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from dedup.config import StripConfig, StripMode
from dedup.errors import InputError
from dedup.records import Article, Page, Span, SpanKind
from dedup.strip.attribution import build_attribution, outlet_name
from dedup.strip.embedded_articles.appended import find_appended
from dedup.strip.embedded_articles.headers import Start, find_headers
from dedup.strip.embedded_articles.introduced import find_introduced
from dedup.strip.headlines import find_title, mark_headlines
from dedup.strip.html.extract import Extracted, extract_page
from dedup.strip.html.metadata import Metadata
from dedup.strip.line_classes import keep_something, mark_lines
from dedup.strip.line_state import Stretch, partition_spans
from dedup.strip.lines import PROSE_WORDS, line_key, split_lines
from dedup.strip.rules.matches import find_hits
from dedup.strip.rules.outlets import rules_for
from dedup.strip.rules.rule_set import RuleSet
from dedup.strip.rules.terms import load_terms
from dedup.strip.scorer.prose_run import LineRun
from dedup.strip.section_tails import mark_tail
from dedup.strip.worry import measure_worry
from dedup.strip.wrapped import spare_wrapped
from dedup.text.language import choose_language

DEFAULT_STRIP = StripConfig()
MAX_APPENDED_SHARE = 0.75  # of an HTML page's kept words: three articles as long as its own
MIN_DUMP_CHROME = 4  # lines that the lexicon knows
MIN_DUMP_SHORT = 0.5  # share of lines too short for prose
CHROME = frozenset(
    (
        SpanKind.MENU,
        SpanKind.SHARE,
        SpanKind.AD,
        SpanKind.CALL_TO_ACTION,
        SpanKind.SECTION_OPENER,
        SpanKind.RIGHTS,
    )
)


def strip_page(
    page: Page | str,
    config: StripConfig = DEFAULT_STRIP,
    *,
    url: str | None = None,
    outlet: str | None = None,
) -> Article:
    """The article that a page carries, what was taken off it and why, and the embedded articles.

    The spans index `page_text(page)`: the page's text, or all that its HTML shows. A text gives
    an article with the id "page". Raises `InputError` for what is no page.

    >>> strip_page("Peace at last\\nBy Ann Lee\\nThe war ended.").attribution.author
    'Ann Lee'
    """
    return strip_with_text(_as_page(page, url, outlet), config).article


class StrippedPage(NamedTuple):
    """A page's article, the text that its spans index, and the marked lines of its main part."""

    article: Article
    text: str
    main: Stretch


def strip_with_text(page: Page, config: StripConfig = DEFAULT_STRIP) -> StrippedPage:
    """The article of a page with the page's text, which is read from its HTML once."""
    extracted = extract_page(page)
    main, embedded = strip_parts(page, extracted, config)
    return StrippedPage(_build_article(page, extracted, main, embedded), extracted.text, main)


def strip_parts(
    page: Page, extracted: Extracted, config: StripConfig
) -> tuple[Stretch, tuple[Article, ...]]:
    """The main stretch of a page with every line marked, and the articles embedded below it."""
    if config.mode == "off":
        return _whole_page(extracted.text), ()
    lines = split_lines(extracted.text)
    hits = find_hits(extracted.text, lines, find_rules(page, extracted, config))
    if extracted.document is not None:
        return _strip_blocks(page, extracted, Stretch(lines, hits))
    hits = spare_wrapped(extracted.text, lines, hits)
    whole = Stretch(lines, hits)
    starts = find_headers(whole) or find_appended(whole) or find_introduced(whole)
    end = starts[0].first if starts else len(lines)
    main = Stretch(lines[:end], hits[:end])
    mode = choose_mode(main, extracted, config)
    strip_stretch(main, mode)
    return main, _strip_embedded(page.id, extracted.text, whole, starts, mode)


def _strip_blocks(
    page: Page, extracted: Extracted, whole: Stretch
) -> tuple[Stretch, tuple[Article, ...]]:
    """The same for HTML, whatever the mode: the scorer of blocks chooses the article, and the
    rules that are safe take out of it what they know."""
    # The scorer brings numba, half a second: only for the pages that need it.
    from dedup.strip.html.article_blocks import choose_blocks

    run = choose_blocks(whole, extracted)
    starts = _find_embedded(whole, run)
    main = whole.head(starts[0].first if starts else len(whole.lines))
    mark_lines(main, run)
    mark_headlines(main)
    keep_something(main)
    return main, _strip_embedded(page.id, extracted.text, whole, starts, "core")


def _find_embedded(whole: Stretch, run: LineRun) -> list[Start]:
    """The embedded articles of an HTML page: under a header in the run of what is kept, or under
    an opener in what is kept."""
    lines, hits = whole.lines, whole.hits
    headed = list(range(run.first, run.stop))
    known = [n for n in range(len(lines)) if whole.is_body(n) or hits[n]]
    for numbers, find in ((headed, find_headers), (known, find_appended)):
        starts = find(Stretch([lines[n] for n in numbers], [hits[n] for n in numbers]))
        found = [
            Start(numbers[one.first], numbers[one.headline], tuple(numbers[n] for n in one.names))
            for one in starts
            if whole.is_body(numbers[one.headline])
        ]
        first = found[0].first if found else run.stop
        if found and (found[0].names or not _is_mostly_below(whole, first)):
            return found
    return []


def _is_mostly_below(whole: Stretch, first: int) -> bool:
    """Whether so much of what is kept stands below a line that it is the page's own: a long list
    under an opener of its own."""
    words = [line.words if whole.is_body(n) else 0 for n, line in enumerate(whole.lines)]
    return sum(words[first:]) > MAX_APPENDED_SHARE * sum(words)


def find_rules(page: Page, extracted: Extracted, config: StripConfig) -> RuleSet:
    """The rules for a page: the shipped ones, its outlet's, and the config's word on captions."""
    outlet = page.outlet or _outlet_of(extracted)
    return rules_for(outlet, config.outlet_rules, captions=config.captions == "drop")


def _as_page(page: Page | str, url: str | None, outlet: str | None) -> Page:
    if isinstance(page, str):
        return Page(id="page", text=page, url=url, outlet=outlet)
    if not isinstance(page, Page):
        kind = type(page).__name__
        raise InputError(f"not a page and not its text: {kind}; files are read by read_pages")
    if url or outlet:
        return msgspec.structs.replace(page, url=url or page.url, outlet=outlet or page.outlet)
    return page


def _whole_page(text: str) -> Stretch:
    lines = split_lines(text)
    return Stretch(lines, [()] * len(lines))


def choose_mode(stretch: Stretch, extracted: Extracted, config: StripConfig) -> StripMode:
    """The mode as set; "auto" takes core mode for a whole-page dump, safe mode for the rest.

    A dump shows in the lexicon: of 1,042 true bodies 99 % have at most two lines of chrome, of
    1,042 dumps 95 % have more than four.
    """
    if config.mode != "auto":
        return config.mode
    if extracted.is_html:  # no parser reads it: its text is a dump
        return "core"
    chrome = sum(bool(hits) and hits[0].rule.kind in CHROME for hits in stretch.hits)
    short = sum(line.words < PROSE_WORDS for line in stretch.lines)
    dump = chrome >= MIN_DUMP_CHROME and short >= MIN_DUMP_SHORT * len(stretch.lines)
    return "core" if dump else "safe"


def strip_stretch(stretch: Stretch, mode: StripMode) -> None:
    """The steps in order: the cut, lines, then headlines among what is left, then the tail."""
    if mode == "core":
        _strip_core(stretch)
    else:
        mark_lines(stretch)
        mark_headlines(stretch)
        mark_tail(stretch)
    keep_something(stretch)


def _strip_core(stretch: Stretch) -> None:
    # The scorer brings numba, half a second: only for the pages that need it.
    from dedup.strip.scorer.core_mode import cut_article, restore_headline
    from dedup.strip.scorer.trees import load_scorer

    run = cut_article(stretch, load_scorer())
    mark_lines(stretch, run)
    restore_headline(stretch, run)
    mark_headlines(stretch)


def _title(stretch: Stretch, metadata: Metadata) -> str | None:
    """The title: the headline as the page shows it where that is what its metadata says, too."""
    shown = find_title(stretch) if stretch.headline is None else stretch.headline
    text = None if shown is None else stretch.lines[shown].text
    if text and metadata.title and line_key(text) not in line_key(metadata.title):
        return metadata.title
    return text or metadata.title


def _credits(stretch: Stretch, metadata: Metadata) -> list[dict[str, str]]:
    """What attribution is made of: the people whom the metadata names, then the page's lines."""
    named = [{"author": ", ".join(metadata.authors)}] if metadata.authors else []
    return [*named, *stretch.groups]


def _outlet_of(extracted: Extracted) -> str | None:
    """The host of the page's own address, where its metadata gives one."""
    url = extracted.metadata.url if extracted.metadata else None
    return outlet_name(url) if url else None


def _build_article(
    page: Page, extracted: Extracted, main: Stretch, embedded: tuple[Article, ...]
) -> Article:
    stop = embedded[0].spans[0].start if embedded else len(extracted.text)
    spans = partition_spans(main, 0, stop)
    for article in embedded:
        spans += _embedded_spans(article)
    metadata = extracted.metadata or Metadata()
    warnings = (extracted.warning,) if extracted.warning else ()
    published = page.published or metadata.published or main.published
    return Article(
        id=page.id,
        page=page.id,
        text=main.body_text(),
        title=_title(main, metadata),
        url=page.url or metadata.url,
        outlet=page.outlet or _outlet_of(extracted),
        published=published,
        language=page.language or extracted.language,
        attribution=build_attribution(_credits(main, metadata), load_terms()),
        spans=spans,
        embedded=embedded,
        warnings=(*warnings, *main.warnings),
    )


def _embedded_spans(article: Article) -> tuple[Span, ...]:
    """One span of the page for all of an embedded article, and the blank after it."""
    rule = "embedded.header" if article.outlet else "embedded.appended"  # only a header names one
    start, last = article.spans[0].start, article.spans[-1]
    if last.kind is not SpanKind.BLANK:
        return (Span(start, last.end, SpanKind.EMBEDDED, rule),)
    return (Span(start, last.start, SpanKind.EMBEDDED, rule), last)


def _strip_embedded(
    page_id: str, text: str, whole: Stretch, starts: Sequence[Start], mode: StripMode
) -> tuple[Article, ...]:
    articles = []
    stops = [*(start.first for start in starts), len(whole.lines)][1:]
    for number, (start, stop) in enumerate(zip(starts, stops, strict=True), start=1):
        stretch = _embedded_stretch(whole, start, stop, mode)
        end = whole.lines[stop].start if stop < len(whole.lines) else len(text)
        article = Article(
            id=f"{page_id}#{number}",
            page=page_id,
            kind="embedded",
            text=stretch.body_text(),
            title=whole.lines[start.headline].text,
            outlet=outlet_name(whole.lines[start.names[0]].text) if start.names else None,
            attribution=build_attribution(stretch.groups, load_terms()),
            spans=partition_spans(stretch, whole.lines[start.first].start, end),
            warnings=tuple(stretch.warnings),
        )
        articles.append(article)
    return tuple(articles)


def _embedded_stretch(whole: Stretch, start: Start, stop: int, mode: StripMode) -> Stretch:
    stretch = Stretch(whole.lines[start.first : stop], whole.hits[start.first : stop])
    # Where headers part the articles there is no chrome between them to cut out.
    strip_stretch(stretch, "safe" if start.names else mode)
    for name in start.names:
        stretch.mark(name - start.first, SpanKind.ATTRIBUTION, "embedded.outlet")
    stretch.mark(start.headline - start.first, SpanKind.BODY, "embedded.headline")
    return stretch


def make_article(page: Page, config: StripConfig) -> Article:
    """The article of a page, each of its bodies with its language settled."""
    return make_article_with_text(page, config)[0]


def make_article_with_text(page: Page, config: StripConfig) -> tuple[Article, str]:
    """The same, and the text that its spans index."""
    stripped = strip_with_text(page, config)
    embedded = tuple(with_language(one) for one in stripped.article.embedded)
    article = with_language(stripped.article)
    doubts: dict[str, object] = {}
    if config.mode != "off":
        worry = measure_worry(article, stripped.text)
        doubts = {"worry": worry.score, "worries": worry.reasons}
    return msgspec.structs.replace(article, embedded=embedded, **doubts), stripped.text


def with_language(article: Article) -> Article:
    """The article with the language of its body: as declared, else detected.

    Raises `InputError` for what is no article: a page, for one.
    """
    if not isinstance(article, Article):
        kind = type(article).__name__
        raise InputError(f"not an article: {kind}; strip_page makes one of a page or its text")
    language = choose_language(article.language, article.text)
    return msgspec.structs.replace(article, language=language)
