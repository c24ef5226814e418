"""The scorer of blocks: how likely each block of a page is the article's.

Two small sets of trees, as for lines (`strip.scorer.trees`): the second sees what the first said of
the block, of its neighbours, of what stands under the same ancestors, and of blocks of its kind.
Trained by `benchmarks/train_blocks.py`; `block_scorer.json` holds every split.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.config import config_folder
from dedup.errors import ConfigError
from dedup.strip.html.block_features import (
    LINK_OFFSETS,
    Array,
    dom_features,
    dom_names,
    vote_features,
    vote_names,
)
from dedup.strip.html.blocks import Document
from dedup.strip.html.metadata import Metadata
from dedup.strip.lines import Line
from dedup.strip.rules.rule_set import Hit
from dedup.strip.rules.terms import load_terms
from dedup.strip.scorer.line_features import feature_names, line_features, shift_rows
from dedup.strip.scorer.trees import Floats, Trees, read_trees, run_trees, second_features

OPINION_LEVELS = 4  # the block's own element, and the ancestors at which the words grow


class BlockScorer(NamedTuple):
    """Two sets of trees, and how their scores are read."""

    first: Trees
    second: Trees
    run_cost: float  # probability a block must have to pay for its place in the run
    min_score: float  # probability below which a block of the run is left out


class BlockTable(NamedTuple):
    """What the first trees see of a page's blocks, and what the second ones need besides."""

    features: Array  # blocks x columns
    levels: npt.NDArray[np.int32]  # each block's ancestors; blocks x (LEVELS + 1)
    kinds: npt.NDArray[np.int32]  # each block's kind: a number
    top: int  # the container that readability's rule would choose
    prose_under_top: float  # words


def score_blocks(table: BlockTable, lines: Sequence[Line], scorer: BlockScorer) -> Floats:
    """The probability that each block is the article's. Shape (blocks,), float64."""
    words = np.array([line.words for line in lines], dtype=np.float64)
    opinion = run_trees(table.features, scorer.first)
    return run_trees(add_opinions(table, opinion, words), scorer.second)


def read_table(
    document: Document,
    lines: Sequence[Line],
    hits: Sequence[tuple[Hit, ...]],
    metadata: Metadata,
    vote: str,
) -> BlockTable:
    """All that is seen of a page's blocks before any score; `vote` is trafilatura's text."""
    own = line_features(lines, hits, load_terms())[0]
    dom = dom_features(document, lines, hits, metadata)
    links = [shift_rows(dom.features[:, :1], offset) for offset in LINK_OFFSETS]
    votes = vote_features(lines, vote)
    features = np.concatenate([own, dom.features, *links, votes], axis=1).astype(np.float32)
    return BlockTable(features, dom.levels, dom.kinds, dom.top, dom.prose_under_top)


def table_names() -> list[str]:
    """The names of `BlockTable.features`' columns."""
    links = [f"link_share{offset:+d}" for offset in LINK_OFFSETS]
    return [*feature_names(), *dom_names(), *links, *vote_names()]


def add_opinions(table: BlockTable, opinion: Floats, words: Floats) -> Array:
    """What the second trees see: the first trees' table, and what those said, around each block,
    under its ancestors and of its kind."""
    around = second_features(table.features, opinion, words)
    weight = opinion * words
    columns = [
        _mean_within(table.levels[:, level], weight, words) for level in range(OPINION_LEVELS)
    ]
    columns.append(_mean_within(table.kinds, weight, words))
    of_kind = np.bincount(table.kinds, weights=weight)
    columns.append((of_kind / max(1e-9, float(weight.sum())))[table.kinds])
    return np.concatenate([around, np.stack(columns, axis=1)], axis=1).astype(np.float32)


def _mean_within(groups: npt.NDArray[np.int32], weight: Floats, words: Floats) -> Floats:
    sums = np.bincount(groups, weights=weight)
    totals = np.bincount(groups, weights=words)
    mean: Floats = (sums / np.maximum(1e-9, totals))[groups]
    return mean


@cache
def load_block_scorer(path: Path | None = None) -> BlockScorer:
    """The shipped scorer, or another. Raises `ConfigError` naming the file."""
    path = path or config_folder() / "paratext" / "block_scorer.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        first, second = (read_trees(trees) for trees in stored["trees"])
        return BlockScorer(first, second, stored["run_cost"], stored["min_score"])
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: not a scorer: {error!r}; make it with make train") from None
