"""Strip: cases as data, positive, negative, and known failures as strict xfails."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dedup.strip import strip_page

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "strip.yaml").read_text())["cases"]


def as_param(case: dict[str, Any]) -> Any:
    marks = [pytest.mark.xfail(reason=case["fails"], strict=True)] if "fails" in case else []
    return pytest.param(case, id=case["name"], marks=marks)


@pytest.mark.parametrize("case", [as_param(case) for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    article = strip_page(case["page"])
    assert article.text.split("\n") == case["body"].rstrip("\n").split("\n")
    for field, value in case.get("attribution", {}).items():
        found = getattr(article.attribution, field)
        assert (list(found) if isinstance(found, tuple) else found) == value
    if "embedded" in case:
        found_inside = [{"outlet": a.outlet, "title": a.title} for a in article.embedded]
        assert found_inside == case["embedded"]
