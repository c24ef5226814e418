"""Show: verdicts as rows of a table, JSON, and JUnit's XML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

import msgspec

from dedup.check.check_result import CheckResult, Outcome
from dedup.check.pairwise_metrics import Agreement

_SHOWN_IDS = 3
# What XML 1.0 cannot carry, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class TableRow(msgspec.Struct, frozen=True):
    """A verdict as a line of a table."""

    place: str
    expected: str
    articles: str
    outcome: Outcome
    found: str  # of a failed one what was found, else why it was asked


def table_rows(verdicts: Iterable[CheckResult]) -> list[TableRow]:
    """A row for each verdict, in their order."""
    return [
        TableRow(one.place, one.kind, name_articles(one.ids), one.outcome, _describe_found(one))
        for one in verdicts
    ]


def _describe_found(verdict: CheckResult) -> str:
    headline = verdict.message.splitlines()[0]
    if verdict.outcome is Outcome.KNOWN_FAILURE:
        return f"{verdict.known_failure} ({headline})"
    return headline if not verdict.ok else verdict.why or headline


def name_articles(ids: Sequence[str]) -> str:
    """Some ids in a line.

    >>> name_articles(["a", "b", "c", "d"])
    'a, b, c, +1'
    """
    more = len(ids) - _SHOWN_IDS
    return ", ".join([*ids[:_SHOWN_IDS], *([f"+{more}"] if more > 0 else [])])


def count_outcomes(verdicts: Iterable[CheckResult]) -> dict[str, int]:
    """How many of each outcome there are, those there are none of included."""
    counts = Counter(one.outcome for one in verdicts)
    return {str(outcome): counts[outcome] for outcome in Outcome}


def to_json(verdicts: Sequence[CheckResult], agreements: Sequence[Agreement] = ()) -> str:
    """Everything judged, as one JSON object: `ok counts verdicts truth`."""
    found = {
        "ok": all(one.ok for one in verdicts),
        "counts": count_outcomes(verdicts),
        "verdicts": verdicts,
        "truth": [_agreement_fields(one) for one in agreements],
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def _agreement_fields(found: Agreement) -> dict[str, object]:
    scores = {name: round(getattr(found, name), 4) for name in ("precision", "recall", "f1")}
    return {**msgspec.to_builtins(found), **scores}


def to_junit(verdicts: Sequence[CheckResult], suite: str = "dedup check") -> str:
    """The verdicts as a JUnit XML file, as CI systems read them.

    A known failure is skipped; that it passes unexpectedly is a failure.
    """
    counts = Counter(one.outcome for one in verdicts)
    failures = counts[Outcome.FAILED] + counts[Outcome.UNEXPECTEDLY_PASSED]
    skipped = counts[Outcome.KNOWN_FAILURE]
    root = ET.Element("testsuites")
    numbers = {"tests": len(verdicts), "failures": failures, "errors": 0, "skipped": skipped}
    totals = {name: str(count) for name, count in numbers.items()}
    tests = ET.SubElement(root, "testsuite", {"name": suite, **totals})
    for one in verdicts:
        _add_case(tests, one)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _add_case(tests: ET.Element, verdict: CheckResult) -> None:
    fields = {
        "classname": verdict.file,
        "name": f"{verdict.kind}: {name_articles(verdict.ids)}",
        "file": verdict.file,
        "line": str(verdict.line),
    }
    written = {name: _writable(value) for name, value in fields.items()}
    case = ET.SubElement(tests, "testcase", written)
    if verdict.outcome is Outcome.PASSED:
        return
    known = verdict.outcome is Outcome.KNOWN_FAILURE
    headline = verdict.known_failure if known else verdict.message.splitlines()[0]
    tag = ET.SubElement(case, "skipped" if known else "failure", message=_writable(headline or ""))
    why = f"why: {verdict.why}\n" if verdict.why else ""
    tag.text = _writable(f"{verdict.place}\n{why}{verdict.message}")


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
