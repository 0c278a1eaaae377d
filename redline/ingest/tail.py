"""The lines of a file behind the last one that was read, whatever has happened to the file since.

A position is a number of bytes and a check of what stands before it. If the file is shorter, or reads otherwise there,
it is another file (truncated, rotated, written anew) and is read from its beginning. What was read is known by its
content, so a copy of a file keeps its position, and one that was renamed keeps it by its inode.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHECK_BYTES = 1024  # of the beginning, and before the position


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file was read: bytes and lines, and a check of what stands there."""

    offset: int = 0
    lines: int = 0
    check: str = ""
    device: int = 0
    inode: int = 0
    group: str = ""
    """What the file belongs to, such as a session."""


class Raw(NamedTuple):
    """One line without its end. `end` is the position behind it. Of one that is too long only the size is kept."""

    number: int
    data: bytes
    end: int
    size: int


def mark(file: BinaryIO, offset: int, lines: int, group: str = "") -> Cursor:
    """The position `offset` of an open file, to be remembered."""
    stat = os.fstat(file.fileno())
    check = _check(file, offset)
    return Cursor(offset=offset, lines=lines, check=check, device=stat.st_dev, inode=stat.st_ino, group=group)


def holds(file: BinaryIO, cursor: Cursor) -> bool:
    """True if the file reads before the position as it did."""
    return os.fstat(file.fileno()).st_size >= cursor.offset and _check(file, cursor.offset) == cursor.check


def lines(file: BinaryIO, offset: int, number: int, longest: int) -> Iterator[Raw]:
    """The lines from a position on, blank ones left out. `number` is that of the last line before it.

    A last line without line end is only taken if it is a whole JSON document: else it is still being written.
    """
    file.seek(offset)
    end = offset
    while piece := file.readline(longest + 2):
        size, whole = len(piece), piece.endswith(b"\n")
        while not whole and size > longest and (more := file.readline(longest + 2)):
            size, whole = size + len(more), more.endswith(b"\n")
        if not whole and (size > longest or not _document(piece)):
            return
        end += size
        number += 1
        data = piece.removesuffix(b"\n").removesuffix(b"\r")
        if number == 1:
            data = data.removeprefix(b"\xef\xbb\xbf")
        if size > longest + 2 or len(data) > longest:
            yield Raw(number, b"", end, size)
        elif data and not data.isspace():
            yield Raw(number, data, end, len(data))


def unfinished(file: BinaryIO, offset: int) -> bool:
    """True if something stands behind the last line that was read."""
    return not os.pread(file.fileno(), _CHECK_BYTES, offset).isspace() and os.fstat(file.fileno()).st_size > offset


def _document(piece: bytes) -> bool:
    """A part of a JSON object is none; so what is one is whole."""
    if not piece.lstrip().startswith(b"{"):
        return False
    try:
        msgspec.json.decode(piece)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _check(file: BinaryIO, offset: int) -> str:
    digest = hashlib.blake2b(digest_size=16)
    digest.update(os.pread(file.fileno(), min(offset, _CHECK_BYTES), 0))
    digest.update(os.pread(file.fileno(), min(offset, _CHECK_BYTES), offset - min(offset, _CHECK_BYTES)))
    return digest.hexdigest()
