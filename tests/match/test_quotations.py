"""A quotation that many share is one line, which names all of them; nothing else is left out."""

import json
import random
from itertools import combinations
from pathlib import Path
from typing import Any

from dedup import clean

NAMES = ("Orlo", "Venn", "Marsk", "Tilde", "Quay", "Brumm", "Cass", "Ditte", "Faro", "Gant")


def say(seed: int, words: int) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(NAMES) + rng.choice("abcdefghijkl") for _ in range(words)) + "."


QUOTE, OTHER = f"“{say(1, 32)}”", f"“{say(2, 32)}”"


def run(folder: Path, texts: dict[str, str]) -> list[dict[str, Any]]:
    source = folder / "pages.jsonl"
    lines = [json.dumps({"id": name, "text": text}) for name, text in texts.items()]
    source.write_text("\n".join(lines), encoding="utf-8")
    clean([source], folder / "out")
    matches = (folder / "out" / "matches.jsonl").read_text(encoding="utf-8").splitlines()
    return [one for one in map(json.loads, matches) if one["relation"] == "excerpt"]


def quoting(count: int, quote: str, first: int) -> dict[str, str]:
    names = [f"a{first + k}" for k in range(count)]
    return {
        name: f"{say(first + k, 150)}\n{quote}\n{say(1000 + first + k, 150)}"
        for k, name in enumerate(names)
    }


def test_a_quotation_of_many_is_one_line(tmp_path: Path) -> None:
    texts = quoting(12, QUOTE, 100)
    (match,) = run(tmp_path, texts)
    assert match["shared_by"] == sorted(texts)
    assert {match["left"], match["right"]} <= set(texts)
    assert any(say(1, 32)[:-1] in passage for passage in match["passage_texts"])


def test_two_quotations_are_two_lines(tmp_path: Path) -> None:
    first, second = quoting(8, QUOTE, 100), quoting(7, OTHER, 200)
    found = run(tmp_path, first | second)
    assert sorted(tuple(one["shared_by"]) for one in found) == sorted(
        [tuple(sorted(first)), tuple(sorted(second))]
    )


def test_a_quotation_of_few_is_a_line_a_pair(tmp_path: Path) -> None:
    texts = quoting(4, QUOTE, 100)
    found = run(tmp_path, texts)
    pairs = {(one["left"], one["right"]) for one in found}  # some are rewrites of each other too
    assert len(pairs) > 1
    assert pairs <= set(combinations(sorted(texts), 2))
    assert all(one["shared_by"] == [] for one in found)
