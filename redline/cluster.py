"""The broker a command uses: the configured one, or an embedded one for as long as the command runs."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from redline import topic_settings
from redline.admin import (
    check_topics,
    create_topics,
    stamp_by_broker,
    stamped_by_producers,
    wait_ready,
)
from redline.broker import EmbeddedBroker
from redline.topic_look import other_settings, set_topics
from schemas import topics
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from redline.kafka_section import Kafka
    from redline.settings import Settings

_READY_S = 60.0
_STARTS = 3  # of a broker that has died, before whoever watches it gives up
_RECORD_BYTES = 16_000_000
ALL_TOPICS = (*topics.TOPICS, *topics.CHANGELOGS)


@contextmanager
def broker(settings: Settings, say: Callable[[str], None]) -> Iterator[Settings]:
    """Settings whose `kafka.bootstrap` answers. An embedded broker is stopped at the end, whatever happens.

    Raises:
        BrokerError: the broker cannot be started or reached.
    """
    with tended(settings, say) as (live, _tend):
        yield live


@contextmanager
def tended(settings: Settings, say: Callable[[str], None]) -> Iterator[tuple[Settings, Callable[[], int | None]]]:
    """Like `broker`, with a function to call now and then: it starts an embedded broker that has died again.

    It gives the code that the broker ended with, None if it did not.

    Raises:
        BrokerError: the broker cannot be started or reached, or came up again at an address its clients do not know.
    """
    if settings.kafka.bootstrap:
        wait_ready(settings.kafka.bootstrap, _READY_S, config=settings.kafka.client)
        yield settings, lambda: None
        return
    with embedded(settings, say) as (live, own):
        known = live.kafka.bootstrap

        def tend() -> int | None:
            code = own.poll()
            if code is None:
                return None
            say(f"the broker ended with code {code}; it is started again. Its log: {own.log}")
            if (address := _started_again(own, say)) != known:
                raise BrokerError(f"the broker came up at {address}, its clients look for {known}; run again")
            return code

        yield live, tend


def _started_again(own: EmbeddedBroker, say: Callable[[str], None]) -> str:
    """Its address. What killed it may kill it while it starts."""
    for _ in range(_STARTS - 1):
        try:
            return own.start()
        except BrokerError as error:
            say(f"{error}; it is tried again")
    return own.start()


@contextmanager
def embedded(settings: Settings, say: Callable[[str], None]) -> Iterator[tuple[Settings, EmbeddedBroker]]:
    """The embedded broker of the data folder, and settings that lead to it. Stopped at the end, whatever happens.

    Raises:
        BrokerError: it cannot be started.
    """
    home = Path(settings.kafka.home) if settings.kafka.home else None
    with EmbeddedBroker(settings.state / "kafka", kafka_home=home, say=say) as own:
        kafka = msgspec.structs.replace(settings.kafka.embedded, bootstrap=own.bootstrap)
        yield msgspec.structs.replace(settings, kafka=kafka), own


def raw_requests(settings: Settings) -> tuple[topics.Topic, ...]:
    """Topics that the Collector writes."""
    return topics.requests(*settings.sources.logs, *settings.sources.spans)


def prepare_topics(settings: Settings) -> list[str]:
    """Create what is missing and check the rest. Returns the names created.

    Raises:
        BrokerError: a topic has another partition count than the settings say.
    """
    kafka: Kafka = settings.kafka
    created = create_topics(
        kafka.bootstrap,
        # What the Collector writes has the partitions that its owner gave it: it is made if missing, not checked.
        (*ALL_TOPICS, *raw_requests(settings)),
        partitions=kafka.partitions,
        replication=kafka.replication,
        retention_ms=kafka.retention_ms,
        raw_retention_ms=kafka.raw_retention_ms,
        min_insync=kafka.least_in_sync,
        max_bytes=_RECORD_BYTES,
        config=kafka.client,
    )
    check_topics(kafka.bootstrap, ALL_TOPICS, partitions=kafka.partitions, config=kafka.client)
    return created


def prepare_probes(settings: Settings) -> list[str]:
    """Create the topic that brokers' clocks are read with, if it is missing. Returns its name if it was created.

    Raises:
        BrokerError: the broker cannot be reached, or refuses.
    """
    kafka = settings.kafka
    return create_topics(
        kafka.bootstrap,
        [topics.OF_PROBES],
        partitions=kafka.partitions,  # so that most brokers lead one
        replication=kafka.replication,
        retention_ms=kafka.retention_ms,
        max_bytes=_RECORD_BYTES,
        config=kafka.client,
    )


def stamp_raw(settings: Settings) -> list[str]:
    """Give records of raw topics the broker's time from now on. Returns the names of topics that did not have it.

    Raises:
        BrokerError: the broker does not let their settings be read or set.
    """
    kafka = settings.kafka
    found = stamped_by_producers(kafka.bootstrap, (*ALL_TOPICS, *raw_requests(settings)), config=kafka.client)
    stamp_by_broker(kafka.bootstrap, found, config=kafka.client)
    return found


def wanted_settings(settings: Settings) -> dict[str, dict[str, str]]:
    """Every topic's name, and the settings that it would be created with."""
    kafka = settings.kafka
    return {
        topic.name: topic_settings.wanted(
            topic,
            kafka.retention_ms,
            _RECORD_BYTES,
            raw_retention_ms=kafka.raw_retention_ms,
            min_insync=kafka.least_in_sync,
        )
        for topic in (*ALL_TOPICS, *raw_requests(settings))
    }


def align(settings: Settings) -> dict[str, dict[str, str]]:
    """Give topics that are there the settings that they would be created with. Returns what they had, where other.

    Raises:
        BrokerError: the broker does not let their settings be read or set.
    """
    kafka, wanted = settings.kafka, wanted_settings(settings)
    other = other_settings(kafka.bootstrap, wanted, config=kafka.client)
    new = {name: {key: wanted[name][key] for key in held} for name, held in other.items()}
    set_topics(kafka.bootstrap, new, config=kafka.client)
    return other
