"""Trains the stripper's scorer: `make train`, or `python benchmarks/train_strip.py --data FOLDER`.

Training sets: all of `strip_gn1`, and the half of `strip_news_2023` whose sites hash to 0. The
other half's sites are in no training set (`is_held_out`); `benchmarks/strip.py` reports on them.
Needs `lightgbm` (extra `bench`). Deterministic: one thread, fixed seed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import lightgbm
import numpy as np
import numpy.typing as npt

from dedup.strip.lines import Line, split_lines
from dedup.strip.rules.matches import find_hits
from dedup.strip.rules.rule_set import load_rules
from dedup.strip.rules.terms import load_terms
from dedup.strip.scorer.lexical_features import WORDING, word_forms, wording_features
from dedup.strip.scorer.line_features import feature_names, line_features
from dedup.strip.scorer.trees import read_trees, run_trees, second_features

ARTICLE_LABELS = {"strip_gn1": {2}, "strip_news_2023": {1}}  # gn1: 2 is full text, 1 the headline
WORDING_LINE = 6  # words of a line from which its wording is counted
WORDING_SITES = 10  # sites that must have a word or pair
WORDING_SIZE = 600  # words and pairs, the most telling: benchmarks/README.md
FOLDS = 4  # by site: the second trees learn from what first trees say of sites they have not seen
ROUNDS = (300, 200)  # trees of the first and of the second set
SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 16,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "seed": 1,
    "num_threads": 1,
    "deterministic": True,
    "verbose": -1,
}
RUN_COST, MIN_SCORE = 0.2, 0.1  # cross-validated by site: benchmarks/README.md


class Labelled(NamedTuple):
    """A page ready for training: features, which lines are the article's, words a line."""

    site: str
    features: npt.NDArray[np.float32]  # `line_features`; the wording comes with the odds
    lines: list[Line]
    article: npt.NDArray[np.bool_]
    words: npt.NDArray[np.float64]


def site_hash(site: str) -> int:
    """A number for a site that is the same everywhere."""
    return int(hashlib.md5(site.encode()).hexdigest(), 16)


def site_of(page: dict[str, Any]) -> str:
    """The page's site, without scheme and `www.`."""
    return str(page["site"]).split("//")[-1].replace("www.", "")


def is_held_out(page: dict[str, Any], half: int = 1) -> bool:
    """Whether a page of `strip_news_2023` is of a site that the training set does not have."""
    return site_hash(site_of(page)) % 2 == half


def read_labelled(folder: Path, name: str, half: int = 1) -> Iterator[Labelled]:
    """The training pages of one set."""
    rules, terms = load_rules(), load_terms()
    pages = (folder / name / "pages.jsonl").read_text(encoding="utf-8").splitlines()
    labels = (folder / name / "lines.jsonl").read_text(encoding="utf-8").splitlines()
    for page_line, label_line in zip(pages, labels, strict=True):
        page, labelled = json.loads(page_line), json.loads(label_line)
        if page["id"] != labelled["id"]:
            raise ValueError(f"{name}: pages.jsonl and lines.jsonl differ at {page['id']}")
        if name == "strip_news_2023" and is_held_out(page, half):
            continue
        lines = split_lines(page["text"])
        hits = find_hits(page["text"], lines, rules)
        classes = [
            label
            for text, label in zip(labelled["lines"], labelled["labels"], strict=True)
            if text.strip()
        ]
        yield Labelled(
            site_of(page),
            line_features(lines, hits, terms)[0],
            lines,
            np.array([label in ARTICLE_LABELS[name] for label in classes]),
            np.array([line.words for line in lines], dtype=np.float64),
        )


def fit_trees(pages: Sequence[Labelled], features: Sequence[Any], rounds: int) -> list[Any]:
    """Trees in their stored form. Long lines weigh more, long pages less than their lines."""
    weights = [np.sqrt(p.words) / np.sqrt(p.words).sum() ** 0.5 for p in pages]
    table = lightgbm.Dataset(
        np.concatenate(features),
        np.concatenate([page.article for page in pages]),
        weight=np.concatenate(weights),
    )
    dumped = lightgbm.train(SETTINGS, table, rounds).dump_model()
    return [store_tree(tree["tree_structure"]) for tree in dumped["tree_info"]]


