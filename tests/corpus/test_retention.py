"""What a run drops is in what it keeps: counted by a script that knows nothing of dedup."""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dedup import CleanOptions, Config, clean, find_duplicates
from dedup.config import DropLevel, KeepConfig
from dedup.corpus import retention
from dedup.records import Article

ROOT = Path(__file__).parents[2]


def load_oracle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lost_words", ROOT / "benchmarks/lost_words.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["lost_words"] = module  # a NamedTuple looks for the module it is of
    spec.loader.exec_module(module)
    return module


ORACLE = load_oracle()
SYLLABLES = ("bar", "del", "fim", "gon", "hul", "jav", "kes", "lop", "mir", "nat", "pug", "rez")


def invent_paragraph(rng: random.Random, words: int) -> str:
    """Prose of invented words, each sentence of some twelve."""
    said = ["".join(rng.choices(SYLLABLES, k=rng.randint(1, 3))) for _ in range(words)]
    sentences = [said[i : i + 12] for i in range(0, words, 12)]
    return " ".join(" ".join(one).capitalize() + "." for one in sentences)


def invent_versions(rng: random.Random) -> list[str]:
    """One wire report as several outlets carry it: cut, extended, edited, to the word."""
    core = [invent_paragraph(rng, 40) for _ in range(5)]
    extras = [invent_paragraph(rng, rng.choice((8, 20, 45))) for _ in range(3)]
    texts = []
    for _ in range(rng.randint(2, 6)):
        body = core[: rng.randint(3, 5)] + rng.sample(extras, rng.randint(0, 2))
        texts.append("\n".join(body))
    return [*texts, texts[0]]


@pytest.fixture(scope="module")
def pages() -> list[dict[str, str]]:
    rng = random.Random(13)
    texts = [text for _ in range(12) for text in invent_versions(rng)]
    return [{"id": f"p{k:03}", "text": text} for k, text in enumerate(texts)]


def run(pages: list[dict[str, str]], folder: Path, drop: DropLevel = "copies") -> Path:
    source = folder / "pages.jsonl"
    source.write_text("\n".join(map(json.dumps, pages)), encoding="utf-8")
    out = folder / "out"
    clean([source], out, options=CleanOptions(drop=drop, overwrite=True))
    return out


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def check_nothing_is_lost(out: Path) -> None:
    losses = list(ORACLE.measure_losses(ORACLE.read_articles(out)))
    assert losses
    assert all(loss.set_share <= ORACLE.MOST_LOST for loss in losses)
    assert all(loss.run <= ORACLE.LONG_RUN for loss in losses)


def test_nothing_is_lost(pages: list[dict[str, str]], tmp_path: Path) -> None:
    out = run(pages, tmp_path)
    check_nothing_is_lost(out)
    statuses = [line["status"] for line in read(out / "articles.jsonl")]
    assert statuses.count("version") > 3
    assert statuses.count("copy") > 12


def test_what_nobody_covers_is_seen(
    pages: list[dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: every copy but the canonical is dropped, as before there was a cover."""
    lax = Config(keep=KeepConfig(max_lost=1.0, max_lost_words=10**6))
    cover = retention.cover_groups
    monkeypatch.setattr(
        retention, "cover_groups", lambda *given: cover(*given[:4], lax, *given[5:])
    )
    with pytest.raises(AssertionError):
        check_nothing_is_lost(run(pages, tmp_path))


def test_every_copy_has_a_match_with_what_is_kept(
    pages: list[dict[str, str]], tmp_path: Path
) -> None:
    out = run(pages, tmp_path)
    articles = {line["id"]: line for line in read(out / "articles.jsonl")}
    pairs = {
        frozenset((match["left"], match["right"])): match for match in read(out / "matches.jsonl")
    }
    for line in articles.values():
        if line["status"] == "copy":
            first = line["covered_by"][0]
            assert articles[first]["status"] != "copy"
            assert pairs[frozenset((line["id"], first))]["relation"] in {
                "exact",
                "near",
                "contains",
            }
            assert pairs[frozenset((line["id"], first))]["passage_texts"]


def test_the_summary_says_what_is_lost(pages: list[dict[str, str]], tmp_path: Path) -> None:
    for drop in ("copies", "versions"):
        out = run(pages, tmp_path, drop)
        lines = ORACLE.read_articles(out)
        left_out = retention.LEFT_OUT[drop]
        for line in lines:  # what the oracle takes as kept
            line["status"] = "copy" if line["status"] in left_out else "kept"
        told = json.loads((out / "summary.json").read_text())["dropped_words"]
        losses = list(ORACLE.measure_losses(lines))
        assert sum(found["words"] for found in told.values()) == sum(one.words for one in losses)
        assert sum(found["lost"] for found in told.values()) == sum(one.set_lost for one in losses)
        assert (sum(one.set_lost for one in losses) > 300) == (drop == "versions")


def test_versions_are_named_with_what_is_new(pages: list[dict[str, str]], tmp_path: Path) -> None:
    out = run(pages, tmp_path)
    articles = {line["id"]: line for line in read(out / "articles.jsonl")}
    clusters = [one for one in read(out / "clusters.jsonl") if one["level"] == "copies"]
    named = {version for cluster in clusters for version in cluster["versions"]}
    assert named == {name for name, line in articles.items() if line["status"] == "version"}
    for name in named:
        line, canonical = articles[name], articles[articles[name]["canonical"]]
        known = set(ORACLE.list_shingles(canonical["text"]))
        words = ORACLE.list_words(line["text"])
        lost = ORACLE.mark_lost(ORACLE.list_shingles(line["text"]), len(words), known)
        assert line["new_words"] == sum(lost)
        new = [line["text"][start:end] for start, end in line["changes"]["new_passages"]]
        assert ORACLE.list_words(" ".join(new)) == [
            word for word, one in zip(words, lost, strict=True) if one
        ]


def test_a_page_in_doubt_is_neither_dropped_nor_canonical() -> None:
    text = invent_paragraph(random.Random(5), 200)
    articles = [
        Article(id=name, page=name, text=text, language="en", warnings=warnings)
        for name, warnings in (("a", ("doubtful",)), ("b", ()), ("c", ()))
    ]
    (copies,) = find_duplicates(articles).copies
    assert copies.canonical == "b"
    assert copies.versions == ()
