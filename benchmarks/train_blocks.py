"""Trains the scorer of HTML blocks: `make train`, or `python benchmarks/train_blocks.py`.

Training sets: `strip_gn1`, `strip_news_2023`, `strip_dragnet`, `strip_fundus`, weighed so that the
news of today counts most. A block is the article's if most of its runs of three words stand in the
article cut by hand. With `--hold-out K`, the sites of fold K of three are left out: three such
scorers score every page by one that never saw its site (`benchmarks/strip.py --unseen FOLDER`).
Needs `lightgbm` (extra `bench`). Deterministic: one thread, fixed seed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing import Pool
from pathlib import Path
from typing import Any, NamedTuple

import lightgbm
import numpy as np
import numpy.typing as npt
from train_strip import site_hash, site_of, store_tree, write_scorer

from dedup.records import Page
from dedup.strip.html.block_scorer import BlockTable, add_opinions, read_table, table_names
from dedup.strip.html.extract import extract_page
from dedup.strip.lines import split_lines
from dedup.strip.rules.matches import find_hits
from dedup.strip.rules.rule_set import load_rules
from dedup.strip.scorer.trees import read_trees, run_trees

WEIGHTS = {"strip_gn1": 0.3, "strip_news_2023": 1.0, "strip_dragnet": 0.2, "strip_fundus": 1.0}
HELD_OUT_FOLDS = 3
FOLDS = 4  # by site: the second trees learn from what first trees say of sites they have not seen
ROUNDS = (250, 150)  # trees of the first and of the second set
SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 24,
    "max_bin": 63,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "seed": 1,
    "num_threads": 1,
    "deterministic": True,
    "verbose": -1,
}
RUN_COST, MIN_SCORE = 0.4, 0.2  # cross-validated by site: benchmarks/README.md
STORY_SHARE = 0.5  # of a block's runs of three words that the article has
RUN_WORDS = 3
SHORT_WORDS = 5  # words of a block below which it must be a line of the article, or stand in it
SURE_WORDS = 8  # words of a block whose label others are settled by
TITLE_SHARE = 0.8  # of the words of a block and of the page's title together
_WORD = re.compile(r"\w+")


class Labelled(NamedTuple):
    """A page ready for training."""

    site: str
    table: BlockTable
    article: npt.NDArray[np.bool_]  # which blocks are the article's
    words: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]


def label_blocks(texts: Sequence[str], main: str) -> npt.NDArray[np.bool_]:
    """Which blocks stand in the article cut by hand. A block of a few words that the article has,
    but not as a line, is its own if the nearest longer blocks on both sides are."""
    words = _WORD.findall(main)
    runs = Counter(zip(*(words[i:] for i in range(RUN_WORDS)), strict=False))
    lines = {" ".join(_WORD.findall(line)) for line in main.split("\n")}
    whole = f" {' '.join(words)} "
    split = [_WORD.findall(text) for text in texts]
    labels = np.zeros(len(texts), dtype=np.bool_)
    unsettled = []
    for number, own in enumerate(split):
        if len(own) >= SHORT_WORDS:
            found = list(zip(*(own[i:] for i in range(RUN_WORDS)), strict=False))
            labels[number] = sum(run in runs for run in found) >= STORY_SHARE * len(found)
        elif own and " ".join(own) in lines:
            labels[number] = True
        elif not own or f" {' '.join(own)} " in whole:
            unsettled.append(number)
    sure = [number for number, own in enumerate(split) if len(own) >= SURE_WORDS]
    for number in unsettled:
        before = next((labels[n] for n in reversed(sure) if n < number), False)
        after = next((labels[n] for n in sure if n > number), False)
        labels[number] = before and after
    return labels


def read_labelled(job: tuple[str, dict[str, Any]]) -> Labelled | None:
    """A page of a set ready for training; None if no parser reads it."""
    name, stored = job
    page = Page(id=stored["id"], text=stored["html"], is_html=True, url=stored.get("url"))
    found = extract_page(page)
    if found.document is None:
        return None
    lines = split_lines(found.text)
    hits = find_hits(found.text, lines, load_rules())
    table = read_table(found.document, lines, hits, found.metadata, found.vote)
    labels = label_blocks([line.text for line in lines], stored["main"])
    words = np.array([line.words for line in lines], dtype=np.float64)
    weights = np.sqrt(words) / np.sqrt(words).sum() ** 0.5 * WEIGHTS[name]
    weights[_headlines(found, labels)] = 0  # golds differ; structure decides
    return Labelled(site_of(stored), table, labels, words, weights)


def _headlines(found: Any, labels: npt.NDArray[np.bool_]) -> list[int]:
    """The blocks that say the page's title, or are an `<h1>`, and are not in the gold."""
    title = frozenset((found.metadata.title or "").casefold().split())
    numbers = []
    for number, block in enumerate(found.document.blocks):
        own = frozenset(block.text.casefold().split())
        is_title = len(own & title) >= TITLE_SHARE * max(len(own), len(title))
        tag = found.document.containers[block.container].tag
        if not labels[number] and (tag == "h1" or (title and is_title)):
            numbers.append(number)
    return numbers


