"""Raw coordinates of rows that lost their ids with their epoch's key: sinks treat their rows as already there.

A row of a destroyed epoch stays in its table under a random id, so the id that a stage derives again after a crash
would not find it. One bit for each raw offset says that it is there: 26 MB for 210 million events. It tells no more
than `sources` of `interactions`, which stay for the ledger: not which offsets made one row, and no id.

One file per table, appended to. A frame is its length and CRC-32 (4 bytes each, big-endian) and msgpack:
`[topic, partition, chunk, bits]`, bit `offset % CHUNK` of chunk `offset // CHUNK`. A frame that a kill cut short is
written again with the rows it was for.
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING, Any

import msgspec

from sinks.locks import exclusive
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sinks.layout import Layout

CHUNK = 65_536  # offsets; a data file's rows touch a few chunks of each partition
_HEAD = 8
_Place = tuple[str, int, int]
"""Topic, partition, chunk."""


class DestroyedRows:
    """The places of one table, read on whenever the file has grown."""

    def __init__(self, layout: Layout, table: str) -> None:
        self._path = layout.destroyed(table)
        self._inode = self._end = 0
        self._bits: dict[_Place, bytes] = {}

    def __bool__(self) -> bool:
        """Whether there are any, as of the last refresh."""
        return bool(self._bits)

    def refresh(self) -> None:
        """Read what is new. Raises OSError."""
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._inode or status.st_size < self._end:
                    self._inode, self._end, self._bits = status.st_ino, 0, {}
                if status.st_size > self._end:
                    file.seek(self._end)
                    self._take(file.read())
        except FileNotFoundError:
            self._inode, self._end, self._bits = 0, 0, {}

    def of(self, rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
        """Record ids of those rows of which every raw coordinate is among the places."""
        return frozenset(row["record_id"] for row in rows if self._holds(row["sources"]))

    def add(self, sources: Iterable[Mapping[str, Any]]) -> None:
        """Add places durably; those that are there already cost nothing.

        Raises:
            OSError: the disk refuses; what was there before is there still.
        """
        with exclusive(self._path.with_suffix(".lock")):
            self.refresh()
            fresh = [
                _frame(place, bits)
                for place, bits in _chunks(sources).items()
                if _either(bits, before := self._bits.get(place, b"")) != before
            ]
            if not fresh:
                return
            content = b"".join(fresh)
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.truncate(self._end)  # what a kill cut short
                file.seek(self._end)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self._path.parent)
            self.refresh()

    def _take(self, content: bytes) -> None:
        at = 0
        while len(head := content[at : at + _HEAD]) == _HEAD:
            body = content[at + _HEAD : at + _HEAD + int.from_bytes(head[:4], "big")]
            whole = body and len(body) == int.from_bytes(head[:4], "big")
            if not whole or zlib.crc32(body) != int.from_bytes(head[4:], "big"):
                return  # being written, or cut short, or zeros after a power cut
            at += _HEAD + len(body)
            self._end += _HEAD + len(body)
            topic, partition, chunk, bits = msgspec.msgpack.decode(body, type=tuple[str, int, int, bytes])
            place = (topic, partition, chunk)
            self._bits[place] = _either(bits, self._bits.get(place, b""))

    def _holds(self, sources: Sequence[Mapping[str, Any]]) -> bool:
        return bool(sources) and all(self._has(one["topic"], one["partition"], one["offset"]) for one in sources)

    def _has(self, topic: str, partition: int, offset: int) -> bool:
        bits = self._bits.get((topic, partition, offset // CHUNK), b"")
        byte, bit = divmod(offset % CHUNK, 8)
        return byte < len(bits) and bool(bits[byte] >> bit & 1)


def _chunks(sources: Iterable[Mapping[str, Any]]) -> dict[_Place, bytes]:
    found: dict[_Place, bytearray] = {}
    for one in sources:
        chunk, offset = divmod(one["offset"], CHUNK)
        bits = found.setdefault((one["topic"], one["partition"], chunk), bytearray(CHUNK // 8))
        bits[offset // 8] |= 1 << offset % 8
    return {place: bytes(bits.rstrip(b"\0")) for place, bits in found.items()}


def _either(one: bytes, other: bytes) -> bytes:
    both = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return both.to_bytes(max(len(one), len(other)), "little")


def _frame(place: _Place, bits: bytes) -> bytes:
    body = msgspec.msgpack.encode((*place, bits))
    return len(body).to_bytes(4, "big") + zlib.crc32(body).to_bytes(4, "big") + body
