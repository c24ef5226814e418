"""Outlet boilerplate and outlet rules: counted over stories, order-free, added and taken back."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dedup.config import StripConfig
from dedup.errors import ConfigError
from dedup.records import Article, Page, SpanKind
from dedup.strip import format_rules, mine_boilerplate, remove_boilerplate, rules_for, strip_page

SLOGAN = "All the news of the valley since 1901"


def make_article(number: int, *extra: str, outlet: str = "valley.example") -> Article:
    body = f"Story {number} tells of matter {number} and of nothing else in the whole valley."
    return strip_page(Page(id=f"p{number}", text="\n".join([body, *extra]), outlet=outlet))


def test_lines_of_many_stories_are_mined() -> None:
    articles = [make_article(n, SLOGAN) for n in range(6)]
    (line,) = mine_boilerplate(articles, {})
    assert (line.outlet, line.example, line.stories, line.pages) == (
        "valley.example",
        SLOGAN,
        6,
        6,
    )


def test_one_story_on_many_pages_is_no_boilerplate() -> None:
    articles = [make_article(n, SLOGAN) for n in range(6)]
    assert mine_boilerplate(articles, {article.id: "s" for article in articles}) == ()


def test_outlets_with_few_stories_are_left_alone() -> None:
    assert mine_boilerplate([make_article(n, SLOGAN) for n in range(4)], {}) == ()


@given(st.permutations(range(7)))
def test_mining_knows_no_order(order: list[int]) -> None:
    articles = [make_article(n, SLOGAN, "So it goes" if n % 2 else "so it goes.") for n in range(7)]
    shuffled = [articles[n] for n in order]
    assert mine_boilerplate(shuffled, {}) == mine_boilerplate(articles, {})


def test_mined_lines_leave_body_and_spans_stay_whole() -> None:
    articles = [make_article(n, SLOGAN) for n in range(6)]
    cleaned = remove_boilerplate(articles[0], mine_boilerplate(articles, {}))
    assert cleaned.text == articles[0].text.split("\n")[0]
    assert [s.kind for s in cleaned.removed] == [SpanKind.BOILERPLATE]
    assert [(s.start, s.end) for s in cleaned.spans] == [
        (s.start, s.end) for s in articles[0].spans
    ]


def test_mined_rules_can_be_saved_and_used(tmp_path: Path) -> None:
    articles = [make_article(n, SLOGAN) for n in range(6)]
    for outlet, rules in format_rules(mine_boilerplate(articles, {})).items():
        (tmp_path / f"{outlet}.yaml").write_text(yaml.safe_dump(rules))
    page = Page(id="new", text=f"Rain fell on the valley.\n{SLOGAN}", outlet="valley.example")
    stripped = strip_page(page, StripConfig(outlet_rules=str(tmp_path)))
    assert stripped.text == "Rain fell on the valley."
    assert strip_page(page).text.endswith(SLOGAN)


def write_outlet(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.yaml").write_text(text)


def test_outlet_rules_extend_and_keep(tmp_path: Path) -> None:
    write_outlet(tmp_path, "group", "rules: [{id: group.slogan, kind: ad, lines: [our group]}]")
    write_outlet(
        tmp_path, "paper", "outlets: [paper.example]\nextends: [group]\nkeep: [en.ad.label]"
    )
    ids = {rule.id for rule in rules_for("paper.example", str(tmp_path)).rules}
    assert "group.slogan" in ids
    assert "en.ad.label" not in ids
    assert "en.ad.label" in {rule.id for rule in rules_for("other", str(tmp_path)).rules}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("outlets: [a]\nextends: [none]", "extends: no file 'none'"),
        ("outlets: [a]\nkeep: [no.rule]", "keep: no shipped rule 'no.rule'"),
        ("outlets: [a]\nextends: [paper]", "extends this file in turn"),
        ("outlet: [a]", "unknown field `outlet`"),
        ("rules: [{id: x, kind: ad}]", "rule x: give one of"),
        ("- a", "expected a mapping"),
    ],
)
def test_bad_outlet_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    write_outlet(tmp_path, "paper", text)
    with pytest.raises(ConfigError, match=said):
        rules_for("a", str(tmp_path))


def test_captions_kept_by_config() -> None:
    text = "Rain fell on the valley.\nPhoto: Mel Evans, AP"
    assert strip_page(text).text == "Rain fell on the valley."
    assert strip_page(text, StripConfig(captions="keep")).text == text
