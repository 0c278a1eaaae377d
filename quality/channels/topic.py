"""Alerts on a Kafka topic, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import confluent_kafka

from quality.alert import Event, Wants, encode
from schemas import topics
from schemas.errors import ChannelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quality.alert import Notice

_WANTS = Wants(events=frozenset(Event), one_each=True, most=1_000_000, limited=False)


class KafkaChannel:
    """The topic `redline.alerts`: key = the alert's, value = its JSON, headers `id`, `event`, `times`."""

    name = "kafka"
    wants = _WANTS

    def __init__(
        self,
        bootstrap: str,
        *,
        config: Mapping[str, str] | None = None,
        topic: str = topics.ALERTS,
        timeout_s: float = 10.0,
    ) -> None:
        self._topic = topic
        self._timeout_s = timeout_s
        self._producer = confluent_kafka.Producer(
            {
                **(config or {}),
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "message.timeout.ms": int(timeout_s * 1000),
                # librdkafka would write about every refused connection to standard error.
                "log_level": 0,
            }
        )

    def send(self, notice: Notice) -> str:
        """Produce and wait for the broker. Raises ChannelError."""
        outcome: list[Any] = []
        alert = notice.alerts[0]
        self._producer.produce(
            self._topic,
            key=alert.key.encode(),
            value=encode(alert),
            headers=[
                ("id", notice.id.encode()),
                ("event", notice.event.value.encode()),
                ("times", str(notice.times).encode()),
            ],
            on_delivery=lambda error, message: outcome.append((error, message)),
        )
        self._producer.flush(self._timeout_s + 1)
        # Identity: comparing a KafkaError to None with `==` leaves an exception set (confluent-kafka 2.16).
        if not outcome or outcome[0][0] is not None:
            raise ChannelError(
                f"topic {self._topic}: an alert was not confirmed in {self._timeout_s:g} s: `redline status`"
            )
        return f"offset {outcome[0][1].offset()} of {self._topic}"

    def close(self) -> None:
        """Let go of what was not confirmed; the book has it."""
        self._producer.purge()
        self._producer.flush(1)
