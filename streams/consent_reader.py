"""The consent topic, read completely before the first event and followed live after."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from schemas import topics
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.consent import ConsentBook

_POLL_S = 0.2
_BATCH = 1_000  # records taken from the client at once: a hundred thousand are read in a second


class ConsentReader:
    """Fills a `ConsentBook`. A record it cannot read ends the process: guessing would break a promise."""

    def __init__(
        self, bootstrap: str, book: ConsentBook, config: Mapping[str, str], on_failure: Callable[[BaseException], None]
    ) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "redline-consent-reader",  # never committed: every start reads everything
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "log_level": 3,
                **config,
            }
        )
        self._book = book
        self._on_failure = on_failure
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="consent", daemon=True)

    def start(self, timeout_s: float = 60.0) -> None:
        """Return once everything on the topic at this moment is in the book.

        Raises:
            BrokerError: the topic could not be read to its end in time. No event may be processed without it.
            ConsentError: somebody's last word is no consent record.
        """
        self.read(timeout_s)
        self._thread.start()

    def read(self, timeout_s: float = 60.0) -> None:
        """Read the topic to its end, and do not follow it. Raises as `start` does."""
        self._consumer.assign([TopicPartition(topics.CONSENT, 0, OFFSET_BEGINNING)])
        deadline = time.monotonic() + timeout_s
        while not self._poll():
            if time.monotonic() > deadline:
                raise BrokerError(
                    f"{topics.CONSENT}: needed all consent records before the first event, "
                    f"not read after {timeout_s:.0f} s; check the broker and `redline topics create`"
                )
        self._book.check()

    def _poll(self) -> bool:
        """Take over what has come; True at the end of the topic."""
        ended = False
        for message in self._consumer.consume(_BATCH, _POLL_S):
            error = message.error()
            if error is None:
                self._book.put(message.key() or b"", message.value(), message.offset())
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # librdkafka's public name
                self._book.reached(message.offset() - 1)
                ended = True
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001
                raise BrokerError(f"{topics.CONSENT}: the topic was truncated while it was read; start again")
            elif error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise BrokerError(
                    f"{topics.CONSENT}: the topic is gone; `redline topics create`, then all consent again"
                )
            # Others are passing faults of the broker: librdkafka goes on.
        return ended

    def _follow(self) -> None:
        try:
            while not self._stopped.is_set():
                self._poll()
                self._book.check()
        except BaseException as error:  # noqa: BLE001  # a thread's exception would go unseen
            self._on_failure(error)

    def stop(self) -> None:
        """Stop following."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._consumer.close()
