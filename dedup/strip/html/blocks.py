"""The blocks of a page's DOM: its visible text, one block-level piece of text a line.

A block is what a browser shows as one paragraph, list item, heading, cell or row. White space and
a single `<br>` inside a paragraph do not end it. What a browser does not show (scripts, templates,
elements with `hidden`, `aria-hidden` or `display: none`) is not on the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from lxml import etree
from lxml import html as lxml_html

_BLOCK_TAGS = """
    address article aside blockquote body button caption center dd details dialog dir div dl dt
    fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr legend li
    main menu nav ol option p pre search section summary table tbody td tfoot th thead tr ul html
"""
BLOCK_TAGS = frozenset(_BLOCK_TAGS.split())
_UNSEEN_TAGS = """
    applet area audio canvas datalist embed frame head iframe link map math meta noembed noframes
    noscript object param script select style svg template textarea title track video
"""
UNSEEN_TAGS = frozenset(_UNSEEN_TAGS.split())
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
ROW_CELL_WORDS = 25  # words of a cell that is a paragraph: its table lays out the page
LINK_START, LINK_END, LINE_BREAK, CELL_BREAK = "\x02", "\x03", "\x04", "\x05"
_MARKS = re.compile("[\x02\x03\x05]")
_LINKED = re.compile("\x02([^\x03]*)\x03?")
WRAP_CHARS = (40, 130)  # lengths of the lines of a paragraph that was wrapped by hand
WRAP_FILL = 0.6  # of the longest line's length, from which a line was broken because it was full


class Container(NamedTuple):
    """A block-level element that is open around a block."""

    parent: int  # its number, -1 for the root
    tag: str
    names: str  # its class and id, in lower case


class Block(NamedTuple):
    """One visible piece of text."""

    text: str  # no white space but single spaces
    container: int  # number of the innermost block-level element around it
    link_words: int


class TimeElement(NamedTuple):
    """A `<time>` and where it stands."""

    written: str  # its `datetime`
    block: int  # blocks before it
    container: int


class Document(NamedTuple):
    """A parsed page: its blocks in page order, the elements around them, its `<time>` elements."""

    blocks: list[Block]
    containers: list[Container]  # a parent comes before its children
    times: list[TimeElement]
    depth: int  # elements inside one another

    @property
    def text(self) -> str:
        """The page's visible text, one block a line."""
        return "\n".join([block.text for block in self.blocks])


def parse_html(html: str) -> Any | None:
    """The tree of a page; None where it cannot be parsed or holds nothing."""
    try:
        data = html.encode("utf-8", "replace")
        parser = lxml_html.HTMLParser(
            encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
        )
        return lxml_html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None


def read_blocks(tree: Any) -> Document:
    """The visible blocks of a parsed page; where all is hidden, until a script shows it, all."""
    document = _Reader(keep_hidden=False).read(tree)
    if document.blocks:
        return document
    return _Reader(keep_hidden=True).read(tree)


