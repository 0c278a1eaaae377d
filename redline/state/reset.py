"""Everything behind the raw topic made empty: the tables are lost, and the raw topic makes them again.

Ids are derived from the keys and the raw records, so the rows are the same as before, under the same ids, as far as
the raw topic reaches.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from confluent_kafka import KafkaError, KafkaException

from redline import cluster
from redline.admin import admin_client
from redline.lock import DataLock
from redline.state.idle import require_idle
from redline.up import attached
from schemas import topics
from schemas.errors import BrokerError, InputError
from sinks import store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from confluent_kafka.admin import AdminClient

    from redline.settings import Settings

_REQUEST_S = 30.0
_GONE_S = 60.0
_LOOK_S = 0.2
# What people and producers wrote stays: raw events, consent, alerts, what readers of sources saw.
_KEPT = frozenset({topics.EVENTS, topics.CONSENT, topics.ALERTS, topics.SOURCES})
DERIVED: tuple[str, ...] = tuple(topic.name for topic in cluster.ALL_TOPICS if topic.name not in _KEPT)


def reset(settings: Settings, *, say: Callable[[str], None]) -> str:
    """Delete what stages wrote to Kafka, and the workers' offsets; what to say. The raw topic and consent stay.

    Raises:
        InputError: a worker is at work, or there are rows in tables: they would be doubled or ask for what is gone.
        BrokerError: the broker cannot be reached, or refuses.
    """
    if store.newest(settings.dataset, 1):
        raise InputError(
            f"{settings.dataset}: needed no rows, there are some. If state alone is lost, run `redline state rebuild`;"
            " to make everything again, move dataset and quarantine away (docs/recovery.md)"
        )
    with DataLock(settings.state, name="state.lock"), cluster.broker(attached(settings), say) as live:
        kafka = live.kafka
        require_idle(kafka, "state reset")
        admin = admin_client(kafka.bootstrap, kafka.client)
        _delete_topics(admin)
        _deleted(admin.delete_consumer_groups([topics.APP_ID], request_timeout=_REQUEST_S).items())
        cluster.prepare_topics(live)
    return (
        f"{len(DERIVED)} topics behind {topics.EVENTS} are new and empty, and workers begin at its first record."
        " Remove what workers have of their state (state/rocksdb on every machine) and start them"
    )


def _delete_topics(admin: AdminClient) -> None:
    there = set(admin.list_topics(timeout=_REQUEST_S).topics)
    _deleted(admin.delete_topics([name for name in DERIVED if name in there] or [DERIVED[0]]).items())
    deadline = time.monotonic() + _GONE_S
    while not there.isdisjoint(DERIVED):  # a topic of the same name can be made only once the old one is gone
        if time.monotonic() > deadline:
            raise BrokerError(f"topics: needed the deleted ones to go within {_GONE_S:.0f} s; run it again")
        time.sleep(_LOOK_S)
        there = set(admin.list_topics(timeout=_REQUEST_S).topics)


def _deleted(futures: Iterable[tuple[str, object]]) -> None:
    for name, future in futures:
        try:
            future.result(_REQUEST_S)  # type: ignore[attr-defined]  # confluent ships no types
        except KafkaException as error:
            if error.args[0].code() not in {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.GROUP_ID_NOT_FOUND}:
                raise BrokerError(
                    f"{name} could not be deleted: {error.args[0].name()}; see docs/security.md"
                ) from None
