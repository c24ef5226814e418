"""One page, from a file of text or HTML, whatever its name, or from standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from dedup.config import ReadConfig
from dedup.errors import InputError
from dedup.read.decode import decode_bytes, detect_html
from dedup.read.json_page import find_outlet
from dedup.read.reject import UnreadableError, describe_os_error, refuse_long
from dedup.records import Page

_HTML_ENDINGS = (".html", ".htm")
_MANY_ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")


def read_page(
    path: str,
    config: ReadConfig,
    *,
    is_html: bool = False,
    url: str | None = None,
    outlet: str | None = None,
) -> Page:
    """The page in the file at `path`, or on standard input for `-`.

    It is HTML where said so, where its name says so, or where it opens as HTML. Raises
    `InputError` where it cannot be read.
    """
    if path.lower().endswith(_MANY_ENDINGS):
        raise InputError(f"{path}: holds many pages; give one, as text or HTML")
    try:
        text = decode_bytes(_read_bytes(path, config.max_page_bytes))
    except OSError as error:
        raise InputError(f"{path}: {describe_os_error(error)}") from None
    except UnreadableError as error:
        raise InputError(f"{path}: {error}") from None
    return Page(
        id="stdin" if path == "-" else Path(path).stem,
        text=text,
        is_html=is_html or path.lower().endswith(_HTML_ENDINGS) or detect_html(text),
        url=url,
        outlet=outlet or find_outlet(url),
        source=path,
    )


def _read_bytes(path: str, max_bytes: int) -> bytes:
    if path == "-":
        content = sys.stdin.buffer.read(max_bytes + 1) if sys.stdin else b""  # None when closed
    else:
        with Path(path).open("rb") as file:
            content = file.read(max_bytes + 1)
    return refuse_long(content, max_bytes)
