"""When articles were published, and what lies too far apart to be one story."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

import dedup
from dedup.cli import main
from dedup.config import Config, VerifyConfig
from dedup.records import Article
from dedup.text.dates import are_apart, list_days

SEEDS = Path(__file__).parents[2] / "seeds"
BODIES = [dedup.strip_page(path.read_text()).text for path in sorted(SEEDS.glob("*.txt"))]
DEFAULT = Config()
NO_LIMIT = Config(verify=VerifyConfig(rewrite_days=0))


def dated(*dates: str | None) -> list[Article]:
    return [
        Article(id=str(k), page=str(k), text=BODIES[k % 5], language="en", published=date)
        for k, date in enumerate(dates)
    ]


def stories_of(articles: list[Article], config: Config = DEFAULT) -> list[tuple[str, ...]]:
    return [story.members for story in dedup.find_duplicates(articles, config).stories]


def test_days_are_read_as_far_as_they_are_dates() -> None:
    days = list_days(["2025-08-12", "Tue, 12 Aug 2025 12:00:00 +0000", "2025-08", "soon", None, ""])
    assert days[:3].tolist() == [20312.0, 20312.5, 20301.0]
    assert np.isnan(days[3:]).all()


@pytest.mark.parametrize(
    ("left", "right", "window", "apart"),
    [(0, 30, 30, False), (0, 30.01, 30, True), (31, 0, 30, True), (0, 9999, 0, False),
     (np.nan, 0, 30, False), (np.nan, np.nan, 30, False)],
)  # fmt: skip
def test_a_pair_is_apart_only_if_both_days_are_known(
    left: float, right: float, window: int, apart: bool
) -> None:
    rows = np.array([0], np.uint32), np.array([1], np.uint32)
    assert are_apart(np.array([left, right]), *rows, window).tolist() == [apart]


def test_rewrites_lie_within_the_window() -> None:
    near, far = dated("2025-08-12", "2025-08-20"), dated("2025-08-12", "2025-12-20")
    assert stories_of(near) == stories_of(far, NO_LIMIT) == [("0", "1")]
    assert stories_of(far) == []
    assert stories_of(dated("2025-08-12", None)) == [("0", "1")]
    assert [match.relation for match in dedup.find_duplicates(far).matches] == []
    assert dedup.compare(*near).relation == "rewrite"  # None fails too
    assert dedup.compare(*far) is None


def test_a_chain_over_months_is_no_story() -> None:
    """Each is a rewrite of the next; the first and the last are a season apart."""
    months = dated(*(f"2025-{month:02}-0{1 + month % 2}" for month in range(1, 6)))
    assert stories_of(months, NO_LIMIT) == [("0", "1", "2", "3", "4")]
    assert all(len(members) < 4 for members in stories_of(months))


def test_copies_have_no_window() -> None:
    first, second = dated("2020-01-01", "2025-01-01")
    found = dedup.find_duplicates([first, msgspec.structs.replace(second, text=first.text)])
    assert [cluster.members for cluster in found.copies] == [("0", "1")]


def test_compare_says_that_pages_lie_too_far_apart(tmp_path: Path) -> None:
    for name, body, date in (("a", 0, "2025-08-12"), ("b", 3, "2025-12-20")):
        meta = f'<meta property="article:published_time" content="{date}">'
        paragraphs = "".join(f"<p>{line}</p>" for line in BODIES[body].splitlines())
        page = f"<html><head>{meta}</head><body><article>{paragraphs}</article></body></html>"
        (tmp_path / f"{name}.html").write_text(page)
    result = CliRunner().invoke(main, ["compare", *(str(tmp_path / f"{n}.html") for n in "ab")])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("different")
    assert "not rewrite: days apart 130 reaches verify.rewrite_days 30 by 100" in result.output
