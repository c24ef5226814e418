"""Check: the seeds pass whole; each expectation's opposite fails and says the numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dedup.check import Analysis, Outcome, Verdict, analyse_corpus, check_pairs, load_expectations
from dedup.check.judge import judge_expectations
from dedup.errors import ConfigError, InputError
from dedup.records import Page

SEEDS = Path(__file__).parent.parent / "seeds"
PAIRS = SEEDS / "pairs.yaml"


@pytest.fixture(scope="module")
def seeds() -> Analysis:
    return analyse_corpus([SEEDS])


def judge_text(folder: Path, text: str, analysis: Analysis) -> list[Verdict]:
    file = folder / "some.pairs.yaml"
    file.write_text(text, encoding="utf-8")
    return judge_expectations(load_expectations(file), analysis)


def test_seeds_pass_whole(seeds: Analysis) -> None:
    verdicts = judge_expectations(load_expectations(PAIRS), seeds)
    assert [verdict.message for verdict in verdicts if not verdict.ok] == []
    assert len(verdicts) == 12
    assert verdicts[0].place == f"{PAIRS}:4"
    assert verdicts[0].why.startswith("four outlets")
