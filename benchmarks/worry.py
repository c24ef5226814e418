"""Fits the worry score to labelled pages, and says how well it tells: `python benchmarks/worry.py`.

A page went wrong if the F1 of its body, by bags of 4-word shingles, is under .6. Half of the pages,
by their ids, are fitted; the other half is reported.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from strip import ROOT, bag_of, compare_bags, read_set

from dedup.config import StripConfig
from dedup.records import Page
from dedup.strip.page import strip_with_text
from dedup.strip.worry import (
    A_WARNING,
    INTERCEPT,
    NO_HEADLINE,
    PROSE_LEFT_OUT,
    SHORT_LINES,
    share_left_out,
    share_short,
)

SETS = ("strip_news_2023", "strip_dragnet", "strip_gn1", "strip_fundus")
MEASURES = ("prose left out", "short lines", "no headline", "a warning", "intercept")
WRONG = 0.6  # F1
FEW = 150  # pages of each set


def main() -> None:
    """Reads the options and prints the weights and the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    folder = parser.parse_args().data
    found = [row for name in SETS for row in measure_set(folder / name)]
    measures = np.array([row for _, row, _ in found])
    wrong = np.array([bad for _, _, bad in found])
    tuned = np.array([sum(map(ord, name)) % 2 == 0 for name, _, _ in found])
    weights = fit_logistic(measures[tuned], wrong[tuned])
    print(", ".join(f"{name} {one:.2f}" for name, one in zip(MEASURES, weights, strict=True)))
    shipped = np.array([PROSE_LEFT_OUT, SHORT_LINES, NO_HEADLINE, A_WARNING, INTERCEPT])
    print("| pages | n | went wrong | AUC | worry .5 and more | of these went wrong |")
    print("|---|---|---|---|---|---|")
    for name, part, used in (
        ("fitted", tuned, weights),
        ("reported", ~tuned, weights),
        ("fitted, weights as shipped", tuned, shipped),
        ("reported, weights as shipped", ~tuned, shipped),
    ):
        worry = 1 / (1 + np.exp(-measures[part] @ used))
        doubt, bad = worry >= 0.5, wrong[part]
        cells = f"{len(bad)} | {bad.sum()} | {rank_auc(worry, bad):.2f}"
        print(f"| {name} | {cells} | {doubt.sum()} | {(doubt & bad).sum()} |")


def measure_set(folder: Path) -> list[tuple[str, list[float], bool]]:
    """Of some pages of a set, as text and as HTML: id, measures, and whether they went wrong."""
    pages = read_set(folder)
    random.Random(1).shuffle(pages)
    return [
        (page["id"], *measure_page(page, is_html=is_html))
        for page in pages[:FEW]
        for is_html in (False, True)
        if page.get("html") or not is_html
    ]


def measure_page(page: dict[str, Any], *, is_html: bool) -> tuple[list[float], bool]:
    """The measures of one page, and whether it went wrong."""
    given = Page(id=page["id"], text=page["html" if is_html else "text"], is_html=is_html)
    article, text, _ = strip_with_text(given, StripConfig())
    precision, recall = compare_bags(bag_of(page["main"]), bag_of(article.text))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    shares = [share_left_out(article, text), share_short(article.text)]
    return [*shares, float(not article.title), float(bool(article.warnings)), 1.0], f1 < WRONG


def fit_logistic(
    measures: NDArray[np.float64], wrong: NDArray[np.bool_], ridge: float = 0.01
) -> NDArray[np.float64]:
    """The weights of a logistic regression, by Newton's method."""
    weights = np.zeros(measures.shape[1])
    for _ in range(60):
        told = 1 / (1 + np.exp(-measures @ weights))
        slope = measures.T @ (told - wrong) + ridge * weights
        curve = (measures * (told * (1 - told))[:, None]).T @ measures
        weights -= np.linalg.solve(curve + ridge * np.eye(len(weights)), slope)
    return weights


def rank_auc(scores: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    """The chance that a page that went wrong has a higher score than one that did not."""
    higher = scores[wrong][:, None] > scores[~wrong]
    equal = scores[wrong][:, None] == scores[~wrong]
    return float((higher + equal / 2).mean())


if __name__ == "__main__":
    main()
