"""`dedup clean` end to end: what it writes, that it depends on nothing but its input, bad input."""

from __future__ import annotations

import json
import random
import re
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dedup import CleanOptions, InputError, Page, clean
from dedup.cli import main
from dedup.config import StripConfig
from dedup.progress import Advance, NoProgress
from dedup.strip.page import make_article

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
EXPECTED = ROOT / "tests" / "expected"
GOLDEN = ROOT / "tests" / "golden" / "seeds"
FILES = ("articles", "matches", "clusters", "removed", "rejected")


def read_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def written(folder: Path) -> dict[str, bytes]:
    """Every byte a run wrote, but for the seconds it took."""
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    summary = json.loads(found.pop("summary.json"))
    del summary["seconds"]
    return {**found, "summary.json": json.dumps(summary).encode()}


@pytest.fixture(scope="module")
def seeds_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("clean") / "out"
    clean([SEEDS], out)
    return out


@pytest.mark.parametrize("name", ["matches", "clusters", "removed"])
def test_seeds_are_written_as_before(seeds_run: Path, name: str) -> None:
    """A change here is a change of what users get: read the difference, then renew the golden."""
    golden = (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8")
    assert (seeds_run / f"{name}.jsonl").read_text(encoding="utf-8") == golden


@pytest.mark.parametrize("expected", sorted(EXPECTED.glob("*.txt")), ids=lambda path: path.stem)
def test_seed_bodies_are_kept_word_for_word(seeds_run: Path, expected: Path) -> None:
    bodies = {line["id"]: line["text"] for line in read_lines(seeds_run / "articles.jsonl")}
    wanted = [line for line in expected.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert str(bodies[expected.stem]).splitlines() == wanted


def test_kept_bodies_lie_under_their_own_names(seeds_run: Path) -> None:
    kept = sorted(path.stem for path in (seeds_run / "kept").iterdir())
    assert kept == sorted(path.stem for path in SEEDS.glob("*.txt"))


def test_statuses_and_canonicals(seeds_run: Path) -> None:
    lines = {line["id"]: line for line in read_lines(seeds_run / "articles.jsonl")}
    page = "003_6a0d19d922ab8790"
    assert {i: line["status"] for i, line in lines.items()} == {
        "000_1e9884309846ef1e": "rewrite",
        "001_d8f760fbf85c5939": "rewrite",
        "002_49aaa39151bb5c04": "rewrite",
        page: "kept",
        f"{page}#1": "embedded",
        f"{page}#2": "embedded",
        f"{page}#3": "embedded",
        "004_90f9abc0f796dc34": "rewrite",
    }
    assert lines["001_d8f760fbf85c5939"]["canonical"] == page
    assert lines[f"{page}#1"]["copies"] == f"copies:{page}#1"


def test_removed_spans_are_of_the_page(seeds_run: Path) -> None:
    for line in read_lines(seeds_run / "removed.jsonl"):
        page = (SEEDS / f"{line['page']}.txt").read_text(encoding="utf-8")
        assert page[line["start"] : line["end"]] == line["text"]  # JSON


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--drop", "stories"], {"003_6a0d19d922ab8790"}),
        (["--drop", "nothing"], {path.stem for path in SEEDS.glob("*.txt")}),
        (
            ["--drop", "stories", "--keep-embedded"],
            {"003_6a0d19d922ab8790", "003_6a0d19d922ab8790#1", "003_6a0d19d922ab8790#3"},
        ),
    ],
    ids=["stories", "nothing", "embedded"],
)
def test_drop(options: list[str], kept: set[str], tmp_path: Path) -> None:
    assert run("clean", SEEDS, "-o", tmp_path / "out", "--quiet", *options).exit_code == 0
    assert {path.stem for path in (tmp_path / "out" / "kept").iterdir()} == kept


def test_no_report_is_known_and_changes_nothing(seeds_run: Path, tmp_path: Path) -> None:
    done = run("clean", SEEDS, "-o", tmp_path / "out", "--quiet", "--no-report")
    assert done.exit_code == 0, done.output
    assert written(tmp_path / "out") == written(seeds_run)
    assert not (tmp_path / "out" / "report.html").exists()


