"""All the text of an HTML page, one block a line: what is left when no article is found in it."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from typing import Any

_BLOCK_NAMES = """
    address article aside blockquote body br button dd div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr li main nav ol option p pre section table td th tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_UNSEEN = ("script", "style", "noscript", "template", "svg", "head", "iframe", "select")
LAYOUT_WORDS = 25  # words of a cell that is a paragraph
_SPACES = re.compile(r"\s+")
_CELL_END = re.compile(r"(?<!\\)\|")
_GAP = re.compile(
    r"[ \xa0]*\t[ \t\xa0]*|[ \xa0]{3,}"
)  # white space that laid out what is in a cell
_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>|<[!?][^<>]*+>")
FLATTENED = "no article found in the HTML: its flattened text was stripped instead"
SCANNED = (
    "the HTML cannot be parsed (elements nested too deep, or one never closed): what was left "
    "without its tags was stripped instead"
)
NO_TEXT = "no text in the HTML: a frame set, or a page that scripts write"


def flatten_page(html: str) -> tuple[str, str]:
    """The text of a page in which no article was found, and the warning that says how it was got.

    >>> flatten_page("<div>" * 10_000 + "<p>Rain fell.")[0]
    'Rain fell.'
    """
    if text := flatten_html(html):
        return text, FLATTENED
    if text := scan_html(html):
        return text, SCANNED
    return "", NO_TEXT


def flatten_html(html: str) -> str:
    """All the text of a page, one block a line; empty where it cannot be parsed.

    >>> flatten_html("<p>One <b>two</b></p><div>three<br>four</div>")
    'One two\\nthree\\nfour'
    """
    from lxml import etree  # only for HTML
    from lxml import html as lxml_html  # slow: HTML only

    try:
        tree = lxml_html.document_fromstring(html, parser=lxml_html.HTMLParser(huge_tree=True))
    except (etree.ParserError, ValueError):
        return ""
    for element in list(tree.iter(*_UNSEEN, etree.Comment)):
        element.drop_tree()
    _part_blocks(tree)
    return _even_lines(tree.text_content())


def _part_blocks(tree: Any) -> None:
    for element in tree.iter():
        if element.tag in _BLOCKS:
            element.text = "\n" + (element.text or "")
            element.tail = "\n" + (element.tail or "")


def part_cells(text: str) -> str:
    """An extractor's text, the rows of tables that hold paragraphs parted into lines: such a table
    is the page's layout. A table of figures stays as it is.

    >>> part_cells("| 1 | 2 |"), part_cells("| Home | " + "word " * 25 + "|")[:10]
    ('| 1 | 2 |', 'Home\\nword ')
    """
    if "|" not in text:
        return text
    return "\n".join(part for line in text.split("\n") for part in _part_row(line))


def _part_row(line: str) -> list[str]:
    row = line.rstrip()
    if not (row.startswith("|") and row.endswith("|")):
        return [line]
    cells = _CELL_END.split(row[1:-1])
    if max(len(cell.split()) for cell in cells) < LAYOUT_WORDS:
        return [line]
    return [part for cell in cells for part in map(str.strip, _GAP.split(cell)) if part]


def scan_html(html: str) -> str:
    """The same without a parser, for pages that one gives up on; in linear time.

    An element that is not shown is left out with all it holds, unless nothing closes it.

    >>> scan_html("<script>x()</script><p>One &amp; <b>two</b><style>three")
    'One & two\\nthree'
    """
    return _even_lines(entities.unescape("".join(_shown_parts(html))))


def _shown_parts(html: str) -> Iterator[str]:
    unclosed: set[str] = set()
    at = 0
    while tag := _TAG.search(html, at):
        yield html[at : tag.start()]
        at = tag.end()
        name = (tag[2] or "").lower()
        closing = _closing_of(tag, name)
        if closing and closing not in unclosed:
            end = re.compile(closing, re.IGNORECASE).search(html, at)
            if end:
                at = end.end()
            else:
                unclosed.add(closing)
        yield "\n" if name in _BLOCKS or name in _UNSEEN else ""
    yield html[at:]


def _closing_of(tag: re.Match[str], name: str) -> str | None:
    """The pattern of what ends the unseen element or the comment that a tag opens."""
    if tag[0] == "<!--":
        return "-->"
    return f"</{name}[^<>]*+>" if name in _UNSEEN and not tag[1] else None


def _even_lines(text: str) -> str:
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
