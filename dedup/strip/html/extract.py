"""HTML pages: text and metadata by trafilatura; flattened text where it finds no article.

What it finds may be no article either: a caption, a notice, or, on the pages of old that are laid
out by tables, one endless line. Where its text has next to no line of prose and the page's own text
has a run of them, the page's own text is stripped.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec

from dedup.records import Page
from dedup.strip.html.flatten import flatten_page, part_cells
from dedup.strip.lines import split_lines
from dedup.strip.scorer.prose_run import find_run

_LANGUAGE = re.compile(r"<html\b[^>]{0,500}?\blang=[\"']?([a-zA-Z]{2})\b", re.IGNORECASE)
HEAD_LENGTH = 5_000  # characters within which a page's `html` element stands
MIN_EXTRACTED_PROSE = 50  # words in lines of prose, below which the page's own text is looked at
MIN_FLAT_PROSE = 100  # words of prose in the best run of the page's own text, and
MIN_FLAT_SHARE = 0.3  # of all that was extracted, before it is taken instead
NOTICE_WORDS = 40  # words of a notice of which one is "cookie"; of a recipe for some, one in 55
MAX_HTML = 20_000_000  # characters; beyond this the page is flattened without trafilatura


class Extracted(msgspec.Struct, frozen=True):
    """The text of a page, which spans index, and what the page's metadata says."""

    text: str
    title: str | None = None
    author: str | None = None
    published: str | None = None
    language: str | None = None
    outlet: str | None = None
    is_html: bool = False
    is_whole: bool = False  # `text` is the whole page, chrome and all, not what an extractor chose
    warning: str | None = None  # no article was found: `text` is the whole page, got as this says


def page_text(page: Page) -> str:
    """The text that the spans of the page's article index: its own, or what its HTML holds."""
    return extract_page(page).text


def extract_page(page: Page) -> Extracted:
    """A page's text and metadata; plain text passes as it is."""
    if not page.is_html:
        return Extracted(text=page.text)
    found = _extract_article(page) if len(page.text) <= MAX_HTML else None
    if found and _is_article(found.text):
        return _part_tables(found)
    text, warning = flatten_page(page.text)
    if not found:
        language = read_language(page.text)
        return Extracted(text, is_html=True, is_whole=True, language=language, warning=warning)
    if text and (_is_notice(found.text) or _is_missed(found.text, text)):
        return msgspec.structs.replace(found, text=text, is_whole=True)
    return _part_tables(found)


def _part_tables(found: Extracted) -> Extracted:
    return msgspec.structs.replace(found, text=part_cells(found.text))


def _is_article(text: str) -> bool:
    return _prose_words(text) >= MIN_EXTRACTED_PROSE and not _is_notice(text)


def _is_notice(text: str) -> bool:
    """Whether an extractor took a consent notice for the article."""
    return text.casefold().count("cookie") * NOTICE_WORDS >= len(text.split()) > MIN_EXTRACTED_PROSE


def _prose_words(text: str) -> int:
    return sum(line.words for line in split_lines(text) if line.prose)


def _is_missed(extracted: str, flat: str) -> bool:
    """Whether a page's own text has a run of prose that what was extracted cannot stand for."""
    lines = split_lines(flat)
    run = find_run(lines, [()] * len(lines))
    prose = sum(line.words for line in lines[run.first : run.stop] if line.prose)
    words = sum(line.words for line in split_lines(extracted))
    return prose >= max(MIN_FLAT_PROSE, MIN_FLAT_SHARE * words)


def _hush() -> None:
    """Keeps the extractor's log off stderr where the caller has set up no logging."""
    for name in ("trafilatura", "htmldate", "courlan"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def _extract_article(page: Page) -> Extracted | None:
    from trafilatura import bare_extraction  # half a second: only for HTML

    _hush()
    found: Any = bare_extraction(page.text, url=page.url, favor_precision=True, with_metadata=True)
    if found is None or not (found.text or "").strip():
        return None
    return Extracted(
        text=found.text,
        is_html=True,
        title=found.title or None,
        author=found.author or None,
        published=found.date or None,
        language=found.language or read_language(page.text),
        outlet=found.hostname or None,
    )


def read_language(html: str) -> str | None:
    """The language a page says it is in: ISO 639-1, from the `lang` of its `html` element.

    >>> read_language('<!doctype html><html class="a" lang="de-AT">')
    'de'
    """
    found = _LANGUAGE.search(html[:HEAD_LENGTH])
    return found[1].lower() if found else None
