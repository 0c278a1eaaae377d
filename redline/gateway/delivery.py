"""The gateway's producer: records in, confirmed or not, and never waiting without an end.

One thread polls librdkafka and counts confirmations per request; the request's coroutine is woken once, by the last.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.records import Outgoing

_POLL_S = 0.1
_MARGIN_S = 2.0  # librdkafka looks for late records once a second
_ANSWER_S = 2.0
_FLUSH_S = 5.0


class NotConfirmedError(Exception):
    """Kafka did not confirm every record. Some may be there: sending them again is safe, copies are duplicates."""


class QueueFullError(Exception):
    """The producer's buffer is full."""


class Delivery(Protocol):
    """What the service needs of Kafka."""

    async def send(self, topic: str, records: Sequence[Outgoing]) -> None:
        """Return once every record is confirmed. Raises NotConfirmedError, QueueFullError."""

    async def ready(self) -> bool:
        """Whether a broker answers and has the topics."""


@dataclass(slots=True)
class _Waiting:
    """The records of one request. Touched by the polling thread only, after they are handed over."""

    left: int
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[str]
    failed: str = ""

    def on_delivery(self, error: KafkaError | None, _message: object) -> None:
        if error is not None:
            self.failed = error.name()
        self.left -= 1
        if not self.left:
            with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                self.loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if not self.done.done():
            self.done.set_result(self.failed)


class KafkaDelivery:
    """Sends to Kafka with an idempotent producer, acks=all."""

    def __init__(
        self, bootstrap: str, config: Mapping[str, str], *, topic: str, wait_s: float, queue_bytes: int
    ) -> None:
        self._topic = topic
        self._wait_s = wait_s
        self._config = {
            "client.id": "redline-gateway",
            "partitioner": "murmur2_random",  # as Java producers do, so that a key has one partition
            "compression.type": "lz4",
            "linger.ms": "5",  # a request waits for this
            "log_level": "0",  # a broker that is away is told by 503 and readyz
            "message.max.bytes": "16000000",
            "message.timeout.ms": str(int(wait_s * 1000)),
            "queue.buffering.max.kbytes": str(max(1024, 2 * queue_bytes // 1024)),
            "queue.buffering.max.messages": "1000000",
            **config,
            "bootstrap.servers": bootstrap,
            "enable.idempotence": "true",  # retries neither double nor reorder
            "acks": "all",
        }
        self._link = _Link(self._config)

    async def send(self, topic: str, records: Sequence[Outgoing]) -> None:
        """Return once every record is confirmed.

        Raises:
            NotConfirmedError: they are not, within the time.
            QueueFullError: the buffer is full; what was handed over of this request may still arrive.
        """
        if not records:
            return
        if self._link.fatal:  # an idempotent producer that lost its place: only a new one can go on
            self._link.close(0.0)
            self._link = _Link(self._config)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(len(records), loop, loop.create_future())
        fault = ""
        for record in records:
            try:
                self._link.producer.produce(
                    topic, record.value, record.key, headers=list(record.headers), on_delivery=waiting.on_delivery
                )
            except BufferError:
                raise QueueFullError from None
            except KafkaException as error:
                fault = self._link.name(error.args[0])
                break
        if fault:
            raise NotConfirmedError(fault)
        try:
            async with asyncio.timeout(self._wait_s + _MARGIN_S):
                fault = await waiting.done
        except TimeoutError:
            fault = "no answer"
        if fault:
            raise NotConfirmedError(fault)

    async def ready(self) -> bool:
        """Whether a broker answers and has the topic, within two seconds."""
        return await asyncio.get_running_loop().run_in_executor(None, self._answers)

    def close(self) -> None:
        """Wait a little for what is under way, and let go."""
        self._link.close(_FLUSH_S)

    def _answers(self) -> bool:
        try:
            held = self._link.producer.list_topics(self._topic, timeout=_ANSWER_S)
        except KafkaException:
            return False
        topic = held.topics.get(self._topic)
        return bool(held.brokers) and topic is not None and topic.error is None


class _Link:
    """A producer and the thread that polls it."""

    def __init__(self, config: Mapping[str, str]) -> None:
        self.fatal = False
        self._ended = threading.Event()
        self.producer = Producer({**config, "error_cb": self.name})
        self._thread = threading.Thread(target=self._poll, name="gateway-delivery", daemon=True)
        self._thread.start()

    def name(self, error: KafkaError) -> str:
        """The error's name; remembers if nothing can follow it."""
        if error.fatal() or error.code() == KafkaError._FATAL:  # noqa: SLF001 - its public name
            self.fatal = True
        return str(error.name())

    def close(self, flush_s: float) -> None:
        if flush_s:
            self.producer.flush(flush_s)
        self._ended.set()

    def _poll(self) -> None:
        while not self._ended.is_set() or len(self.producer):
            self.producer.poll(_POLL_S)
