"""Files whose lines stand for themselves: Continue's development data, Tabby's event log, OpenTelemetry's requests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from redline.ingest import tail
from redline.ingest.find import told
from redline.ingest.source import Batch
from schemas.codec import unit_name
from schemas.sources import continue_dev, otlp, tabby
from schemas.sources.reading import Fault, Reading
from schemas.sources.whose import bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from redline.ingest.memory import Memory

_LONGEST = 16 << 20  # Kafka takes no more


class Lines:
    """A source that is read line by line. `read_line` gets a line, the file, and when it was written last."""

    def __init__(
        self, name: str, suffixes: tuple[str, ...], read_line: Callable[[bytes, Path, int], Reading], memory: Memory
    ) -> None:
        self.name = name
        self.suffixes = suffixes
        self._read_line = read_line
        self._memory = memory
        self._batch = Batch()

    def read(self, files: Sequence[Path], changed: set[Path] | None = None) -> Iterator[Batch]:
        """What is new in these files."""
        known = {(cursor.device, cursor.inode): cursor for cursor in self._memory.files.values()}
        for path in files:
            if changed is not None and path not in changed:
                continue
            try:
                yield from self._file(path, known)
            except OSError as error:
                self._batch.unreadable.append(f"{told(path)}: {type(error).__name__}")
        if self._batch:
            yield self._taken()

    def start_again(self) -> None:
        """Nothing but a batch is in memory."""
        self._batch = Batch()

    def _taken(self) -> Batch:
        taken, self._batch = self._batch, Batch()
        return taken

    def _file(self, path: Path, known: Mapping[tuple[int, int], tail.Cursor]) -> Iterator[Batch]:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            cursor = self._memory.files.get(told(path))
            if cursor is None or not tail.holds(file, cursor):
                cursor = known.get((stat.st_dev, stat.st_ino))  # it was renamed, or is not known at all
            if cursor is None or not tail.holds(file, cursor):
                cursor = tail.mark(file, 0, 0)
            for raw in tail.lines(file, cursor.offset, cursor.lines, _LONGEST):
                reading = self._read_line(raw.data, path, stat.st_mtime_ns // 1000) if raw.data else _too_long()
                unit = unit_name(raw.data, self.name, told(path), raw.number, raw.size) if reading.faults else ""
                self._batch.add(reading, group="", sent=None, fresh=True, unit=unit)
                self._batch.lines += 1
                if self._batch.full:
                    self._batch.files[told(path)] = tail.mark(file, raw.end, raw.number)
                    yield self._taken()
                cursor = tail.Cursor(offset=raw.end, lines=raw.number)
            self._batch.unfinished[told(path)] = tail.unfinished(file, cursor.offset)
            if cursor.offset != self._offset(path):
                self._batch.files[told(path)] = tail.mark(file, cursor.offset, cursor.lines)

    def _offset(self, path: Path) -> int | None:
        known = self._memory.files.get(told(path))
        return None if known is None else known.offset


def continue_source(memory: Memory, subject: str | None) -> Lines:
    """`~/.continue/dev_data/<version>/<event>.jsonl`."""

    def read_line(line: bytes, path: Path, written_us: int) -> Reading:
        name = path.name.partition(".jsonl")[0]
        reading = continue_dev.read_line(line, subject=subject, event=name, received_us=written_us)
        return bound(reading, subject)

    return Lines("continue", (".jsonl",), read_line, memory)


def tabby_source(memory: Memory, subject: str | None) -> Lines:
    """`~/.tabby/events/<date>.json`."""
    return Lines(
        "tabby",
        (".json", ".jsonl"),
        lambda line, _path, _us: bound(tabby.read_line(line, subject=subject), subject),
        memory,
    )


def otlp_source(memory: Memory, subject: str | None) -> Lines:
    """What the OpenTelemetry Collector's file exporter writes: a request in a line."""
    return Lines(
        "otlp",
        (".json", ".jsonl"),
        lambda line, _path, _us: bound(otlp.read_line(line, subject=subject), subject),
        memory,
    )


def _too_long() -> Reading:
    return Reading(faults=[Fault("too_large", "$", f"at most {_LONGEST} bytes")])
