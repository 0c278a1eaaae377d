"""What is remembered between runs, in the state folder: how far each file was read, and which events were sent.

Files of mode 0600 that hold paths, numbers and hashes, no text. They are written after Kafka has confirmed: a process
that dies in between sends some events again, which are `duplicate` behind the broker. Positions are replaced whole;
sent events of a group (a session) are appended, 16 bytes each, and a part of one at the end is cut off.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import msgspec

from redline import private_file
from redline.ingest.tail import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_HASH = 16
_FOLDER = 0o700


class _Kept(msgspec.Struct, kw_only=True):
    files: dict[str, Cursor] = {}
    held: set[str] = set()


def sent_hash(source: str, name: str) -> bytes:
    """What stands for an event that was sent."""
    digest = hashlib.blake2b(digest_size=_HASH, person=b"sent")
    digest.update(len(source).to_bytes(4, "big") + source.encode("utf-8", "surrogatepass"))
    digest.update(name.encode("utf-8", "surrogatepass"))
    return digest.digest()


class Memory:
    """One source's memory in a state folder. `None` as folder remembers nothing beyond this object."""

    def __init__(self, state: Path | None, source: str) -> None:
        self._folder = None if state is None else state / "ingest" / source
        self.damaged = False
        """The positions could not be read: everything is read again."""
        self._kept = _Kept()
        self._sent: dict[str, set[bytes]] = {}
        if self._folder is not None:
            self._folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
            self._load(self._folder / "files.json")

    @property
    def files(self) -> dict[str, Cursor]:
        """Path -> how far it was read."""
        return self._kept.files

    @property
    def held(self) -> set[str]:
        """Groups of which something was held back when they were last read."""
        return self._kept.held

    def sent(self, group: str) -> set[bytes]:
        """What was sent of a group."""
        if group not in self._sent:
            self._sent[group] = self._read(group)
        return self._sent[group]

    def remember(
        self, files: dict[str, Cursor], sent: dict[str, list[bytes]], held: set[str], settled: set[str]
    ) -> None:
        """These were confirmed: positions and events. First the events, then that they need not be read again."""
        for group, hashes in sent.items():
            if self._folder is None or group in self._sent:
                self.sent(group).update(hashes)
            if self._folder is not None and hashes:
                self._append(self._place(group), hashes)
        self._kept.files.update(files)
        self._kept.held = (self._kept.held - settled) | held
        self._save()

    def forget(self, paths: Iterable[str]) -> None:
        """Files that are gone, and the groups that have none left."""
        gone = {path for path in paths if path in self._kept.files}
        if not gone:
            return
        groups = {self._kept.files.pop(path).group for path in gone}
        for group in groups - {cursor.group for cursor in self._kept.files.values()} - {""}:
            self._sent.pop(group, None)
            self._kept.held.discard(group)
            if self._folder is not None:
                self._place(group).unlink(missing_ok=True)
        self._save()

    def release(self, group: str) -> None:
        """Keep what was sent of a group on disk only."""
        if self._folder is not None:
            self._sent.pop(group, None)

    def _place(self, group: str) -> Path:
        if self._folder is None:
            raise ValueError("nothing is kept on disk")
        return (
            self._folder
            / f"{hashlib.blake2b(group.encode('utf-8', 'surrogateescape'), digest_size=16).hexdigest()}.sent"
        )

    def _read(self, group: str) -> set[bytes]:
        if self._folder is None:
            return set()
        try:
            data = self._place(group).read_bytes()
        except FileNotFoundError:
            return set()
        return {data[i : i + _HASH] for i in range(0, len(data) - _HASH + 1, _HASH)}

    def _append(self, place: Path, hashes: list[bytes]) -> None:
        fd = os.open(place, os.O_RDWR | os.O_CREAT, private_file.OWNER_ONLY)
        try:
            size = os.fstat(fd).st_size
            os.pwrite(fd, b"".join(hashes), size - size % _HASH)
            os.fsync(fd)
        finally:
            os.close(fd)

    def _load(self, place: Path) -> None:
        try:
            self._kept = msgspec.json.decode(place.read_bytes(), type=_Kept)
        except FileNotFoundError:
            pass
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.damaged = True

    def _save(self) -> None:
        if self._folder is None:
            return
        private_file.write(self._folder / "files.json", msgspec.json.encode(self._kept))
