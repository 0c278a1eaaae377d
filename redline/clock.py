"""Whether this machine's clock can be right, before anything goes by it that cannot be taken back.

A broker on another machine is asked for its time. Else the newest record that Kafka has stamped and the newest day of
a row are the best there is: a clock that is far ahead of both is wrong, or nothing has come for as long.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

from confluent_kafka import TopicPartition
from confluent_kafka.admin import OffsetSpec

from redline import probe
from redline.admin import admin_client, answered, cluster_metadata
from schemas.errors import BrokerError, ClockError
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from redline.kafka_section import Kafka

_REQUEST_S, _PAUSE_S = 30.0, 0.5
HERE = ("127.", "localhost", "[::1]", "::1")  # how addresses of this machine begin


def ahead(now: dt.datetime, seen: Iterable[dt.datetime | None]) -> dt.timedelta:
    """How far a clock is ahead of the newest that was seen; zero where nothing was. Pure."""
    newest = max((one for one in seen if one is not None), default=now)
    return max(now - newest, dt.timedelta())


def require(by: dt.timedelta, hours: int) -> None:
    """Raises ClockError if a clock is more than `hours` ahead of the newest record and row."""
    if by > dt.timedelta(hours=hours):
        raise ClockError(
            f"clock: needed one at most {hours} hours (retain.clock_hours) ahead of the newest raw record and row, "
            f"came one {by.total_seconds() / 3600:,.0f} hours ahead; nothing was removed. Look at it with "
            "`timedatectl`; if it is right, and nothing has come for so long: `redline retain --today YYYY-MM-DD`"
        )


def of_brokers(kafka: Kafka) -> dt.datetime | None:
    """The time by the brokers' clocks, the last of them; None if they are on this machine, or do not tell."""
    if all(host.strip().startswith(HERE) for host in kafka.bootstrap.split(",")):
        return None
    try:
        told = [reading.stamped for reading in probe.readings(kafka)]
    except BrokerError:
        return None
    return dt.datetime.fromtimestamp(min(told), dt.UTC) if told else None


def newest_record(kafka: Kafka, names: Sequence[str]) -> dt.datetime | None:
    """The time of the newest record in any of these topics, as Kafka has it; None if they have none.

    Raises:
        BrokerError: Kafka does not say.
    """
    client = admin_client(kafka.bootstrap, kafka.client)
    held = cluster_metadata(client, kafka.bootstrap, _REQUEST_S).topics
    asked = {
        TopicPartition(name, index): OffsetSpec.max_timestamp()
        for name in names
        if name in held
        for index in held[name].partitions
    }
    if not asked:
        return None
    end = time.monotonic() + _REQUEST_S
    while True:
        answers = client.list_offsets(asked, request_timeout=_REQUEST_S).values()
        try:
            newest = max(answered(one, kafka.bootstrap, "the time of the newest record").timestamp for one in answers)
            break
        except BrokerError:  # a partition whose leader is just moving
            if time.monotonic() > end:
                raise
            time.sleep(_PAUSE_S)
    return dt.datetime.fromtimestamp(newest / 1000, dt.UTC) if newest > 0 else None


def newest_row(data_dir: Path, tables: Iterable[str]) -> dt.datetime | None:
    """The start of the newest day of which any of these tables has a row; None if they have none. Raises SinkError."""
    days = [fact.partition["event_date"] for table in tables for fact in reader.facts(data_dir, table)[1]]
    return dt.datetime.combine(dt.date.fromisoformat(max(days)), dt.time(), dt.UTC) if days else None
