"""State made anew, for a worker that cannot read what stands there.

1. Every partition's state is marked as being rebuilt: no worker of any machine goes on with it.
2. Every key goes, by a tombstone on the changelog. A worker's own copy (RocksDB) follows at its next start.
3. Which events are known (dedupe) is written from `interactions`, its quarantine, and the records on their way there.
4. The workers' group reads the topics of the join, sessions, threads and collaboration again from their beginning: the
   same records, and the same ticks among them, give the same rows under the same ids, which sinks know.
5. The marks say that the state is of this version.

Run again after a kill, it does all of it again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from redline import audit, cluster, scan
from redline.admin import watermarks
from redline.key_ring.traces import DESTROYED
from redline.lock import DataLock
from redline.partition_reader import reader, records
from redline.state.idle import read_again, require_idle
from redline.state_reader import latest
from redline.up import attached
from schemas import rows, topics
from schemas.errors import InputError, LedgerError
from sinks import reader as tables
from sinks import store
from streams.delivery import Delivery, Out
from streams.state_format import FORMAT_KEY, STATE_FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from confluent_kafka import Consumer

    from redline.kafka_section import Kafka
    from redline.settings import Settings

_NAME = "redline-state"
_BEING_REBUILT = b"being rebuilt"
_KEYED = (topics.CLEAN, topics.STEPS, topics.THREADS, topics.EXCHANGES)
_AT_ONCE = 20_000
_COLUMNS = ["record_id", "sources", "key_epoch"]


def rebuild(settings: Settings, *, accept_loss: bool, say: Callable[[str], None]) -> str:
    """Make the state of every stage anew; what to say. Minutes for millions of events.

    Raises:
        InputError: a worker is at work, there are no tables, or Kafka no longer holds all of a topic and `accept_loss`
            is not said.
        BrokerError: the broker cannot be reached, or refuses.
        LedgerError: a changelog could not be read to its end.
        SinkError: `interactions` cannot be read.
    """
    if not store.has(settings.dataset):
        raise InputError(f"{settings.dataset}: needed tables, there are none; `redline state reset` starts again")
    with DataLock(settings.state, name="state.lock"), cluster.broker(attached(settings), say) as live:
        cluster.prepare_topics(live)
        kafka = live.kafka
        require_idle(kafka, "state rebuild")
        short = [name for name in _KEYED if _low(kafka, name)]
        if short and not accept_loss:
            raise InputError(
                f"state rebuild: needed all of {', '.join(_KEYED)}, Kafka has dropped the beginning of"
                f" {', '.join(short)}. What is open and began before then cannot be made again: its events would be"
                " missing in the ledger. Say --accept-loss to go on"
            )
        audit.record(live, "state.rebuild", {"format": STATE_FORMAT, "short": short})
        delivery = Delivery(kafka.bootstrap, kafka.client)
        try:
            gone = known = 0
            for table in topics.STATE_TABLES:
                _mark(delivery, kafka, table, _BEING_REBUILT)
            with reader(kafka.bootstrap, kafka.client, name=_NAME) as consumer:
                for table in topics.STATE_TABLES:
                    gone += _empty(delivery, consumer, kafka, table)
                say(f"{gone:,} keys of the old state are gone")
                for part in _origins(live, consumer):
                    _send(delivery, [Out(topics.changelog("dedupe"), key, origin) for key, origin in part.items()])
                    known += len(part)
            read_again(kafka, _KEYED)
            for table in topics.STATE_TABLES:
                _mark(delivery, kafka, table, b"%d" % STATE_FORMAT)
        finally:
            delivery.close()
    return (
        f"state is rebuilt: {known:,} events are known; workers read {', '.join(_KEYED)} again from the beginning,"
        " and sinks know the rows that come of it. Start the workers"
    )


def _low(kafka: Kafka, name: str) -> int:
    return max(low for low, _high in watermarks(kafka.bootstrap, name, config=kafka.client).values())


def _mark(delivery: Delivery, kafka: Kafka, table: str, mark: bytes) -> None:
    _send(
        delivery,
        [Out(topics.changelog(table), FORMAT_KEY, mark, partition=partition) for partition in range(kafka.partitions)],
    )


def _empty(delivery: Delivery, consumer: Consumer, kafka: Kafka, table: str) -> int:
    count = 0
    for partition in range(kafka.partitions):
        keys = [key for key in latest(consumer, topics.changelog(table), partition) if key != FORMAT_KEY]
        for at in range(0, len(keys), _AT_ONCE):
            part = keys[at : at + _AT_ONCE]
            _send(delivery, [Out(topics.changelog(table), key, None, partition=partition) for key in part])
        count += len(keys)
    return count


def _origins(live: Settings, consumer: Consumer) -> Iterator[dict[bytes, bytes]]:
    """Identity of an event -> where its first raw record stands. Of rows of a destroyed epoch nobody knows any more."""
    for quarantine in (False, True):
        for part in scan.parts(live.data_dir, "interactions", _COLUMNS, quarantine=quarantine):
            kept = part.filter(pc.not_equal(part["key_epoch"], DESTROYED))
            places = zip(kept["record_id"].to_pylist(), kept["sources"].to_pylist(), strict=True)
            yield {record_id.encode(): _origin(sources[0]) for record_id, sources in places if sources}
    kafka, done = live.kafka, tables.offsets(live.data_dir, "interactions")
    for partition, (low, high) in watermarks(kafka.bootstrap, topics.CLEAN, config=kafka.client).items():
        found = {}
        start = max(low, done.get(partition, 0))
        for message in records(consumer, topics.CLEAN, partition.index, start, LedgerError) if start < high else ():
            if topics.TICK_HEADER not in dict(message.headers() or ()):
                row = rows.decode_map(message.value())
                found[row["record_id"].encode()] = _origin(row["sources"][0])
        yield found


def _origin(source: Mapping[str, Any]) -> bytes:
    return f"{source['topic']}/{source['partition']}/{source['offset']}".encode()


def _send(delivery: Delivery, outs: Sequence[Out]) -> None:
    asyncio.run(delivery.send(outs))
