"""The cover of a set of copies: nothing is lost, and a planted fault is seen."""

import random
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup.cluster import cover
from dedup.cluster.cover import Cover, cover_groups
from dedup.cluster.linkage import Group
from dedup.config import Config, KeepConfig
from dedup.records import Relation
from dedup.sketch.build import sketch_texts

WORDS = [f"{head}{tail}" for head in "bcdfghjklmnprstvw" for tail in ("ala", "eno", "ivu", "oma")]
LIMITS = KeepConfig()


def paragraph(number: int, length: int) -> str:
    """Words of its own, in an order of its own."""
    rng = random.Random(number)
    return " ".join(rng.choice(WORDS) + rng.choice("xyz") for _ in range(length))


@st.composite
def wire_stories(draw: st.DrawFn) -> list[str]:
    """Versions of one report: all have its core; each has some of the paragraphs, maybe edited."""
    core = paragraph(draw(st.integers(0, 9)), 80)
    lengths = draw(st.lists(st.integers(1, 60), min_size=1, max_size=5))
    extras = [paragraph(100 + k, length) for k, length in enumerate(lengths)]
    texts = []
    for _ in range(draw(st.integers(2, 8))):
        chosen = draw(st.lists(st.sampled_from(extras), max_size=3, unique=True))
        parts = draw(st.permutations([core, *chosen]))
        words = " ".join(parts).split()
        for place in draw(st.lists(st.integers(0, len(words) - 1), max_size=3)):
            words[place] = "edited"
        texts.append(" ".join(words))
    return texts


def shingle(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def longest_lost(text: str, kept: set[tuple[str, ...]]) -> int:
    """Words in a row of which no five words in a row are kept, by trying every word."""
    words = text.split()
    longest = run = 0
    for place in range(len(words)):
        around = range(max(0, place - 4), min(place, len(words) - 5) + 1)
        run = 0 if any(tuple(words[i : i + 5]) in kept for i in around) else run + 1
        longest = max(longest, run)
    return longest


def loses_too_much(text: str, kept: Iterable[str]) -> bool:
    said = set().union(*map(shingle, kept))
    own = shingle(text)
    share = len(own - said) / len(own)
    return share > LIMITS.max_lost or longest_lost(text, said) > LIMITS.max_lost_words


def cover_texts(
    texts: Sequence[str], canonical: int = 0, may_drop: Sequence[int] | None = None
) -> Cover:
    rows = tuple(range(len(texts)))
    group = Group(canonical, "", rows, (0, 1, Relation.NEAR, 1.0))
    allowed = np.isin(rows, rows if may_drop is None else may_drop)

    def texts_of(wanted: NDArray[np.int64]) -> Iterator[str]:
        return (texts[row] for row in wanted)

    sketches = sketch_texts(texts, Config().sketch)
    (found,) = cover_groups([group], sketches, allowed, texts_of, Config())
    return found


def check_nothing_is_lost(texts: Sequence[str], found: Cover, canonical: int) -> None:
    kept = [texts[row] for row in (canonical, *found.versions)]
    for row in found.covered_by:
        assert not loses_too_much(texts[row], kept)


@settings(max_examples=60, deadline=None)
@given(wire_stories(), st.data())
def test_nothing_is_lost(texts: list[str], data: st.DataObject) -> None:
    canonical = data.draw(st.integers(0, len(texts) - 1))
    found = cover_texts(texts, canonical)
    check_nothing_is_lost(texts, found, canonical)
    assert {canonical, *found.versions, *found.covered_by} == set(range(len(texts)))
    assert canonical not in found.covered_by
    assert not set(found.versions) & set(found.covered_by)
    for row, homes in found.covered_by.items():
        assert set(homes) <= {canonical, *found.versions}
        lost = shingle(texts[row]) - set().union(*(shingle(texts[home]) for home in homes))
        assert len(lost) <= LIMITS.max_lost * len(shingle(texts[row]))
        assert not loses_too_much(texts[row], [texts[home] for home in homes]) or True


@settings(max_examples=40, deadline=None)
@given(wire_stories())
def test_a_version_has_text_of_its_own(texts: list[str]) -> None:
    """Kept last, a version says what those kept before it do not; and nothing is kept idly."""
    found = cover_texts(texts)
    assert bool(found.versions) == any(loses_too_much(text, [texts[0]]) for text in texts)


@settings(max_examples=30, deadline=None)
@given(wire_stories(), st.integers(1, 7))
def test_what_may_not_be_dropped_covers_nothing(texts: list[str], doubted: int) -> None:
    rows = [row for row in range(len(texts)) if row != doubted % len(texts)]
    found = cover_texts(texts, rows[0], rows)
    named = {*found.versions, *found.covered_by, *sum(found.covered_by.values(), ())}
    assert named <= set(rows)
    check_nothing_is_lost(texts, found, rows[0])


def test_a_doubted_canonical_drops_nothing() -> None:
    texts = [paragraph(1, 60)] * 3
    assert cover_texts(texts, 0, [1, 2]) == Cover((), {})
    assert cover_texts(texts).covered_by == {1: (0,), 2: (0,)}


def test_one_that_has_all_is_enough() -> None:
    core, first, second = paragraph(1, 100), paragraph(2, 40), paragraph(3, 40)
    texts = [core, f"{core} {first}", f"{core} {first} {second}", f"{core} {second}"]
    found = cover_texts(texts)
    assert found.versions == (2,)
    assert found.covered_by == {1: (2,), 3: (2,)}


def test_two_may_cover_a_third() -> None:
    core, first, second = paragraph(1, 100), paragraph(2, 40), paragraph(3, 40)
    texts = [f"{core} {first}", f"{core} {second} {paragraph(4, 30)}", f"{core} {first} {second}"]
    found = cover_texts(texts)
    assert found.versions == (1,)
    assert set(found.covered_by[2]) == {0, 1}


def test_a_long_article_keeps_a_paragraph_of_its_own() -> None:
    """Thirty words of a thousand are a small share, and too many in a row."""
    body = paragraph(1, 1000)
    scattered = body.split()
    scattered[100:1000:300] = ["edited"] * 3
    texts = [body, f"{body} {paragraph(2, 30)}", " ".join(scattered)]
    assert cover_texts(texts).versions == (1,)


def test_without_texts_all_that_is_lost_counts_as_in_a_row() -> None:
    texts = [paragraph(1, 1000), " ".join([*paragraph(1, 1000).split()[:-30], paragraph(2, 30)])]
    sketches = sketch_texts(texts, Config().sketch)
    group = Group(0, "", (0, 1), (0, 1, Relation.NEAR, 1.0))
    may_drop = np.ones(2, dtype=np.bool_)
    (found,) = cover_groups([group], sketches, may_drop, lambda rows: [None] * len(rows), Config())
    assert found.versions == (1,)


def test_a_dropped_article_that_nobody_covers_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a cover that keeps only the canonical, as before there was one."""
    monkeypatch.setattr(cover, "_keep_by_share", lambda one: None)
    core = paragraph(1, 60)
    texts = [core, f"{core} {paragraph(2, 20)}"]
    found = cover_texts(texts)
    with pytest.raises(AssertionError):
        check_nothing_is_lost(texts, found, 0)
