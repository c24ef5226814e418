"""Streams of bytes to lines: inflates gzip and Zstandard, never holds more than one line."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import chain
from typing import BinaryIO, Protocol

from dedup.read.reject import UnreadableError, describe_os_error

CHUNK_BYTES = 1 << 16  # read at a time: large enough that the loop costs nothing
# Inflated at a time: Zstandard may grow 32,000-fold, so that 1 kB can become 32 MB, no more.
PACKED_BYTES = 1 << 10


class Decompressor(Protocol):
    """What `zlib` and `zstandard` share."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def read_chunks(file: BinaryIO) -> Iterator[bytes]:
    """A file's bytes as they come; raises `UnreadableError` when the disk or pipe fails."""
    read = getattr(file, "read1", file.read)  # a pipe gives what it has; do not wait for more
    try:
        while chunk := read(CHUNK_BYTES):
            yield chunk
    except OSError as error:
        raise UnreadableError(describe_os_error(error)) from None


def inflate_chunks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, uncompressed where they are gzip or Zstandard.

    Their first bytes tell, not a file's name: downloads lose or keep compression unasked.
    Raises `UnreadableError` where compressed bytes are broken or end too early.
    """
    first = next(chunks, b"")
    chunks = chain([first], chunks)
    if first.startswith(b"\x1f\x8b"):
        return _inflate(chunks, lambda: zlib.decompressobj(wbits=31), "gzip")
    if first.startswith(b"\x28\xb5\x2f\xfd") or first[1:4] == b"\x2a\x4d\x18":
        return _inflate(chunks, _new_zstandard, "Zstandard")
    return chunks


def _new_zstandard() -> Decompressor:
    import zstandard  # only for those who have such a file

    return zstandard.ZstdDecompressor().decompressobj()


def _inflate(
    chunks: Iterator[bytes], new_decompressor: Callable[[], Decompressor], name: str
) -> Iterator[bytes]:
    """Frame after frame: both formats may be concatenated."""
    decompressor = new_decompressor()
    try:
        for piece in _slice_chunks(chunks):
            rest = piece
            while rest:
                if decompressor.eof:
                    decompressor = new_decompressor()
                yield decompressor.decompress(rest)
                # zeros between frames are padding, as tar and tapes leave it
                rest = decompressor.unused_data.lstrip(b"\0") if decompressor.eof else b""
    except (zlib.error, _zstandard_error()) as error:
        raise UnreadableError(f"broken {name} data ({error})") from None
    if not decompressor.eof:
        raise UnreadableError(f"{name} data that ends too early")


def _slice_chunks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), PACKED_BYTES):
            yield chunk[start : start + PACKED_BYTES]


def _zstandard_error() -> type[Exception]:
    import zstandard  # for such files only

    return zstandard.ZstdError


def split_long_lines(chunks: Iterator[bytes], max_bytes: int) -> Iterator[bytes | None]:
    r"""Each line without its `\n`; None in the place of one over `max_bytes`.

    >>> list(split_long_lines(iter([b"one\ntw", b"o\nmuch too long\nend"]), max_bytes=5))
    [b'one', b'two', None, b'end']
    """
    line, is_over = bytearray(), False
    for piece in _split_chunks(chunks):
        ended = piece.endswith(b"\n")
        is_over = is_over or len(line) + len(piece) - ended > max_bytes
        line += b"" if is_over else piece
        if ended:
            yield None if is_over else bytes(line[:-1])
            line, is_over = bytearray(), False
    if line or is_over:
        yield None if is_over else bytes(line)


def _split_chunks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield from BytesIO(chunk)
