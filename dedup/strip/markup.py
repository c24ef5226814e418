"""HTML pages: text and metadata by trafilatura; flattened text where it finds no article."""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec

from dedup.records import Page
from dedup.strip.flatten import flatten_page

_LANGUAGE = re.compile(r"<html\b[^>]{0,500}?\blang=[\"']?([a-zA-Z]{2})\b", re.IGNORECASE)
HEAD_LENGTH = 5_000  # characters within which a page's `html` element stands
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
    warning: str | None = None  # no article was found: `text` is the whole page, got as this says


def page_text(page: Page) -> str:
    """The text that the spans of the page's article index: its own, or what its HTML holds."""
    return extract_page(page).text


def extract_page(page: Page) -> Extracted:
    """A page's text and metadata; plain text passes as it is."""
    if not page.is_html:
        return Extracted(text=page.text)
    found = _extract_article(page) if len(page.text) <= MAX_HTML else None
    if found:
        return found
    text, warning = flatten_page(page.text)
    return Extracted(text=text, is_html=True, language=read_language(page.text), warning=warning)


def _hush() -> None:
    """Keeps the extractor's log off stderr where the caller has set up no logging."""
    for name in ("trafilatura", "htmldate", "courlan"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def _extract_article(page: Page) -> Extracted | None:
    from trafilatura import bare_extraction  # noqa: PLC0415  # half a second: only for HTML

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
