"""Collect: a pairs file as pytest's tests, one for each expectation.

Only the pytest plugin loads this. `check` loads what judges when it is asked for it, so that tests
are collected without numpy and numba.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dedup import check
from dedup.check.expectations import Expectations, Expected, load_expectations
from dedup.config import Config, load_config
from dedup.errors import ConfigError, DedupError
from dedup.records import Page

_SHOWN_IDS = 2
_analyses = pytest.StashKey[dict[tuple[str, ...], "check.Analysis"]]()


class FailedExpectation(Exception):  # noqa: N818  # a test's failure, not an error
    """An expectation that does not hold."""

    def __init__(self, verdict: check.CheckResult) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


class PairsFile(pytest.File):
    """A pairs file: collects a test for each expectation."""

    def collect(self) -> Iterator[pytest.Item]:
        """The expectations, in order of line."""
        expectations = self._load()
        given: Counter[str] = Counter()
        for expected in expectations.expected:
            name = name_test(expected)
            given[name] += 1
            # Two expectations may ask the same of the same articles, with other bounds.
            name += f"-{given[name]}" if given[name] > 1 else ""
            yield PairsItem.from_parent(
                self, name=name, expected=expected, expectations=expectations
            )

    def _load(self) -> Expectations:
        """The file by its whole path, for tests may change the folder; shown as it was typed."""
        shown = _show_path(self.path, self.config)
        try:
            return load_expectations(self.path)._replace(file=shown)
        except DedupError as error:
            message = str(error).replace(str(self.path), str(shown))
            raise self.CollectError(f"Error: {message}") from None


def name_test(expected: Expected) -> str:
    """`different[a,b]`: for `-k` and the list of failures."""
    more = len(expected.ids) - _SHOWN_IDS
    shown = [*expected.ids[:_SHOWN_IDS], *([f"+{more}"] if more > 0 else [])]
    return f"{expected.kind}[{','.join(shown)}]" if shown else expected.kind


class PairsItem(pytest.Item):
    """One expectation."""

    def __init__(self, *, expected: Expected, expectations: Expectations, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expected = expected
        self.expectations = expectations

    def runtest(self) -> None:
        """Judge the expectation; a known failure is an xfail, and strict."""
        analysis = find_analysis(self.expectations, self.config)
        verdict = check.judge_expected(self.expected, self.expectations, analysis)
        if verdict.outcome is check.Outcome.KNOWN_FAILURE:
            pytest.xfail(verdict.known_failure or "")
        if verdict.outcome is not check.Outcome.PASSED:
            raise FailedExpectation(verdict)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any) -> Any:
        """What a failed expectation says for itself; a traceback only of a bug."""
        if isinstance(excinfo.value, FailedExpectation):
            return describe_failure(excinfo.value.verdict)
        if isinstance(excinfo.value, DedupError):
            return f"Error: {excinfo.value}"
        return super().repr_failure(excinfo, *args)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The line of the pairs file that asked."""
        return self.path, self.expected.line - 1, self.name


def describe_failure(verdict: check.CheckResult) -> str:
    """The place, the message, and why it was asked."""
    headline, *evidence = verdict.message.splitlines()
    why = [f"why: {verdict.why}"] if verdict.why else []
    return "\n".join([f"{verdict.place}: {headline}", *why, *evidence])


def find_analysis(expectations: Expectations, config: pytest.Config) -> check.Analysis:
    """The analysis of a pairs file's corpus: made when first asked for, kept for the session."""
    analyses = config.stash.setdefault(_analyses, {})
    corpus, key = find_corpus(expectations, config)
    if key not in analyses:
        analyses[key] = check.analyse_corpus(corpus, _load_config(config))
    return analyses[key]


def find_corpus(
    expectations: Expectations, config: pytest.Config
) -> tuple[Sequence[Any], tuple[str, ...]]:
    """The inputs or pages to analyse, and what tells them from those of other pairs files."""
    typed = config.getoption("--dedup-corpus")
    given = [_from_invocation(name, config) for name in typed]
    corpus = given or expectations.corpus
    if corpus is None:
        raise ConfigError(f"{expectations.file}: names no `corpus`; or give --dedup-corpus")
    paths = [one for one in corpus if not isinstance(one, Page)]
    if len(paths) < len(corpus):  # pages written in the file itself: nobody shares them
        return corpus, ("in", str(expectations.file))
    return corpus, tuple(str(path.resolve()) for path in paths)


def _load_config(config: pytest.Config) -> Config:
    name = config.getoption("--dedup-config")
    path = _from_invocation(name, config) if name else None
    return load_config(path if path and path.exists() else name)  # or `precision`, `recall`


def _from_invocation(name: str, config: pytest.Config) -> Path:
    return config.invocation_params.dir / name


def _show_path(path: Path, config: pytest.Config) -> Path:
    """A path as short as it can be typed where pytest was called."""
    folder = config.invocation_params.dir
    return path.relative_to(folder) if path.is_relative_to(folder) else path
