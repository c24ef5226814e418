"""Rewrites in several languages, alone and in one corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

import dedup
from dedup.config import Config, read_yaml
from dedup.corpus.search import compare_articles
from dedup.records import Article

CASES: dict[str, dict[str, str]] = read_yaml(Path(__file__).parents[1] / "cases" / "languages.yaml")


def articles_of(language: str, told: str | None) -> list[Article]:
    """The three articles of a language; `told` is the language that their pages give."""
    return [
        Article(id=f"{language}-{name}", page=f"{language}-{name}", text=text, language=told)
        for name, text in CASES[language].items()
    ]


def story_of(language: str) -> tuple[str, ...]:
    return f"{language}-first", f"{language}-second"


@pytest.mark.parametrize("language", CASES)
@pytest.mark.parametrize("told", [True, False], ids=["declared", "detected"])
def test_a_rewrite_is_told_from_another_story(language: str, told: bool) -> None:
    found = dedup.find_duplicates(articles_of(language, language if told else None))
    assert [story.members for story in found.stories] == [story_of(language)]
    assert found.copies == []
    (match,) = found.matches
    assert match.relation == "rewrite"
    assert match.shared_terms


def test_languages_do_not_mix() -> None:
    mixed = [article for language in CASES for article in articles_of(language, None)]
    found = dedup.find_duplicates(mixed)
    assert {story.members for story in found.stories} == {story_of(language) for language in CASES}


@pytest.mark.parametrize("language", [one for one in CASES if one != "af"])
def test_rarity_is_that_of_the_language(language: str) -> None:
    """By the length of words alone the same two are less surely one story."""
    pairs = [articles_of(language, told)[:2] for told in (language, "xx")]
    by_list, by_length = (compare_articles(*pair, Config()).story_score for pair in pairs)
    assert by_length < by_list - 0.1
