"""`--against`: what an older run or an index has is known, and not written again."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import dedup
from dedup.cli import main
from dedup.records import Page

NAMES = ("Orlo", "Venn", "Marsk", "Tilde", "Quay", "Brumm", "Cass", "Ditte", "Faro", "Gant")
BARS = "Home\nNews\nSports\nLogin\n"


def say(seed: int, words: int) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(NAMES) + rng.choice("abcdefgh") for _ in range(words)) + "."


CORE, ADDED = say(1, 150), say(2, 40)
OLD = {"a": CORE, "b": say(3, 150), "c": f"{say(3, 150)} {say(4, 50)}", "d": say(5, 150)}


def write(folder: Path, name: str, texts: dict[str, str]) -> Path:
    path = folder / f"{name}.jsonl"
    lines = [json.dumps({"id": key, "text": text}) for key, text in texts.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(one) for one in arguments])
    assert result.exit_code in (0, 2), result.output
    return result


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(params=["run", "index"])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An older run, or an index, that has the old pages."""
    source = write(tmp_path, "old", OLD)
    if request.param == "run":
        run("clean", source, "-o", tmp_path / "older")
    else:
        with dedup.open_index(tmp_path / "older") as index:
            for page in dedup.read_pages([source]):
                assert isinstance(page, Page)
                index.add(page)
    return tmp_path / "older"


def clean_against(older: Path, texts: dict[str, str]) -> dict[str, dict[str, Any]]:
    out = older.parent / "new"
    source = write(older.parent, "new", texts)
    assert run("clean", source, "-o", out, "--against", older, "--overwrite").exit_code == 0
    return {line["id"]: line for line in read(out / "articles.jsonl")}


def test_the_same_pages_are_all_known(older: Path) -> None:
    lines = clean_against(older, OLD)
    assert {line["status"] for line in lines.values()} == {"copy"}
    assert set(lines) == set(OLD)
    assert lines["d"]["covered_by"] == ["known:d"]
    summary = json.loads((older.parent / "new" / "summary.json").read_text())
    assert (summary["counts"]["kept"], summary["counts"]["articles"]) == (0, 4)
    assert summary["dropped_words"]["copy"]["lost"] == 0


def test_only_what_is_new_is_kept(older: Path) -> None:
    lines = clean_against(older, {"e": f"{CORE} {ADDED}", "f": say(9, 150), "a": CORE})
    assert {name: line["status"] for name, line in lines.items()} == {
        "e": "version",
        "f": "kept",
        "a": "copy",
    }
    assert lines["e"]["canonical"] == "known:a"
    assert lines["e"]["new_words"] == 40
    clusters = read(older.parent / "new" / "clusters.jsonl")
    assert [(one["canonical"], one["rule"]) for one in clusters if one["level"] == "copies"] == [
        ("known:a", "known")
    ]
    for match in read(older.parent / "new" / "matches.jsonl"):
        assert not (match["left"].startswith("known:") and match["right"].startswith("known:"))


def test_why_names_the_older_run(older: Path) -> None:
    clean_against(older, {"e": f"{CORE} Fin."})
    told = run("why", older.parent / "new", "e").output
    assert "e → known:a (kept by the older run or index)" in told
    assert say(1, 150)[:50] in told


def test_doubt_writes_nothing_again(tmp_path: Path) -> None:
    """A page in doubt is never a copy, unless it is known to the word."""
    page = f"{BARS}{say(7, 30)}\n(Photo: A. Name/Agency)\n" * 2
    source = write(tmp_path, "old", {"a": page})
    run("clean", source, "-o", tmp_path / "one")
    run("clean", source, "-o", tmp_path / "two", "--against", tmp_path / "one")
    assert [line["status"] for line in read(tmp_path / "two" / "articles.jsonl")] == ["copy"]


def test_neither_a_run_nor_an_index(tmp_path: Path) -> None:
    source = write(tmp_path, "new", OLD)
    result = run("clean", source, "-o", tmp_path / "out", "--against", tmp_path)
    assert result.exit_code == 2
    assert "neither the output folder of dedup clean nor an index" in result.output
