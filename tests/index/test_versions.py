"""What an index says of copies with text of their own: versions, by the rule of a run's cover."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.config import Config, IndexConfig
from dedup.index import Index
from dedup.records import Article

NAMES = [f"{a}{b}" for a in "bdfgklmn" for b in ("arst", "elk", "ionde")]


def say(seed: int, words: int = 120) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(NAMES) + rng.choice(NAMES) for _ in range(words))


def article(name: str, text: str, **facts: object) -> Article:
    return Article(**{"id": name, "page": name, "text": text, "language": "en", **facts})


CORE, FIRST, SECOND = say(1), say(2, 40), say(3, 40)


@pytest.fixture
def index() -> Iterator[Index]:
    with dedup.open_index(":memory:") as opened:
        yield opened


def test_a_copy_with_text_of_its_own_is_a_version(index: Index) -> None:
    index.add(article("a", f"{CORE} 12 died."))
    verdict = index.add(article("b", f"{CORE} {FIRST} 15 died."))
    assert (verdict.status, verdict.canonical) == ("version", "a")
    assert verdict.changes is not None
    assert verdict.new_words == 42  # with the figure, and the word it stands before
    assert verdict.changes.figures_added == ("15",)
    assert verdict.changes.figures_gone == ("12",)
    told = verdict.as_dict()
    assert told["new_words"] == 42
    assert told["changes"] is verdict.changes


def test_what_several_have_between_them_is_covered(index: Index) -> None:
    index.add(article("a", CORE))
    assert index.add(article("b", f"{CORE} {FIRST}")).status == "version"
    assert index.add(article("c", f"{CORE} {SECOND}")).status == "version"
    verdict = index.add(article("d", f"{CORE} {FIRST} {SECOND}"))
    assert (verdict.status, verdict.canonical, verdict.new_words) == ("copy", "a", None)
    assert index.stats().statuses == {"copy": 1, "new": 1, "version": 2}


def test_versions_of_one_batch_cover_each_other(index: Index) -> None:
    pages = [article("a", CORE), *(article(name, f"{CORE} {FIRST}") for name in "bc")]
    assert [one.status for one in index.add_many(pages)] == ["new", "version", "copy"]


def test_a_dropped_copy_covers_nothing(index: Index) -> None:
    """Three edits each are little beside the article; of a copy of a copy they add up."""
    words = say(9, 300).split()
    index.add(article("a", " ".join(words)))
    statuses = []
    for step in range(1, 5):
        words[step * 60] = f"edit{step}"
        statuses.append(index.add(article(f"b{step}", " ".join(words))).status)
    assert statuses == ["copy", "copy", "version", "copy"]


def test_a_long_run_is_kept_however_small_its_share(index: Index) -> None:
    index.add(article("a", say(4, 1000)))
    assert index.add(article("b", f"{say(4, 1000)} {say(5, 25)}")).status == "copy"
    assert index.add(article("c", f"{say(4, 1000)} {say(5, 26)}")).status == "version"


def test_a_page_in_doubt_is_no_copy_and_covers_none(index: Index) -> None:
    index.add(article("a", CORE))
    assert index.add(article("b", f"{CORE} {FIRST}", warnings=("doubt",))).status == "new"
    assert index.add(article("c", f"{CORE} {FIRST}")).status == "version"


def test_a_query_stores_nothing_and_says_the_same(index: Index) -> None:
    index.add(article("a", CORE))
    asked = index.query(article("b", f"{CORE} {FIRST}"))
    assert (asked.status, asked.new_words) == ("version", 40)
    assert index.query(article("c", f"{CORE} {FIRST}")).status == "version"


def test_copies_that_lose_their_version_are_judged_anew(index: Index) -> None:
    index.add(article("a", CORE))
    for name in "bc":
        index.add(article(name, f"{CORE} {FIRST}"))
    assert index.stats().statuses == {"copy": 1, "new": 1, "version": 1}
    index.remove("b")
    assert index.stats().statuses == {"new": 1, "version": 1}
    assert index.query(article("d", f"{CORE} {FIRST}")).status == "copy"


def test_versions_outlive_a_close(tmp_path: Path) -> None:
    for name, text in (("a", CORE), ("b", f"{CORE} {FIRST}"), ("c", f"{CORE} {FIRST}")):
        with dedup.open_index(tmp_path / "index") as index:
            index.add(article(name, text))
    with dedup.open_index(tmp_path / "index") as index:
        assert index.stats().statuses == {"copy": 1, "new": 1, "version": 1}
        assert index.verify() == []


def test_without_bodies_nothing_is_told_of_what_is_new() -> None:
    config = Config(index=IndexConfig(store_text=False))
    with dedup.open_index(":memory:", config) as index:
        index.add(article("a", CORE))
        verdict = index.add(article("b", f"{CORE} {FIRST}"))
        assert (verdict.status, verdict.new_words) == ("version", None)
        assert verdict.note


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.integers(2, 5), unique=True, max_size=3), min_size=2, max_size=6))
def test_nothing_is_lost_of_what_is_dropped(chosen: list[list[int]]) -> None:
    """Whatever comes in whatever order: what is dropped is in what was kept before it."""
    texts = [" ".join([CORE, *(say(number, 30) for number in own)]) for own in chosen]
    kept: set[tuple[str, ...]] = set()
    with dedup.open_index(":memory:") as index:
        for number, text in enumerate(texts):
            words = text.split()
            own = {tuple(words[i : i + 5]) for i in range(len(words) - 4)}
            if index.add(article(str(number), text)).status == "copy":
                assert len(own - kept) <= 0.05 * len(own)
            else:
                kept |= own