def read_jobs(folder: Path, hold_out: int | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every page with HTML of the training sets, but the sites held out."""
    for name in WEIGHTS:
        if not (folder / name).exists():
            sys.exit(f"no {name} in {folder}; --data names the folder of the sets")
        with gzip.open(folder / name / "html.jsonl.gz", "rt", encoding="utf-8") as file:
            html = {entry["id"]: entry["html"] for entry in map(json.loads, file)}
        for line in (folder / name / "pages.jsonl").read_text(encoding="utf-8").splitlines():
            page = json.loads(line)
            if html.get(page["id"]) and held_out_fold(page) != hold_out:
                yield name, {**page, "html": html[page["id"]]}


def held_out_fold(page: dict[str, Any]) -> int:
    """The fold of a page's site: the scorer that was trained without it scores it."""
    return site_hash(site_of(page)) // 1001 % HELD_OUT_FOLDS


def fit_trees(pages: Sequence[Labelled], features: Sequence[Any], rounds: int) -> list[Any]:
    """Trees in their stored form."""
    table = lightgbm.Dataset(
        np.concatenate(features),
        np.concatenate([page.article for page in pages]).astype(np.int8),
        weight=np.concatenate([page.weights for page in pages]),
    )
    dumped = lightgbm.train(SETTINGS, table, rounds).dump_model()
    return [store_tree(tree["tree_structure"]) for tree in dumped["tree_info"]]


def train_scorer(pages: Sequence[Labelled]) -> dict[str, Any]:
    """The whole scorer in its stored form."""
    features = [page.table.features for page in pages]
    opinions: list[Any] = [None] * len(pages)
    folds = [site_hash(page.site) // 7 % FOLDS for page in pages]
    for fold in range(FOLDS):
        others = [number for number, f in enumerate(folds) if f != fold]
        known = [pages[number] for number in others]
        trees = read_trees(fit_trees(known, [features[n] for n in others], ROUNDS[0]))
        for number in range(len(pages)):
            if folds[number] == fold:
                opinions[number] = run_trees(features[number], trees)
    seconds = [
        add_opinions(page.table, opinion, page.words)
        for page, opinion in zip(pages, opinions, strict=True)
    ]
    return {
        "about": "strip, HTML: two sets of trees; node = [feature, threshold, left, right], "
        "feature <= threshold goes left; a child of -1 - k is leaf k",
        "trained_on": WEIGHTS,
        "pages": len(pages),
        "sites": len({page.site for page in pages}),
        "run_cost": RUN_COST,
        "min_score": MIN_SCORE,
        "features": table_names(),
        "trees": [fit_trees(pages, features, ROUNDS[0]), fit_trees(pages, seconds, ROUNDS[1])],
    }


def main() -> None:
    """Reads the sets, trains, writes `configs/paratext/block_scorer.json`."""
    root = Path(__file__).parent.parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=root / "configs/paratext/block_scorer.json")
    parser.add_argument("--hold-out", type=int, choices=range(HELD_OUT_FOLDS), help="fold of sites")
    arguments = parser.parse_args()
    with Pool() as pool:
        read = pool.map(read_labelled, read_jobs(arguments.data, arguments.hold_out), chunksize=4)
    write_scorer(train_scorer([page for page in read if page is not None]), arguments.out)


if __name__ == "__main__":
    main()
