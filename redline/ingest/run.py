"""The passes over the files of a source.

For each batch: (1) read, (2) send and wait for Kafka's confirmation, (3) remember. A process that dies before (3)
sends the batch again: its events have the same ids, stand-ins of faulty lines the same names, and all of it becomes
`duplicate` behind the broker.
"""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import watchfiles

from redline import sources
from redline.emit import Batches
from redline.ingest import find
from redline.ingest.exports import mbox_source, revisions_source, slack_source, traces_source
from redline.ingest.lines import continue_source, otlp_source, tabby_source
from redline.ingest.memory import Memory
from redline.ingest.report import Report
from redline.ingest.sessions import Sessions
from redline.lock import DataLock
from schemas import topics
from schemas.errors import BrokerError, DeliveryError
from schemas.sources.drift import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redline.ingest.source import Batch, Source
    from redline.settings import Settings

_Sizes = dict[Path, tuple[int, int]]

_GATHER_MS = 500  # a response is several lines
_LOOK_MS = 5_000  # also where nothing was reported: not every file system tells of changes
_TRY_AGAIN_S = 10.0
_TELL_S = 60.0
_TALLY = {
    "claude-code": "claude_code",
    "continue": "continue_dev",
    "traces": "otlp",
}  # readers that are named otherwise


def source(name: str, memory: Memory, *, subject: str | None, follow: bool = False, text: bool = False) -> Source:
    """A source by its name on the command line. `text`: it may send what people wrote to each other.

    Raises:
        KeyError: there is none of that name.
    """
    make: dict[str, Callable[[], Source]] = {
        "claude-code": lambda: Sessions(memory, subject, keep=follow),
        "continue": lambda: continue_source(memory, subject),
        "tabby": lambda: tabby_source(memory, subject),
        "otlp": lambda: otlp_source(memory, subject),
        "traces": lambda: traces_source(memory, subject),
        "slack": lambda: slack_source(memory, text=text),
        "mbox": lambda: mbox_source(memory, subject, text=text),
        "revisions": lambda: revisions_source(memory, subject),
    }
    return make[name]()


def ingest(
    name: str,
    paths: Sequence[Path],
    settings: Settings,
    *,
    subject: str | None,
    follow: bool,
    text: bool = False,
    say: Callable[[str], None],
) -> Report:
    """Read what is new in these files and send it; with `follow`, go on until SIGINT or SIGTERM.

    Raises:
        InputError: a path is not there.
        LockedError: another process ingests this source into the same data folder.
        BrokerError, DeliveryError: Kafka is away (while following it is waited for). Run again: nothing is lost.
    """
    with DataLock(settings.state, name=f"ingest-{name}.lock"):
        memory = Memory(settings.state, name)
        if memory.damaged:
            say(f"what was remembered of {name} cannot be read: every file is read again, copies become duplicates")
        kafka = _Kafka(settings, name)
        read = source(name, memory, subject=subject, follow=follow, text=text)
        passes = Passes(read, memory, paths, kafka.send)
        known = passes.once(None)
        if follow:
            _follow(passes, kafka, paths, known, say)
        kafka.tell()
    return passes.report


def dry_run(name: str, paths: Sequence[Path], *, subject: str | None, text: bool = False) -> Report:
    """What would be read and sent if nothing had been before. Sends and remembers nothing.

    Raises:
        InputError: a path is not there.
    """
    memory = Memory(None, name)
    passes = Passes(source(name, memory, subject=subject, text=text), memory, paths, lambda _batch: None)
    passes.once(None)
    return passes.report


class _Kafka:
    """Where batches go, and the counts of what readers did not know."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._bootstrap, self._config = settings.kafka.bootstrap, settings.kafka.client
        self._batches = Batches(self._bootstrap, topics.EVENTS, self._config)
        self._name = _TALLY.get(name, name)
        self._tally = Tally()

    def send(self, batch: Batch) -> None:
        """Send a batch and wait for its confirmation. Raises BrokerError, DeliveryError."""
        if batch.records:
            self._batches.send(batch.records)
        self._tally.add(batch.reading, source=self._name, day=sources.today())

    def tell(self) -> None:
        """Send what was counted. Raises BrokerError, DeliveryError."""
        if self._tally:
            sources.send(self._tally, bootstrap=self._bootstrap, kafka_config=self._config)


class Passes:
    """Passes over the same paths, and the report of all of them. `send` returns once a batch is confirmed."""

    def __init__(self, read: Source, memory: Memory, paths: Sequence[Path], send: Callable[[Batch], None]) -> None:
        self._source = read
        self._memory = memory
        self._paths = paths
        self._send = send
        self.report = Report(read.name)

    def once(self, known: _Sizes | None) -> _Sizes:
        """One pass over what differs from `known` (size and time of each file); what they are now."""
        files = find.files(self._paths, self._source.suffixes)
        now = {path: _size(path) for path in files}
        changed = None if known is None else {path for path in files if now[path] != known.get(path)}
        for batch in self._source.read(files, changed):
            self._send(batch)
            self._memory.remember(batch.files, batch.sent, batch.held, batch.settled)
            self.report.add(batch)
        there = {find.told(path) for path in files}
        self._memory.forget([path for path in self._memory.files if path not in there and not Path(path).exists()])
        self.report.files = len(files)
        return now

    def again(self) -> None:
        """After a batch that could not be sent."""
        self._source.start_again()


def _follow(passes: Passes, kafka: _Kafka, paths: Sequence[Path], known: _Sizes, say: Callable[[str], None]) -> None:
    """Passes over what changes, until SIGINT or SIGTERM. While Kafka is away, files are what keeps events."""
    stopping = threading.Event()

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)  # a second one does not wait for a Kafka that is away; nothing is lost

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    say(f"following {', '.join(map(str, paths))}; Ctrl-C stops")
    told = time.monotonic()
    for _ in watchfiles.watch(
        *find.roots(paths),
        watch_filter=None,
        debounce=_GATHER_MS,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        stop_event=stopping,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        try:
            known = passes.once(known)
            if time.monotonic() - told > _TELL_S:
                kafka.tell()
                told = time.monotonic()
        except (BrokerError, DeliveryError) as error:
            say(f"{error}; tried again in {_TRY_AGAIN_S:.0f} s")
            passes.again()
            stopping.wait(_TRY_AGAIN_S)


def _size(path: Path) -> tuple[int, int]:
    """What tells that a file has changed; nothing of it if it is gone by now."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
