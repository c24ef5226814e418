"""Inputs to pages: folders, files, JSON Lines, Parquet; and the message each bad input gets."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedup.config import ReadConfig
from dedup.errors import InputError
from dedup.read import find_outlet, read_pages
from dedup.read.lines import split_long_lines
from dedup.records import Page, Rejected

SEEDS = Path(__file__).parents[2] / "seeds"


def write_tree(folder: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def read_ids(*inputs: str | Path, exclude: Path | None = None) -> list[str]:
    return [p.id for p in read_pages(inputs, exclude=exclude) if isinstance(p, Page)]


def read_rejected(*inputs: str | Path, config: ReadConfig | None = None) -> list[Rejected]:
    return [p for p in read_pages(inputs, config or ReadConfig()) if isinstance(p, Rejected)]


# --- folders and files


def test_a_folder_is_searched_sorted_and_ids_are_paths(tmp_path: Path) -> None:
    write_tree(tmp_path, {"b.txt": "B", "a/2.html": "<p>2", "a/1.MD": "1", "a.b.htm": "x"})
    assert read_ids(tmp_path) == ["a/1", "a/2", "a.b", "b"]


def test_a_page_from_a_folder_is_whole(tmp_path: Path) -> None:
    write_tree(tmp_path, {"site/story.txt": "Head\r\n\r\nBody\r\n"})
    source = f"{tmp_path}/site/story.txt"
    expected = Page(id="site/story", text="Head\n\nBody\n", source=source)
    assert list(read_pages([tmp_path])) == [expected]


def test_the_seeds_are_read_unchanged() -> None:
    pages = list(read_pages([SEEDS]))
    assert len(pages) == 5
    for page in pages:
        assert isinstance(page, Page)
        assert page.text.encode() == (SEEDS / f"{page.id}.txt").read_bytes().replace(b"\r\n", b"\n")


def test_a_file_by_itself_has_its_name_as_id(tmp_path: Path) -> None:
    write_tree(tmp_path, {"site/story.v2.txt": "words"})
    assert read_ids(tmp_path / "site" / "story.v2.txt") == ["story.v2"]


@pytest.mark.parametrize(
    ("name", "content", "is_html"),
    [
        ("a.html", "no tag at all", True),
        ("a.txt", "<!DOCTYPE html><p>x", True),
        ("a.txt", "\n<!-- saved from -->\n<html lang=en>", True),
        ("a.txt", "<?xml version='1.0'?><html>", True),
        ("a.txt", "The <html> tag, explained", False),
        ("a.md", "# Title", False),
    ],
)
def test_html_is_told_by_ending_or_opening(
    tmp_path: Path, name: str, content: str, is_html: bool
) -> None:
    [page] = read_pages([write_tree(tmp_path, {name: content})])
    assert isinstance(page, Page)
    assert page.is_html is is_html


def test_json_lines_in_a_folder_are_read_too(tmp_path: Path) -> None:
    write_tree(tmp_path, {"part-1.jsonl": '{"id":"x","text":"y"}\n', "a.txt": "A"})
    assert read_ids(tmp_path) == ["a", "x"]


def test_hidden_and_other_files_are_passed_over(tmp_path: Path) -> None:
    names = {".git/a.txt": "no", "._b.txt": "no", "c.jpg": "no", "d.txt": "yes"}
    assert read_ids(write_tree(tmp_path, {**names})) == ["d"]
    assert read_rejected(tmp_path) == []


def test_compressed_pages_are_not_passed_over(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a.txt": "A", "b.html.GZ": "no", "c.parquet.zst": "no", "d.jpg.gz": "no"})
    reason = "compressed: unpack it; JSON Lines may be .gz or .zst"
    expected = [Rejected(f"{tmp_path}/{name}", reason) for name in ("b.html.GZ", "c.parquet.zst")]
    assert read_rejected(tmp_path) == expected
    assert read_ids(tmp_path) == ["a"]


def test_the_output_folder_is_passed_over(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a.txt": "A", "out/kept/a.txt": "A", "out/articles.jsonl": "{}"})
    assert read_ids(tmp_path, exclude=tmp_path / "out") == ["a"]
    assert read_ids(tmp_path, exclude=tmp_path / "not there yet") == ["a", "out/kept/a"]


def test_an_earlier_run_is_not_read_unless_named(tmp_path: Path) -> None:
    run = {f"out/{n}.jsonl": "" for n in ("articles", "matches", "clusters")}
    write_tree(tmp_path, {"a.txt": "A", "out/kept/a.txt": "A", **run})
    reason = "the output of an earlier run; to read it, name its articles.jsonl or its folder kept"
    assert read_rejected(tmp_path) == [Rejected(f"{tmp_path}/out", reason)]
    assert read_ids(tmp_path) == ["a"]
    assert read_rejected(tmp_path / "out") == [Rejected(f"{tmp_path}/out", reason)]
    assert read_ids(tmp_path / "out") == []  # each body twice would make every page a copy
    assert read_ids(tmp_path / "out" / "kept") == ["a"]


@pytest.mark.parametrize("files", [{}, {"a.pdf": "x", "b/c.doc": "y"}])
def test_a_folder_without_pages_says_so(tmp_path: Path, files: dict[str, bytes | str]) -> None:
    reason = (
        "no page in this folder; looked for "
        ".txt .html .htm .md .jsonl .jsonl.gz .jsonl.zst .parquet"
    )
    assert read_rejected(write_tree(tmp_path, files)) == [Rejected(str(tmp_path), reason)]


def test_two_files_of_one_name_clash_later_not_here(tmp_path: Path) -> None:
    assert read_ids(write_tree(tmp_path, {"a.txt": "A", "a.html": "<p>A"})) == ["a", "a"]


# --- links and special files


def test_links_are_followed_once(tmp_path: Path) -> None:
    write_tree(tmp_path, {"in/real/a.txt": "A", "elsewhere/b.txt": "B"})
    (tmp_path / "in/there").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in/real/up").symlink_to(tmp_path / "in")
    (tmp_path / "in/c.txt").symlink_to(tmp_path / "elsewhere/b.txt")
    assert read_ids(tmp_path / "in") == ["c", "real/a", "there/b"]
    [loop] = read_rejected(tmp_path / "in")
    assert loop.source == f"{tmp_path}/in/real/up"
    assert loop.reason == f"the same folder as {tmp_path}/in, which is read already"


def test_broken_links_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("gone.txt")
    (tmp_path / "b").symlink_to("gone folder")
    (tmp_path / "c.txt").symlink_to("c.txt")
    (tmp_path / "picture.png").symlink_to("gone.png")
    assert [(Path(r.source).name, r.reason) for r in read_rejected(tmp_path)] == [
        ("a.txt", "a broken link, to gone.txt: mend or remove it"),
        ("b", "a broken link, to gone folder: mend or remove it"),
        ("c.txt", "a broken link, to c.txt: mend or remove it"),
    ]


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    (tmp_path / "b.txt").symlink_to(os.devnull)
    reasons = [r.reason for r in read_rejected(tmp_path)]
    assert reasons == ["a pipe, socket or device, not a file"] * 2
    assert [r.reason for r in read_rejected(tmp_path / "a.txt")] == reasons[:1]


def test_a_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / name).write_text("words")
    source = f"{tmp_path}/caf\ufffd.txt"
    assert read_rejected(tmp_path) == [Rejected(source, "its name is not UTF-8: rename it")]


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_file_that_may_not_be_read(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {name: "x"})

    def refuse(self: Path, mode: str) -> Any:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)  # a mode of 000 stops everyone but root
    reason = "may not be read: permission denied"
    assert read_rejected(tmp_path) == [Rejected(f"{tmp_path}/{name}", reason)]


def test_a_folder_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"a.txt": "A", "locked/b.txt": "B"})
    listdir = os.listdir

    def refuse(path: str) -> list[str]:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)
    reason = "may not be read: permission denied"
    assert read_rejected(tmp_path) == [Rejected(f"{tmp_path}/locked", reason)]


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """Folders nested deeper than Python's calls; taken away again, for pytest cannot."""
    here = Path.cwd()
    os.chdir(tmp_path)
    for _ in range(1200):
        Path("d").mkdir()
        os.chdir("d")
    Path("a.txt").write_text("deep")
    yield tmp_path
    Path("a.txt").unlink()
    for _ in range(1200):
        os.chdir("..")
        Path("d").rmdir()
    os.chdir(here)


