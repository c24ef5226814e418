"""Judge: expectations to verdicts.

What an expectation asks of *each pair* of its group, whatever else is in the corpus:

- `exact`: the same normalised body.
- `near`: Jaccard at or above `verify.min_jaccard`; an exact pair is near too.
- `contains`: containment at or above `verify.min_containment`, whatever the Jaccard; exact too.
- `excerpt`, `rewrite`: that relation and no stronger one, for both say what a pair is *not*.

And of the corpus as a whole:

- `same_copies`: all in one set of copies.
- `same_story`: all in one story or one set of copies.
- `different`: no two in one story or set of copies, and no two exact, near, contained or rewritten.
  An `excerpt` is allowed: it is reported, and never merges. An empty body is not.

Bounds (`min_jaccard: .6`) hold for each pair, besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from dedup.check.analysis import NO_PROGRESS, Analysis, analyse_corpus
from dedup.check.check_result import CheckResult, decide_outcome
from dedup.check.cluster_checks import judge_copies, judge_story
from dedup.check.expectations import Expectations, Expected, load_expectations
from dedup.check.messages import describe_evidence, describe_numbers, describe_pair
from dedup.check.pair_checks import (
    Complaint,
    Judged,
    judge_attribution,
    judge_different,
    judge_pairs,
)
from dedup.check.pairwise_metrics import Agreement, judge_truth, score_truth
from dedup.config import DEFAULT_CONFIG, Config
from dedup.errors import ConfigError, InputError
from dedup.progress import Progress
from dedup.records import Comparison

_SHOWN_PAIRS = 5  # failed pairs whose evidence is shown, or passed pairs whose numbers are


class Checked(NamedTuple):
    """A pairs file checked."""

    analysis: Analysis
    verdicts: list[CheckResult]  # in order of line
    agreements: list[Agreement]  # with the file's truth, by level; empty where it lists none

    @property
    def ok(self) -> bool:
        """Whether every verdict is."""
        return all(verdict.ok for verdict in self.verdicts)


def check_pairs(
    path: str | Path,
    inputs: Sequence[str | Path] = (),
    config: Config = DEFAULT_CONFIG,
    *,
    workers: int = 1,
    progress: Progress = NO_PROGRESS,
) -> Checked:
    """Load a pairs file, analyse its corpus (or `inputs` in its stead), and judge it.

    Raises `ConfigError` for a file that cannot be used, `InputError` for a corpus or article that
    is not there, each with file and line.
    """
    expectations = load_expectations(path)
    corpus = inputs or expectations.corpus
    if corpus is None:
        raise ConfigError(f"{path}: names no `corpus`, and no pages are given in its stead")
    analysis = analyse_corpus(corpus, config, workers=workers, progress=progress)
    verdicts = judge_expectations(expectations, analysis)
    return Checked(analysis, verdicts, score_truth(expectations, analysis))


def judge_expectations(expectations: Expectations, analysis: Analysis) -> list[CheckResult]:
    """A verdict on each expectation, in order of line.

    Raises `InputError` with file and line for an article that is not in the corpus.
    """
    return [judge_expected(one, expectations, analysis) for one in expectations.expected]


def judge_expected(
    expected: Expected, expectations: Expectations, analysis: Analysis
) -> CheckResult:
    """The verdict on one expectation."""
    try:
        for article_id in expected.ids:
            analysis.article(article_id)
    except InputError as error:
        raise InputError(f"{expectations.file}:{expected.line}: {error}") from None
    if expected.kind == "truth":
        holds, message = judge_truth(expected, expectations.file, analysis)
        return _check_result(expected, expectations, holds=holds, message=message)
    if expected.kind == "attribution":
        holds, message = judge_attribution(expected, analysis)
        return _check_result(expected, expectations, holds=holds, message=message)
    judged = _JUDGES.get(expected.kind, judge_pairs)(expected, analysis)
    seen = [complaint.found for complaint in judged.complaints] or judged.seen
    message = describe_judged(expected, judged, analysis)
    return _check_result(
        expected, expectations, holds=not judged.complaints, message=message, seen=seen
    )


def _check_result(
    expected: Expected,
    expectations: Expectations,
    *,
    holds: bool,
    message: str,
    seen: Iterable[Comparison] = (),
) -> CheckResult:
    if holds and expected.known_failure:
        message = (
            f"holds, yet is marked `known_failure: {expected.known_failure}`: "
            f"take the mark away\n{message}"
        )
    return CheckResult(
        kind=expected.kind,
        ids=expected.ids,
        outcome=decide_outcome(holds=holds, known_failure=expected.known_failure),
        file=str(expectations.file),
        line=expected.line,
        message=message,
        why=expected.why,
        known_failure=expected.known_failure,
        comparisons=tuple(seen),
    )


_JUDGES: dict[str, Callable[[Expected, Analysis], Judged]] = {
    "same_copies": judge_copies,
    "same_story": judge_story,
    "different": judge_different,
}


def describe_judged(expected: Expected, judged: Judged, analysis: Analysis) -> str:
    """The message of a verdict: a headline, then the evidence."""
    if not judged.complaints:
        lines = [describe_pair(found) for found in judged.seen[:_SHOWN_PAIRS]]
        return "\n".join([f"{expected.kind}: {judged.found}", *lines])
    lines = [f"expected {expected.kind}, found {judged.found}"]
    for complaint in judged.complaints[:_SHOWN_PAIRS]:
        lines += describe_complaint(complaint, analysis)
    unseen = len(judged.complaints) - _SHOWN_PAIRS
    return "\n".join([*lines, *([f"and {unseen} more pairs"] if unseen > 0 else [])])


def describe_complaint(complaint: Complaint, analysis: Analysis) -> list[str]:
    """A pair, the setting that decided, and what the two share."""
    found, reasons = complaint
    left, right = analysis.article(found.left), analysis.article(found.right)
    evidence = describe_evidence(found, left, right, analysis.config.verify)
    return [
        f"{found.left} ~ {found.right}",
        f"  {describe_numbers(found)}",
        *(f"  {line}" for line in (*reasons, *evidence)),
    ]
