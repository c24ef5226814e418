"""Shingle: against plain integers, and what short and unspaced texts come to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.config import SketchConfig
from dedup.match.overlap import overlap_shingles
from dedup.sketch.build import sketch_texts
from dedup.sketch.shingles import combine_hashes, count_shingles, mix_bits, shingle_tokens

WORD = 2**64
TOKENS = st.lists(st.integers(0, WORD - 1), max_size=12)


def mix(value: int) -> int:
    """splitmix64's finaliser, in integers without end."""
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % WORD
    return value ^ (value >> 31)


def shingle_of(tokens: list[int], state: int = 0) -> int:
    for token in tokens:
        state = (state * 0x9E3779B185EBCA87 + token) % WORD
    return mix(state) >> 32 & ~1 | any(token & 1 for token in tokens)


def shingles_of(tokens: list[int], width: int) -> list[int]:
    if not tokens:
        return []
    if len(tokens) < width:
        return [shingle_of(tokens, len(tokens))]
    return [shingle_of(tokens[i : i + width]) for i in range(len(tokens) - width + 1)]


def alike(left: str, right: str) -> float:
    sketches = sketch_texts([left, right], SketchConfig())
    first, second = np.array([0], np.uint32), np.array([1], np.uint32)
    return float(overlap_shingles(sketches, first, second).jaccard[0])


@settings(max_examples=200, deadline=None)
@given(tokens=TOKENS, width=st.integers(1, 8))
def test_shingles(tokens: list[int], width: int) -> None:
    out = np.zeros(count_shingles(len(tokens), width), dtype=np.uint32)
    shingle_tokens(np.array(tokens, dtype=np.uint64), width, out)
    assert out.tolist() == shingles_of(tokens, width)


@settings(max_examples=100, deadline=None)
@given(left=st.integers(0, WORD - 1), right=st.integers(0, WORD - 1))
def test_bit_arithmetic(left: int, right: int) -> None:
    assert int(mix_bits(np.uint64(left))) == mix(left)
    combined = int(combine_hashes(np.uint64(left), np.uint64(right)))
    assert combined == (left * 0x9E3779B185EBCA87 + right) % WORD


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("", "", False),
        ("", "…", False),
        ("", "word", False),
        ("Peace", "peace!", True),
        ("one two three four", "One, two: three-four", True),
        ("one two three four", "one two three five", False),
        ("one two three four", "four three two one", False),
        ("one two three", "one two three four", False),
        ("one two", "one two one two", False),
        ("one", "one one", False),
        ("ok", "ok ok ok ok ok", False),
        ("東京で", "東京で", True),
        ("東京で", "東京の", False),
    ],
)
def test_texts_shorter_than_a_shingle(left: str, right: str, same: bool) -> None:
    assert alike(left, right) == float(same)


def test_words_in_another_order_are_other_shingles() -> None:
    assert alike("one two three four five six", "six five four three two one") == 0


def test_unspaced_scripts_shingle_by_character() -> None:
    sketches = sketch_texts(["東京都の知事選挙", "ประชุมสภา"], SketchConfig(), "ja")
    assert sketches.words.tolist() == [8, 9]
    assert sketches.shingles.lengths.tolist() == [4, 5]
    assert alike("東京都の知事選挙が行われた", "東京都の知事選挙は延期") > 0.3


def test_spaces_between_ideographs_change_nothing() -> None:
    assert alike("東京都の知事選挙", "東京 都の\n知事選挙。") == 1