def test_a_deep_folder_does_not_exhaust_the_stack(deep: Path) -> None:
    assert read_ids(deep) == ["d/" * 1200 + "a"]


def test_an_input_longer_than_allowed(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(50_000_000)
    reason = "over 20,000,000 bytes (setting read.max_page_bytes)"
    assert read_rejected(tmp_path) == [Rejected(f"{tmp_path}/a.txt", reason)]


@pytest.mark.parametrize("size", [99, 100, 101])
def test_the_limit_is_inclusive(tmp_path: Path, size: int) -> None:
    write_tree(tmp_path, {"a.txt": "x" * size, "b.jsonl": line(text="").ljust(size) + "\n"})
    rejected = read_rejected(tmp_path, config=ReadConfig(max_page_bytes=100))
    assert ["over" in r.reason for r in rejected] == ([True, True] if size > 100 else [False])


# --- wrong usage: raised at the call, before anything is read


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone", "no such file or folder"),
        (
            "a.pdf",
            "not a known kind of file: .txt .html .htm .md .jsonl .jsonl.gz .jsonl.zst .parquet, "
            "or - for JSON Lines on stdin",
        ),
        ("link", "a broken link, to nowhere: mend or remove it"),
        ("out/a.txt", "lies in the output folder: choose another for the output"),
        ("out", "lies in the output folder: choose another for the output"),
    ],
)
def test_wrong_inputs_raise(tmp_path: Path, name: str, message: str) -> None:
    write_tree(tmp_path, {"a.pdf": "x", "out/a.txt": "x"})
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(InputError) as error:
        read_pages([tmp_path / name], exclude=tmp_path / "out")
    assert str(error.value) == f"{tmp_path / name}: {message}"


