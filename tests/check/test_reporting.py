"""Verdicts as rows, JSON and JUnit XML."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from dedup.check import (
    Agreement,
    CheckResult,
    Outcome,
    count_outcomes,
    table_rows,
    to_json,
    to_junit,
)
from dedup.records import Comparison, Relation

FOUND = Comparison(
    left="a", right="b", relation=Relation.NEAR, jaccard=0.6, containment=0.9, story_score=0.7
)


def make_verdict(outcome: Outcome, message: str = "found this\n  and that") -> CheckResult:
    return CheckResult(
        kind="exact",
        ids=("a", "b", "c", "d"),
        outcome=outcome,
        file="some.pairs.yaml",
        line=7,
        message=message,
        why="so it is",
        known_failure="hard" if "known" in outcome or "unexpected" in outcome else None,
        comparisons=(FOUND,),
    )


VERDICTS = [make_verdict(outcome) for outcome in Outcome]


def test_rows_say_what_was_found_of_a_failure() -> None:
    rows = table_rows(VERDICTS)
    assert [row.outcome for row in rows] == list(Outcome)
    assert (rows[0].place, rows[0].expected, rows[0].articles) == (
        "some.pairs.yaml:7",
        "exact",
        "a, b, c, +1",
    )
    assert [row.found for row in rows] == [
        "so it is",
        "found this",
        "hard (found this)",
        "found this",
    ]


def test_every_outcome_is_counted() -> None:
    assert count_outcomes(VERDICTS[:1]) == {
        "passed": 1,
        "failed": 0,
        "known failure": 0,
        "unexpectedly passed": 0,
    }


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_what_was_expected_is_ok(outcome: Outcome) -> None:
    ok = outcome in (Outcome.PASSED, Outcome.KNOWN_FAILURE)
    verdict = make_verdict(outcome)
    assert verdict.ok is ok
    assert json.loads(to_json([verdict]))["ok"] is ok


def test_json_has_the_numbers() -> None:
    agreement = Agreement(
        level="copies",
        articles=4,
        true_pairs=3,
        found_pairs=2,
        both=2,
        missed=(("a", "c"),),
        invented=(),
    )
    told = json.loads(to_json(VERDICTS, [agreement]))
    assert told["verdicts"][1]["comparisons"][0]["jaccard"] == 0.6
    assert told["verdicts"][1]["line"] == 7
    assert told["truth"][0]["recall"] == 0.6667
    assert told["truth"][0]["f1"] == 0.8
    assert told["truth"][0]["missed"] == [["a", "c"]]


def test_junit_counts_and_places() -> None:
    suite = ET.fromstring(to_junit(VERDICTS))[0]
    assert suite.attrib | {"tests": "4", "failures": "2", "skipped": "1"} == suite.attrib
    tags = [[child.tag for child in case] for case in suite]
    assert tags == [[], ["failure"], ["skipped"], ["failure"]]
    failure = suite[1][0]
    assert failure.attrib["message"] == "found this"
    assert failure.text == "some.pairs.yaml:7\nwhy: so it is\nfound this\n  and that"
    assert suite[1].attrib["line"] == "7"


def test_junit_is_xml_whatever_the_pages_hold() -> None:
    odd = make_verdict(Outcome.FAILED, 'a\x00b\x1f ]]> <&"é\ud7ff\ufffe\U0001f600')
    root = ET.fromstring(to_junit([odd]).encode())
    assert 'a\ufffdb\ufffd ]]> <&"é' in (root[0][0][0].text or "")
