"""Gather: in files as in memory, again as anew."""

from __future__ import annotations

import random
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from dedup.config import SketchConfig
from dedup.corpus.sketching import SketchedCorpus, resketch_rows, sketch_corpus
from dedup.records import Article
from dedup.sketch.build import sketch_texts
from dedup.sketch.columns import Ragged, Sketches, gather_sketches, take_sketches

CONFIG = SketchConfig()


def same(left: Sketches, right: Sketches) -> bool:
    for field in fields(Sketches):
        ours, theirs = getattr(left, field.name), getattr(right, field.name)
        if isinstance(ours, Ragged):
            if not np.array_equal(ours.offsets, theirs.offsets):
                return False
            ours, theirs = ours.values, theirs.values
        if ours.dtype != theirs.dtype or not np.array_equal(ours, theirs):
            return False
    return True


def make_articles(count: int, seed: int) -> list[Article]:
    rng = random.Random(seed)
    words = ["harbour", "vote", "Lankov", "1987", "the", "minister", "grain", "of", "Oslo", "storm"]
    return [
        Article(
            id=f"{number:04}",
            page=f"{number:04}",
            text=" ".join(rng.choices(words, k=rng.randint(0, 60))),
            language=rng.choice(["en", "de", None]),
        )
        for number in range(count)
    ]


def test_files_hold_what_memory_holds(tmp_path: Path) -> None:
    articles = make_articles(700, seed=1)
    inside = sketch_corpus(articles, CONFIG)
    mapped = sketch_corpus(articles, CONFIG, workers=2, folder=tmp_path / "columns")
    assert same(inside.sketches, mapped.sketches)
    mapped.sketches.release()  # what is given back is read again
    assert same(inside.sketches, mapped.sketches)
    assert inside.metadata == mapped.metadata


def test_no_article_has_no_files(tmp_path: Path) -> None:
    empty = gather_sketches([sketch_texts([], CONFIG)], tmp_path / "columns")
    assert same(empty, sketch_texts([], CONFIG))
    empty.release()


@pytest.mark.parametrize("changed", [0, 1, 300, 700])
def test_searched_again_is_searched_anew(
    changed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dedup.corpus.sketching._BLOCK", 64)
    before, others = make_articles(700, seed=2), make_articles(700, seed=3)
    rows = np.array(sorted(random.Random(4).sample(range(700), changed)), dtype=np.int64)
    after = [others[k] if k in set(rows.tolist()) else one for k, one in enumerate(before)]
    anew = sketch_corpus(after, CONFIG)
    articles = (after[row] for row in rows)
    folder = tmp_path / "columns"
    found = resketch_rows(sketch_corpus(before, CONFIG), articles, rows, CONFIG, folder=folder)
    assert isinstance(found, SketchedCorpus)
    assert same(found.sketches, anew.sketches)
    assert found.metadata == anew.metadata


def test_rows_are_taken_in_the_order_given() -> None:
    texts = ["one two three", "", "four five six seven eight nine", "ten"]
    sketches = sketch_texts(texts, CONFIG)
    rows = np.array([3, 0, 2])
    assert same(take_sketches(sketches, rows), sketch_texts([texts[k] for k in rows], CONFIG))
