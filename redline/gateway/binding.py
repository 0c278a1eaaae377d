"""CloudEvents 1.0 over HTTP: binary, structured and batch, as records for Kafka. Pure.

Source: cloudevents/spec, bindings/http-protocol-binding.md and formats/json-format.md. Events are decoded as workers
will decode them, and sent as they came: bytes of structured ones are not touched, binary ones stay binary.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import msgspec

from redline.gateway.exchange import Intake, Parcel, Placed, Refused
from schemas.codec import decode, key_of
from schemas.errors import DecodeError
from schemas.records import Coordinate, Outgoing, Record
from schemas.sources.cloudevents import STRUCTURED_HEADERS, STRUCTURED_TYPE, is_json
from schemas.sources.reading import Drift, Fault, Reading, safe_version

if TYPE_CHECKING:
    from redline.gateway.exchange import Inbound
    from schemas.codec import Limits
    from schemas.events import Event

BATCH_TYPE = "application/cloudevents-batch+json"
READER = "cloudevents"

_BINARY = "ce-specversion"  # JSON without it is read as an envelope, as `schemas.codec` does
_NOWHERE = Coordinate("", 0, 0)
_QUOTED = re.compile(r'"(.*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def read(inbound: Inbound, limits: Limits, *, most: int) -> Intake:
    """The events of a request in any of the three modes; every fault of a batch.

    Raises:
        Refused: 415 for a content type that is none of ours, 413 for more than `most` events, 400 for a batch that is
            no JSON array.
    """
    if inbound.media_type == BATCH_TYPE:
        values = _items(inbound.body, most)
        records = [(value, STRUCTURED_HEADERS) for value in values]
    elif inbound.media_type == STRUCTURED_TYPE:
        records = [(inbound.body, STRUCTURED_HEADERS)]
    elif is_json(inbound.media_type) and not inbound.media_type.startswith("application/cloudevents"):
        binary = any(name == _BINARY for name, _ in inbound.headers)
        records = [(inbound.body, _kafka_headers(inbound) if binary else STRUCTURED_HEADERS)]
    else:
        raise Refused(415, f"needed Content-Type {STRUCTURED_TYPE}, {BATCH_TYPE}, or application/json")
    reading = Reading()
    intake = Intake(reading=reading)
    for index, (value, headers) in enumerate(records):
        record = Record(_NOWHERE, None, value, headers, inbound.time_us // 1000)
        try:
            event = decode(record, limits)
        except DecodeError as error:
            intake.faults.append(Placed(index, Fault.of(error)))
        else:
            intake.parcels.append(_parcel(event, value, headers, inbound.subject))
            _note(event, reading)
    return intake


def _items(body: bytes, most: int) -> list[bytes]:
    """Each element of a batch as it was written."""
    try:
        items = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        items = None
    if items is None:
        raise Refused(400, "the batch cannot be read", faults=[Placed(0, Fault("not_json", "$", "a JSON array"))])
    if len(items) > most:
        raise Refused(413, f"needed at most {most} events in a request")
    return [bytes(item) for item in items]


def _kafka_headers(inbound: Inbound) -> tuple[tuple[str, bytes], ...]:
    """The HTTP headers of a binary event as Kafka's binding has them."""
    found = [
        ("ce_" + name.removeprefix("ce-"), _header(value))
        for name, value in inbound.headers
        if name.startswith("ce-") and name != "ce-"
    ]
    return (("content-type", inbound.media_type.encode()), *found)


def _header(value: str) -> bytes:
    """A header's value: quotes taken off, percent signs undone; bytes that are no UTF-8 come as surrogates."""
    if quoted := _QUOTED.fullmatch(value):
        value = _ESCAPE.sub(r"\1", quoted.group(1))
    return unquote_to_bytes(value.encode("utf-8", "surrogateescape"))


def _parcel(event: Event, value: bytes, headers: tuple[tuple[str, bytes], ...], subject: str | None) -> Parcel:
    key = key_of(event.data)
    if event.subject is not None or subject is None:
        return Parcel(event.source, event.subject, Outgoing(key, value, headers))
    if headers == STRUCTURED_HEADERS:
        envelope: dict[str, Any] = msgspec.json.decode(value)
        value = msgspec.json.encode({**envelope, "subject": subject})
    else:
        headers = (*(h for h in headers if h[0] != "ce_subject"), ("ce_subject", subject.encode()))
    return Parcel(event.source, subject, Outgoing(key, value, headers))


def _note(event: Event, reading: Reading) -> None:
    reading.events.append(event)
    version = safe_version(event.data.tool.partition("/")[2])
    for path in event.unknown:
        reading.drift[Drift(READER, version, "key", path)] += 1
