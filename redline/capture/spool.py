"""The spool as its reader sees it: frames in order, a position, and what is removed when.

One reader at a time (`ship.lock`); any number of appenders. A segment is removed when all of it is shipped and its hour
is over, or when it is older than the retention limit: raw text does not lie around because a gateway is away.
"""

from __future__ import annotations

import re
import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from redline import private_file
from redline.capture import append as spool
from redline.lock import DataLock
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEAD = re.compile(rb"%s ([a-z][a-z0-9-]{0,31}) (\d{1,20}) (\d{1,9}) ([0-9a-f]{8})\n" % spool.MAGIC)
_LONGEST_HEAD = 96
_APPENDING_S = 60


class Config(msgspec.Struct, kw_only=True, frozen=True):
    """What `redline capture install` has written down: who, and where to. Empty texts: not told."""

    subject: str = ""
    gateway: str = ""
    token_file: str = ""
    bootstrap: str = ""
    keep_days: float = spool.KEEP_S / 86_400
    limit_mb: int = spool.LIMIT_BYTES >> 20


class Frame(NamedTuple):
    """One record of the spool. `body` is raw text."""

    kind: str
    at_ns: int
    body: bytes
    segment: str
    end: int
    """Offset behind it in its segment."""


@dataclass(slots=True)
class Spool:
    """The spool in a folder, opened for reading; `torn` counts what no frame could be made of."""

    folder: Path
    torn: int = 0
    _positions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        path = self.folder / spool.POSITIONS
        if path.exists():
            try:
                self._positions = msgspec.json.decode(path.read_bytes(), type=dict[str, int])
            except msgspec.DecodeError:
                self._positions = {}  # shipped twice is a duplicate; lost is lost

    def frames(self) -> Iterator[Frame]:
        """Every frame that is not shipped yet, oldest first."""
        for name in spool.segments(str(self.folder)):
            try:
                content = (self.folder / name).read_bytes()
            except FileNotFoundError:
                continue
            place = self._positions.get(name, 0)
            while place < len(content):
                frame, next_place = _frame(content, place, name)
                if frame is not None:
                    yield frame
                elif next_place == len(content) and not _over(name) and _may_grow(content, place):
                    break  # an append is under way
                else:
                    self.torn += bool(content[place:next_place].strip())
                    if self._positions.get(name, 0) == place:  # nothing before it waits
                        self._positions[name] = next_place
                place = next_place

    def shipped(self, frame: Frame) -> None:
        """Everything up to this frame is shipped. Remembered by `save`."""
        self._positions[frame.segment] = frame.end

    def save(self) -> None:
        """Write the positions, and remove segments that are shipped whole and whose hour is over."""
        for name in spool.segments(str(self.folder)):
            if _over(name) and (done := self._positions.get(name)) is not None:
                spool.remove(str(self.folder), name, unless_larger_than=done)
        left = set(spool.segments(str(self.folder)))
        self._positions = {name: place for name, place in self._positions.items() if name in left}
        private_file.write(self.folder / spool.POSITIONS, msgspec.json.encode(self._positions))


def locked(folder: Path, *, wait_s: float = 0.0) -> DataLock:
    """The lock of the one reader. Raises LockedError on entry while another ships."""
    return DataLock(folder, name="ship.lock", wait_s=wait_s)


def config(folder: Path) -> Config:
    """The configuration in a capture folder; the defaults where there is none.

    Raises:
        SettingsError: it is none.
    """
    path = folder / spool.CONFIG
    if not path.exists():
        return Config()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Config)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    raise SettingsError(f"{path}: needed the file that `redline capture install` writes; remove it and install again")


def configure(folder: Path, conf: Config) -> None:
    """Write the configuration."""
    private_file.write(folder / spool.CONFIG, msgspec.json.format(msgspec.json.encode(conf)))


def dropped(folder: Path) -> dict[str, int]:
    """How many records were given up, by why."""
    counts: dict[str, int] = {}
    path = folder / spool.DROPPED
    for line in path.read_text("ascii").splitlines() if path.exists() else ():
        _, records, why = line.split(" ")
        counts[why] = counts.get(why, 0) + int(records)
    return counts


def _frame(content: bytes, place: int, name: str) -> tuple[Frame | None, int]:
    """The frame at `place` and the offset behind it; None, and where to look next, if there is none."""
    head = _HEAD.match(content, place)
    if head is not None:
        end = head.end() + int(head[3])
        body = content[head.end() : end]
        if len(content) > end and content[end : end + 1] == b"\n" and zlib.crc32(body) == int(head[4], 16):
            return Frame(head[1].decode(), int(head[2]), body, name, end + 1), end + 1
    following = content.find(b"\n" + spool.MAGIC + b" ", place)
    return None, len(content) if following < 0 else following + 1


def _over(name: str) -> bool:
    """Whether nobody adds to a segment any more; an append that began in its last moment has had its time."""
    return int(name.removesuffix(spool.SUFFIX)) + spool.SEGMENT_S + _APPENDING_S < time.time()


def _may_grow(content: bytes, place: int) -> bool:
    """Whether what stands at the end could be a frame that is being written."""
    head = _HEAD.match(content, place)
    if head is not None:
        return len(content) <= head.end() + int(head[3])
    return len(content) - place < _LONGEST_HEAD and b"\n" not in content[place:]
