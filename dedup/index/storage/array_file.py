"""Frames: files of named arrays, written beside and renamed, checksummed, read through `mmap`.

Everything derived from the log is kept in frames. A frame is whole or it is not there: it gets its
name last, and what a crash or a bad disk made of it is told by its length and its checksums. Files
in use may be deleted: who has one open keeps it.

Layout: 8 bytes of magic, the header's length (uint64), its xxh3_64 (uint64), the header (msgpack:
facts, and for each array its name, dtype, length and place), padding, the arrays. The header has
the arrays' xxh3_64, which only `check_frame` reads everything for.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from uuid import uuid4

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from dedup.arrays import Array

_MAGIC = b"DEDUPfr1"
_PREAMBLE = struct.Struct("<8sQQ")
_ALIGNED = 64  # bytes: a cache line
_CHUNK = 1 << 26  # bytes hashed at a time
_ZEROS = 1 << 20  # bytes written at a time


class TornError(Exception):
    """A frame that is not whole: it is derived again."""


class Frame(NamedTuple):
    """An open frame; the arrays are views of the file, read only."""

    path: Path
    facts: dict[str, int]
    arrays: dict[str, Array]
    checksum: int  # of the bytes of the arrays
    payload: NDArray[np.uint8]


class _Header(msgspec.Struct, array_like=True):
    facts: dict[str, int]
    arrays: list[tuple[str, str, int, int]]  # name, dtype, length, place in the payload
    checksum: int


def _place_arrays(
    shapes: Mapping[str, tuple[Any, int]],
) -> tuple[list[tuple[str, str, int, int]], int]:
    placed, end = [], 0
    for name, (dtype, length) in shapes.items():
        placed.append((name, np.dtype(dtype).str, length, end))
        end += -(-np.dtype(dtype).itemsize * length // _ALIGNED) * _ALIGNED
    return placed, end


def _start_of(header: bytes) -> int:
    return -(-(_PREAMBLE.size + len(header)) // _ALIGNED) * _ALIGNED


@contextmanager
def write_frame(
    path: Path, facts: dict[str, int], shapes: Mapping[str, tuple[Any, int]]
) -> Iterator[dict[str, Array]]:
    """Gives arrays of these dtypes and lengths to be filled; the frame is there when they are.

    Raises `OSError` before anything is written where the disk has not the room.
    """
    placed, size = _place_arrays(shapes)
    start = _start_of(msgspec.msgpack.encode(_Header(facts, placed, (1 << 64) - 1)))
    beside = path.with_name(f"{path.name}.{uuid4().hex}.new")  # no other thread's
    try:
        with beside.open("w+b") as file:
            _reserve_space(file, start + max(size, 1))
            mapped = mmap.mmap(file.fileno(), 0)  # closed when the last view of it is gone
            payload = np.frombuffer(mapped, np.uint8)[start : start + size]
            yield _view_all(payload, placed)
            header = msgspec.msgpack.encode(_Header(facts, placed, _hash(payload)))
            # The checksum's own length may differ: the header is padded to the same start.
            preamble = _PREAMBLE.pack(_MAGIC, len(header), xxhash.xxh3_64_intdigest(header))
            mapped[: len(preamble) + len(header)] = preamble + header
            mapped.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _reserve_space(file: BinaryIO, size: int) -> None:
    """Give an empty file its bytes on the disk: writing through `mmap` to a full disk kills us.

    macOS has no `posix_fallocate`: zeros are written there. Raises `OSError` if the disk is full.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    zeros = bytes(min(size, _ZEROS))
    for start in range(0, size, _ZEROS):
        file.write(zeros[: size - start])
    file.flush()


def _view_all(
    payload: NDArray[np.uint8], placed: list[tuple[str, str, int, int]]
) -> dict[str, Array]:
    arrays = {}
    for name, dtype, length, place in placed:
        end = place + np.dtype(dtype).itemsize * length
        arrays[name] = payload[place:end].view(dtype)
    return arrays


def _hash(payload: NDArray[np.uint8]) -> int:
    digest = xxhash.xxh3_64()
    for start in range(0, len(payload), _CHUNK):
        digest.update(payload[start : start + _CHUNK].data)
    return digest.intdigest()


def open_frame(path: Path) -> Frame:
    """The frame at `path`; raises `TornError` where it is not whole by its header and length."""
    with path.open("rb") as file:
        try:
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:  # no bytes at all
            raise TornError(f"{path}: empty") from None
    header = _read_header(path, content)
    start = _start_of(msgspec.msgpack.encode(msgspec.structs.replace(header, checksum=2**64 - 1)))
    size = max((_end_of(array) for array in header.arrays), default=0)
    if len(content) < start + size:
        raise TornError(f"{path}: {len(content)} bytes where {start + size} belong")
    payload = np.frombuffer(content, np.uint8)[start : start + size]
    arrays = _view_all(payload, header.arrays)
    return Frame(path, header.facts, arrays, header.checksum, payload)


def _end_of(array: tuple[str, str, int, int]) -> int:
    _, dtype, length, place = array
    return place + -(-np.dtype(dtype).itemsize * length // _ALIGNED) * _ALIGNED


def _read_header(path: Path, content: memoryview) -> _Header:
    try:
        magic, length, check = _PREAMBLE.unpack_from(content)
        encoded = bytes(content[_PREAMBLE.size : _PREAMBLE.size + length])
        if magic == _MAGIC and xxhash.xxh3_64_intdigest(encoded) == check:
            return msgspec.msgpack.decode(encoded, type=_Header)
    except (struct.error, msgspec.DecodeError):
        pass
    raise TornError(f"{path}: its header is broken")


def check_frame(frame: Frame) -> bool:
    """Whether the arrays are, byte for byte, what was written."""
    return _hash(frame.payload) == frame.checksum
