"""Core mode: the scorer's parts against plain oracles, and dumps made from the domain's grammar."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.config import StripConfig
from dedup.errors import ConfigError
from dedup.records import Page
from dedup.strip import explain_page, strip_page
from dedup.strip.lines import split_lines
from dedup.strip.rules.matches import find_hits
from dedup.strip.rules.rule_set import load_rules
from dedup.strip.rules.terms import load_terms
from dedup.strip.scorer import core_mode as cut
from dedup.strip.scorer.lexical_features import WORDING
from dedup.strip.scorer.line_features import feature_names, line_features, since_marked
from dedup.strip.scorer.prose_run import best_run
from dedup.strip.scorer.trees import load_scorer, read_trees, run_trees

CORE = StripConfig(mode="core")
SCORER = Path(__file__).parents[2] / "configs" / "paratext" / "scorer.json"

BODY = (Path(__file__).parents[1] / "cases" / "bridge.txt").read_text(encoding="utf-8").splitlines()
HEADLINE = "Old bridge over the river to be rebuilt"
MENU = ["Home", "News", "Sports", "Weather", "Obituaries", "Classifieds", "Contact us", "Sign in"]
FOOTER = ["About us", "Privacy Policy", "Terms of Use", "Advertise with us", "Careers", "RSS"]
TEASERS = ["Storm nears the coast", "Oil falls on supply fears", "Minister to resign in spring"]


def naive_run(worth: list[float]) -> float:
    spans = ((i, j) for i in range(len(worth)) for j in range(i + 1, len(worth) + 1))
    return max([0.0, *(sum(worth[i:j]) for i, j in spans)])


@given(st.lists(st.integers(-9, 9).map(float), max_size=25))
def test_best_run_has_the_largest_sum(worth: list[float]) -> None:
    run = best_run(worth)
    assert sum(worth[run.first : run.stop]) == naive_run(worth)


@given(st.lists(st.booleans(), max_size=20))
def test_since_marked_counts_lines(marks: list[bool]) -> None:
    found = since_marked(np.array(marks, dtype=bool)).tolist()
    for number, value in enumerate(found):
        before = [i for i in range(number + 1) if marks[i]]
        assert value == (number - before[-1] if before else 99)


def walk(tree: dict[str, list[list[float]]], row: np.ndarray) -> float:
    node = 0
    while node >= 0:
        feature, threshold, left, right = tree["nodes"][node]
        node = int(left if row[int(feature)] <= threshold else right)
    return float(tree["leaves"][-1 - node])  # JSON


def test_trees_sum_their_leaves() -> None:
    stored = json.loads(SCORER.read_text())["trees"][0]
    columns = len(json.loads(SCORER.read_text())["features"])
    rows = np.random.default_rng(1).normal(1, 3, (40, columns)).astype(np.float32)
    naive = [sum(walk(tree, row) for tree in stored) for row in rows]
    assert run_trees(rows, read_trees(stored)) == pytest.approx(1 / (1 + np.exp(-np.array(naive))))


def test_shipped_scorer_fits_the_features() -> None:
    stored = json.loads(SCORER.read_text())
    assert stored["features"] == [*feature_names(), *WORDING]


def test_feature_columns_have_names() -> None:
    text = "\n".join([*MENU, HEADLINE, *BODY])
    lines = split_lines(text)
    features, _ = line_features(lines, find_hits(text, lines, load_rules()), load_terms())
    assert features.shape == (len(lines), len(feature_names()))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"trees": [1, 2]}'])
def test_broken_scorer_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scorer.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="not a scorer"):
        load_scorer(path)


def test_missing_scorer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_scorer(tmp_path / "none.json")


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(4, 6))
def test_dump_gives_headline_and_body(source: random.Random, size: int) -> None:
    body = BODY[:size]
    menu = source.sample(MENU, 6)
    tail = ["Most Popular", *source.sample(TEASERS, 3), *source.sample(FOOTER, 5)]
    text = "\n".join([*menu, HEADLINE, "By Ann Lee", "Share", *body, *tail])
    article = strip_page(text, CORE)
    assert article.text.split("\n") == [HEADLINE, *body]
    assert article.attribution.author == "Ann Lee"
    assert "".join(text[s.start : s.end] for s in article.spans) == text


def test_auto_takes_core_mode_for_a_dump_only() -> None:
    dump = "\n".join([*MENU, HEADLINE, *BODY, "Most Popular", *TEASERS, *FOOTER])
    page = "\n".join([HEADLINE, *BODY])
    assert any(span.rule.startswith("core.") for span in strip_page(dump).spans)
    assert not any(span.rule.startswith("core.") for span in strip_page(page).spans)


def test_explain_tells_core_scores() -> None:
    dump = "\n".join([*MENU, HEADLINE, *BODY, "Most Popular", *TEASERS, *FOOTER])
    scores = {line.text: line.score for line in explain_page(Page(id="d", text=dump), CORE)}
    assert min(scores[line] or 0 for line in BODY) > max(scores[line] or 0 for line in FOOTER)


def test_unknown_language_falls_back_to_the_untrained_run() -> None:
    line = "bla gnu zork fnord quux blip glarch wibble wobble snarf gleep zonk mip."
    text = "\n".join(
        ["Home", "Sport", "x y", *[f"{line[:-1]} {n}." for n in range(6)], "z z", "q q"]
    )
    assert strip_page(text, CORE).text == "\n".join(f"{line[:-1]} {n}." for n in range(6))


def test_an_article_in_one_line_without_an_end_is_no_reason_to_doubt() -> None:
    """As an extractor gives it where only line breaks part the paragraphs."""
    line = " ".join(BODY).rstrip(".")
    article = strip_page("\n".join([*MENU, line, *FOOTER]), CORE)
    assert article.text == line
    assert not article.warnings


@pytest.mark.parametrize(("paragraphs", "warning"), [(2, "by rules alone"), (10, "taken for the")])
def test_an_article_among_hundreds_of_comments_is_kept_when_long(
    paragraphs: int, warning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "The council voted on Monday to rebuild the old bridge, which had stood for a century, "
    lines = [f"{said * 3}as {number} of them said." for number in range(paragraphs)]
    talk = [f"{said * 3}and I say {number}, no." for number in range(300)]
    scores = np.repeat([0.9, 0.01], [paragraphs, 300])
    monkeypatch.setattr(cut, "_score", lambda _stretch, _scorer: scores)
    article = strip_page("\n".join(lines + talk), CORE)
    assert warning in article.warnings[0]
    assert ("I say 7, no" in article.text) is (paragraphs == 2)
