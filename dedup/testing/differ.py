"""Differ: how a stripped page differs from what was expected, and which rules did it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from dedup.config import StripConfig
from dedup.records import Article, Page, SpanKind
from dedup.strip.explain import ExplainedLine, explain_stripped
from dedup.strip.page import strip_with_text

_SHOWN_SAME = 1  # lines of context on each side of a difference
_WIDTH = 100  # characters of a line shown


def describe_difference(
    page: Page, article_id: str, expected: str, config: StripConfig
) -> str | None:
    """A line diff with the rule behind each line that differs; None where the bodies agree."""
    stripped = strip_with_text(page, config)
    article = stripped.article
    meant = {one.id: one for one in (article, *article.embedded)}.get(article_id)
    if meant is None:
        return f"page {page.id!r} was found to carry no article {article_id!r}"
    wanted, found = _lines_of(expected), _lines_of(meant.text)
    if wanted == found:
        return None
    return "\n".join(_diff(meant, wanted, found, explain_stripped(stripped)))


def _lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _diff(
    article: Article, wanted: list[str], found: list[str], explained: Sequence[ExplainedLine]
) -> Iterator[str]:
    changes = SequenceMatcher(None, wanted, found, autojunk=False).get_opcodes()
    lost = sum(i2 - i1 for tag, i1, i2, _, _ in changes if tag != "equal")
    extra = sum(j2 - j1 for tag, _, _, j1, j2 in changes if tag != "equal")
    lines = "line" if lost == 1 else "lines"
    yield f"stripped {article.id} differs: {lost} expected {lines} missing, {extra} not expected"
    yield from (f"warning: {warning}" for warning in article.warnings)
    for tag, i1, i2, j1, j2 in changes:
        if tag == "equal":
            yield from _show_same(wanted[i1:i2])
            continue
        for line in wanted[i1:i2]:
            yield f"- {_clip(line)}   [{_blame(line, explained, lost=True)}]"
        for line in found[j1:j2]:
            yield f"+ {_clip(line)}   [{_blame(line, explained, lost=False)}]"


def _show_same(lines: Sequence[str]) -> Iterator[str]:
    if len(lines) <= 2 * _SHOWN_SAME:
        yield from (f"  {_clip(line)}" for line in lines)
        return
    yield f"  {_clip(lines[0])}"
    yield f"  … {len(lines) - 2 * _SHOWN_SAME} lines the same"
    yield f"  {_clip(lines[-1])}"


def _blame(line: str, explained: Sequence[ExplainedLine], *, lost: bool) -> str:
    """The kind and rule of a line of the page; of a line not whole in it, of its nearest part."""
    alike = [one for one in explained if (one.kind is not SpanKind.BODY) is lost]
    for same in (_is_same, _is_part):
        for one in alike:
            if same(line, one.text):
                where = "taken off" if lost else "kept"
                return f"{where} as {one.kind}" + f" by {one.rule}" * (one.rule != one.kind)
    return "in no line of the page" if lost else "kept in part"


def _is_same(line: str, text: str) -> bool:
    return line == text


def _is_part(line: str, text: str) -> bool:
    return line in text or (len(text) > 2 and text in line)


def _clip(line: str) -> str:
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
