"""Searches a folder for files to read, in one order, without following a link in circles."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from dedup.read.reject import (
    KNOWN_ENDINGS,
    UnreadableError,
    describe_os_error,
    find_ending,
    is_packed_page,
    refuse_special_file,
    show_path,
    stat_input,
)
from dedup.records import RUN_MARKS, Rejected


class Found(msgspec.Struct, frozen=True):
    """A file to read: `path` as typed by the user and below, `id` for a page, its `ending`."""

    path: str
    id: str
    ending: str


def walk_folder(folder: str, exclude: Path | None = None) -> Iterator[Found | Rejected]:
    """Every file below `folder` with a known ending, depth first, names sorted within a folder.

    Passed over without a word: hidden files and folders (`.git`, `._page.txt`), `exclude`, files
    of other endings but compressed pages. Links are followed, each folder once. A folder in which
    nothing was found is rejected with a reason, for it is hardly what its owner meant.
    """
    nothing = True
    for found in _walk(folder, exclude):
        nothing = False
        yield found
    if nothing:
        endings = " ".join(KNOWN_ENDINGS)
        yield Rejected(show_path(folder), f"no page in this folder; looked for {endings}")


def _walk(folder: str, exclude: Path | None) -> Iterator[Found | Rejected]:
    visited: dict[tuple[int, int], str] = {}
    pending = [folder]  # a stack, not recursion: folders nest deeper than Python's calls may
    while pending:
        path = pending.pop()
        try:
            status = stat_input(path)
            if not stat.S_ISDIR(status.st_mode):
                yield from _find_file(path, folder, status)
            elif not _is_same_folder(status, exclude):
                _refuse_second_visit(path, status, visited)
                pending += _list_folder(path)
        except UnreadableError as reason:
            if _is_concern(path):
                yield Rejected(show_path(path), str(reason))


def _find_file(path: str, folder: str, status: os.stat_result) -> Iterator[Found | Rejected]:
    ending = find_ending(path)
    if ending is None:
        if is_packed_page(path):  # passed over in silence, it would be missed
            yield Rejected(show_path(path), "compressed: unpack it; JSON Lines may be .gz or .zst")
        return
    refuse_special_file(status)
    below = os.path.relpath(path, folder).replace(os.sep, "/")
    yield Found(path, below[: -len(ending)], ending)


def _refuse_second_visit(
    path: str, status: os.stat_result, visited: dict[tuple[int, int], str]
) -> None:
    """A folder seen before, by whatever name, is a loop or a second way to the same pages."""
    identity = (status.st_dev, status.st_ino)
    first = visited.setdefault(identity, path)
    if first != path:
        raise UnreadableError(f"the same folder as {show_path(first)}, which is read already")


def _list_folder(path: str) -> list[str]:
    """The paths in a folder, last name first, for a stack."""
    try:
        names = os.listdir(path)  # plain strings: quick, and names that are not UTF-8 survive
    except OSError as error:
        raise UnreadableError(describe_os_error(error)) from None
    if set(names) >= RUN_MARKS:  # has each body twice, and lines that are no pages
        raise UnreadableError(
            "the output of an earlier run; to read it, name its articles.jsonl or its folder kept"
        )
    return [
        os.path.join(path, name)  # as above
        for name in sorted(names, reverse=True)
        if not name.startswith(".")
    ]


def _is_same_folder(status: os.stat_result, folder: Path | None) -> bool:
    """Whether `status` is that of `folder`, by whatever path; a folder may appear meanwhile."""
    try:
        return folder is not None and os.path.samestat(status, folder.stat())
    except OSError:
        return False


def _is_concern(path: str) -> bool:
    """Whether an unreadable path could be a page or a folder, and so must be reported."""
    name = os.path.basename(path)  # as above
    return find_ending(name) is not None or "." not in name or os.path.isdir(path)  # as above
