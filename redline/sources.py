"""What readers of foreign formats saw: sent to `redline.sources`, read back as a table, and watched for jumps."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from quality.report import table
from redline.alerting import of_drift
from redline.emit import emit_records
from schemas import topics
from schemas.errors import BrokerError, DecodeError
from schemas.sources.drift import decode, jumps, sums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from quality.alert import Alert
    from redline.settings import Settings
    from schemas.sources.drift import Jump, Seen, Tally

log = logging.getLogger("redline.sources")

DAYS = 7
_DAY_S = 86_400
_ANSWER_S = 10.0
_MORE_S = 1.0
_LOOK_S = 60.0
_FIRST_LOOK_S = 5.0
_SHOWN = 3  # names beside a row


def today() -> str:
    """The UTC day of now, as records have it. Shells only."""
    return dt.datetime.now(dt.UTC).date().isoformat()


def send(tally: Tally, *, bootstrap: str, kafka_config: Mapping[str, str] | None = None) -> None:
    """Send what was counted, and begin anew; for a process that reads once and ends.

    Raises:
        BrokerError: the broker cannot be reached; the counts are kept.
        DeliveryError: it did not confirm them; likewise.
    """
    records = tally.take()
    if not records:
        return
    try:
        emit_records(records, bootstrap=bootstrap, topic=topics.SOURCES, kafka_config=kafka_config)
    except BaseException:
        tally.restore(records)
        raise


def read(bootstrap: str, config: Mapping[str, str], *, days: int) -> list[Seen]:
    """The last `days` days, one sum for each day, source and version.

    Raises:
        BrokerError: the topic is missing, or the broker does not answer.
    """
    with _Topic(bootstrap, config, days=days) as topic:
        return sums(topic.new())


def shown(seen: list[Seen], *, day: str) -> str:
    """A table for people, newest day first, then what jumped on `day`."""
    if not seen:
        return "nothing was read from a foreign source in this time"
    rows = [
        (s.day, s.source, s.version, s.events, s.faults, s.skipped, len(s.drift), _names(s))
        for s in sorted(seen, key=lambda s: (s.day, s.units), reverse=True)
    ]
    header = ("day", "source", "version", "events", "faults", "skipped", "unknown", "most of them")
    lines = [f"{_said(jump)}; the days before {jump.before:.0%}" for jump in jumps(seen, day=day)]
    return "\n\n".join([table(header, rows), *(["new today\n\n" + "\n".join(lines)] if lines else [])])


def as_json(seen: list[Seen], *, day: str) -> dict[str, Any]:
    """The same for programs."""
    return {"seen": msgspec.to_builtins(seen), "jumps": [jump._asdict() for jump in jumps(seen, day=day)]}


class Watch:
    """A thread that tells of jumps, each once in the life of the process."""

    def __init__(self, settings: Settings, tell: Callable[[Alert], None]) -> None:
        self._settings = settings
        self._tell = tell
        self._told: set[Jump] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sources", daemon=True)

    def start(self) -> None:
        """Begin to look, every minute."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join(_MORE_S)

    def _run(self) -> None:
        wait_s = _FIRST_LOOK_S
        while not self._ended.wait(wait_s):
            wait_s = _LOOK_S
            try:
                with _Topic(self._settings.kafka.bootstrap, self._settings.kafka.client, days=DAYS + 1) as topic:
                    self._follow(topic)
            except (BrokerError, KafkaException) as error:
                # Drift can wait; what else is wrong with the broker is told by who needs it more.
                log.debug("sources cannot be read: %s", type(error).__name__)

    def _follow(self, topic: _Topic) -> None:
        known: list[Seen] = []
        day = today()
        while day == today():  # the next day begins with a fresh window
            known = sums([*known, *topic.new()])
            self._tell_new(jumps(known, day=day))
            if self._ended.wait(_LOOK_S):
                return

    def _tell_new(self, found: list[Jump]) -> None:
        told = {(jump.source, jump.version, jump.name) for jump in self._told}
        new = [jump for jump in found if (jump.source, jump.version, jump.name) not in told]
        self._told.update(new)
        for source in sorted({jump.source for jump in new}):
            self._tell(of_drift([jump for jump in new if jump.source == source]))


class _Topic:
    """The topic from some days ago on; `new` gives what came since it was asked last."""

    def __init__(self, bootstrap: str, config: Mapping[str, str], *, days: int) -> None:
        self._bootstrap = bootstrap
        self._consumer = Consumer(
            {
                **config,
                "bootstrap.servers": bootstrap,
                "group.id": "redline-sources",  # never committed, never joined
                "enable.auto.commit": "false",
                "enable.partition.eof": "true",
                "log_level": "0",
            }
        )
        self._at_end = False
        self._since_ms = (int(time.time()) // _DAY_S - days + 1) * _DAY_S * 1000

    def __enter__(self) -> Self:
        try:
            asked = [TopicPartition(topics.SOURCES, 0, self._since_ms)]
            found = self._consumer.offsets_for_times(asked, timeout=_ANSWER_S)
        except KafkaException as error:
            self._consumer.close()
            raise self._unreadable(error.args[0].name()) from None
        if found[0].error is not None:
            self._consumer.close()
            raise self._unreadable(found[0].error.name())
        self._consumer.assign(found)
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def new(self) -> Iterator[Seen]:
        broken = 0
        while True:
            message = self._consumer.poll(_MORE_S if self._at_end else _ANSWER_S)
            if message is None:
                if self._at_end:  # the end is told once, until something new was read
                    break
                raise self._unreadable("no answer")
            if (error := message.error()) is not None:
                if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                    self._at_end = True
                    break
                raise self._unreadable(error.name())
            try:
                yield decode(message.value() or b"")
            except DecodeError:
                broken += 1
        if broken:
            log.warning("%d records of %s are none of ours: another version writes there", broken, topics.SOURCES)

    def _unreadable(self, what: str) -> BrokerError:
        return BrokerError(f"topic {topics.SOURCES} at {self._bootstrap}: {what}; run `redline topics create`")


def _names(seen: Seen) -> str:
    most = sorted(seen.drift, key=lambda name: (-seen.drift[name], name))[:_SHOWN]
    return ", ".join(f"{name} {seen.share(name):.0%}" for name in most)


def _said(jump: Jump) -> str:
    return f"{jump.source} {jump.version}: {jump.name} in {jump.share:.0%}"
