"""Keys to pages: one line of JSON Lines, or one row of a table, becomes a `Page`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import msgspec

from dedup.config import ReadConfig
from dedup.read.decode import clean_text, decode_bytes, detect_html, is_plain, refuse_binary
from dedup.read.lines import inflate_chunks, split_long_lines
from dedup.read.reject import UnreadableError
from dedup.records import Page, Rejected


class PageKeys(msgspec.Struct, frozen=True):
    """The keys read; anything else in a line is passed over. Values are checked by `build_page`."""

    id: Any = None
    text: Any = None
    html: Any = None
    url: Any = None
    outlet: Any = None
    published: Any = None
    language: Any = None


_decoder = msgspec.json.Decoder(PageKeys)
_KINDS = {bool: "true or false", int: "a number", float: "a number", list: "an array"}


def read_json_lines(
    chunks: Iterator[bytes], source: str, config: ReadConfig
) -> Iterator[Page | Rejected]:
    """The page of each line that is not blank; plain, gzip or Zstandard bytes.

    If compressed bytes are broken, the lines before the break are read and the rest is rejected.
    """
    number = 0
    try:
        for number, line in _number_lines(chunks, config.max_page_bytes):
            yield _read_line(line, f"{source}:{number}", config)
    except UnreadableError as reason:
        place = f"{source}:{number + 1}" if number else source
        yield Rejected(place, f"{reason}; the lines before were read" if number else str(reason))


def _number_lines(chunks: Iterator[bytes], max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """The lines that are not blank, numbered from 1; None for one that is over `max_bytes`.

    Raises `UnreadableError` where they do not begin like JSON Lines, for one reason is better
    than one for every line.
    """
    lines = split_long_lines(inflate_chunks(chunks), max_bytes)
    numbered = ((n, line) for n, line in enumerate(lines, 1) if line is None or line.strip())
    first, line = next(numbered, (0, b""))
    if line is not None:
        line = line.removeprefix(b"\xef\xbb\xbf").strip()  # the file's byte order mark
        _refuse_other_formats(line)
    return chain([(first, line)], numbered)


def _refuse_other_formats(line: bytes) -> None:
    if not line:
        raise UnreadableError("empty: no line in it")
    refuse_binary(line)
    if b"\0" in line[:4]:
        raise UnreadableError("UTF-16 or binary, not JSON Lines, which are UTF-8")
    if line.startswith(b"[") or line == b"{":
        raise UnreadableError("JSON, but not JSON Lines: put one object on each line (jq -c does)")


def _read_line(line: bytes | None, source: str, config: ReadConfig) -> Page | Rejected:
    try:
        if line is None:
            limit = config.max_page_bytes
            raise UnreadableError(f"a line of over {limit:,} bytes (setting read.max_page_bytes)")
        return build_page(_decode_line(line), source)
    except UnreadableError as reason:
        return Rejected(source, str(reason))


def _decode_line(line: bytes) -> PageKeys:
    try:
        return _decoder.decode(line)
    except UnicodeDecodeError:
        raise UnreadableError(_describe_not_utf8(line)) from None
    except (msgspec.DecodeError, RecursionError):
        return _decode_leniently(line)


def _decode_leniently(line: bytes) -> PageKeys:
    """Once more, as scrapers write it: halves of an emoji, NaN for "none", tabs in strings."""
    try:
        values = json.loads(line.decode("utf-8"), strict=False)
    except UnicodeDecodeError:
        raise UnreadableError(_describe_not_utf8(line)) from None
    except json.JSONDecodeError as error:
        raise UnreadableError(f"not JSON from column {error.colno} on: {error.msg}") from None
    except (RecursionError, ValueError):
        raise UnreadableError("JSON that is nested too deep, or a number too long") from None
    if not isinstance(values, dict):
        raise UnreadableError(
            f"{_describe_kind(values)}, not an object with 'id' and 'text' or 'html'"
        )
    return msgspec.convert(values, PageKeys)


def _describe_not_utf8(line: bytes) -> str:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start + 1}"
    return "not UTF-8"


def build_page(keys: PageKeys, source: str) -> Page:
    """The page that these values make; raises `UnreadableError` naming the key that is wrong.

    If both are given, `text` is used and `html` is not: whoever took the text out knew the site.
    """
    text, is_html = _read_content(keys)
    url = _read_string("url", keys.url)
    return Page(
        id=_read_id(keys.id),
        text=text,
        is_html=is_html,
        url=url,
        outlet=_read_string("outlet", keys.outlet) or find_outlet(url),
        published=_read_published(keys.published),
        language=_read_string("language", keys.language),
        source=source,
    )


def find_outlet(url: str | None) -> str | None:
    """A URL's host without `www.`, lower case; None when there is none.

    >>> find_outlet("https://www.Example.com:443/story"), find_outlet("example.org/a")
    ('example.com', 'example.org')
    >>> find_outlet("story-17"), find_outlet("https://[broken")
    (None, None)
    """
    if url is None:
        return None
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return None
    return host.removeprefix("www.") if "." in host else None


def _read_content(keys: PageKeys) -> tuple[str, bool]:
    text, html = _read_string("text", keys.text), _read_string("html", keys.html)
    if text is not None:
        return text, detect_html(text)
    if html is not None:
        return html, True
    given = [key for key in ("text", "html") if not _is_absent(getattr(keys, key))]
    raise UnreadableError(f"empty '{given[0]}'" if given else "no 'text' or 'html'")


def _read_id(value: Any) -> str:
    """An id as given, whole numbers in digits: what is not plain text cannot be written again."""
    if _is_absent(value):
        raise UnreadableError("no 'id'")
    if type(value) is int:
        return str(value)
    if not isinstance(value, str):
        raise UnreadableError(f"'id' is {_describe_kind(value)}, not a string or a whole number")
    if not value.strip():
        raise UnreadableError("empty 'id'")
    if not is_plain(value):
        raise UnreadableError(f"'id' holds a character that is not text: {value!a}")
    return value


def _read_published(value: Any) -> str | None:
    """A date as given, parseable or not: a bad one must not cost the page."""
    if isinstance(value, date):  # a column of a table
        return value.isoformat()
    return str(value) if type(value) is int else _read_string("published", value)


def _read_string(key: str, value: Any) -> str | None:
    if _is_absent(value):
        return None
    if isinstance(value, bytes):  # a column of a table: HTML is often stored so
        value = decode_bytes(value) if value.strip() else ""
    if not isinstance(value, str):
        raise UnreadableError(f"'{key}' is {_describe_kind(value)}, not a string")
    return clean_text(value) if value.strip() else None


def _is_absent(value: Any) -> bool:
    """Null, or the NaN that data frames write for it."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _describe_kind(value: Any) -> str:
    if value is None:
        return "null"
    return _KINDS.get(type(value), "a string" if isinstance(value, str) else "an object")
