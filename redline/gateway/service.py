"""One request from first byte to answer. Knows no socket: `server` gives it requests, tests give it values.

The order is: route, token, rate, room, body, reading, what the token allows, Kafka, answer. Nothing of a refused
request is sent; one that Kafka did not confirm whole may be sent again, as copies are duplicates.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec

from redline import faults
from redline.gateway import bodies, otlp, tokens
from redline.gateway.admission import InFlight, Rates
from redline.gateway.delivery import NotConfirmedError, QueueFullError
from redline.gateway.exchange import JSON, Answer, Inbound, Refused, Request
from redline.gateway.openapi import document
from redline.gateway.readers import ReadPolicy
from redline.gateway.routes import BY_PATH
from redline.meter import Counts
from schemas import metrics
from schemas.metrics import TEXT_TYPE
from schemas.sources.cloudevents import rfc3339
from schemas.sources.drift import Tally
from schemas.sources.reading import Reading
from schemas.sources.whose import is_same

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redline.gateway.admission import Slot
    from redline.gateway.delivery import Delivery
    from redline.gateway.exchange import Intake
    from redline.gateway.routes import Route, Take
    from schemas.records import Outgoing

log = logging.getLogger("redline.gateway")
access = logging.getLogger("redline.gateway.access")

TEXT = "text/plain; charset=utf-8"

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", ""})
_FAULT = 500
_BUSY_S = 1
_AWAY_S = 5  # a broker restart takes ten seconds


@dataclass(frozen=True, slots=True)
class Policy:
    """What a request may be."""

    read: ReadPolicy = field(default_factory=ReadPolicy)
    max_body_bytes: int = 4 << 20
    max_inflated_bytes: int = 16 << 20
    in_flight_requests: int = 256
    in_flight_bytes: int = 64 << 20
    body_wait_s: float = 30.0


@dataclass(slots=True)
class _Call:
    """What is known of a request so far: for counters and the access log."""

    route: Route | None = None
    producer: tokens.Producer | None = None
    media_type: str = ""
    bytes: int = 0
    events: int = 0


class Gateway:
    """Takes events for one topic.

    Args:
        delivery: where they go.
        topic: the raw topic.
        who: the token file; None lets anybody in, from this machine's own names only.
        policy: limits.
        seen: given the counts of each request, for `redline sources`.
        counts: what it counts, and answers `GET /metrics` with.
    """

    def __init__(
        self,
        delivery: Delivery,
        *,
        topic: str,
        who: tokens.Tokens | None,
        policy: Policy,
        seen: Callable[[Tally], None] = lambda _tally: None,
        counts: Counts | None = None,
    ) -> None:
        self._delivery = delivery
        self._topic = topic
        self._who = who
        self._policy = policy
        self._seen = seen
        self._flight = InFlight(policy.in_flight_requests, policy.in_flight_bytes)
        self._rates = Rates()
        self._counts = counts or Counts("gateway")
        self._document = msgspec.json.encode(document(version("redline")))
        self.stopping = False

    async def answer(self, request: Request) -> Answer:
        """The answer to a request; never raises for what is in it."""
        began = time.perf_counter()
        call = _Call()
        try:
            answer = await self._routed(request, call)
        except Refused as refused:
            self._count_faults(call, refused)
            take = call.route.take if call.route else None
            if take is not None and take.answers == "otlp":
                answer = otlp.failed(call.media_type, refused)
            else:
                answer = refused.problem()
        except Exception as error:  # noqa: BLE001 - its text may quote an event
            log.error("a fault of Redline: %s", faults.told(error))  # noqa: TRY400 - likewise its traceback
            answer = Refused(500, "a fault of Redline").problem()
        self._note(request, call, answer, time.perf_counter() - began)
        return answer

    def gauge(self) -> None:
        """Note what is in flight now."""
        self._counts.set(metrics.GATEWAY_FLIGHT_REQUESTS, self._flight.requests)
        self._counts.set(metrics.GATEWAY_FLIGHT_BYTES, self._flight.bytes)

    def broken(self, status: int) -> Answer:
        """The answer to bytes that are no HTTP request."""
        answer = Refused(status, "needed an HTTP request" if status < _FAULT else "a fault of Redline").problem()
        self._note(Request("", ""), _Call(), answer, 0.0)
        return answer

    async def _routed(self, request: Request, call: _Call) -> Answer:
        route = BY_PATH.get(request.path)
        if route is None:
            raise Refused(404, "no such path; GET /openapi.json has all of them")
        call.route = route
        if request.method != route.method:
            raise Refused(405, f"needed {route.method}", headers=(("Allow", route.method),))
        if self._who is None and _host(request.header("host")) not in _LOCAL:
            raise Refused(403, "an open gateway answers to localhost only")
        if route.take is None:
            return await self._told(route)
        return await self._taken(route.take, request, call)

    async def _told(self, route: Route) -> Answer:
        if route.name == "healthz":
            return Answer(200, b"ok\n", TEXT)
        if route.name == "readyz":
            if self.stopping or not await self._delivery.ready():
                raise Refused(503, "Kafka does not answer, or the gateway stops", retry_after_s=_AWAY_S)
            return Answer(200, b"ready\n", TEXT)
        if route.name == "metrics":
            self.gauge()
            return Answer(200, self._counts.text(), TEXT_TYPE)
        return Answer(200, self._document, JSON)

    async def _taken(self, take: Take, request: Request, call: _Call) -> Answer:
        call.media_type = bodies.media_type(request.header("content-type"))
        producer = call.producer = self._producer(request)
        if producer.rate:
            self._rates.check(producer.name, producer.rate, time.monotonic())
        if take.source != "cloudevents" and call.media_type not in take.accepts:
            raise Refused(415, f"needed Content-Type {' or '.join(take.accepts)}")
        with self._flight.enter() as slot:
            body = await self._body(request, slot, call)
            inbound = Inbound(
                request.headers,
                request.query,
                call.media_type,
                body,
                _now_us(),
                producer.subject or None,
            )
            intake = take.read(inbound, self._policy.read)
            units = len(intake.parcels) + len(intake.faults)
            if producer.rate:
                self._rates.charge(producer.name, producer.rate, units, time.monotonic())
            partial = take.answers == "otlp" and bool(intake.parcels or intake.reading.skipped)
            if intake.faults and not partial:
                raise _bad(intake)
            _allowed(intake, producer)
            tally = _tally(intake.reading, take.source, inbound.time_us)
            intake.reading = Reading()  # events as objects are ten times their bytes, and Kafka may take a while
            await self._send(intake)
        self._seen(tally)
        call.events = len(intake.parcels)
        self._count(call, intake)
        if take.answers == "otlp":
            return otlp.exported(call.media_type, rejected_name=take.rejected, faults=intake.faults)
        return Answer(200, b"{}" if take.answers == "empty" else msgspec.json.encode({"accepted": call.events}))

    def _producer(self, request: Request) -> tokens.Producer:
        if self._who is None:
            return tokens.ANYONE
        found = self._who.producer(request.header("authorization"))
        if found is None:
            needed = "needed Authorization: Bearer and a token of `redline gateway token add`"
            raise Refused(401, needed, headers=(("WWW-Authenticate", "Bearer"),))
        return found

    async def _body(self, request: Request, slot: Slot, call: _Call) -> bytes:
        """The whole body, inflated; never more of it in memory than may be."""
        most = self._policy.max_body_bytes
        length = request.header("content-length")
        if length.isdecimal() and int(length[:20]) > most:
            raise bodies.too_large(most)
        pieces: list[bytes] = []
        try:
            async with asyncio.timeout(self._policy.body_wait_s):
                if request.body is not None:
                    async for piece in request.body:
                        call.bytes += len(piece)
                        if call.bytes > most:
                            raise bodies.too_large(most)
                        slot.grow(len(piece))
                        pieces.append(piece)
        except TimeoutError:
            raise Refused(408, f"needed the whole body within {self._policy.body_wait_s:g} s") from None
        body = b"".join(pieces)
        inflated = bodies.inflated(body, request.header("content-encoding"), most=self._policy.max_inflated_bytes)
        if inflated is not body:
            slot.grow(len(inflated))
        return inflated

    async def _send(self, intake: Intake) -> None:
        if self.stopping:
            raise Refused(503, "the gateway stops", retry_after_s=_AWAY_S)
        records: Sequence[Outgoing] = [parcel.outgoing for parcel in intake.parcels] + intake.stand_ins
        try:
            await self._delivery.send(self._topic, records)
        except QueueFullError:
            raise Refused(429, "too much is waiting for Kafka", retry_after_s=_BUSY_S) from None
        except NotConfirmedError:
            raise Refused(
                503, "Kafka did not confirm every event; send the same again", retry_after_s=_AWAY_S
            ) from None

    def _count(self, call: _Call, intake: Intake) -> None:
        self._counts.count(metrics.GATEWAY_EVENTS, call.events, route=_name(call))
        for _, fault in intake.faults:
            self._counts.count(metrics.GATEWAY_FAULTS, route=_name(call), reason=fault.reason)

    def _count_faults(self, call: _Call, refused: Refused) -> None:
        for _, fault in refused.faults:
            self._counts.count(metrics.GATEWAY_FAULTS, route=_name(call), reason=fault.reason)
        if refused.faults and call.route and call.route.take:
            reading = Reading(faults=[fault for _, fault in refused.faults])
            self._seen(_tally(reading, call.route.take.source, _now_us()))

    def _note(self, request: Request, call: _Call, answer: Answer, seconds: float) -> None:
        name = _name(call)
        self._counts.count(metrics.GATEWAY_REQUESTS, route=name, status=str(answer.status))
        self._counts.count(metrics.GATEWAY_BYTES, call.bytes, route=name)
        self._counts.observe(metrics.GATEWAY_SECONDS, seconds, route=name)
        method = request.method if request.method in _METHODS else "other"
        producer = call.producer.name if call.producer else "-"
        access.info("%s %s %d %dB %.1fms %s", method, name, answer.status, call.bytes, seconds * 1000, producer)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _bad(intake: Intake) -> Refused:
    status = 413 if all(fault.reason == "too_large" for _, fault in intake.faults) else 400
    return Refused(status, f"{len(intake.faults)} of its units are no events; nothing was sent", faults=intake.faults)


def _allowed(intake: Intake, producer: tokens.Producer) -> None:
    if not all(producer.allows(parcel.source) for parcel in intake.parcels):
        raise Refused(403, "this token may not send events of such a source; nothing was sent")
    if producer.subject and not all(is_same(parcel.subject, producer.subject) for parcel in intake.parcels):
        raise Refused(403, "this token speaks for one person, and an event names another; nothing was sent")


def _tally(reading: Reading, source: str, time_us: int) -> Tally:
    tally = Tally()
    tally.add(reading, source=source, day=rfc3339(time_us)[:10])
    return tally


def _now_us() -> int:
    return time.time_ns() // 1000


def _host(header: str) -> str:
    """The host's name without its port."""
    name = header.strip().lower()
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]


def _name(call: _Call) -> str:
    return call.route.name if call.route else "other"
