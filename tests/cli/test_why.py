"""`dedup why`: from an article to what is kept, in words a reader can follow."""

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dedup import clean
from dedup.cli import main

SEEDS = Path(__file__).parents[2] / "seeds"
CARRIED = "003_6a0d19d922ab8790"
NAMES = ("Orlo", "Venn", "Marsk", "Tilde", "Quay", "Brumm", "Cass", "Ditte", "Faro", "Gant")


def say(seed: int, words: int) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(NAMES) + rng.choice("abcdefgh") for _ in range(words)) + "."


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("why")
    core, added = say(1, 150), say(2, 40)
    texts = {
        "report": f"{core}\n{say(3, 60)}",
        "trim": core,
        "update": f"{core}\nThe toll rose to 4,217. {added}",
    }
    source = folder / "pages.jsonl"
    lines = [{"id": name, "text": text, "title": name.title()} for name, text in texts.items()]
    source.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    clean([source, SEEDS], folder / "out")
    return folder / "out"


def ask(run: Path, name: str) -> Result:
    return CliRunner().invoke(main, ["why", str(run), name])


def test_a_copy_is_told_with_what_covers_it(cleaned: Path) -> None:
    told = ask(cleaned, "trim").output
    assert "trim: a copy, dropped" in told
    assert "trim → report (kept)" in told or "trim → update" in told
    assert say(1, 150)[:60] in told
    assert "Nothing of it is lost." in told


def test_a_version_is_told_with_what_is_new(cleaned: Path) -> None:
    lines = [json.loads(line) for line in (cleaned / "articles.jsonl").open(encoding="utf-8")]
    version = next(line for line in lines if line["status"] == "version")
    told = ask(cleaned, version["id"]).output
    assert f"{version['id']}: a version, with text of its own, kept" in told
    assert f"{version['canonical']} has not, {version['new_words']} words" in told
    own = say(2, 40) if version["id"] == "update" else say(3, 60)
    assert own[10:60] in told
    if version["id"] == "update":
        assert "figures: 4,217" in told


def test_a_rewrite_is_told_step_by_step(cleaned: Path) -> None:
    told = ask(cleaned, "001_d8f760fbf85c5939").output
    assert "a rewrite, kept" in told
    assert f"→ {CARRIED} (kept)" in told
    assert "rare terms both have" in told


def test_what_is_kept_says_for_whom(cleaned: Path) -> None:
    covering = [
        line["covered_by"][0]
        for line in map(json.loads, (cleaned / "articles.jsonl").open(encoding="utf-8"))
        if line["id"] == "trim"
    ]
    assert "Kept in the stead of trim" in ask(cleaned, covering[0]).output


def test_an_embedded_article_names_its_state(cleaned: Path) -> None:
    assert "embedded in another page, dropped" in ask(cleaned, f"{CARRIED}#1").output


def test_an_unknown_id_names_those_like_it(cleaned: Path) -> None:
    result = ask(cleaned, "trimm")
    assert result.exit_code == 2
    assert "there is trim" in result.output


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    result = ask(tmp_path, "trim")
    assert result.exit_code == 2
    assert "name the output folder of dedup clean" in result.output


def test_compare_shows_what_only_one_has(tmp_path: Path) -> None:
    core = say(1, 150)
    (tmp_path / "old.txt").write_text(f"{core} At least 12 were hurt.", encoding="utf-8")
    (tmp_path / "new.txt").write_text(f"{core} At least 15 were hurt.", encoding="utf-8")
    pages = [str(tmp_path / name) for name in ("old.txt", "new.txt")]
    told = CliRunner().invoke(main, ["compare", *pages]).output
    assert "Only in old, " in told
    assert "figures: 12" in told
    assert "figures: 15" in told
    printed = CliRunner().invoke(main, ["compare", "--json", *pages]).stdout
    changes = json.loads(printed)["changes"]
    assert changes["right"]["figures_added"] == ["15"]
    assert changes["right"]["figures_gone"] == ["12"]
