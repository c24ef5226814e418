"""HTML pages, read once: their blocks, their metadata, and what trafilatura takes of them.

A page that no parser reads is scanned for its text instead, with a warning.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec

from dedup.records import Page
from dedup.strip.html.flatten import NO_TEXT, SCANNED, scan_html

_LANGUAGE = re.compile(r"<html\b[^>]{0,500}?\blang=[\"']?([a-zA-Z]{2})\b", re.IGNORECASE)
HEAD_LENGTH = 5_000  # characters within which a page's `html` element stands
MAX_HTML = 20_000_000  # characters; beyond this the page is scanned, not parsed
MAX_DEPTH = 400  # elements inside one another, beyond which trafilatura is not asked


class Extracted(msgspec.Struct, frozen=True):
    """The text of a page, which spans index, and what the page's metadata says.

    `document` is the page's blocks, one for each line of `text`, and None for plain text and for
    HTML that no parser reads. `metadata` is `metadata.Metadata`, `vote` trafilatura's text.
    """

    text: str
    language: str | None = None
    is_html: bool = False
    document: Any = None
    metadata: Any = None
    vote: str = ""
    warning: str | None = None


def page_text(page: Page) -> str:
    """The text that the spans of the page's article index: all of a text, all that HTML shows."""
    return extract_page(page, ask=False).text


def extract_page(page: Page, *, ask: bool = True) -> Extracted:
    """A page's text and metadata; plain text passes as it is.

    Without `ask`, trafilatura is not asked what it would take.
    """
    if not page.is_html:
        return Extracted(text=page.text)
    language = read_language(page.text)
    found = _parse_page(page, ask) if len(page.text) <= MAX_HTML else None
    if found is not None:
        return msgspec.structs.replace(found, language=language)
    text = scan_html(page.text)
    warning = SCANNED if text else NO_TEXT
    return Extracted(text, language, is_html=True, warning=warning)


def _parse_page(page: Page, ask: bool) -> Extracted | None:
    from dedup.strip.html.blocks import parse_html, read_blocks
    from dedup.strip.html.metadata import read_metadata

    tree = parse_html(page.text)
    document = read_blocks(tree) if tree is not None else None
    if document is None or not document.blocks:
        return None
    metadata = read_metadata(tree)  # before trafilatura takes the tree apart
    return Extracted(
        text=document.text,
        is_html=True,
        document=document,
        metadata=metadata,
        vote=_ask_trafilatura(tree) if ask and document.depth <= MAX_DEPTH else "",
    )


def _ask_trafilatura(tree: Any) -> str:
    """The text that trafilatura takes for the article, without the other extractors it asks. It
    changes the tree, of which nothing is read any more."""
    from trafilatura import bare_extraction  # half a second: only for HTML

    _hush()
    found: Any = bare_extraction(tree, fast=True)
    return (found.text or "") if found is not None else ""


def _hush() -> None:
    """Keeps the extractor's log off stderr where the caller has set up no logging."""
    for name in ("trafilatura", "htmldate", "courlan"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def read_language(html: str) -> str | None:
    """The language a page says it is in: ISO 639-1, from the `lang` of its `html` element.

    >>> read_language('<!doctype html><html class="a" lang="de-AT">')
    'de'
    """
    found = _LANGUAGE.search(html[:HEAD_LENGTH])
    return found[1].lower() if found else None
