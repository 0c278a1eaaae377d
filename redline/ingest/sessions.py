"""Claude Code's transcripts: the files of one session together, by the times of their lines.

A session's state (turns, open calls, what the files on disk read) is made of all its lines, so a session that has
grown is read from its beginning when this process does not hold it yet; what was sent before is not sent again. That
keeps no text on disk that the tool itself does not keep there.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from redline.ingest import tail
from redline.ingest.find import told
from redline.ingest.source import Batch
from schemas.codec import unit_name
from schemas.sources.claude_code.lines import MAX_LINE_BYTES, Parsed, parse
from schemas.sources.claude_code.session import Transcript
from schemas.sources.reading import Fault, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from redline.ingest.memory import Memory

# One API response is written within seconds; after a minute no more of it comes.
_SETTLED_US = 60_000_000
_MOST_HELD = 32  # sessions in memory while following; one has the files it works on in it
_PEEK_BYTES = 1 << 20


@dataclass(slots=True)
class _Live:
    """A session as far as it was read by this process."""

    transcript: Transcript
    read: dict[str, tail.Cursor] = field(default_factory=dict)


class _Item(NamedTuple):
    """One line of one file, ordered by time; equal times by file and number."""

    time_us: int
    path: str
    number: int
    end: int
    parsed: Parsed
    unit: str
    """The name of a line with faults."""


class _Peeked(msgspec.Struct):
    sessionId: str = ""  # noqa: N815 - the format's own name


class Sessions:
    """Transcripts of Claude Code below some folders."""

    name = "claude-code"
    suffixes: tuple[str, ...] = (".jsonl",)

    def __init__(self, memory: Memory, subject: str | None, *, keep: bool = False) -> None:
        """`keep`: hold sessions in memory, as their files will be read again soon."""
        self._memory = memory
        self._subject = subject
        self._keep = keep
        self._live: dict[str, _Live] = {}
        self._batch = Batch()

    def read(self, files: Sequence[Path], changed: set[Path] | None = None) -> Iterator[Batch]:
        """What is new in these files, session by session."""
        groups: dict[str, list[Path]] = {}
        for path in files:
            groups.setdefault(self._group(path), []).append(path)
        for group, paths in groups.items():
            if changed is not None and group not in self._memory.held and changed.isdisjoint(paths):
                continue
            try:
                yield from self._session(group, paths)
            except OSError as error:
                self._live.pop(group, None)
                self._batch.unreadable.append(f"{told(paths[0])}: {type(error).__name__}")
        if self._batch:
            yield self._taken()

    def start_again(self) -> None:
        """Sessions are read from their beginning again."""
        self._live.clear()
        self._batch = Batch()

    def _taken(self) -> Batch:
        taken, self._batch = self._batch, Batch()
        return taken

    def _group(self, path: Path) -> str:
        """The session a file belongs to: its main file without suffix."""
        known = self._memory.files.get(told(path))
        if known is not None and known.group:
            return known.group
        if "subagents" in path.parts[:-1]:
            return told(Path(*path.parts[: path.parts.index("subagents")]))
        if path.name.startswith("agent-") and (session := _peeked(path)):  # beside the main file, in versions 2.0
            return told(path.parent / session)
        return told(path.parent / path.name.partition(".jsonl")[0])

    def _session(self, group: str, paths: Sequence[Path]) -> Iterator[Batch]:
        opened: dict[str, BinaryIO] = {}
        try:
            for path in paths:
                opened[told(path)] = path.open("rb")
            if self._nothing_new(group, opened):
                return
            live = self._resumed(group, opened)
            items = heapq.merge(*(_items(path, file, live.read.get(path)) for path, file in opened.items()))
            confirmed = {path: self._confirmed(path, file) for path, file in opened.items()}
            sent = set(self._memory.sent(group))
            for item in items:
                reading = item.parsed.reading
                if item.parsed.line is not None:
                    reading.extend(live.transcript.feed(item.parsed.line))
                fresh = item.end > confirmed[item.path]
                self._batch.add(reading, group=group, sent=sent, fresh=fresh, unit=f"{item.path}\0{item.unit}")
                self._batch.lines += fresh
                live.read[item.path] = tail.Cursor(offset=item.end, lines=item.number)
                if self._batch.full:
                    self._mark(group, live, opened)
                    yield self._taken()
            self._settle(group, live, sent)
            self._mark(group, live, opened)
            for name, file in opened.items():
                self._batch.unfinished[name] = tail.unfinished(file, live.read.get(name, tail.Cursor()).offset)
            if self._batch.full:
                yield self._taken()
            self._hold(group, live)
        finally:
            for file in opened.values():
                file.close()

    def _nothing_new(self, group: str, opened: dict[str, BinaryIO]) -> bool:
        if group in self._memory.held:
            return False
        for path, file in opened.items():
            known = self._memory.files.get(path)
            if known is None or not tail.holds(file, known):
                return False
            if next(tail.lines(file, known.offset, known.lines, MAX_LINE_BYTES), None) is not None:
                return False
        return True

    def _resumed(self, group: str, opened: dict[str, BinaryIO]) -> _Live:
        """The session as it is in memory, or an empty one if a file of it is no longer what was read."""
        live = self._live.pop(group, None)
        if live is not None and all(
            path not in live.read or tail.holds(file, self._memory.files[path])
            for path, file in opened.items()
            if path in self._memory.files
        ):
            return live
        return _Live(Transcript(subject=self._subject))

    def _confirmed(self, path: str, file: BinaryIO) -> int:
        """Up to where the lines of a file were counted and their faults sent."""
        known = self._memory.files.get(path)
        return known.offset if known is not None and tail.holds(file, known) else 0

    def _settle(self, group: str, live: _Live, sent: set[bytes]) -> None:
        """What is held is whole if nothing was added to it for a while; else it waits for the next reading."""
        held_us = live.transcript.held_us
        if held_us and abs(time.time_ns() // 1000 - held_us) < _SETTLED_US:
            self._batch.held.add(group)
            return
        self._batch.settled.add(group)
        self._batch.add(live.transcript.settle(), group=group, sent=sent, fresh=True)

    def _mark(self, group: str, live: _Live, opened: dict[str, BinaryIO]) -> None:
        for path, file in opened.items():
            read = live.read.get(path, tail.Cursor())
            self._batch.files[path] = tail.mark(file, read.offset, read.lines, group)

    def _hold(self, group: str, live: _Live) -> None:
        self._memory.release(group)
        if not self._keep:
            return
        self._live[group] = live
        if len(self._live) > _MOST_HELD:
            del self._live[next(iter(self._live))]


def _items(path: str, file: BinaryIO, read: tail.Cursor | None) -> Iterator[_Item]:
    """The lines of a file behind what was read, with times that never go back."""
    read = read or tail.Cursor()
    time_us = 0
    for raw in tail.lines(file, read.offset, read.lines, MAX_LINE_BYTES):
        parsed = parse(raw.data) if raw.data else _too_long()
        if parsed.line is not None:
            time_us = max(time_us, parsed.line.time_us)
        unit = unit_name(raw.data, raw.number, raw.size) if parsed.reading.faults else ""
        yield _Item(time_us, path, raw.number, raw.end, parsed, unit)


def _too_long() -> Parsed:
    return Parsed(None, Reading(faults=[Fault("too_large", "$", f"at most {MAX_LINE_BYTES} bytes")]))


def _peeked(path: Path) -> str:
    """The session that the first line of a file names; empty if it names none."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.readline(_PEEK_BYTES), type=_Peeked).sessionId
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
