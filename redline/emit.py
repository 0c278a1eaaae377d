"""Sending events to Kafka: lines of files as they are, or records from a generator, until the broker has them all.

Nothing is judged here: a broken line is sent like any other and becomes a reject behind the broker, with coordinates.
Only what Kafka would not take at all (longer than the topic's `max.message.bytes`) is replaced: by an empty record
whose header says so, so that it is counted like everything else.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from schemas.codec import (
    REFUSED_BYTES_HEADER,
    REFUSED_HEADER,
    REFUSED_NAME_HEADER,
    TOO_LARGE,
    partition_key,
    unit_name,
)
from schemas.errors import BrokerError, DeliveryError, InputError
from schemas.records import Outgoing
from schemas.sources.cloudevents import STRUCTURED_HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

STDIN = "-"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_REQUEST_S = 30.0
_PROGRESS_EVERY = 500  # records: some ten times a second, so a progress bar moves and costs nothing
_ENVELOPE_BYTES = 1024  # batch header, lengths and timestamps around a record: about 100, with room
_KAFKA_DEFAULT_BYTES = 1_048_588  # max.message.bytes of a topic that nobody configured
_BUFFER_KBYTES = 64 * 1024  # several of the longest records, and little enough for a laptop
_TIMEOUT_MS = 120_000  # a broker restart takes ten seconds; after two minutes it is not coming back


@dataclass(frozen=True, slots=True)
class EmitResult:
    """What is on the topic now: records, of which `refused` are stand-ins for ones too large, and bytes of values."""

    records: int
    bytes: int
    refused: int


def emit(
    paths: Sequence[str],
    *,
    bootstrap: str,
    topic: str,
    kafka_config: Mapping[str, str] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> EmitResult:
    """Send every line of these files (JSON lines of CloudEvents; `-` is standard input, `.gz` is unpacked).

    A line's bytes go out as they are, in the structured binding, keyed by its interaction, else session, thread or
    document, so that they stay in order. Blank lines are skipped. Memory is bounded, whatever the files hold.

    Args:
        paths: read in this order.
        bootstrap: `host:port`, several with commas.
        topic: must exist.
        kafka_config: more settings of librdkafka (security).
        progress: called with the number of records handed over so far.

    Raises:
        InputError: a file cannot be opened (nothing was sent), or breaks off (what came before it was sent).
        BrokerError: the broker cannot be reached, or has no such topic.
        DeliveryError: the broker did not confirm every record. Sending the files again is safe: copies are `duplicate`.
    """
    for path in paths:
        if path != STDIN and not Path(path).is_file():
            raise InputError(f"{path}: needed a file of JSON lines, came none; nothing was sent")
    sender = _Sender(bootstrap, topic, kafka_config or {}, progress)
    for path in paths:
        with _confirmed(sender), _opened(path) as stream:
            for line, size in _lines(stream, sender.limit):
                if size > len(line):
                    sender.refuse(None, size)
                else:
                    sender.send(Outgoing(partition_key(line), line, STRUCTURED_HEADERS))
    return sender.result()


def emit_records(
    records: Iterable[Outgoing],
    *,
    bootstrap: str,
    topic: str,
    kafka_config: Mapping[str, str] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> EmitResult:
    """Send records as they are. Arguments, promises and errors are those of `emit`."""
    sender = _Sender(bootstrap, topic, kafka_config or {}, progress)
    with _confirmed(sender):
        for record in records:
            sender.send(record)
    return sender.result()


class Batches:
    """Batches of records to one topic through one producer, made at the first batch and anew after a failure."""

    def __init__(self, bootstrap: str, topic: str, kafka_config: Mapping[str, str]) -> None:
        self._place = bootstrap, topic, kafka_config
        self._sender: _Sender | None = None

    def send(self, records: Iterable[Outgoing]) -> int:
        """Send them as they are, and return once all are confirmed; gives how many were too long and have stand-ins.

        Raises:
            BrokerError, DeliveryError: as `emit`.
        """
        sender, self._sender = self._sender or _Sender(*self._place, lambda _: None), None
        before = sender.result().refused
        for record in records:
            sender.send(record)
        sender.confirm()
        self._sender = sender
        return sender.result().refused - before


class _Stream(Protocol):
    """What is needed of a file: lines of bounded length."""

    def readline(self, size: int, /) -> bytes: ...


class _Sender:
    """An idempotent producer that counts, and remembers the first record that failed."""

    def __init__(
        self, bootstrap: str, topic: str, kafka_config: Mapping[str, str], progress: Callable[[int], None]
    ) -> None:
        self._topic = topic
        self._progress = progress
        self._records = self._bytes = self._refused = self._confirmed = 0
        self._failed: str | None = None
        self.limit = most_bytes(bootstrap, topic, kafka_config)
        self._producer = Producer(
            {
                "client.id": "redline-emit",
                "partitioner": "murmur2_random",  # as Java producers do, so that a key has one partition
                "compression.type": "zstd",
                "linger.ms": "20",
                "log_level": "3",  # a broker that is still starting is retried, and no news
                "message.timeout.ms": str(_TIMEOUT_MS),
                "queue.buffering.max.kbytes": str(_BUFFER_KBYTES),
                **kafka_config,
                "bootstrap.servers": bootstrap,
                "message.max.bytes": str(self.limit),
                "enable.idempotence": "true",  # retries neither double nor reorder
                "acks": "all",
            }
        )

    def send(self, record: Outgoing) -> None:
        """Hand one record over; waits while the buffer is full."""
        size = len(record.value or b"")
        overhead = len(record.key or b"") + sum(len(name) + len(value) for name, value in record.headers)
        if size + overhead + _ENVELOPE_BYTES > self.limit:
            key = record.key if len(record.key or b"") < _ENVELOPE_BYTES else None
            self.refuse(key, size, unit_name(record.value or b""))
            return
        self._hand_over(record)
        self._bytes += size

    def refuse(self, key: bytes | None, size: int, name: str = "") -> None:
        """Send the stand-in of a record of `size` bytes that Kafka would not take. `name`: by `codec.unit_name`."""
        headers = [(REFUSED_HEADER, TOO_LARGE), (REFUSED_BYTES_HEADER, str(size).encode())]
        if name:
            headers.append((REFUSED_NAME_HEADER, name.encode()))
        self._hand_over(Outgoing(key, b"", tuple(headers)))
        self._refused += 1

    def confirm(self) -> None:
        """Wait until the broker has confirmed every record; ends by the message timeout at the latest.

        Raises:
            DeliveryError: it did not.
        """
        while self._producer.flush(0.5):
            pass
        self._progress(self._records)
        if self._failed is not None or self._confirmed != self._records:
            raise DeliveryError(
                f"topic {self._topic}: {self._records} records sent, {self._confirmed} confirmed "
                f"({self._failed or 'no answer'}). Run `redline status`, then send the same input again: "
                "events already there are counted as duplicates"
            )

    def result(self) -> EmitResult:
        """The counts so far."""
        return EmitResult(self._records, self._bytes, self._refused)

    def _hand_over(self, record: Outgoing) -> None:
        while self._failed is None:
            try:
                self._producer.produce(
                    self._topic, record.value, record.key, headers=list(record.headers), on_delivery=self._on_delivery
                )
            except BufferError:
                self._producer.poll(0.1)
                continue
            except KafkaException as error:  # such as a fatal error of the idempotent producer
                self._failed = _name(error)
                break
            self._records += 1
            self._producer.poll(0)
            if self._records % _PROGRESS_EVERY == 0:
                self._progress(self._records)
            return
        self.confirm()

    def _on_delivery(self, error: KafkaError | None, _message: Any) -> None:
        if error is None:
            self._confirmed += 1
        elif self._failed is None:
            self._failed = error.name()


def most_bytes(bootstrap: str, topic: str, kafka_config: Mapping[str, str]) -> int:
    """The topic's `max.message.bytes`. Raises BrokerError."""
    client = AdminClient({"log_level": 3, **kafka_config, "bootstrap.servers": bootstrap})
    resource = ConfigResource(ResourceType.TOPIC, topic)
    fault = ""
    try:
        entries = client.describe_configs([resource], request_timeout=_REQUEST_S)[resource].result(_REQUEST_S + 5)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return _KAFKA_DEFAULT_BYTES  # who may write may not always read the configuration
        fault = _name(error)
    except TimeoutError:
        fault = "no answer"
    if fault:
        raise BrokerError(f"topic {topic} at {bootstrap}: {fault}; run `redline topics create` or `redline doctor`")
    return int(entries["max.message.bytes"].value)


