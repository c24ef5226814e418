"""Verdict: what came of an expectation."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from dedup.records import Comparison


class Outcome(StrEnum):
    """What came of an expectation; a known failure is one, until the day it passes."""

    PASSED = "passed"
    FAILED = "failed"
    KNOWN_FAILURE = "known failure"
    UNEXPECTEDLY_PASSED = "unexpectedly passed"


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """An expectation judged: where it was written, what came of it, and the evidence.

    `message` explains itself: a headline, then what each pair shares, and the setting that decided.
    `comparisons` are of the pairs the message speaks of.
    """

    kind: str  # exact, near, …, different, attribution, truth
    ids: tuple[str, ...]
    outcome: Outcome
    file: str
    line: int
    message: str
    why: str | None = None
    known_failure: str | None = None
    comparisons: tuple[Comparison, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether a run of checks may pass with this verdict."""
        return self.outcome in (Outcome.PASSED, Outcome.KNOWN_FAILURE)

    @property
    def place(self) -> str:
        """`file:line` of the expectation."""
        return f"{self.file}:{self.line}"


def decide_outcome(*, holds: bool, known_failure: str | None) -> Outcome:
    """The outcome of an expectation that does or does not hold."""
    if known_failure:
        return Outcome.UNEXPECTEDLY_PASSED if holds else Outcome.KNOWN_FAILURE
    return Outcome.PASSED if holds else Outcome.FAILED
