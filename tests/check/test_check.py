"""Check: the seeds pass whole; every kind of expectation, error and truth, as cases."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedup.check import (
    Analysis,
    CheckResult,
    Expectations,
    analyse_corpus,
    check_pairs,
    judge_expectations,
    load_expectations,
    score_truth,
)
from dedup.config import Config
from dedup.errors import ConfigError, InputError

SEEDS = Path(__file__).parents[2] / "seeds"
PAIRS = SEEDS / "pairs.yaml"
CASES = Path(__file__).parents[1] / "cases" / "check"
VERDICTS = yaml.safe_load((CASES / "verdicts.yaml").read_text(encoding="utf-8"))
ERRORS = yaml.safe_load((CASES / "errors.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def seeds() -> Analysis:
    return analyse_corpus([SEEDS])


@pytest.fixture(scope="module")
def ferries(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    pairs = {"corpus": VERDICTS["corpus"], "expect": [{"near": ["base", "twin"]}]}
    corpus = load(tmp_path_factory.mktemp("ferries"), pairs).corpus
    assert corpus
    return analyse_corpus(corpus, msgspec.convert(VERDICTS["config"], Config))


def load(folder: Path, pairs: dict[str, Any]) -> Expectations:
    file = folder / "pairs.yaml"
    file.write_text(yaml.safe_dump(pairs, sort_keys=False), encoding="utf-8")
    return load_expectations(file)


def judge_one(folder: Path, pairs: dict[str, Any], analysis: Analysis) -> CheckResult:
    (verdict,) = judge_expectations(load(folder, pairs), analysis)
    return verdict


def test_seeds_pass_whole(seeds: Analysis) -> None:
    verdicts = judge_expectations(load_expectations(PAIRS), seeds)
    assert [verdict.message for verdict in verdicts if not verdict.ok] == []
    assert len(verdicts) == 12
    assert verdicts[0].place == f"{PAIRS}:4"
    assert (verdicts[0].why or "").startswith("four outlets")


@pytest.mark.parametrize("case", VERDICTS["cases"], ids=lambda case: str(case["expect"]))
def test_verdict(case: dict[str, Any], tmp_path: Path, ferries: Analysis) -> None:
    verdict = judge_one(tmp_path, {"expect": [case["expect"]]}, ferries)
    assert verdict.outcome == case["outcome"], verdict.message
    pattern = re.escape(case["says"]).replace("<n>", r"[\d.]+")
    assert re.search(pattern, verdict.message), verdict.message


@pytest.mark.parametrize("case", ERRORS["cases"], ids=lambda case: repr(case["text"]))
def test_error_names_file_and_line(case: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "wrong.pairs.yaml"
    file.write_text(case["text"], encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_expectations(file)
    assert str(caught.value).startswith(str(file))
    assert case["error"] in str(caught.value).removeprefix(str(file))


@pytest.mark.parametrize("kinds", ERRORS["compatible"], ids="-".join)
def test_no_contradiction(kinds: list[str], tmp_path: Path) -> None:
    pairs = {"expect": [{kind: ["a", "b"]} for kind in kinds]}
    assert len(load(tmp_path, pairs).expected) == 2


def test_unknown_article_names_line_and_what_is_like_it(tmp_path: Path, ferries: Analysis) -> None:
    for asked, hint in [
        ("trimed", "did you mean 'trimmed'?"),
        ("base#1", "'base' has 0 embedded articles"),
        ("zzzzzzzzzz", "of 6 articles"),
    ]:
        expectations = load(tmp_path, {"expect": [{"near": ["base", asked]}]})
        with pytest.raises(InputError) as caught:
            judge_expectations(expectations, ferries)
        assert f"pairs.yaml:2: no article {asked!r} in the corpus" in str(caught.value)
        assert hint in str(caught.value)


def test_rejected_page_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"")
    (tmp_path / "b.txt").write_text("Some words that are here.", encoding="utf-8")
    (tmp_path / "c.txt").write_bytes(b"\x00\x01\x02\x03")
    load(tmp_path, {"corpus": ".", "expect": [{"different": ["b", "c"]}]})
    with pytest.raises(InputError, match=r"no article 'c' in the corpus: .*c\.txt: "):
        check_pairs(tmp_path / "pairs.yaml")


def test_first_of_two_pages_with_one_id_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("One thing happened today.", encoding="utf-8")
    (tmp_path / "a.txt").write_text("Another thing happened.", encoding="utf-8")
    analysis = analyse_corpus([tmp_path])
    assert [page.reason for page in analysis.rejected] == ["a page before it has the id 'a'"]


def test_inputs_replace_the_corpus(tmp_path: Path) -> None:
    copy = tmp_path / "pairs.yaml"
    shutil.copy(PAIRS, copy)
    checked = check_pairs(copy, [SEEDS])
    assert checked.ok
    assert checked.agreements == []
    no_corpus = load(tmp_path, {"expect": [{"near": ["a", "b"]}]})
    with pytest.raises(ConfigError, match="names no `corpus`"):
        check_pairs(no_corpus.file)


def test_attribution_is_a_subset_and_null_means_nothing(tmp_path: Path) -> None:
    page = "Boats to sail\nBy Ann Lee\nThe ferries sail again on Monday, the board said."
    corpus = {"a": {"text": page, "url": "https://www.example.org/a", "outlet": "The Example"}}
    said = {"author": "Ann Lee", "agency": None, "outlet": "the example", "contributors": []}
    expectations = load(tmp_path, {"corpus": corpus, "attribution": {"a": said}})
    checked = check_pairs(expectations.file)
    assert checked.ok, checked.verdicts[0].message
    verdict = judge_one(tmp_path, {"attribution": {"a": {"author": None}}}, checked.analysis)
    assert verdict.message.endswith("author: expected nothing, found 'Ann Lee'")


# Truth: `base twin updated` are one cluster, `trimmed` wrongly said to be apart from them, and
# `other` wrongly said to be with `quoting`.
CLUSTERS = "base\tA\ntwin\tA\nupdated\tA\ntrimmed\tB\nquoting\tC\nother\tC\n"


def write_truth(folder: Path, text: str) -> None:
    (folder / "truth.tsv").write_text(text, encoding="utf-8")


def test_truth_of_clusters_is_scored(tmp_path: Path, ferries: Analysis) -> None:
    write_truth(tmp_path, "# article, cluster\n" + CLUSTERS)
    expectations = load(tmp_path, {"truth": "truth.tsv"})
    copies, story = score_truth(expectations, ferries)
    assert (copies.level, story.level) == ("copies", "story")
    # Found: the four as copies, so 6 pairs; true: 3 + 1 pairs; both: 3.
    assert (copies.found_pairs, copies.true_pairs, copies.both) == (6, 4, 3)
    assert (copies.precision, copies.recall) == (0.5, 0.75)
    assert copies.f1 == pytest.approx(0.6)
    assert copies.missed == (("other", "quoting"),)
    assert len(copies.invented) == 3


def test_truth_of_pairs_speaks_of_the_whole_corpus(tmp_path: Path, ferries: Analysis) -> None:
    pairs = [["base", "twin"], ["twin", "base"], ["other", "quoting"]]
    inline, _ = score_truth(load(tmp_path, {"truth": {"pairs": pairs}}), ferries)
    assert (inline.articles, inline.true_pairs, inline.found_pairs, inline.both) == (6, 2, 6, 1)
    write_truth(tmp_path, "\n".join("\t".join(pair) for pair in pairs))
    assert score_truth(load(tmp_path, {"truth": {"pairs": "truth.tsv"}}), ferries)[0] == inline


def test_truth_of_stories_has_rewrites_and_copies(tmp_path: Path, seeds: Analysis) -> None:
    five = [page.stem for page in sorted(SEEDS.glob("*.txt"))]
    refineries = [f"{five[3]}#1", f"{five[3]}#2"]
    truth = {"pairs": [five, refineries], "min_f1": 1}
    copies, story = score_truth(load(tmp_path, {"truth": truth}), seeds)
    assert (copies.both, copies.found_pairs, copies.true_pairs) == (1, 1, 11)
    assert (story.both, story.found_pairs, story.true_pairs) == (11, 11, 11)
    assert judge_one(tmp_path, {"truth": truth}, seeds).ok
    assert not judge_one(tmp_path, {"truth": truth | {"level": "copies"}}, seeds).ok


def test_truth_bounds_are_expectations(tmp_path: Path, ferries: Analysis) -> None:
    write_truth(tmp_path, CLUSTERS)
    truth = {"clusters": "truth.tsv", "level": "copies", "min_recall": 0.7, "min_precision": 0.9}
    verdict = judge_one(tmp_path, {"truth": truth}, ferries)
    assert not verdict.ok
    assert "  precision 0.5 misses min_precision 0.9 by 0.4" in verdict.message
    assert "recall 0.75 misses" not in verdict.message
    assert "missed: other ~ quoting: no relation · jaccard 0 ·" in verdict.message
    assert judge_one(tmp_path, {"truth": truth | {"min_precision": 0.5}}, ferries).ok


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("base\n", "truth.tsv:1: found 1 columns; give article, tab, cluster"),
        (
            "base\tA\nbass\tA\n",
            "truth.tsv:2: no article 'bass' in the corpus; did you mean 'base'?",
        ),
        (None, "truth.tsv: cannot be read: No such file or directory"),
    ],
)
def test_wrong_truth_names_file_and_line(
    text: str | None, error: str, tmp_path: Path, ferries: Analysis
) -> None:
    if text is not None:
        write_truth(tmp_path, text)
    with pytest.raises(InputError) as caught:
        judge_one(tmp_path, {"truth": "truth.tsv"}, ferries)
    assert "pairs.yaml:1: truth: " in str(caught.value)
    assert error in str(caught.value)


def test_merged_keys_may_be_overridden(tmp_path: Path) -> None:
    file = tmp_path / "pairs.yaml"
    file.write_text(
        "expect:\n- &one\n  near: [a, b]\n  why: so\n- {<<: *one, near: [a, c]}\n", encoding="utf-8"
    )
    one, other = load_expectations(file).expected
    assert (one.ids, other.ids, other.why) == (("a", "b"), ("a", "c"), "so")


SEED_TEXT = PAIRS.read_text(encoding="utf-8")


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    edits=st.lists(
        st.tuples(
            st.integers(0, len(SEED_TEXT) - 1),
            st.integers(0, 20),
            st.text("[]{}:,#&*!|>'\"%@`-? \n\tab01.~<\\", max_size=3),
        ),
        max_size=4,
    )
)
def test_no_edit_of_a_pairs_file_gives_a_traceback(
    edits: list[tuple[int, int, str]], tmp_path: Path
) -> None:
    text = SEED_TEXT
    for start, cut, put in edits:
        text = text[:start] + put + text[start + cut :]
    file = tmp_path / "pairs.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        load_expectations(file)
    except ConfigError as error:
        assert str(error).startswith(str(file))
