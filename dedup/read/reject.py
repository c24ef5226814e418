"""How a reader says that one input cannot be used, without stopping the others."""

from __future__ import annotations

import os
import stat

from dedup.errors import InputError

KNOWN_ENDINGS = (".txt", ".html", ".htm", ".md", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
PACKED_ENDINGS = (".gz", ".zst", ".bz2", ".xz")


class UnreadableError(InputError):
    """Why one input is not read; `read_pages` makes a `Rejected` of it."""


def describe_os_error(error: OSError) -> str:
    """An operating system's refusal as a reason."""
    cause = error.strerror or str(error) or type(error).__name__
    return f"may not be read: {cause[0].lower()}{cause[1:]}"


def stat_input(path: str) -> os.stat_result:
    """What `path` leads to, links followed; raises `UnreadableError` when it leads nowhere."""
    try:
        return os.stat(path)  # plain strings: names that are not UTF-8 survive
    except OSError as error:
        raise UnreadableError(_describe_lost(path) or describe_os_error(error)) from None


def _describe_lost(path: str) -> str | None:
    try:
        target = os.readlink(path)  # as above
    except OSError:
        return None  # not a link
    return f"a broken link, to {show_path(target)}: mend or remove it"


def refuse_special_file(status: os.stat_result) -> None:
    """Raises `UnreadableError` for a pipe, socket or device: reading one could wait for ever."""
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError("a pipe, socket or device, not a file")


def refuse_long(content: bytes, max_bytes: int) -> bytes:
    """The content, which was read up to one byte more than allowed; raises `UnreadableError`."""
    if len(content) > max_bytes:
        raise UnreadableError(f"over {max_bytes:,} bytes (setting read.max_page_bytes)")
    return content


def show_path(path: str) -> str:
    """A path fit for messages and files: bytes that are not UTF-8 become U+FFFD.

    >>> show_path("caf\\udce9.txt")
    'caf\\ufffd.txt'
    """
    return os.fsencode(path).decode("utf-8", "replace")


def find_ending(name: str) -> str | None:
    """The known ending of a file's name, whatever its case; None when it has none.

    >>> find_ending("Pages.JSONL.gz"), find_ending("photo.jpg")
    ('.jsonl.gz', None)
    """
    lowered = name.lower()
    return next((ending for ending in KNOWN_ENDINGS if lowered.endswith(ending)), None)


def is_packed_page(name: str) -> bool:
    """Whether a name is that of a compressed page, of which only JSON Lines are read.

    >>> is_packed_page("story.html.gz"), is_packed_page("photo.jpg.gz")
    (True, False)
    """
    lowered = name.lower()
    packed = next((ending for ending in PACKED_ENDINGS if lowered.endswith(ending)), "")
    return bool(packed) and find_ending(lowered.removesuffix(packed)) is not None