def test_one_input_needs_no_list(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a.txt": "A"})
    assert [p.id for p in read_pages(str(tmp_path)) if isinstance(p, Page)] == ["a"]


# --- JSON Lines


def line(**keys: Any) -> str:
    return json.dumps({"id": "1", "text": "words", **keys})


def read_line(content: str | bytes, tmp_path: Path) -> Page | Rejected:
    path = tmp_path / "pages.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    [outcome] = read_pages([path])
    return outcome


def test_a_line_of_json_is_whole(tmp_path: Path) -> None:
    keys = {"url": "https://www.Example.com/a", "published": "2024-05-01", "language": "en"}
    assert read_line(line(**keys, site="ignored", extra=[1]), tmp_path) == Page(
        id="1",
        text="words",
        url="https://www.Example.com/a",
        outlet="example.com",
        published="2024-05-01",
        language="en",
        source=f"{tmp_path}/pages.jsonl:1",
    )


TOLERATED: list[tuple[str | bytes, str, Any]] = [
    (line(id=17), "id", "17"),
    (line(id=123456789012345678901234567890), "id", "123456789012345678901234567890"),
    (line(id="a b/../c"), "id", "a b/../c"),  # made safe where a path is made of it, not here
    (line(published="last Tuesday"), "published", "last Tuesday"),
    (line(published=1714521600), "published", "1714521600"),
    (line(published=""), "published", None),
    (line(outlet="The Wire", url="https://a.org"), "outlet", "The Wire"),
    (line(outlet=" ", url="https://a.org"), "outlet", "a.org"),
    (line(url="https://[broken"), "outlet", None),
    (line(language=None), "language", None),
    ('{"id": "1", "text": "words", "outlet": NaN}', "outlet", None),
    (line(text="cut \ud83d"), "text", "cut \ufffd"),
    (line(text="\ud83d\ude00 a\0b\r\n"), "text", "😀 ab\n"),
    ('{"id": "1", "text": "a\tb"}', "text", "a\tb"),
    (line(text=None, html="<p>x"), "is_html", True),
    (line(html="<p>x"), "text", "words"),
    (line(text="", html="<p>x"), "text", "<p>x"),
    (line(text="<!doctype html><p>"), "is_html", True),
    (b"\xef\xbb\xbf" + line().encode(), "id", "1"),
    (b"\n \r\n" + line().encode() + b"\r\n\n", "source", "pages.jsonl:3"),
]


@pytest.mark.parametrize(("content", "field", "value"), TOLERATED)
def test_what_is_tolerated(content: str | bytes, field: str, value: Any, tmp_path: Path) -> None:
    page = read_line(content, tmp_path)
    assert isinstance(page, Page)
    found = getattr(page, field)
    assert found == value or (field == "source" and found.endswith(f"/{value}"))


BAD_LINES: list[tuple[str | bytes, str]] = [
    ('{"text": "x"}', "no 'id'"),
    (line(id=None), "no 'id'"),
    (line(id=" "), "empty 'id'"),
    (line(id=1.5), "'id' is a number, not a string or a whole number"),
    (line(id=True), "'id' is true or false, not a string or a whole number"),
    (line(id="a\0b"), "'id' holds a character that is not text: 'a\\x00b'"),
    (line(id="a\ud800"), "'id' holds a character that is not text: 'a\\ud800'"),
    ('{"id": "1"}', "no 'text' or 'html'"),
    (line(text=""), "empty 'text'"),
    (line(text=None, html=" \n"), "empty 'html'"),
    (line(text=3), "'text' is a number, not a string"),
    (line(text=["a", "b"]), "'text' is an array, not a string"),
    (line(text={"a": 1}), "'text' is an object, not a string"),
    (line(url=5), "'url' is a number, not a string"),
    ('"words"', "a string, not an object with 'id' and 'text' or 'html'"),
    ("null", "null, not an object with 'id' and 'text' or 'html'"),
    ("{id: 1}", "not JSON from column 2 on: Expecting property name enclosed in double quotes"),
    ('{"id": "1", "text": "cut', "not JSON from column 21 on: Unterminated string starting at"),
    (line() + line(), "not JSON from column 29 on: Extra data"),
    (b'{"id": "1", "text": "caf\xe9"}', "not UTF-8 at byte 25"),
    ('{"x": ' + "[" * 100_000, "JSON that is nested too deep, or a number too long"),
    ('{"id": ' + "1" * 5_000 + ', "x": NaN}', "JSON that is nested too deep, or a number too long"),
]


@pytest.mark.parametrize(("content", "reason"), BAD_LINES)
def test_the_message_of_a_bad_line(content: str | bytes, reason: str, tmp_path: Path) -> None:
    assert read_line(content, tmp_path) == Rejected(f"{tmp_path}/pages.jsonl:1", reason)


BAD_FILES: list[tuple[bytes, str]] = [
    (b"", "empty: no line in it"),
    (b"\n\n", "empty: no line in it"),
    (b'[\n{"id": 1}\n]', "JSON, but not JSON Lines: put one object on each line (jq -c does)"),
    (b'{\n"id": 1\n}', "JSON, but not JSON Lines: put one object on each line (jq -c does)"),
    (line().encode("utf-16"), "UTF-16 or binary, not JSON Lines, which are UTF-8"),
    (b"PK\x03\x04\n\n\n", "binary: a ZIP archive or Office document"),
    (b"\x1f\x8bnot gzip", "broken gzip data (Error -3 while decompressing data: "),
    (b"\x28\xb5\x2f\xfd" + b"\xff" * 40, "broken Zstandard data (zstd "),
]


@pytest.mark.parametrize(("content", "reason"), BAD_FILES)
def test_a_file_that_is_not_json_lines_gets_one_message(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    rejected = read_line(content, tmp_path)
    assert isinstance(rejected, Rejected)
    assert rejected.source.endswith("pages.jsonl")
    assert rejected.reason == reason or ("(" in reason and rejected.reason.startswith(reason))


def test_a_bad_line_does_not_stop_the_others(tmp_path: Path) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_text("\n".join([line(id="a"), "{oops", line(id="b")]))
    sources = [outcome.source for outcome in read_pages([path])]
    assert sources == [f"{path}:1", f"{path}:2", f"{path}:3"]
    assert read_ids(path) == ["a", "b"]


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gz", gzip.compress),
    ("zst", zstandard.compress),
]


@pytest.mark.parametrize(("ending", "pack"), PACKERS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_pages_before_a_break_are_read(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes], share: float
) -> None:
    rows = [line(id=i, text=os.urandom(600).hex()) for i in range(1000)]
    packed = pack("\n".join(rows).encode())
    path = tmp_path / f"pages.jsonl.{ending}"
    path.write_bytes(packed[: int(len(packed) * share)])
    *pages, broken = read_pages([path])
    assert [p.id for p in pages if isinstance(p, Page)] == [str(i) for i in range(len(pages))]
    assert abs(len(pages) - 1000 * share) < 250  # Zstandard gives whole blocks of 128 kB
    name = {"gz": "gzip", "zst": "Zstandard"}[ending]
    assert broken == Rejected(
        f"{path}:{len(pages) + 1}", f"{name} data that ends too early; the lines before were read"
    )


@pytest.mark.parametrize(("ending", "pack"), PACKERS)
def test_packed_files_may_be_concatenated_and_padded(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"pages.jsonl.{ending}"
    halves = (line(id="a") + "\n" + line(id="b")[:9], line(id="b")[9:] + "\n")
    path.write_bytes(b"".join(pack(half.encode()) for half in halves) + b"\0" * 100)
    assert read_ids(path) == ["a", "b"]
    assert read_rejected(path) == []


@pytest.mark.parametrize(("ending", "pack"), PACKERS)
def test_first_bytes_not_names_tell_what_is_packed(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    plain, packed = tmp_path / f"a.jsonl.{ending}", tmp_path / "b.jsonl"
    plain.write_text(line(id="a"))
    packed.write_bytes(pack(line(id="b").encode()))
    assert read_ids(plain, packed) == ["a", "b"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_a_line_of_50_mb_is_rejected_in_little_memory(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_bytes(pack(b"\n".join([line(id="a").encode(), b"x" * 50_000_000, line().encode()])))
    tracemalloc.start()
    outcomes = list(read_pages([path], ReadConfig(max_page_bytes=1_000_000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    reason = "a line of over 1,000,000 bytes (setting read.max_page_bytes)"
    assert outcomes[1] == Rejected(f"{path}:2", reason)
    assert [type(o) for o in outcomes] == [Page, Rejected, Page]
    assert peak < 120_000_000 if pack is zstandard.compress else peak < 12_000_000


@given(st.lists(st.sampled_from([b"\n", b"ab", b"abcd", b"", b"\r"]), max_size=30), st.data())
def test_lines_do_not_depend_on_chunks(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    lines = whole.split(b"\n")
    expected = [x if len(x) <= 5 else None for x in (lines if lines[-1] else lines[:-1])]
    assert list(split_long_lines(iter(chunks), max_bytes=5)) == expected


def test_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    content = (line(id="a") + "\n{").encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(content))))
    page, rejected = read_pages(["-"])
    assert isinstance(page, Page)
    assert (page.id, page.source, rejected.source) == ("a", "stdin:1", "stdin:2")


def test_a_closed_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert list(read_pages(["-"])) == [Rejected("stdin", "empty: no line in it")]


def test_pages_come_as_a_pipe_gives_them(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    monkeypatch.setattr(sys, "stdin", os.fdopen(reader))
    os.write(writer, (line(id="a") + "\n").encode())
    first = next(read_pages(["-"]))  # hangs if it waits for the pipe's end
    os.close(writer)
    assert isinstance(first, Page)


@pytest.mark.parametrize(
    ("url", "outlet"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("http://user@WWW.Site.org:8080/", "site.org"),
        ("www.site.org/a", "site.org"),
        ("//cdn.site.org/a", "cdn.site.org"),
        ("https://münchen.de/x", "münchen.de"),
        ("/relative/path", None),
        ("", None),
        (None, None),
    ],
)
def test_find_outlet(url: str | None, outlet: str | None) -> None:
    assert find_outlet(url) == outlet


# --- Parquet


def test_parquet_without_pyarrow_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {"in/a.parquet": "PAR1"})
    monkeypatch.setattr("dedup.read.parquet.find_spec", lambda name: None)
    remedy = "Parquet needs pyarrow: pip install 'dedup[parquet]'"
    with pytest.raises(InputError, match="Parquet needs pyarrow"):
        read_pages([tmp_path / "in/a.parquet"])
    assert read_rejected(tmp_path) == [Rejected(f"{tmp_path}/in/a.parquet", remedy)]


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    arrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(arrow.Table.from_pylist(rows), path)
    return path


def test_parquet_rows_are_pages(tmp_path: Path) -> None:
    when = datetime(2024, 5, 1, 12)
    rows: list[dict[str, Any]] = [
        {"id": 1, "text": None, "html": "<p>café".encode("cp1252"), "published": when, "x": 1},
        {"id": 2, "text": "words", "html": None, "published": None, "x": None},
        {"id": None, "text": "words", "html": None, "published": None, "x": None},
    ]
    path = write_parquet(tmp_path / "a.parquet", rows)
    assert list(read_pages([path])) == [
        Page(
            id="1",
            text="<p>café",
            is_html=True,
            published="2024-05-01T12:00:00",
            source=f"{path}:1",
        ),
        Page(id="2", text="words", source=f"{path}:2"),
        Rejected(f"{path}:3", "no 'id'"),
    ]


def test_bad_parquet(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", [{"key": "1", "text": "x"}])
    assert read_rejected(path) == [Rejected(str(path), "no column 'id'; its columns: key, text")]
    path = write_parquet(tmp_path / "a.parquet", [{"id": "1", "body": "x"}])
    reason = "no column 'text' or 'html'; its columns: id, body"
    assert read_rejected(path) == [Rejected(str(path), reason)]
    path.write_bytes(path.read_bytes()[:-20])
    [rejected] = read_rejected(path)
    assert rejected.reason.startswith("not a Parquet file, or a broken one: ")
    write_parquet(path, [{"id": "1", "text": "x" * 101}])
    [rejected] = read_rejected(path, config=ReadConfig(max_page_bytes=100))
    assert rejected.reason.endswith("over 100 bytes (setting read.max_page_bytes)")


# --- properties: any pages, written in any of the ways, read back the same

HEADS = ["Mayor resigns", "Сильный шторм", "首相が辞任", "Où va l’Europe ?", "¡Gol! 🥅"]
BODIES = [
    "“It’s over,” he said.",
    "Der Bürgermeister ging.",
    "Он ушёл.",
    "記者団に語った。",
    "a = b",
]
TAILS = ["Share\nTweet", "© 2024 The Wire", "Read more: …", "\tAdvertisement", ""]
NAMES = ["story", "été", "2024-05-01", "a b", "#1", "新聞"]

texts = st.builds(
    lambda head, body, tail: "\n\n".join([head, *body, tail]),
    st.sampled_from(HEADS),
    st.lists(st.sampled_from(BODIES), max_size=4),
    st.sampled_from(TAILS),
)
path_ids = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
optional = st.none() | st.sampled_from(["2024-05-01", "en", "The Wire"])
pages = st.builds(
    lambda id, text, **keys: {"id": id, "text": text, **keys},
    path_ids,
    texts,
    outlet=optional,
    published=optional,
    language=optional,
)
page_lists = st.lists(pages, min_size=1, max_size=8, unique_by=lambda page: page["id"])
again = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read_back(source: Path) -> list[dict[str, Any]]:
    outcomes = list(read_pages([source]))
    kept = ("id", "text", "outlet", "published", "language")
    return [{key: getattr(page, key) for key in kept} for page in outcomes]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
@given(page_lists, st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n"]))
@again
def test_json_lines_read_back(
    tmp_path: Path,
    pack: Callable[[bytes], bytes],
    given_pages: list[dict[str, Any]],
    ascii_only: bool,
    newline: str,
) -> None:
    rows = [json.dumps(page, ensure_ascii=ascii_only) for page in given_pages]
    path = tmp_path / "pages.jsonl"
    path.write_bytes(pack(newline.join(rows).encode()))
    assert read_back(path) == given_pages


def delete_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[[], Path]]:
    def empty() -> Path:
        delete_tree(tmp_path)
        return tmp_path

    yield empty


@given(page_lists, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
@again
def test_a_folder_reads_back(
    fresh: Callable[[], Path], given_pages: list[dict[str, Any]], encoding: str
) -> None:
    files: dict[str, bytes | str] = {
        f"{page['id']}.txt": page["text"].encode(encoding) for page in given_pages
    }
    found = read_back(write_tree(fresh(), files))
    expected = {page["id"]: page["text"] for page in given_pages}
    assert {page["id"]: page["text"] for page in found} == expected
    assert len(found) == len(given_pages)


@given(st.binary(max_size=200), st.sampled_from(["a.txt", "a.html", "a.jsonl", "a.jsonl.gz"]))
@again
def test_no_bytes_crash(fresh: Callable[[], Path], content: bytes, name: str) -> None:
    for outcome in read_pages([write_tree(fresh(), {name: content})]):
        if isinstance(outcome, Page):
            assert outcome.text.encode()
            assert "\r" not in outcome.text
            assert "\0" not in outcome.text
        else:
            assert outcome.reason
