"""One gateway process: composition of service, producer and tokens, and what it counts on its way to Kafka."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from redline.expiry import Expiry
from redline.gateway import tokens
from redline.gateway.delivery import KafkaDelivery, NotConfirmedError, QueueFullError
from redline.gateway.readers import ReadPolicy
from redline.gateway.server import serve
from redline.gateway.service import Gateway, Policy
from redline.meter import Metering
from schemas import topics
from schemas.codec import Limits
from schemas.errors import BrokerError, SettingsError
from schemas.sources.drift import Tally

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from redline.gateway.delivery import Delivery
    from redline.settings import Settings

_END_S = 5.0  # beyond what Kafka is waited for
_COUNTS_S = 30.0  # what is lost of them by a kill -9
_BEAT_S = 2.0
_LATE_S = 20.0  # of a loop that has not turned: a look at Kafka takes two seconds itself


def token_file(settings: Settings) -> Path:
    """Where the tokens of a data folder are."""
    return settings.state / tokens.FILE


def run(settings: Settings, *, anyone: bool, say: Callable[[str], None]) -> None:
    """Run a gateway until it is told to stop; requests that have begun are answered.

    Args:
        settings: with a broker.
        anyone: let everybody in, without a token.
        say: told where it listens.

    Raises:
        SettingsError: `anyone` on an address that others can reach, or no token and not `anyone`.
        BrokerError: no broker is configured.
        OSError: the address cannot be listened on.
    """
    kafka, gateway = settings.kafka, settings.gateway
    if not kafka.bootstrap:
        raise BrokerError("gateway: needed kafka.bootstrap, it is empty; start `redline up`, or set it")
    who = _who(settings, anyone=anyone)
    if gateway.access_log:
        _access_log()
    counts = _Counts()
    delivery = KafkaDelivery(
        kafka.bootstrap,
        kafka.client,
        topic=topics.EVENTS,
        wait_s=gateway.kafka_wait_s,
        queue_bytes=gateway.in_flight_bytes,
    )
    metering = Metering(settings, process="gateway")
    Expiry(settings, process="gateway", meter=metering.meter).start()
    service = Gateway(
        delivery, topic=topics.EVENTS, who=who, policy=policy(settings), seen=counts.add, counts=metering.meter
    )
    metering.before_write(service.gauge)
    pulse = _Pulse()
    metering.health.live_while(pulse.live)
    metering.health.ready_when(pulse.ready)

    async def main() -> None:
        counting = asyncio.create_task(counts.keep_sending(delivery))
        beating = asyncio.create_task(pulse.keep_beating(service, delivery))
        await serve(
            service,
            gateway.host,
            gateway.port,
            started=lambda port: say(_listening(gateway.host, port, anyone=anyone)),
            end_s=gateway.kafka_wait_s + _END_S,
        )
        for task in (counting, beating):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await counts.send(delivery)

    try:
        asyncio.run(main())
    finally:
        delivery.close()
    metering.close()
    say("stopped")


def policy(settings: Settings) -> Policy:
    """What a request may be, from settings."""
    gateway = settings.gateway
    limits = Limits(
        max_bytes=settings.limits.max_bytes,
        max_depth=settings.limits.max_depth,
        max_future_us=int(settings.limits.max_future_s * 1_000_000),
    )
    return Policy(
        read=ReadPolicy(limits, gateway.max_events),
        max_body_bytes=gateway.max_body_bytes,
        max_inflated_bytes=gateway.max_inflated_bytes,
        in_flight_requests=gateway.in_flight_requests,
        in_flight_bytes=gateway.in_flight_bytes,
        body_wait_s=gateway.body_wait_s,
    )


class _Pulse:
    """That the event loop turns, and what was last seen of Kafka. Written in the loop, read by who answers probes."""

    def __init__(self) -> None:
        self._beat = time.monotonic()
        self._ready = "is starting"

    async def keep_beating(self, service: Gateway, delivery: Delivery) -> None:
        while True:
            answers = await delivery.ready()
            self._ready = "it stops" if service.stopping else "" if answers else "Kafka does not answer"
            self._beat = time.monotonic()
            await asyncio.sleep(_BEAT_S)

    def live(self) -> str:
        late = time.monotonic() - self._beat
        return f"its event loop has not turned for {late:.0f} s" if late > _LATE_S else ""

    def ready(self) -> str:
        return self._ready


class _Counts:
    """What the service has read, sent now and then; kept while Kafka is away."""

    def __init__(self) -> None:
        self._tally = Tally()

    def add(self, tally: Tally) -> None:
        self._tally.merge(tally)

    async def keep_sending(self, delivery: Delivery) -> None:
        while True:
            await asyncio.sleep(_COUNTS_S)
            await self.send(delivery)

    async def send(self, delivery: Delivery) -> None:
        records = self._tally.take()
        try:
            await delivery.send(topics.SOURCES, records)
        except (NotConfirmedError, QueueFullError):
            self._tally.restore(records)


def _who(settings: Settings, *, anyone: bool) -> tokens.Tokens | None:
    path = token_file(settings)
    if not anyone:
        if not tokens.load(path):
            raise SettingsError(
                f"gateway: needed a token in {path}, there is none; run `redline gateway token add NAME`, "
                "or `redline gateway --open` to let in whoever works on this machine"
            )
        return tokens.Tokens(path)
    if not _loopback(settings.gateway.host):
        raise SettingsError(
            f"gateway: --open needs a loopback address, came {settings.gateway.host}; "
            "leave --open and run `redline gateway token add NAME`"
        )
    return None


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int, *, anyone: bool) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"gateway at http://{shown}:{port}, {'open to this machine' if anyone else 'with tokens'}; Ctrl-C stops"


def _access_log() -> None:
    """Lines of the access log to standard error, and nothing else of that level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    access = logging.getLogger("redline.gateway.access")
    access.setLevel(logging.INFO)
    access.addHandler(handler)
    access.propagate = False
