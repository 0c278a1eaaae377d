"""Where alerts go: the log, a Kafka topic, a webhook. `send` returns only once the other side has the notice."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import confluent_kafka
import httpx
import msgspec

from quality import alert as alerts
from schemas import topics
from schemas.errors import DeliveryError
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quality.alert import Notice

_LEVELS = {Severity.CRITICAL: logging.CRITICAL, Severity.ERROR: logging.ERROR, Severity.WARNING: logging.WARNING}


class LogChannel:
    """One line to the logger `redline.alerts`, which the command line sends to standard error."""

    name = "log"

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger or logging.getLogger("redline.alerts")

    def send(self, notice: Notice) -> None:
        """Write the line."""
        self._logger.log(_LEVELS[notice.alert.severity], "%s", notice.alert.line(notice.suppressed))

    def close(self) -> None:
        """Nothing to release."""


class KafkaChannel:
    """The topic `redline.alerts`: key = the alert's key, value = JSON, header `id` = the notice's."""

    name = "kafka"

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

    def send(self, notice: Notice) -> None:
        """Produce and wait for the broker. Raises DeliveryError."""
        outcome: list[Any] = []
        self._producer.produce(
            self._topic,
            key=notice.alert.key.encode(),
            value=alerts.encode(notice.alert),
            headers=[("id", notice.id.encode()), ("suppressed", str(notice.suppressed).encode())],
            on_delivery=lambda error, _message: outcome.append(error),
        )
        self._producer.flush(self._timeout_s + 1)
        # Identity: comparing a KafkaError to None with `==` leaves an exception set (confluent-kafka 2.16).
        if not outcome or outcome[0] is not None:
            raise DeliveryError(
                f"topic {self._topic}: an alert was not confirmed in {self._timeout_s:g} s: `redline status`"
            )

    def close(self) -> None:
        """Let go of what was not confirmed; the outbox has it."""
        self._producer.purge()
        self._producer.flush(1)


class WebhookChannel:
    """POST of a body that Slack, and what imitates it, understands: `{"text": …}`.

    The header `Idempotency-Key` is the notice's id. The address is a secret: it is in no error and no `repr`.
    """

    name = "webhook"

    def __init__(self, url: str, *, timeout_s: float = 10.0) -> None:
        self._url = url
        # Warnings of httpx about requests carry the address.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._client = httpx.Client(timeout=timeout_s, follow_redirects=False)

    def __repr__(self) -> str:
        return "WebhookChannel(…)"

    def send(self, notice: Notice) -> None:
        """POST; anything but 2xx raises DeliveryError."""
        line = notice.alert.line(notice.suppressed)
        # Slack reads these three as markup, and its mentions begin with `<`.
        text = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        try:
            answer = self._client.post(
                self._url,
                content=msgspec.json.encode({"text": text}),
                headers={"content-type": "application/json", "idempotency-key": notice.id},
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DeliveryError(f"webhook: no answer ({type(error).__name__}): check alerts.webhook") from None
        if not answer.is_success:
            raise DeliveryError(f"webhook: expected 2xx, got {answer.status_code}: check alerts.webhook")

    def close(self) -> None:
        """Close connections."""
        self._client.close()
