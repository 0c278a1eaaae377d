"""Sources whose files are read whole: traces, Slack exports, mbox files, directories of revisions.

A file that has changed is read again, and of what it holds only what was not sent before is sent.
"""

from __future__ import annotations

import mailbox
from typing import TYPE_CHECKING

from redline.ingest import tail
from redline.ingest.find import told
from redline.ingest.source import Batch
from schemas.sources import mbox, revisions, slack, traces
from schemas.sources.otlp_records import MAX_BATCH_BYTES
from schemas.sources.reading import Reading
from schemas.sources.whose import bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from redline.ingest.memory import Memory


class Whole:
    """A source that is read file by file. `read_file` gets a file, and all there are."""

    def __init__(
        self,
        name: str,
        suffixes: tuple[str, ...],
        read_file: Callable[[Path, Sequence[Path]], Iterator[Reading]],
        memory: Memory,
    ) -> None:
        self.name = name
        self.suffixes = suffixes
        self._read_file = read_file
        self._memory = memory
        self._group = ""

    def read(self, files: Sequence[Path], changed: set[Path] | None = None) -> Iterator[Batch]:
        """What is new in these files."""
        for path in files:
            if changed is not None and path not in changed:
                continue
            batch = Batch()
            try:
                yield from self._file(path, files, batch)
            except (OSError, mailbox.Error) as error:
                batch.unreadable.append(f"{told(path)}: {type(error).__name__}")
                yield batch

    def start_again(self) -> None:
        """What the batch that failed was to send is not sent after all."""
        self._memory.release(self._group)

    def _file(self, path: Path, files: Sequence[Path], batch: Batch) -> Iterator[Batch]:
        with path.open("rb") as file:
            size = path.stat().st_size
            cursor = self._memory.files.get(told(path))
            if cursor is not None and cursor.offset == size and tail.holds(file, cursor):
                return
            group = self._group = told(path)
            for number, reading in enumerate(self._read_file(path, files)):
                # What is in this batch already counts as sent: a file may hold a message twice.
                batch.add(reading, group=group, sent=self._memory.sent(group), fresh=True, unit=f"{group}\0{number}")
                batch.lines += 1
                if batch.full:
                    yield batch
                    batch = Batch()
            batch.files[group] = tail.mark(file, size, 0, group)
            yield batch
        self._memory.release(group)


def slack_source(memory: Memory, *, text: bool) -> Whole:
    """A workspace export, unpacked: `<channel>/<day>.json` beside `channels.json` and `users.json`."""
    exports: dict[Path, tuple[dict[str, slack.Channel], dict[str, str]]] = {}

    def read_file(path: Path, _files: Sequence[Path]) -> Iterator[Reading]:
        root = path.parent.parent
        if (path.parent / "channels.json").is_file():
            return  # one of the export's own lists
        if root not in exports:
            found: dict[str, slack.Channel] = {}
            people: dict[str, str] = {}
            for name in ("channels.json", "groups.json"):
                if (root / name).is_file():
                    reading, channels = slack.read_channels((root / name).read_bytes())
                    found |= channels
                    yield reading
            if (root / "users.json").is_file():
                reading, people = slack.read_people((root / "users.json").read_bytes())
                yield reading
            exports[root] = found, people
        channels, known = exports[root]
        channel = channels.get(path.parent.name)
        if channel is None:  # direct messages are nobody's business, and what is in no list is not a channel
            skipped = Reading()
            skipped.skipped["not_a_channel"] += 1
            yield skipped
            return
        yield slack.read_day(path.read_bytes(), channel=channel, people=known, text=text)

    return Whole("slack", (".json",), read_file, memory)


def mbox_source(memory: Memory, subject: str | None, *, text: bool) -> Whole:
    """Files of mails, one behind the other."""

    def read_file(path: Path, _files: Sequence[Path]) -> Iterator[Reading]:
        box = mailbox.mbox(path, create=False)
        try:
            for key in box.iterkeys():
                yield bound(mbox.read_mail(box.get_bytes(key), subject=subject, text=text), subject)
        finally:
            box.close()

    return Whole("mbox", (".mbox", ".mbx"), read_file, memory)


def traces_source(memory: Memory, subject: str | None) -> Whole:
    """JSON files of whole traces."""

    def read_file(path: Path, _files: Sequence[Path]) -> Iterator[Reading]:
        stat = path.stat()
        content = path.read_bytes() if stat.st_size <= MAX_BATCH_BYTES else b" " * (MAX_BATCH_BYTES + 1)
        reading = traces.read_file(content, written_us=stat.st_mtime_ns // 1000, subject=subject)
        yield bound(reading, subject)

    return Whole("traces", (".json",), read_file, memory)


def revisions_source(memory: Memory, subject: str | None) -> Whole:
    """A folder for each document, a file in it for each revision."""

    def read_file(path: Path, files: Sequence[Path]) -> Iterator[Reading]:
        names = revisions.in_order([other.name for other in files if other.parent == path.parent])
        at = names.index(path.name)
        if at == 0:
            first = Reading()
            first.skipped["first_revision"] += 1
            yield first
            return
        yield revisions.read_revision(
            path.parent.name,
            path.name,
            (path.parent / names[at - 1]).read_bytes(),
            path.read_bytes(),
            written_us=path.stat().st_mtime_ns // 1000,
            subject=subject,
        )

    return Whole("revisions", ("",), read_file, memory)