def store_tree(root: dict[str, Any]) -> dict[str, Any]:
    """One tree as rows of [feature, threshold, left, right]; a child of -1 - k is leaf k."""
    nodes: list[list[float]] = []
    leaves: list[float] = []

    def place(node: dict[str, Any]) -> int:
        if "leaf_value" in node:
            leaves.append(round(node["leaf_value"], 5))
            return -len(leaves)
        at = len(nodes)
        nodes.append([])
        left, right = place(node["left_child"]), place(node["right_child"])
        threshold = float(f"{node['threshold']:.6g}")
        nodes[at] = [node["split_feature"], threshold, left, right]
        return at

    place(root)
    return {"nodes": nodes, "leaves": leaves}


def count_wording(pages: Sequence[Labelled]) -> dict[str, float]:
    """The log odds of words and pairs, by the sites on which chrome and articles have them."""
    chrome: defaultdict[str, set[str]] = defaultdict(set)
    body: defaultdict[str, set[str]] = defaultdict(set)
    for page in pages:
        for line, article in zip(page.lines, page.article, strict=True):
            if line.words >= WORDING_LINE:
                for form in word_forms(line.text):
                    (body if article else chrome)[form].add(page.site)
    odds = {
        form: math.log((len(chrome[form]) + 1) / (len(body[form]) + 1))
        for form in sorted({*chrome, *body})
        if len(chrome[form]) + len(body[form]) >= WORDING_SITES
    }
    middle = float(np.median(list(odds.values())))
    telling = sorted(odds, key=lambda form: (-abs(odds[form] - middle), form))
    return {form: round(odds[form] - middle, 3) for form in sorted(telling[:WORDING_SIZE])}


def add_wording(page: Labelled, odds: dict[str, float]) -> npt.NDArray[np.float32]:
    """What the first trees see of a page."""
    return np.concatenate([page.features, wording_features(page.lines, odds)], axis=1)


def train_unseen(pages: Sequence[Labelled]) -> tuple[list[Any], list[Any]]:
    """Of each page, the first features and opinions from training that never saw its site."""
    features: list[Any] = [None] * len(pages)
    opinions: list[Any] = [None] * len(pages)
    folds = [site_hash(page.site) // 7 % FOLDS for page in pages]
    for fold in range(FOLDS):
        odds = count_wording([p for p, f in zip(pages, folds, strict=True) if f != fold])
        for number, page in enumerate(pages):
            if folds[number] == fold:
                features[number] = add_wording(page, odds)
    for fold in range(FOLDS):
        others = [number for number, f in enumerate(folds) if f != fold]
        known = [pages[number] for number in others]
        trees = read_trees(fit_trees(known, [features[n] for n in others], ROUNDS[0]))
        for number in range(len(pages)):
            if folds[number] == fold:
                opinions[number] = run_trees(features[number], trees)
    return features, opinions


def train_scorer(pages: Sequence[Labelled]) -> dict[str, Any]:
    """The whole scorer in its stored form."""
    features, opinions = train_unseen(pages)
    seconds = [
        second_features(seen, opinion, page.words)
        for page, seen, opinion in zip(pages, features, opinions, strict=True)
    ]
    return {
        "about": "strip: two sets of trees; node = [feature, threshold, left, right], "
        "feature <= threshold goes left; a child of -1 - k is leaf k",
        "trained_on": "strip_gn1; strip_news_2023, sites whose md5 is even",
        "pages": len(pages),
        "sites": len({page.site for page in pages}),
        "run_cost": RUN_COST,
        "min_score": MIN_SCORE,
        "features": [*feature_names(), *WORDING],
        "odds": count_wording(pages),
        "trees": [
            fit_trees(pages, features, ROUNDS[0]),
            fit_trees(pages, seconds, ROUNDS[1]),
        ],
    }


def write_scorer(scorer: dict[str, Any], path: Path) -> None:
    """JSON with one tree a line."""
    trees = scorer["trees"]
    rest = {key: value for key, value in scorer.items() if key != "trees"}
    head = json.dumps(rest, indent=1, ensure_ascii=False)[:-2]
    sets = [",\n".join(json.dumps(tree, separators=(",", ":")) for tree in part) for part in trees]
    body = "],[\n".join(f"{part}\n" for part in sets)
    path.write_text(f'{head},\n "trees": [[\n{body}]]}}\n')


def main() -> None:
    """Reads the sets, trains, writes `configs/paratext/scorer.json`."""
    root = Path(__file__).parent.parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=root / "configs/paratext/scorer.json")
    parser.add_argument("--held-out", type=int, default=1, choices=(0, 1), help="half of the sites")
    arguments = parser.parse_args()
    half = arguments.held_out
    pages = [page for name in ARTICLE_LABELS for page in read_labelled(arguments.data, name, half)]
    write_scorer(train_scorer(pages), arguments.out)


if __name__ == "__main__":
    main()