@contextmanager
def _confirmed(sender: _Sender) -> Iterator[None]:
    """Wait for the broker, also for what came before an input that breaks off."""
    try:
        yield
    except InputError:
        sender.confirm()
        raise
    sender.confirm()


@contextmanager
def _opened(path: str) -> Iterator[_Stream]:
    """A file, or standard input, with its faults told by path and never by content."""
    fault = ""
    try:
        if path == STDIN:
            yield sys.stdin.buffer
        elif path.endswith(".gz"):
            with gzip.open(path) as unpacked:
                yield unpacked
        else:
            with Path(path).open("rb") as plain:
                yield plain
    except (OSError, EOFError, zlib.error) as error:
        fault = type(error).__name__
    if fault:
        raise InputError(f"{path}: needed a whole file, reading broke off ({fault}); what came before was sent")


def _lines(stream: _Stream, limit: int) -> Iterator[tuple[bytes, int]]:
    """Each line that is not blank, with its length; of a line over `limit` only the length is kept."""
    first = True
    while piece := stream.readline(limit):
        if first:
            piece = piece.removeprefix(_BYTE_ORDER_MARK)  # the file's, not its first line's
            first = False
        if len(piece) == limit and not piece.endswith(b"\n"):
            size = len(piece)
            while (rest := stream.readline(limit)) and not rest.endswith(b"\n"):
                size += len(rest)
            size += len(rest.rstrip(b"\r\n"))
            yield (piece, size) if size == len(piece) else (b"", size)
            continue
        line = piece.removesuffix(b"\n").removesuffix(b"\r")
        if line and not line.isspace():
            yield line, len(line)


def _name(error: KafkaException) -> str:
    return str(error.args[0].name())
