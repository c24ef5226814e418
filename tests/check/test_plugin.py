"""The pytest plugin, run on the seeds by pytest itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dedup.check import analyse_corpus

pytest_plugins = ["pytester"]

SEEDS = Path(__file__).parents[2] / "seeds"
PAIRS = yaml.safe_load((SEEDS / "pairs.yaml").read_text(encoding="utf-8"))
LONG = "The harbour board voted on Monday to run two more ferries a day from April onwards. "

# What no pair or group of the seeds that is listed under the kind is.
OPPOSITES = {
    "same_story": ["different"],
    "exact": ["different", "excerpt", "rewrite"],
    "different": [
        "exact",
        "near",
        "contains",
        "excerpt",
        "rewrite",
        "same_copies",
        "same_story",
    ],
}

DECIDED = r"(misses|reaches) .* [\d.]+ (by [\d.]+|exactly)|misses 1 by [\d.]+|the same: jaccard 1"


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """Load all there is to load: pytester unloads what is new, and numpy and numba cannot twice."""
    analyse_corpus([SEEDS])


def list_opposites() -> list[dict[str, Any]]:
    """Each expectation of the seeds as each of its opposites."""
    kinds = ((set(one) & set(OPPOSITES)).pop() for one in PAIRS["expect"])
    return [
        {opposite: one[kind]}
        for one, kind in zip(PAIRS["expect"], kinds, strict=True)
        for opposite in OPPOSITES[kind]
    ]


def write_pairs(pytester: pytest.Pytester, name: str, pairs: dict[str, Any]) -> Path:
    file = pytester.path / name
    file.write_text(yaml.safe_dump(pairs, sort_keys=False), encoding="utf-8")
    return file


def test_seeds_pass(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest(SEEDS)
    result.assert_outcomes(passed=12)


def test_each_opposite_fails_naming_its_numbers(pytester: pytest.Pytester) -> None:
    opposites = list_opposites()
    # One file each kind: what one expectation asks would contradict another in the same file.
    for kind in sorted({kind for one in opposites for kind in one}):
        asked = [one for one in opposites if kind in one]
        write_pairs(pytester, f"{kind}.pairs.yaml", {"corpus": str(SEEDS), "expect": asked})
    result = pytester.runpytest("--tb=short")
    result.assert_outcomes(failed=len(opposites))
    sections = re.split(r"^_{3,} .* _{3,}$", result.stdout.str(), flags=re.M)[1:]
    assert len(sections) == len(opposites)
    for section in sections:
        assert re.match(r"\s*\w+\.pairs\.yaml:\d+: expected \w+, found ", section)
        assert re.search(r"· jaccard \S+ · containment \S+ · story score \S+", section)
        assert re.search(DECIDED, section)
        assert "shared passages: " in section
        assert "shared terms, rarest first: " in section


def test_each_opposite_attribution_fails_naming_both(pytester: pytest.Pytester) -> None:
    said = {
        article: {field: ["Nobody Known"] if isinstance(value, list) else "Nobody Known"}
        for article, fields in PAIRS["attribution"].items()
        for field, value in fields.items()
    }
    write_pairs(pytester, "pairs.yaml", {"corpus": str(SEEDS), "attribution": said})
    result = pytester.runpytest()
    result.assert_outcomes(failed=len(said))
    result.stdout.fnmatch_lines(["*: expected 'Nobody Known', found 'CNN'"])


@pytest.fixture
def inline(pytester: pytest.Pytester) -> pytest.Pytester:
    """A pairs file of one pass, one failure, one known failure and one that is none any more."""
    pages = {"one": f"A headline\n{LONG * 3}", "two": f"A headline\n{LONG * 3}", "other": LONG}
    expect = [
        {"exact": ["one", "two"], "why": "the same words"},
        {"exact": ["one", "other"], "why": "for the sake of it"},
        {"exact": ["two", "other"], "known_failure": "ferries are hard"},
        {"near": ["one", "two"], "known_failure": "said to be hard"},
    ]
    write_pairs(pytester, "ferry.pairs.yaml", {"corpus": pages, "expect": expect})
    return pytester


def test_known_failures_are_strict(inline: pytest.Pytester) -> None:
    result = inline.runpytest("-rx")
    result.assert_outcomes(passed=1, failed=2, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "ferry.pairs.yaml:*: expected exact, found *",
            "why: for the sake of it",
            "*the normalised bodies differ: jaccard * misses 1 by *",
            "*holds, yet is marked `known_failure: said to be hard`*",
            "*ferries are hard*",
        ]
    )


def test_runxfail_shows_known_failures(inline: pytest.Pytester) -> None:
    inline.runpytest("--runxfail").assert_outcomes(passed=1, failed=3)


def test_k_selects(inline: pytest.Pytester) -> None:
    result = inline.runpytest("-k", "near")
    result.assert_outcomes(failed=1, deselected=3)


def test_collect_only_loads_nothing_heavy(inline: pytest.Pytester) -> None:
    inline.makeconftest(
        """
        import sys

        def pytest_sessionfinish():
            print("heavy:", sorted({"numpy", "numba", "datasketch", "wordfreq"} & set(sys.modules)))
        """
    )
    result = inline.runpytest_subprocess("--collect-only", "-q", "-s", "-p", "no:hypothesispytest")
    result.stdout.fnmatch_lines(
        [
            "ferry.pairs.yaml::exact[[]one,two[]]",
            "ferry.pairs.yaml::exact[[]one,other[]]",
            "ferry.pairs.yaml::exact[[]two,other[]]",
            "ferry.pairs.yaml::near[[]one,two[]]",
            "*heavy: []*",
        ]
    )


def test_a_corpus_is_analysed_once_a_session(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    sketched = []

    def count(corpus: Any, config: Any) -> Any:
        sketched.append(corpus)
        return analyse_corpus(corpus, config)

    monkeypatch.setattr("dedup.check.analysis.analyse_corpus", count)
    folder = pytester.mkdir("pages")
    for name in ("a", "b"):
        (folder / f"{name}.txt").write_text(LONG, encoding="utf-8")
    pages = {"corpus": "pages", "expect": [{"exact": ["a", "b"]}, {"same_copies": ["a", "b"]}]}
    for name in ("one", "other"):
        write_pairs(pytester, f"{name}.pairs.yaml", pages)
    inline = {"corpus": {"a": LONG, "b": LONG}, "expect": pages["expect"]}
    write_pairs(pytester, "inline.pairs.yaml", inline)
    pytester.runpytest().assert_outcomes(passed=6)
    assert len(sketched) == 2  # the folder, and the pages written in the third file


def test_xdist_gives_the_same(inline: pytest.Pytester) -> None:
    inline.runpytest("-n2").assert_outcomes(passed=1, failed=2, xfailed=1)


def test_disabled_collects_nothing(inline: pytest.Pytester) -> None:
    result = inline.runpytest_subprocess("-p", "no:dedup")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_plugin_alone_loads_nothing() -> None:
    code = "import sys, dedup.pytest_plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"dedup.check", "dedup.records", "msgspec", "numpy", "numba", "datasketch", "yaml"}
    assert not heavy & set(done.stdout.split())


def test_wrong_file_is_an_error_with_its_line(pytester: pytest.Pytester) -> None:
    write_pairs(pytester, "pairs.yaml", {"corpus": ".", "expect": [{"exakt": ["a", "b"]}]})
    result = pytester.runpytest()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["Error: pairs.yaml:3: unknown key 'exakt'; known keys: exact, *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_unknown_article_is_an_error_with_its_line(inline: pytest.Pytester) -> None:
    asked = {"corpus": {"one": LONG}, "expect": [{"different": ["one", "ones"]}]}
    write_pairs(inline, "wrong.pairs.yaml", asked)
    result = inline.runpytest("wrong.pairs.yaml")
    result.stdout.fnmatch_lines(
        ["Error: wrong.pairs.yaml:5: no article 'ones' in the corpus; did you mean 'one'?"]
    )


def test_corpus_and_config_options(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("pages")
    (folder / "a.txt").write_text("A headline\n" + LONG * 3, encoding="utf-8")
    (folder / "b.txt").write_text("A headline\n" + LONG * 3 + "One more.", encoding="utf-8")
    write_pairs(pytester, "pairs.yaml", {"corpus": "nowhere", "expect": [{"near": ["a", "b"]}]})
    (pytester.path / "hard.yaml").write_text(
        "verify: {min_jaccard: 1, min_jaccard_short: 1}", encoding="utf-8"
    )
    pytester.runpytest("--dedup-corpus", "pages").assert_outcomes(passed=1)
    result = pytester.runpytest("--dedup-corpus", "pages", "--dedup-config", "hard.yaml")
    result.stdout.fnmatch_lines(["*jaccard * misses verify.min_jaccard 1 by *"])
    shipped = pytester.runpytest("--dedup-corpus", "pages", "--dedup-config", "precision")
    shipped.assert_outcomes(passed=1)
    missing = pytester.runpytest("--dedup-corpus", "pages", "--dedup-config", "none.yaml")
    missing.stdout.fnmatch_lines(["Error: none.yaml: cannot be read: No such file or directory"])
    pytester.runpytest().stdout.fnmatch_lines(["Error: *nowhere: no such file or folder"])


def test_other_names_by_ini(inline: pytest.Pytester) -> None:
    inline.makeini("[pytest]\ndedup_files = *.ferry.yaml")
    assert inline.runpytest().ret == pytest.ExitCode.NO_TESTS_COLLECTED
