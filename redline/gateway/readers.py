"""One function per kind of body: a request in, an intake out. What a body is, is known in `schemas.sources`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

import msgspec

from redline.gateway import binding
from redline.gateway.exchange import Intake, Parcel, Placed, Refused
from schemas.codec import Limits, encode_structured, stand_in, unit_name
from schemas.sources import claude_code_hooks, continue_dev, otlp, tabby
from schemas.sources.reading import Fault, Reading
from schemas.sources.whose import whose

if TYPE_CHECKING:
    from redline.gateway.exchange import Inbound


class ReadPolicy(NamedTuple):
    """What an event may be, and how many of them one request may hold."""

    limits: Limits = Limits()
    most: int = 10_000


def cloudevents(inbound: Inbound, policy: ReadPolicy) -> Intake:
    """CloudEvents in any of the three modes."""
    return binding.read(inbound, policy.limits, most=policy.most)


def hook(inbound: Inbound, policy: ReadPolicy) -> Intake:
    """What Claude Code posts to an HTTP hook."""
    reading = claude_code_hooks.read_body(inbound.body, time_us=inbound.time_us, subject=inbound.subject)
    return _intake(reading, inbound, policy)


def continue_body(inbound: Inbound, policy: ReadPolicy) -> Intake:
    """What Continue posts to a destination."""
    reading = continue_dev.read_body(inbound.body, subject=inbound.subject, received_us=inbound.time_us)
    return _intake(reading, inbound, policy)


def tabby_event(inbound: Inbound, policy: ReadPolicy) -> Intake:
    """What Tabby's clients post of a completion that was shown."""
    kind = parse_qs(inbound.query).get("select_kind", [""])[0]
    reading = tabby.read_body(
        inbound.body, subject=inbound.subject, received_us=inbound.time_us, select_kind=kind or None
    )
    return _intake(reading, inbound, policy)


def logs(inbound: Inbound, policy: ReadPolicy) -> Intake:
    """An ExportLogsServiceRequest."""
    reading = otlp.read_logs(inbound.body, content_type=inbound.media_type, subject=inbound.subject)
    return _intake(reading, inbound, policy)


def traces(inbound: Inbound, policy: ReadPolicy) -> Intake:
    """An ExportTraceServiceRequest."""
    reading = otlp.read_spans(inbound.body, content_type=inbound.media_type, subject=inbound.subject)
    return _intake(reading, inbound, policy)


def _intake(reading: Reading, inbound: Inbound, policy: ReadPolicy) -> Intake:
    """A reading as parcels. What names someone the token does not speak for keeps the name: the service refuses it."""
    if len(reading.events) > policy.most:
        raise Refused(413, f"needed at most {policy.most} events in a request")
    intake = Intake(reading=reading)
    faults = list(reading.faults)
    for event in reading.events:
        event = msgspec.structs.replace(event, subject=whose(event.subject, inbound.subject))  # noqa: PLW2901 - the same
        outgoing = encode_structured(event)
        if len(outgoing.value or b"") > policy.limits.max_bytes:
            faults.append(Fault("too_large", "$", f"at most {policy.limits.max_bytes} bytes"))
        else:
            intake.parcels.append(Parcel(event.source, event.subject, outgoing))
    intake.faults = [Placed(unit, fault) for unit, fault in enumerate(faults)]
    intake.stand_ins = [stand_in(fault, unit_name(inbound.body, unit)) for unit, fault in enumerate(faults)]
    return intake
