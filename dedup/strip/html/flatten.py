"""The text of HTML that no parser reads, its tags taken off."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator

_BLOCK_NAMES = """
    address article aside blockquote body br button dd div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr li main nav ol option p pre section table td th tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_UNSEEN = ("script", "style", "noscript", "template", "svg", "head", "iframe", "select")
_SPACES = re.compile(r"\s+")
_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>|<[!?][^<>]*+>")
SCANNED = (
    "the HTML cannot be parsed (elements nested too deep, or one never closed): what was left "
    "without its tags was stripped instead"
)
NO_TEXT = "no text in the HTML: a frame set, or a page that scripts write"


def scan_html(html: str) -> str:
    """All the text of a page, one block a line, without a parser; in linear time.

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
