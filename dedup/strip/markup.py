"""HTML pages: text and metadata by trafilatura; flattened text where it finds no article."""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec

from dedup.records import Page

_BLOCK_NAMES = """
    address article aside blockquote body br button dd div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr li main nav ol option p pre section table td th tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_UNSEEN = ("script", "style", "noscript", "template", "svg", "head", "iframe", "select")
_SPACES = re.compile(r"\s+")
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
    flattened: bool = False  # trafilatura found no article: `text` is the whole page


def page_text(page: Page) -> str:
    """The text that the spans of the page's article index: its own, or what its HTML holds."""
    return extract_page(page).text


def extract_page(page: Page) -> Extracted:
    """A page's text and metadata; plain text passes as it is."""
    if not page.is_html:
        return Extracted(text=page.text)
    found = _extract_article(page) if len(page.text) <= MAX_HTML else None
    return found or Extracted(text=flatten_html(page.text), is_html=True, flattened=True)


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


def flatten_html(html: str) -> str:
    """All the text of a page, one block a line.

    >>> flatten_html("<p>One <b>two</b></p><div>three<br>four</div>")
    'One two\\nthree\\nfour'
    """
    from lxml import etree  # type: ignore[import-untyped]  # noqa: PLC0415  # only for HTML
    from lxml import html as lxml_html  # noqa: PLC0415

    try:
        tree = lxml_html.document_fromstring(html)
    except (etree.ParserError, ValueError):
        return ""
    for element in list(tree.iter(*_UNSEEN, etree.Comment)):
        element.drop_tree()
    for element in tree.iter():
        if element.tag in _BLOCKS:
            element.text = "\n" + (element.text or "")
            element.tail = "\n" + (element.tail or "")
    lines = (_SPACES.sub(" ", line).strip() for line in tree.text_content().split("\n"))
    return "\n".join(line for line in lines if line)
