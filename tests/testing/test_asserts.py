"""The assertions: they pass where they should, and a failure explains itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.config import Config, StripConfig, VerifyConfig
from dedup.errors import InputError
from dedup.records import Article, Page
from dedup.strip.page import make_article
from dedup.testing import (
    COPY_KINDS,
    CopyKind,
    assert_different,
    assert_duplicates,
    assert_story,
    assert_stripped,
    make_copies,
)

SEEDS = Path(__file__).parents[2] / "seeds"
EXPECTED = Path(__file__).parents[1] / "expected"
STORY = (EXPECTED / "001_d8f760fbf85c5939.txt").read_text(encoding="utf-8")
REFINERIES = (EXPECTED / "003_6a0d19d922ab8790#1.txt").read_text(encoding="utf-8")
BBC = SEEDS / "003_6a0d19d922ab8790.txt"
USSA = SEEDS / "000_1e9884309846ef1e.txt"
# Written here, so that a better default changes no test.
SETTINGS = Config(
    verify=VerifyConfig(
        min_jaccard=0.5,
        min_jaccard_short=0.5,
        min_containment=0.8,
        min_containment_short=0.8,
        min_story_score=0.5,
    )
)
WORDS = ["Ann", "ran.", "7", "of", "12", "men,", "she", "said?"]


def fails(message: str) -> pytest.RaisesExc[AssertionError]:
    """The failure whose message has these words; `<n>` is any number."""
    pattern = re.escape(message).replace("<n>", r"[\d.]+")
    return pytest.raises(AssertionError, match=pattern)


@pytest.mark.parametrize("kind", COPY_KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_copies_are_duplicates_of_their_text(kind: CopyKind, seed: int) -> None:
    for text in (STORY, REFINERIES):
        (copy,) = make_copies(text, [kind], seed=seed)
        assert_duplicates(text, copy)
        if kind != "chrome":  # a short tail line may stay: the strip's own tests are strict
            assert_duplicates(text, copy, "near")


@pytest.mark.parametrize("kind", COPY_KINDS)
def test_copies_of_two_stories_are_different(kind: CopyKind) -> None:
    (left,), (right,) = make_copies(STORY, [kind]), make_copies(REFINERIES, [kind], seed=1)
    assert_different(left, right)


def test_change_is_what_is_asked_for() -> None:
    words = len(STORY.split())
    for change in (0.2, 0.5, 0.8):
        (trimmed,) = make_copies(STORY, ["trim"], change=change)
        cut = 1 - len(trimmed.page.text.split()) / words
        assert change <= cut < change + 0.1
        (misread,) = make_copies(STORY, ["ocr"], change=change / 4)
        read = zip(STORY.split(), misread.page.text.split(), strict=True)
        assert sum(a != b for a, b in read) == round(words * change / 4)


@settings(max_examples=50, deadline=None)
@given(
    lines=st.lists(
        st.lists(st.sampled_from(WORDS), min_size=1).map(" ".join),
        min_size=1,
    ),
    kind=st.sampled_from(COPY_KINDS),
    change=st.floats(0, 1),
    seed=st.integers(),
)
def test_any_text_can_be_copied_and_the_same_again(
    lines: list[str], kind: CopyKind, change: float, seed: int
) -> None:
    text = "\n".join(lines)
    first = make_copies(text, [kind], change=change, seed=seed, count=2)
    assert first == make_copies(text, [kind], change=change, seed=seed, count=2)
    assert all(copy.page.text.strip() for copy in first)
    if kind == "split":
        assert first[0].page.text.split() == text.split()


def test_copies_refuse_what_they_cannot_do() -> None:
    with pytest.raises(InputError, match="no words"):
        make_copies("  \n")
    with pytest.raises(InputError, match="no kind 'blur'; kinds: chrome, trim"):
        make_copies("text", ["blur"])  # wrong on purpose
    with pytest.raises(InputError, match=r"kinds is a list: \['trim'\]"):
        make_copies("text", "trim")  # wrong on purpose
    with pytest.raises(InputError, match="change 30 is no share from 0 to 1"):
        make_copies("text", ["trim"], change=30)


def test_what_is_no_page_is_told() -> None:
    with pytest.raises(InputError, match="left: not a text, a path, a page or an article: bytes"):
        assert_different(b"bytes", STORY)  # wrong on purpose


def test_an_empty_body_is_named_in_the_headline() -> None:
    with fails("expected different, found no relation, an empty body"):
        assert_different("", STORY)


def test_given_as_text_path_page_article_or_copy() -> None:
    page = Page(id="bbc", text=BBC.read_text(encoding="utf-8"))
    article = make_article(page, StripConfig())
    for left in (page.text, BBC, page, article, make_copies(article.text, ["split"])[0]):
        assert_duplicates(left, BBC, "exact")


def test_duplicates_of_each_relation() -> None:
    assert_duplicates(STORY, STORY.upper(), "exact")
    assert_duplicates(USSA, BBC, "rewrite")
    assert_duplicates(USSA, BBC)
    assert_duplicates(
        STORY, make_copies(STORY, ["trim"], change=0.7)[0], "contains", config=SETTINGS
    )
    with fails("expected exact, found near"):
        assert_duplicates(STORY, make_copies(STORY, ["trim"])[0], "exact")
    with pytest.raises(InputError, match="no relation 'nearly'; relations: exact, near"):
        assert_duplicates(STORY, STORY, "nearly")


def test_a_failure_names_each_setting_and_by_how_much() -> None:
    with fails("jaccard 0 misses verify.min_jaccard 0.5 by 0.5") as caught:
        assert_duplicates(STORY, REFINERIES, config=SETTINGS)
    message = str(caught.value)
    assert message.startswith("expected duplicates, found no relation\nleft ~ right\n")
    assert "containment 0 misses verify.min_containment 0.8 by 0.8" in message
    assert re.search(r"story score 0\.\d+ misses verify\.min_story_score 0\.5 by 0\.", message)
    assert "shared passages: none of 8 words or more" in message
    assert "shared terms, rarest first: " in message


def test_a_failure_shows_passages_side_by_side() -> None:
    (copy,) = make_copies(STORY, ["update"])
    with fails("jaccard <n> reaches verify.min_jaccard 0.5 by <n>") as caught:
        assert_different(STORY, copy, config=SETTINGS)
    assert re.search(r"left \d+-\d+, \d+ words +\| right \d+-\d+", str(caught.value))
    assert "both are in copies:" in str(caught.value)


def test_a_nearly_exact_pair_shows_its_first_difference() -> None:
    changed = REFINERIES.replace("15 Russian cargoes", "16 Russian cargoes")
    with fails("first difference:") as caught:
        assert_duplicates(REFINERIES, changed, "exact")
    assert re.search(r"secured 15 .* \| .*secured 16 ", str(caught.value))


def test_story_of_the_seeds() -> None:
    pages = sorted(SEEDS.glob("*.txt"))
    assert_story(*pages)
    with fails("expected same_story, found 2 clusters"):
        assert_story(*pages, REFINERIES)
    with pytest.raises(InputError, match="give two or more articles, not 1"):
        assert_story(STORY)


def test_settings_decide() -> None:
    hard = Config(verify=VerifyConfig(min_story_score=0.95))
    assert_different(USSA, BBC, config=hard)
    with fails("story score <n> misses verify.min_story_score 0.95 by <n>"):
        assert_duplicates(USSA, BBC, config=hard)


@pytest.mark.parametrize("page", sorted(SEEDS.glob("*.txt")), ids=lambda page: page.stem[:3])
def test_stripped_seeds(page: Path) -> None:
    assert_stripped(page, EXPECTED / page.name)


def test_a_strip_failure_is_a_line_diff_with_rules() -> None:
    lines = [line for line in STORY.splitlines() if line.strip()]
    expected = "\n".join(["Others are reading now", *lines[:3], *lines[4:]])
    with fails("1 expected line missing, 1 not expected") as caught:
        assert_stripped(SEEDS / "001_d8f760fbf85c5939.txt", expected)
    message = str(caught.value)
    assert re.search(r"^- Others are reading now   \[taken off as \w+ by \S+\]$", message, re.M)
    assert re.search(rf"^\+ {re.escape(lines[3][:60])}.* \[kept as body\]$", message, re.M)


def test_embedded_article_is_stripped_from_its_page() -> None:
    (copy,) = make_copies(REFINERIES, ["embedded"])
    assert_stripped(copy, REFINERIES)
    with fails("found to carry no article 'embedded-1#1'"):
        assert_stripped(copy, REFINERIES, config=Config(strip=StripConfig(mode="off")))


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"for the file, give pathlib\.Path\('a\.txt'\)"):
        assert_different("a.txt", "b.txt")
    with pytest.raises(InputError, match="holds 5 pages; give a file of one"):
        assert_different(SEEDS, STORY)
    (tmp_path / "empty.txt").write_bytes(b"")
    with pytest.raises(InputError, match=r"empty\.txt: "):
        assert_different(tmp_path / "empty.txt", STORY)
    with pytest.raises(InputError, match="an Article is stripped already"):
        assert_stripped(Article(id="a", page="a", text="b"), "b")
