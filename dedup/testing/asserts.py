"""Asserts: the expectations of a pairs file, for pages at hand in a test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from dedup.check.analysis import Analysis
from dedup.check.cluster_checks import judge_story
from dedup.check.expectations import Expected
from dedup.check.judge import describe_judged
from dedup.check.messages import describe_decided
from dedup.check.pair_checks import MERGING, Complaint, Judged, judge_different, judge_pairs
from dedup.config import DEFAULT_CONFIG, Config
from dedup.errors import InputError
from dedup.read import read_pages
from dedup.records import Article, Page, Rejected, Relation
from dedup.strip.page import make_article, with_language
from dedup.testing.copies import Copy
from dedup.testing.differ import describe_difference

Given = str | Path | Page | Article | Copy


def assert_duplicates(
    left: Given,
    right: Given,
    relation: Relation | str | None = None,
    *,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Assert that two pages carry copies or rewrites of one article, or are in this `relation`.

    As in a pairs file, an exact pair is `near` and `contains` too; `excerpt` and `rewrite` ask
    for no stronger relation.
    """
    __tracebackhide__ = True
    analysis, ids = _analyse([left, right], config)
    if relation is None:
        _refuse(Expected("duplicates", ids, 0), _judge_merged(ids, analysis), analysis)
    else:
        expected = Expected(_name_relation(relation), ids, 0)
        _refuse(expected, judge_pairs(expected, analysis), analysis)


def assert_different(left: Given, right: Given, *, config: Config = DEFAULT_CONFIG) -> None:
    """Assert that two pages carry different articles; a shared excerpt is allowed."""
    __tracebackhide__ = True
    analysis, ids = _analyse([left, right], config)
    expected = Expected("different", ids, 0)
    _refuse(expected, judge_different(expected, analysis), analysis)


def assert_story(*articles: Given, config: Config = DEFAULT_CONFIG) -> None:
    """Assert that all these pages tell one story, nothing else being in the corpus."""
    __tracebackhide__ = True
    if len(articles) < 2:
        raise InputError(f"assert_story: give two or more articles, not {len(articles)}")
    analysis, ids = _analyse(articles, config)
    expected = Expected("same_story", ids, 0)
    _refuse(expected, judge_story(expected, analysis), analysis)


def assert_stripped(page: Given, expected: str | Path, *, config: Config = DEFAULT_CONFIG) -> None:
    """Assert that stripping a page leaves these lines; blank lines and outer spaces aside.

    A failure is a line diff, each line with its kind and the rule that took it off or kept it.
    """
    __tracebackhide__ = True
    wanted = expected.read_text(encoding="utf-8") if isinstance(expected, Path) else expected
    if isinstance(page, Article):
        raise InputError("assert_stripped: give a page or its text; an Article is stripped already")
    read, article_id = _find_page(page, "page", config)
    difference = describe_difference(read, article_id, wanted, config.strip)
    if difference:
        raise AssertionError(difference)


def _refuse(expected: Expected, judged: Judged, analysis: Analysis) -> None:
    __tracebackhide__ = True
    if judged.complaints:
        raise AssertionError(describe_judged(expected, judged, analysis))


def _judge_merged(ids: tuple[str, ...], analysis: Analysis) -> Judged:
    """Copies or rewrites; what misses all three is told how far it is from each."""
    found = analysis.compare(*ids)
    nearest = (Relation.NEAR, Relation.CONTAINS, Relation.REWRITE)
    missed = [describe_decided(relation, found) for relation in nearest]
    complaints = [] if found.relation in MERGING else [Complaint(found, missed)]
    return Judged(str(found.relation or "no relation"), [found], complaints)


def _name_relation(relation: Relation | str) -> str:
    if relation not in list(Relation):
        known = ", ".join(Relation)
        raise InputError(f"assert_duplicates: no relation {str(relation)!r}; relations: {known}")
    return str(relation)


def _analyse(given: Sequence[Given], config: Config) -> tuple[Analysis, tuple[str, ...]]:
    """The analysis of these articles and nothing else; names tell apart those that share an id."""
    names = ("left", "right") if len(given) == 2 else tuple(map(str, range(1, len(given) + 1)))
    found = [_find_article(one, name, config) for one, name in zip(given, names, strict=True)]
    if len({article.id for article in found}) < len(found):
        found = [
            msgspec.structs.replace(article, id=name)
            for article, name in zip(found, names, strict=True)
        ]
    return Analysis(found, config), tuple(article.id for article in found)


def _find_article(given: Given, name: str, config: Config) -> Article:
    if isinstance(given, Article):
        return with_language(given)
    page, article_id = _find_page(given, name, config)
    article = make_article(page, config.strip)
    carried = {one.id: one for one in (article, *article.embedded)}
    if article_id not in carried:
        raise AssertionError(f"page {page.id!r} was found to carry no article {article_id!r}")
    return carried[article_id]


def _find_page(given: str | Path | Page | Copy, name: str, config: Config) -> tuple[Page, str]:
    """A page, and the id of the article in it that is meant; a text takes the name as its id."""
    if isinstance(given, Copy):
        return given.page, given.article
    if isinstance(given, Path):
        given = _read_page(given, config)
    elif isinstance(given, str):
        _refuse_path(given)
        given = Page(id=name, text=given)
    if not isinstance(given, Page):
        raise InputError(
            f"{name}: not a text, a path, a page or an article: {type(given).__name__}"
        )
    return given, given.id


def _read_page(path: Path, config: Config) -> Page:
    pages = list(read_pages(path, config.read))
    if len(pages) != 1:
        raise InputError(f"{path}: holds {len(pages)} pages; give a file of one")
    if isinstance(pages[0], Rejected):
        raise InputError(f"{pages[0].source}: {pages[0].reason}")
    return pages[0]


def _refuse_path(text: str) -> None:
    """A file's name compared as if it were an article would pass for `different` in silence."""
    if "\n" not in text and text.endswith((".txt", ".html", ".htm", ".md")):
        raise InputError(f"{text!r} is taken as a text; for the file, give pathlib.Path({text!r})")
