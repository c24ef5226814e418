"""Paratext rules: their own examples, and what is said of a rule that cannot be used."""

import re
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.errors import ConfigError
from dedup.strip import load_rules, test_rules
from dedup.strip.embedded_articles.appended import Rare, find_cohesion
from dedup.strip.lines import even_signs, fold_case, has_unspaced
from dedup.strip.rules.matches import read_words
from dedup.strip.rules.patterns import compile_pattern

RULES = load_rules().rules


def test_every_example_of_every_rule() -> None:
    assert test_rules() == []


def test_test_rules_catches_a_planted_fault(tmp_path: Path) -> None:
    write_rules(tmp_path, "{id: a, kind: ad, lines: [buy now], hit: [sell], miss: [Buy now!]}")
    failures = test_rules(load_rules(tmp_path))
    assert [(failure.example, failure.expected) for failure in failures] == [
        ("sell", "hit"),
        ("Buy now!", "miss"),
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_lexicon_rules_have_a_miss(rule: object) -> None:
    assert getattr(rule, "miss"), "an example of what the rule must leave alone"  # noqa: B009  # of any kind of rule


def write_rules(folder: Path, *rules: str) -> None:
    listed = "".join(f"  - {rule}\n" for rule in rules)
    (folder / "wire.yaml").write_text(f"rules:\n{listed}")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{id: a.b, kind: ad}", "wire.yaml: rule a.b: give one of 'lines', 'pattern'"),
        ("{id: a.b, kind: advert, lines: [x]}", "rule a.b: Invalid enum value 'advert'"),
        ("{id: a.b, kind: ad, lines: [x], places: head}", "rule a.b: .*unknown field `places`"),
        ("{id: a.b, kind: ad, pattern: 'x(', gate: [x], hit: [x], miss: [y]}", "not a regular"),
        ("{id: a.b, kind: ad, pattern: '(x+)+', gate: [x], hit: [x], miss: [y]}", "exponential"),
        ("{id: a.b, kind: ad, pattern: 'x', hit: [x], miss: [y]}", "'gate' words or 'needs'"),
        ("{id: a.b, kind: ad, pattern: 'x', gate: [x]}", "one 'hit' and one 'miss'"),
        ("{id: a.b, kind: ad, pattern: '(?P<who>x)', gate: [x], hit: [x], miss: [y]}", "'who'"),
        ("{id: a.b, kind: ad, pattern: '%WHO%', gate: [x], hit: [x], miss: [y]}", "term %WHO%"),
        ("just words", "rule number 1: Expected `object`"),
    ],
)
def test_bad_rule_is_named(tmp_path: Path, rule: str, said: str) -> None:
    write_rules(tmp_path, rule)
    with pytest.raises(ConfigError, match=said):
        load_rules(tmp_path)


def test_two_rules_of_one_id(tmp_path: Path) -> None:
    write_rules(tmp_path, "{id: a, kind: ad, lines: [x]}", "{id: a, kind: ad, lines: [y]}")
    with pytest.raises(ConfigError, match="rule a: two rules have this id"):
        load_rules(tmp_path)


def test_folder_without_rules(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no rule files"):
        load_rules(tmp_path)


@pytest.mark.parametrize(
    "pattern", [r"(a+)+", r"(?:a*b?)*c", r"((?:x{1,30}){2,40})", r"(.*a){20,}"]
)
def test_runaway_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="exponential"):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"a+b+", r"(?:\w+ ){0,5}x", r"by [a-z]+(?: and [a-z]+){0,4}"])
def test_bounded_patterns_pass(pattern: str) -> None:
    assert compile_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"(?:a|a)*b", r"(?:a?b?)*c", r"(?:\d{1,5} ?){2,14}"])
def test_repeats_that_part_in_many_ways_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="possessive"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", [r"(?:a|b)*+c", r"(?:(?>a|ab) ?+)*", r"[ab]*c", r"(?:a|b){0,8}"]
)
def test_repeats_that_part_in_one_way_are_taken(pattern: str) -> None:
    assert compile_pattern(pattern)


@pytest.mark.parametrize("part", ["1", "a, ", "Aa and Bb, ", "share ", "- ", "("])
def test_no_shipped_pattern_runs_away(part: str) -> None:
    started = time.process_time()
    for rule in RULES:
        for gate in rule.gate or rule.needs:
            words = f"{gate} {part * 200}"[:600].split(" ")[: rule.max_words]
            if rule.pattern:
                compile_pattern(rule.pattern).fullmatch(f"{' '.join(words)}!")
    assert time.process_time() - started < 60  # it takes a second; exponential: for ever


TEXTS = st.text(
    st.sampled_from("aB zİßſK09_©'’“”—…·\u2003\u00a0\u00ad\x1f\r\n-é年ñΣ\ud83d"), max_size=40
)


@given(TEXTS)
@settings(max_examples=500)
def test_words_are_those_of_the_pattern(text: str) -> None:
    assert read_words(text) == re.findall(r"\w+|©", text.casefold())


@given(TEXTS)
@settings(max_examples=500)
def test_case_is_folded_and_signs_evened_in_place(text: str) -> None:
    assert fold_case(text) == text.casefold()
    assert len(even_signs(text)) == len(text)
    assert has_unspaced(text) == ("年" in text)


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_cohesion_is_the_weight_of_shared_words(left: set[int], right: set[int]) -> None:
    words, own = (
        Rare(np.array(sorted(numbers), np.uint64), np.ones(len(numbers), np.float32))
        for numbers in (left, right)
    )
    assert find_cohesion(words, own) == (len(left & right) / len(left) if left else 1.0)
