"""Reads the pages of a Parquet file, a batch of rows at a time. Needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, BinaryIO

import msgspec

from dedup.config import ReadConfig
from dedup.read.json_page import PageKeys, build_page
from dedup.read.reject import UnreadableError
from dedup.records import Page, Rejected

BATCH_ROWS = 64  # pages held at once: 64 of 100 kB of HTML are little, and decoding is in columns


def read_parquet(file: BinaryIO, source: str, config: ReadConfig) -> Iterator[Page | Rejected]:
    """The page of each row; `source` gets the row's number, from 1.

    Raises `UnreadableError` without pyarrow, or when the file is broken or has no such columns.
    """
    for number, row in enumerate(_read_rows(file), 1):
        yield _read_row(row, f"{source}:{number}", config.max_page_bytes)


def refuse_without_pyarrow() -> None:
    """Raises `UnreadableError` with the remedy, before any row is asked for."""
    if find_spec("pyarrow") is None:
        raise UnreadableError("Parquet needs pyarrow: pip install 'dedup[parquet]'")


def _read_rows(file: BinaryIO) -> Iterator[dict[str, Any]]:
    refuse_without_pyarrow()
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    try:
        table = parquet.ParquetFile(file)
        columns = _choose_columns(table.schema_arrow.names)
        for batch in table.iter_batches(batch_size=BATCH_ROWS, columns=columns):
            yield from batch.to_pylist()
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"not a Parquet file, or a broken one: {error}") from None


def _choose_columns(names: list[str]) -> list[str]:
    """The columns that are a page's keys; raises `UnreadableError` when a needed one is missing."""
    columns = [name for name in PageKeys.__struct_fields__ if name in names]
    missing = "'id'" if "id" not in columns else "'text' or 'html'"
    if missing == "'id'" or not {"text", "html"} & set(columns):
        raise UnreadableError(f"no column {missing}; its columns: {', '.join(names)}")
    return columns


def _read_row(row: dict[str, Any], source: str, max_bytes: int) -> Page | Rejected:
    try:
        if any(len(value) > max_bytes for value in row.values() if isinstance(value, str | bytes)):
            raise UnreadableError(
                f"a row of over {max_bytes:,} bytes (setting read.max_page_bytes)"
            )
        return build_page(msgspec.convert(row, PageKeys), source)
    except UnreadableError as reason:
        return Rejected(source, str(reason))
