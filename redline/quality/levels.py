"""How far everything is behind: what the broker says of stages and tables, and what waits in quarantine."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from confluent_kafka import OFFSET_BEGINNING, KafkaException

from quality import measures
from quality.history import DAY_US
from quality.measures import HOUR_S, US, point
from quality.points import of_sources
from redline.lag import STAGES, LagWatch
from redline.partition_reader import reader, records
from schemas import topics
from schemas.errors import BrokerError, DecodeError, SinkError
from schemas.sources.drift import decode, sums
from schemas.tables import TABLES
from sinks import arrivals
from sinks.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from confluent_kafka import Consumer

    from quality.measures import Point
    from redline.lag import Progress
    from redline.settings import Settings
    from schemas.sources.drift import Seen

log = logging.getLogger("redline.quality")

_HOUR_US = HOUR_S * US


class Broker:
    """What the broker is asked at each look, over connections that stay open. Without a broker it says nothing."""

    def __init__(self, settings: Settings) -> None:
        self._kafka = settings.kafka
        self._data_dir = settings.data_dir
        self._requests = (*settings.sources.logs, *settings.sources.spans)
        self._watch: LagWatch | None = None
        self._consumer: Consumer | None = None
        self._opened = ExitStack()
        self._silent = False
        self.progress: Progress | None = None
        """What the broker said at the last look, if it did."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up the connections."""
        self._opened.close()
        self._watch = self._consumer = None

    def lag(self, now_us: int) -> list[Point]:
        """What each stage and table still has to do; nothing if the broker does not say."""
        self.progress = None
        if not self._kafka.bootstrap:
            self._say("no broker: lag and what readers of foreign formats saw are not measured")
            return []
        try:
            if self._watch is None:
                self._watch = LagWatch(
                    self._kafka.bootstrap,
                    self._data_dir,
                    group=topics.APP_ID,
                    partitions=self._kafka.partitions,
                    config=self._kafka.client,
                    requests=self._requests,
                )
                self._opened.callback(self._watch.close)
            self.progress = progress = self._watch.progress()
        except (BrokerError, KafkaException, SinkError) as error:
            self.close()
            self._say(f"lag is not measured: {error if not isinstance(error, KafkaException) else 'no answer'}")
            return []
        self._silent = False
        return lags(progress, now_us)

    def sources(self, offset: int | None) -> tuple[list[Point], int | None]:
        """What readers saw since an offset of `redline.sources`, and the offset to go on from."""
        if not self._kafka.bootstrap or self._silent:
            return [], offset
        seen: dict[int, list[Seen]] = {}
        try:
            if self._consumer is None:
                opened = reader(self._kafka.bootstrap, self._kafka.client, name="redline-quality")
                self._consumer = self._opened.enter_context(opened)
            start = OFFSET_BEGINNING if offset is None else offset
            for message in records(self._consumer, topics.SOURCES, 0, start, BrokerError):
                offset = int(message.offset() or 0) + 1
                try:
                    one = decode(message.value() or b"")
                except DecodeError:
                    continue
                at_us = int(message.timestamp()[1]) * 1_000
                seen.setdefault(measures.window(at_us), []).append(one)
        except (BrokerError, KafkaException) as error:
            log.debug("%s cannot be read: %s", topics.SOURCES, type(error).__name__)
        return [one for at_us, held in seen.items() for one in of_sources(sums(held), at_us)], offset

    def _say(self, text: str) -> None:
        if not self._silent:
            log.warning("%s", text)
            self._silent = True


def lags(progress: Progress, now_us: int) -> list[Point]:
    """A level for each stage, and one for each table."""
    found = [
        point(measures.LAG, now_us, "", source=topic, value=float(progress.stage_lag(topic)), weight=1.0)
        for topic in STAGES
    ]
    return found + [
        point(measures.LAG, now_us, table, value=float(progress.sink_lag(topic.name)), weight=1.0)
        for table, topic in topics.BY_TABLE.items()
    ]


def quarantined(data_dir: Path, now_us: int) -> list[Point]:
    """How many rows wait in the quarantine of each table that has one."""
    found = []
    for table in TABLES:
        root = Layout(data_dir).quarantine(table)
        try:
            if arrivals.newest(root) >= 0:
                found.append(point(measures.QUARANTINE_ROWS, now_us, table, value=float(arrivals.rows_of(root))))
        except SinkError as error:
            log.warning("not measured: %s", error)
    return found


def dead_letters(points: Iterable[Point], now_us: int, *, retention_h: int) -> list[Point]:
    """How old the oldest dead letter is that the raw topic still holds, by the hours they came in.

    Nothing where records are kept for ever (`retention_h` 0), or where there is none.
    """
    if not retention_h:
        return []
    first = now_us - retention_h * _HOUR_US
    came = [
        one.at_us
        for one in points
        if one.series == measures.DEAD_LETTERS.name and one.value and first <= one.end_us and one.at_us <= now_us
    ]
    if not came:
        return []
    age_h = (now_us - min(came)) / _HOUR_US
    return [point(measures.DEAD_LETTER_AGE, now_us, "rejects", value=age_h, weight=float(retention_h))]


def days_of(retention_h: int, weeks: int) -> int:
    """How many days of history the monitors need: the weeks they compare with, and what the raw topic holds."""
    return max(7 * weeks + 1, -(-retention_h * _HOUR_US // DAY_US) + 1)
