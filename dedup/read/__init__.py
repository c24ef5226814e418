"""Read: folders, files, JSON Lines and Parquet to pages, one at a time.

Nothing here decides what a page means. A page is one file of text or HTML, one line of JSON
Lines, or one row of a table; its text is the input's, decoded (`decode`), with newlines as `\\n`.
What cannot be read becomes a `Rejected` in its place, and reading goes on.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from dedup.config import ReadConfig
from dedup.errors import InputError
from dedup.read.decode import decode_bytes, detect_html, is_plain
from dedup.read.json_page import find_outlet, read_json_lines
from dedup.read.lines import read_chunks
from dedup.read.parquet import read_parquet, refuse_without_pyarrow
from dedup.read.reject import (
    KNOWN_ENDINGS,
    UnreadableError,
    describe_os_error,
    find_ending,
    refuse_long,
    refuse_special_file,
    show_path,
    stat_input,
)
from dedup.read.walk import Found, walk_folder
from dedup.records import Page, Rejected

__all__ = ["decode_bytes", "find_outlet", "read_pages"]

STDIN = "-"
_DEFAULT = ReadConfig()


def read_pages(
    inputs: Sequence[str | Path] | str | Path,
    config: ReadConfig = _DEFAULT,
    *,
    exclude: Path | None = None,
) -> Iterator[Page | Rejected]:
    """Every page of every input, in the order given; within a folder sorted by name.

    What cannot be read comes in its place as a `Rejected`, with the reason.

    An input is

    - a folder, searched for every ending below; hidden names are passed over, links followed;
    - `.txt .md`, `.html .htm`: a page. Its id is its path below the folder, or its name, without
      the ending. HTML in a text file (`<!doctype html>`, `<html>` first) is read as HTML;
    - `.jsonl .jsonl.gz .jsonl.zst`: a page a line, keys `id`, `text` or `html`, optional `url
      outlet published language`; whether it is compressed, its first bytes tell;
    - `.parquet`: a page a row, with those columns (needs the extra `parquet`);
    - `-`: JSON Lines on standard input.

    `outlet` defaults to the host of `url`. A page's `source` is its path as typed, with the line
    or row where there are many. Ids may repeat: which page keeps one is not decided here.
    Memory holds one page (or one batch of rows), whatever the size of the input.

    `exclude` is the output folder: passed over where it lies in an input. Raises `InputError` at
    the call, before anything is read, for an input that does not exist, lies in `exclude`, or
    has an ending not listed.
    """
    typed = [inputs] if isinstance(inputs, str | Path) else inputs
    paths = [os.fspath(path) for path in typed]
    for path in paths:
        _check_input(path, exclude)
    return (page for path in paths for page in _read_input(path, config, exclude))


def _check_input(path: str, exclude: Path | None) -> None:
    if path == STDIN:
        return
    try:
        _refuse_unknown(path)
        if exclude is not None and Path(path).resolve().is_relative_to(exclude.resolve()):
            raise UnreadableError("lies in the output folder: choose another for the output")
    except UnreadableError as reason:
        raise InputError(f"{show_path(path)}: {reason}") from None


def _refuse_unknown(path: str) -> None:
    """Raises `UnreadableError` for an input of a kind that is not read, before it is opened."""
    if not os.path.lexists(path):
        raise UnreadableError("no such file or folder")
    if stat.S_ISDIR(stat_input(path).st_mode):
        return
    ending = find_ending(path)
    if ending is None:
        known = " ".join(KNOWN_ENDINGS)
        raise UnreadableError(f"not a known kind of file: {known}, or - for JSON Lines on stdin")
    if ending == ".parquet":
        refuse_without_pyarrow()


def _read_input(path: str, config: ReadConfig, exclude: Path | None) -> Iterator[Page | Rejected]:
    if path == STDIN:
        chunks = read_chunks(_unbuffered(sys.stdin.buffer)) if sys.stdin else iter(())  # or closed
        yield from read_json_lines(chunks, "stdin", config)
        return
    for found in walk_folder(path, exclude) if Path(path).is_dir() else [_name_file(path)]:
        yield from [found] if isinstance(found, Rejected) else _read_found(found, config)


def _unbuffered(file: BinaryIO) -> BinaryIO:
    """The stream below the buffer: Python cannot exit while a thread waits inside the buffer."""
    raw: BinaryIO = getattr(file, "raw", file)
    return raw


def _name_file(path: str) -> Found:
    """A file given by itself: its id is its name without the ending."""
    ending = find_ending(path) or ""
    name = Path(path).name
    return Found(path, name[: -len(ending)] or name, ending)


def _read_found(found: Found, config: ReadConfig) -> Iterator[Page | Rejected]:
    """The pages of one file. An error is rejected; the pages read before it are kept."""
    source = show_path(found.path)
    try:
        refuse_special_file(stat_input(found.path))
        with Path(found.path).open("rb") as file:
            if found.ending == ".parquet":
                yield from read_parquet(file, source, config)
            elif found.ending.startswith(".jsonl"):
                yield from read_json_lines(read_chunks(file), source, config)
            else:
                yield _read_page(file, found, config.max_page_bytes)
    except UnreadableError as reason:
        yield Rejected(source, str(reason))
    except OSError as error:
        yield Rejected(source, describe_os_error(error))


def _read_page(file: BinaryIO, found: Found, max_bytes: int) -> Page:
    if not is_plain(found.id):
        raise UnreadableError("its name is not UTF-8: rename it")
    text = decode_bytes(refuse_long(file.read(max_bytes + 1), max_bytes))
    is_html = found.ending in (".html", ".htm") or detect_html(text)
    return Page(id=found.id, text=text, is_html=is_html, source=show_path(found.path))
