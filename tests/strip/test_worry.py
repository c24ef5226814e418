"""The worry score: what makes a stripped page doubtful, and that doubt keeps it."""

import pytest

import dedup
from dedup.config import StripConfig
from dedup.records import DOUBT, Article, Page
from dedup.strip.page import make_article
from dedup.strip.worry import measure_worry

PROSE = "The council voted on Monday to close the old bridge over the river for two years. " * 3
MENU = "\n".join(["Home", "Latest news", "Sports", "Opinion", "Subscribe now", "Log in"] * 4)


def article(text: str, **known: object) -> Article:
    return Article(
        **{"id": "a", "page": "a", "text": text, "title": "T", "language": "en", **known}
    )


def worry(text: str, **known: object) -> float:
    return measure_worry(article(text, **known), text).score


def test_a_clean_article_is_no_worry() -> None:
    assert measure_worry(article(f"A headline\n{PROSE}"), PROSE) == (0.01, ())


def test_menus_in_the_body_are_doubtful() -> None:
    found = measure_worry(article(f"A headline\n{MENU}"), MENU)
    assert found.score >= DOUBT
    assert "short lines, as menus have" in found.reasons[0]


@pytest.mark.parametrize(
    "known", [{"title": None}, {"language": None}, {"warnings": ("undone",)}], ids=str
)
def test_each_lack_adds_to_it(known: dict[str, object]) -> None:
    text = f"A headline\n{PROSE}\nHome\nLatest news"
    assert worry(text, **known) > worry(text)


@pytest.mark.parametrize(
    "text",
    [
        "Shr 45 cts vs 24 cts\nNet 1,766,000 vs 950,000\nRevs 9,321,000 vs 8,123,000\nYear 1986",
        "The company said it\nwould buy back shares at\nthe price of ten\nbefore the end of May.",
        "ประเทศไทยประกาศมาตรการใหม่เพื่อช่วยเหลือเกษตรกร\nรัฐบาลจะเริ่มโครงการในเดือนหน้า\nนายกรัฐมนตรีกล่าวเมื่อวันจันทร์",
    ],
    ids=["a table", "hard-wrapped", "no spaces"],
)
def test_short_lines_that_are_no_menu(text: str) -> None:
    assert worry(text) < DOUBT


def test_prose_that_was_left_out_is_told() -> None:
    page = Page(id="p", text=f"Bridge to close\n{PROSE}\n{PROSE}\n{MENU}\nRelated stories\n{PROSE}")
    stripped = make_article(page, StripConfig())
    assert 0 <= stripped.worry <= 1
    assert stripped.worry > 0.01 or not stripped.removed


def test_nothing_is_taken_off_and_nothing_doubted_when_off() -> None:
    assert make_article(Page(id="p", text=MENU), StripConfig(mode="off")).worry == 0


def test_doubt_keeps() -> None:
    """Of three pages to the word one is in doubt: it is not canonical, and not dropped."""
    texts = [article(PROSE * 3, id=name, page=name) for name in "abc"]
    doubted = dedup.find_duplicates([article(PROSE * 3, id="0", page="0", worry=0.9), *texts])
    (copies,) = doubted.copies
    assert copies.canonical == "a"
    with dedup.open_index(":memory:") as index:
        statuses = [index.add(one).status for one in texts]
        last = index.add(article(PROSE * 3, id="0", page="0", worry=0.9))
        assert [*statuses, last.status] == ["new", "copy", "copy", "new"]