class _Reader:
    """Walks a tree once. State: the elements that are open, and the text since the last block."""

    def __init__(self, *, keep_hidden: bool) -> None:
        self.keep_hidden = keep_hidden
        self.blocks: list[Block] = []
        self.containers: list[Container] = []
        self.times: list[TimeElement] = []
        self.parts: list[str] = []  # text since the last block ended
        self.open: list[int] = [-1]  # containers around it
        self.links = 0  # open elements `a`,
        self.rows = 0  # rows of tables of figures,
        self.preformatted = 0  # and elements `pre`

    def read(self, tree: Any) -> Document:
        """The document of a tree."""
        walk = etree.iterwalk(tree, events=("start", "end"))
        depth = deepest = 0
        for event, element in walk:
            tag = element.tag
            seen = isinstance(tag, str) and tag not in UNSEEN_TAGS and not self._is_hidden(element)
            if event == "start":
                depth += 1
                deepest = max(deepest, depth)
                if not seen:
                    walk.skip_subtree()
                    continue
                self._open(element, tag)
                if element.text:
                    self.parts.append(self._mark_lines(element.text))
            else:
                depth -= 1
                if seen:
                    self._close(tag)
                if element.tail and element is not tree:
                    self.parts.append(self._mark_lines(element.tail))
        self._end_block()
        return Document(self.blocks, self.containers, self.times, deepest)

    def _is_hidden(self, element: Any) -> bool:
        attributes = element.attrib
        if self.keep_hidden or not attributes:
            return False
        return (
            "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            or ("style" in attributes and bool(_HIDING_STYLE.search(attributes["style"])))
        )

    def _mark_lines(self, text: str) -> str:
        return text.replace("\n", LINE_BREAK) if self.preformatted else text

    def _open(self, element: Any, tag: str) -> None:
        if tag in BLOCK_TAGS:
            self._open_block(element, tag)
        elif tag == "a":
            self.links += 1
            self.parts.append(LINK_START)
        elif tag == "br":
            self.parts.append(LINE_BREAK)
        elif tag == "time" and "datetime" in element.attrib:
            time = TimeElement(element.attrib["datetime"], len(self.blocks), self.open[-1])
            self.times.append(time)

    def _open_block(self, element: Any, tag: str) -> None:
        if self.rows:
            self.parts.append(CELL_BREAK if tag in ("td", "th") else " ")
        else:
            self._end_block()
        if tag == "tr" and (self.rows or _is_figures(element)):
            self.rows += 1
        self.preformatted += tag == "pre"
        attributes = element.attrib
        names = ""
        if attributes:
            names = f"{attributes.get('class', '')} {attributes.get('id', '')}".lower()
        self.containers.append(Container(self.open[-1], tag, names))
        self.open.append(len(self.containers) - 1)

    def _close(self, tag: str) -> None:
        if tag in BLOCK_TAGS:
            if tag == "tr" and self.rows:
                self.rows -= 1
            if self.rows:
                self.parts.append(" ")
            else:
                self._end_block()
            self.preformatted -= tag == "pre"
            self.open.pop()
        elif tag == "a":
            self.links -= 1
            self.parts.append(LINK_END)

    def _end_block(self) -> None:
        if not self.parts:
            return
        raw = "".join(self.parts)
        self.parts.clear()
        if self.links:
            self.parts.append(LINK_START)
        if not raw or raw.isspace():
            return
        lines = _join_wrapped(raw) if LINE_BREAK in raw else [raw]
        blocks = (_make_block(line, self.open[-1]) for line in lines)
        self.blocks += [block for block in blocks if block]


def _is_figures(row: Any) -> bool:
    """Whether a row is of a table of figures, not of one that lays out the page: two cells or
    more, none of them a paragraph, none with a table of its own."""
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    if len(cells) < 2 or next(row.iter("table", "ul", "ol", "form"), None) is not None:
        return False
    return all(len(" ".join(cell.itertext()).split()) < ROW_CELL_WORDS for cell in cells)


def _make_block(raw: str, container: int) -> Block | None:
    """The block of a raw text; None where it shows nothing."""
    linked = 0
    if LINK_START in raw:
        linked = sum(len(part.split()) for part in _LINKED.findall(raw))
        raw = raw.replace(LINK_START, "").replace(LINK_END, "")
    elif LINK_END in raw:
        linked = len(raw[: raw.index(LINK_END)].split())
        raw = raw.replace(LINK_END, "")
    if CELL_BREAK in raw:
        cells = [" ".join(cell.split()) for cell in raw.split(CELL_BREAK)]
        text = " | ".join(cell for cell in cells if cell)
    else:
        text = " ".join(raw.split())
    return Block(text, container, linked) if text else None


def _join_wrapped(raw: str) -> list[str]:
    """The lines that `<br>` ends; those of a paragraph wrapped by hand joined. An empty line
    always parts.

    >>> _join_wrapped("One\x04two\x04\x04three")
    ['One two', 'three']
    """
    joined: list[str] = []
    run: list[str] = []
    for line in [*raw.split(LINE_BREAK), ""]:
        if _MARKS.sub("", line).strip():
            run.append(line)
        elif run:
            joined += _join_run(run)
            run = []
    return joined


def _join_run(run: Sequence[str]) -> list[str]:
    """A line that goes on in small letters, or that broke because it was full, is joined."""
    lengths = [len(_MARKS.sub("", line).strip()) for line in run]
    longest = max(lengths)
    wrapped = len(run) > 2 and WRAP_CHARS[0] <= longest <= WRAP_CHARS[1]
    joined = [run[0]]
    for length, line in zip(lengths, run[1:], strict=False):
        shown = _MARKS.sub("", line).strip()
        full = wrapped and length >= WRAP_FILL * longest
        if shown[0].islower() or full:
            joined[-1] += " " + line
        else:
            joined.append(line)
    return joined