def make_pages(count: int, seed: int) -> list[dict[str, str]]:
    """Pages of some stories, each copied, trimmed and wrapped in chrome a few times."""
    rng = random.Random(seed)
    sentences = re.findall(
        r"[^.\n]{40,}\.", "\n".join(path.read_text("utf-8") for path in sorted(EXPECTED.glob("*")))
    )
    stories = [rng.sample(sentences, 14) for _ in range(count // 4)]
    pages = []
    for number in range(count):
        story = rng.choice(stories)
        body = story[: rng.randint(8, len(story))]
        chrome = ["Home", "Subscribe now", "Advertisement"][: rng.randint(0, 3)]
        text = "\n".join([*chrome, f"By Reporter {number % 7}", *body, "Related articles"])
        pages.append(
            {
                "id": f"page-{number:04}",
                "text": text,
                "outlet": f"site{number % 9}.example",
                "published": f"2024-03-{1 + number % 28:02}",
            }
        )
    return pages


def write_pages(path: Path, pages: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(page) + "\n" for page in pages), encoding="utf-8")
    return path


def test_output_depends_on_the_set_of_pages_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on their order, nor on the number of workers (processes are used for few pages, too)."""
    monkeypatch.setattr("dedup.parallel._ALONE", 10_000)
    pages = make_pages(420, seed=5)
    # One id twice, with other texts: which one stays must not depend on which was read first.
    pages.append({**pages[17], "text": pages[17]["text"] + "\nAn added line that is longer."})
    source = write_pages(tmp_path / "pages.jsonl", pages)
    outs = []
    for workers, shuffle in ((1, False), (2, False), (2, True), (1, True)):
        if shuffle:
            random.Random(workers).shuffle(pages)
            write_pages(source, pages)
        out = tmp_path / f"out-{workers}-{shuffle}"
        clean([source], out, options=CleanOptions(workers=workers))
        found = written(out)
        rejected = found.pop("rejected.jsonl")  # names the line, which shuffling moves
        assert b"'page-0017'" in rejected
        outs.append(found)
    assert outs[0] == outs[1] == outs[2] == outs[3]
    assert len(outs[0]["clusters.jsonl"]) > 1000


class Unplugged(NoProgress):
    """A watch that ends the run at a stage, as a power cut would."""

    def __init__(self, stage: str) -> None:
        self.last = stage

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Advance]:
        if name == self.last:
            raise KeyboardInterrupt
        return super().stage(name, total)


@pytest.mark.parametrize("stage", ["sketch", "find", "explain", "write"])
def test_an_interrupted_run_goes_on(
    stage: str, seeds_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        clean([SEEDS], out, progress=Unplugged(stage))
    assert [path.name for path in out.iterdir()] == [".work"]

    refused = run("clean", SEEDS, "-o", out)
    assert refused.exit_code == 2
    assert (
        "interrupted, or is under way; go on with --resume or start anew with --overwrite"
        in refused.output
    )

    def strip_again(*_: object) -> None:
        pytest.fail("a page was stripped twice")

    monkeypatch.setattr("dedup.corpus.read_and_strip.make_article_with_text", strip_again)
    clean([SEEDS], out, options=CleanOptions(resume=True))
    assert written(out) == written(seeds_run)


def test_resume_takes_new_pages_and_forgets_lost_ones(tmp_path: Path) -> None:
    pages = make_pages(20, seed=8)
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    with pytest.raises(KeyboardInterrupt):
        clean([write_pages(tmp_path / "a.jsonl", pages[:15])], out, progress=Unplugged("find"))
    later = write_pages(tmp_path / "a.jsonl", pages[5:])
    clean([later], out, options=CleanOptions(resume=True))
    clean([later], fresh)
    assert written(out) == written(fresh)


def make_folder(tmp_path: Path, **files: bytes) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "good.txt").write_text("The minister said on Monday that she would resign.\n")
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder


STORY = "Der Präsident sagte, er werde „über Ostern“ – so hieß es – nach Köln reisen.\n"

# Name, content, and the reason a person is given.
BAD_FILES = [
    ("empty__txt", b"", "empty: no byte in it"),
    ("binary__txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary: a PNG picture"),
    ("broken__jsonl", b'{"id": "a", "text": "ok then"}\n{"id": \n', "not JSON from column"),
    ("no_id__jsonl", b'{"text": "a text without a name"}\n', "no 'id'"),
    ("no_text__jsonl", b'{"id": "a"}\n', "no 'text' or 'html'"),
]


@pytest.mark.parametrize(
    ("name", "content", "reason"), BAD_FILES, ids=lambda value: str(value)[:12]
)
def test_a_bad_file_is_rejected_and_the_run_goes_on(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    folder = make_folder(tmp_path, **{name: content})
    result = run("clean", folder, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    rejected = read_lines(tmp_path / "out" / "rejected.jsonl")
    assert [name.replace("__", ".") in str(line["source"]) for line in rejected] == [True]
    assert reason in str(rejected[0]["reason"])
    kept = read_lines(tmp_path / "out" / "articles.jsonl")
    assert "good" in [line["id"] for line in kept]

    strict = run("clean", folder, "-o", tmp_path / "strict", "--strict")
    assert strict.exit_code == 2
    assert reason in strict.output


@pytest.mark.parametrize("name", ["long__txt", "long__jsonl"])
def test_a_line_of_50_megabytes_is_rejected(name: str, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, **{name: b"word " * 10_000_000})
    assert run("clean", folder, "-o", tmp_path / "out").exit_code == 0
    (rejected,) = read_lines(tmp_path / "out" / "rejected.jsonl")
    assert "over 20,000,000 bytes (setting read.max_page_bytes)" in str(rejected["reason"])


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig"])
def test_encodings_are_read(encoding: str, tmp_path: Path) -> None:
    text = STORY if encoding != "latin-1" else STORY.translate({0x201E: 34, 0x201C: 34, 0x2013: 45})
    folder = make_folder(tmp_path, story__txt=text.encode(encoding))
    assert run("clean", folder, "-o", tmp_path / "out").exit_code == 0
    bodies = {line["id"]: line["text"] for line in read_lines(tmp_path / "out" / "articles.jsonl")}
    assert bodies["story"] == text.strip()


def test_two_pages_with_one_id(tmp_path: Path) -> None:
    pages = [{"id": "a", "text": "A short text."}, {"id": "a", "text": "A text that is longer."}]
    source = write_pages(tmp_path / "pages.jsonl", pages)
    assert run("clean", source, "-o", tmp_path / "out").exit_code == 0
    (article,) = read_lines(tmp_path / "out" / "articles.jsonl")
    assert article["text"] == "A text that is longer."
    (rejected,) = read_lines(tmp_path / "out" / "rejected.jsonl")
    assert str(rejected["source"]).endswith("pages.jsonl:1")
    assert re.fullmatch(
        r"id 'a' is also that of .*pages\.jsonl:2, which is kept; give each its own id .*",
        str(rejected["reason"]),
    )


def test_a_run_that_rejected_something_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.txt").write_text("The harbour board voted on Monday.")
    said = run("clean", tmp_path / "pages", "-o", tmp_path / "out").stderr
    assert "says why" not in said
    (tmp_path / "pages" / "b.txt").write_text("")
    said = run("clean", tmp_path / "pages", "-o", tmp_path / "again").stderr
    assert "says why inputs were rejected" in " ".join(said.split())


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    result = run("clean", tmp_path / "pages", "-o", tmp_path / "out")
    assert result.exit_code == 2
    rejected = tmp_path / "out" / "rejected.jsonl"
    assert f"Error: no page was read; {rejected} says why" in result.output
    assert "no page in this folder; looked for .txt" in str(read_lines(rejected)[0]["reason"])


def test_the_output_folder_may_lie_in_the_input_folder(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    for _ in range(2):
        assert run("clean", folder, "-o", folder / "out", "--overwrite").exit_code == 0
        (article,) = read_lines(folder / "out" / "articles.jsonl")
        assert article["id"] == "good"


def test_an_output_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("clean", SEEDS, "-o", out, "--quiet").exit_code == 0
    before = written(out)
    again = run("clean", SEEDS, "-o", out)
    assert again.exit_code == 2
    assert f"Error: {out}: not empty; use --overwrite to replace the run there" in again.output
    assert written(out) == before
    assert run("clean", SEEDS, "-o", out, "--overwrite", "--quiet").exit_code == 0
    assert written(out) == before


def test_files_of_others_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    result = run("clean", SEEDS, "-o", tmp_path, "--overwrite")
    assert result.exit_code == 2
    assert (
        "holds files of no run of dedup (thesis.txt); give an empty or new folder" in result.output
    )
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_an_output_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    result = run("clean", SEEDS, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "out: is a file; give a folder to write to" in result.output


def test_an_input_that_is_not_there(tmp_path: Path) -> None:
    result = run("clean", tmp_path / "nowhere", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "nowhere: no such file or folder" in result.output
    assert not (tmp_path / "out").exists()


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    config = tmp_path / "wire.yaml"
    config.write_text("verify:\n  min_jacard: .6\n")
    result = run("clean", SEEDS, "-o", tmp_path / "out", "-c", config)
    assert result.exit_code == 2
    assert "wire.yaml: verify: unknown key 'min_jacard'; known keys: min_jaccard," in result.output


def test_a_foreign_spool_is_refused(tmp_path: Path) -> None:
    work = tmp_path / "out" / ".work"
    work.mkdir(parents=True)
    (work / "spool.sqlite").write_bytes(b"no database at all, but long enough to be taken for one")
    result = run("clean", SEEDS, "-o", tmp_path / "out", "--resume")
    assert result.exit_code == 2
    assert "not this program's spool" in result.output


def test_no_id_leads_out_of_the_output_folder(tmp_path: Path) -> None:
    """Ids of JSON Lines are arbitrary; only pages that were files become files."""
    source = write_pages(tmp_path / "p.jsonl", [{"id": "../../evil", "text": "A text of words."}])
    clean([source], tmp_path / "out")
    assert not list(tmp_path.rglob("*evil*"))


def test_strict_raises_in_the_library(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, empty__txt=b"")
    with pytest.raises(InputError, match="empty: no byte in it"):
        clean([folder], tmp_path / "out", options=CleanOptions(strict=True))


def test_language_is_settled() -> None:
    page = Page(id="p", text="Der Bundeskanzler sprach am Montag in Berlin mit der Presse darüber.")
    assert make_article(page, StripConfig()).language == "de"


def make_unlike_pages(outlet: str, count: int) -> list[dict[str, str]]:
    """Pages of one outlet that tell each a story of its own, in made-up words, and end alike."""
    rng = random.Random(outlet)
    pages = []
    for number in range(count):
        words = ["".join(rng.choices("bdfgklmnprstvaeiou" * 3, k=7)) for _ in range(120)]
        lines = [" ".join(words[i : i + 12]).capitalize() + "." for i in range(0, 120, 12)]
        lines.append(f"The {outlet} newsroom has covered this valley for a hundred years.")
        text = "\n".join(lines)
        pages.append({"id": f"{outlet}-{number}", "text": text, "outlet": outlet, "language": "en"})
    return pages


def test_mining_without_outlets_says_what_it_needs(seeds_run: Path) -> None:
    mined = run("rules", "mine", seeds_run)
    assert mined.exit_code == 0
    assert "0 repeated lines of 0 outlets; pages need an `outlet` or `url`" in mined.stderr


def test_repeated_lines_are_taken_off_and_mined(tmp_path: Path) -> None:
    """A line an outlet repeats over six stories is proposed; below five stories none is."""
    pages = make_unlike_pages("often.example", 6) + make_unlike_pages("seldom.example", 4)
    clean([write_pages(tmp_path / "p.jsonl", pages)], tmp_path / "out")
    removed = read_lines(tmp_path / "out" / "removed.jsonl")
    assert {(line["kind"], line["text"]) for line in removed} == {
        ("boilerplate", "The often.example newsroom has covered this valley for a hundred years.")
    }
    assert run("rules", "mine", tmp_path / "out", "-o", tmp_path / "rules").exit_code == 0
    (mined,) = (tmp_path / "rules").iterdir()
    assert mined.name == "often.example.yaml"
    assert "The often.example newsroom has covered this valley" in mined.read_text("utf-8")
    again = run("rules", "mine", tmp_path / "out", "-o", tmp_path / "rules")
    assert again.exit_code == 2
    assert "often.example.yaml: is there already" in again.output


@pytest.mark.parametrize("footer", [1, 12, 20])
def test_a_long_footer_makes_no_copies_of_an_outlet(footer: int, tmp_path: Path) -> None:
    """So much alike that the pages are one at first: each keeps its story, and all are kept."""
    pages = make_unlike_pages("loud.example", 30)
    lines = [
        f"Notice {n} of the loud example company stands under every page." for n in range(footer)
    ]
    for page in pages:
        page["text"] += "\n" + "\n".join(lines)
    clean([write_pages(tmp_path / "p.jsonl", pages)], tmp_path / "out")
    articles = read_lines(tmp_path / "out" / "articles.jsonl")
    assert [line["status"] for line in articles] == ["kept"] * 30
    assert not any("Notice" in str(line["text"]) for line in articles)


def test_one_story_on_all_pages_of_an_outlet_is_not_boilerplate(tmp_path: Path) -> None:
    (page,) = make_unlike_pages("one.example", 1)
    pages = [{**page, "id": f"{number}"} for number in range(12)]
    clean([write_pages(tmp_path / "p.jsonl", pages)], tmp_path / "out")
    articles = read_lines(tmp_path / "out" / "articles.jsonl")
    assert sorted(str(line["status"]) for line in articles) == ["copy"] * 11 + ["kept"]
    assert {line["text"] for line in articles} == {page["text"]}
