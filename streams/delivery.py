"""Outputs that are on the broker before their inputs are acknowledged.

Faust's `send` only queues (and costs three quarters of a worker's throughput); here an idempotent librdkafka producer
sends a batch and waits until the broker has confirmed every record of it.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from confluent_kafka import KafkaError, KafkaException, Producer

from schemas.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from confluent_kafka import Message

_POLL_S = 0.05
_SILENT_MS = 10_000  # longer than a leader waits for a copy that has died: nine seconds
_TIMED_OUT = "_MSG_TIMED_OUT"  # librdkafka's name for a record that it gave up
_ANY = -1  # librdkafka's partition of whoever leaves it to the key
_THREADS = 6  # one per stage, two that explode: a stage that waits for the broker must not hold up the others


class LateError(DeliveryError):
    """The broker did not confirm every record in time; some of them may be there."""


class Out(msgspec.Struct, frozen=True):
    """One record to send. `repr` shows where to only."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None

    def __repr__(self) -> str:
        return f"Out({self.topic!r}, partition={self.partition})"


@dataclass(slots=True)
class _Batch:
    pending: int
    error: str | None = None
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)


class Delivery:
    """Sends batches and waits for the broker. Safe to use from several coroutines."""

    def __init__(self, bootstrap: str, config: Mapping[str, str], *, timeout_s: float = 60.0) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,  # implies acks=all and order
                "linger.ms": 5,
                "compression.type": "lz4",
                "message.max.bytes": 16_000_000,
                "partitioner": "murmur2_random",  # Java's, so that other producers agree on a key's partition
                "delivery.timeout.ms": int(timeout_s * 1000),
                # A broker that falls silent closes no connection: by default it is believed in for half a minute.
                "request.timeout.ms": _SILENT_MS,
                "socket.timeout.ms": _SILENT_MS,
                "log_level": 3,
                **config,
            }
        )
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="delivery")

    async def send(self, outs: Sequence[Out]) -> Mapping[tuple[str, int], int]:
        """Send and wait. Returns the last offset per (topic, partition), of outputs that name their partition.

        Raises:
            LateError: the broker did not confirm every record in time.
            DeliveryError: it refused one, in which case too none of the inputs may be acknowledged.
        """
        if not outs:
            return {}
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._send, outs)

    def _send(self, outs: Sequence[Out]) -> Mapping[tuple[str, int], int]:
        batch = _Batch(len(outs))

        def confirmed(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                batch.error = error.name()
            batch.pending -= 1  # last: another thread may be polling, and this one reads what is set

        def placed(error: KafkaError | None, message: Message) -> None:
            if error is None:
                batch.offsets[message.topic(), message.partition()] = message.offset()
            confirmed(error, message)

        deadline = time.monotonic() + self._timeout_s
        last = set({(out.topic, out.partition): place for place, out in enumerate(outs)}.values())
        for place, out in enumerate(outs):
            self._produce(out, placed if place in last else confirmed, deadline)
        while batch.pending:
            if time.monotonic() > deadline + _POLL_S:
                raise LateError(_late(batch.pending))
            self._producer.poll(_POLL_S)
        if batch.error == _TIMED_OUT:
            raise LateError(_late(len(outs)))
        if batch.error is not None:
            raise DeliveryError(f"the broker refused an output: needed a confirmed record, came {batch.error}")
        return batch.offsets

    def _produce(self, out: Out, delivered: object, deadline: float) -> None:
        partition = _ANY if out.partition is None else out.partition
        headers = list(out.headers)
        while True:
            try:
                self._producer.produce(out.topic, out.value, out.key, partition, delivered, headers=headers)
            except BufferError:
                if time.monotonic() > deadline:
                    raise LateError(_late(1)) from None
                self._producer.poll(_POLL_S)
            except KafkaException as error:
                raise DeliveryError(f"{out.topic}: could not queue an output: {error.args[0].name()}") from None
            else:
                return

    def close(self) -> None:
        """Give up the connection; everything sent was confirmed or reported."""
        self._producer.flush(1.0)
        self._threads.shutdown(wait=False)


def _late(count: int) -> str:
    return f"the broker did not confirm up to {count} outputs in time: look at its log, or run `redline doctor`"
