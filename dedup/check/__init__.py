"""Check: what a tester wrote down about a corpus, judged, with the evidence.

`load_expectations` reads a pairs file, `analyse_corpus` finds the duplicates of its corpus once,
and `judge_expectations` gives a verdict on each; `check_pairs` does all three. The module `judge`
says what each expectation means.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedup.check.analysis import Analysis as Analysis
    from dedup.check.analysis import analyse_corpus as analyse_corpus
    from dedup.check.check_result import CheckResult as CheckResult
    from dedup.check.check_result import Outcome as Outcome
    from dedup.check.expectations import Expectations as Expectations
    from dedup.check.expectations import load_expectations as load_expectations
    from dedup.check.judge import Checked as Checked
    from dedup.check.judge import check_pairs as check_pairs
    from dedup.check.judge import judge_expectations as judge_expectations
    from dedup.check.judge import judge_expected as judge_expected
    from dedup.check.pairs_format import format_schema as format_schema
    from dedup.check.pairwise_metrics import Agreement as Agreement
    from dedup.check.pairwise_metrics import score_truth as score_truth
    from dedup.check.reporting import count_outcomes as count_outcomes
    from dedup.check.reporting import table_rows as table_rows
    from dedup.check.reporting import to_json as to_json
    from dedup.check.reporting import to_junit as to_junit

# Loaded when asked for: a pairs file is collected without numpy and numba, which judging needs.
_HOMES = {
    "Agreement": "pairwise_metrics",
    "Analysis": "analysis",
    "Checked": "judge",
    "Expectations": "expectations",
    "Outcome": "check_result",
    "CheckResult": "check_result",
    "analyse_corpus": "analysis",
    "check_pairs": "judge",
    "count_outcomes": "reporting",
    "format_schema": "pairs_format",
    "judge_expectations": "judge",
    "judge_expected": "judge",
    "load_expectations": "expectations",
    "score_truth": "pairwise_metrics",
    "table_rows": "reporting",
    "to_json": "reporting",
    "to_junit": "reporting",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
