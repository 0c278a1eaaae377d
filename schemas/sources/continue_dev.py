"""Continue's development data, versions 0.1.0 and 0.2.0. Pure.

A line of `~/.continue/dev_data/<version>/<event>.jsonl`, a line that a `file://` destination writes (the same without
the fields that every event has), and the body that an HTTP destination gets:
`{"name", "data": {…}, "schema", "level", "profileId"}`. Source: continuedev/continue, core/data/log.ts and
packages/config-yaml/src/schemas/data.

Most events have no id, and the time is stamped anew for every destination: their identity is their content.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from schemas.errors import DecodeError
from schemas.sources import continue_format as format_of
from schemas.sources.continue_events import READERS, Unit
from schemas.sources.fields import Fields, parse_object
from schemas.sources.reading import Drift, Fault, Reading, safe_name, safe_version
from schemas.sources.scene import Scene, content_id, product

SOURCE: Final = "continue"
_DRIFT = "continue_dev"
_AGENT = re.compile(r"\(Continue/([0-9A-Za-z.+_-]{1,32})\)", re.ASCII)

_encode = msgspec.json.Encoder(order="deterministic").encode


def read_line(line: bytes, *, subject: str | None = None, event: str = "", received_us: int | None = None) -> Reading:
    """One line of an event's file.

    Args:
        line: with or without the newline.
        subject: the person, where the line does not name one.
        event: the file's name without `.jsonl`. Without it and without `eventName` the fields say which event it is.
        received_us: the time for a line that has none (microseconds since 1970), such as the file's.
    """
    reading = Reading()
    if not line.strip():
        reading.skipped["blank"] += 1
        return reading
    try:
        fields = parse_object(line, format_of.NAMES)
        name = fields.text("eventName") or event or format_of.recognise(fields.raw)
        _read(reading, fields, name, level="", subject=subject, received_us=received_us)
    except DecodeError as error:
        reading.faults.append(Fault.of(error))
    return reading


def read_body(body: bytes, *, subject: str | None = None, received_us: int | None = None) -> Reading:
    """The body of one request to an HTTP destination. Arguments as for `read_line`."""
    reading = Reading()
    try:
        envelope = parse_object(body, format_of.NAMES)
        name = envelope.identifier("name")
        if "data" not in envelope:
            raise envelope.fault("missing_field", "data", "object")
        fields = envelope.object("data")
        level = envelope.text("level")
        version = safe_version(envelope.raw.get("schema"))
        envelope.drift(reading.drift, format_of.BODY, _DRIFT, version)
        _read(reading, fields, name, level=level, subject=subject, received_us=received_us)
    except DecodeError as error:
        reading.faults.append(Fault.of(error))
    return reading


def _read(
    reading: Reading, fields: Fields, name: str, *, level: str, subject: str | None, received_us: int | None
) -> None:
    version = safe_version(fields.raw.get("schema"))
    if not name:
        raise fields.fault("missing_field", "eventName", "string")
    if name not in format_of.EVENTS:
        reading.drift[Drift(_DRIFT, version, "type", safe_name(name))] += 1
        reading.skipped["unknown_event"] += 1
        return
    known = format_of.EVENTS[name]
    # Counted only where the unit is taken: a fault must not be drift too.
    unknown = Reading()
    fields.drift(unknown.drift, known.keys | format_of.BASE, _DRIFT, version)
    if name in format_of.SKIPPED:
        reading.skipped[format_of.SKIPPED[name]] += 1
    elif level == "noCode" or not any(key in fields for key in known.code):
        reading.skipped["no_code"] += 1
    else:
        found = READERS[name](_unit(fields, subject, received_us))
        if not found:
            reading.skipped["no_decision"] += 1
        reading.events += found
    reading.extend(unknown)


def _unit(fields: Fields, subject: str | None, received_us: int | None) -> Unit:
    time_us = fields.time_us("timestamp", "createdAt")
    if time_us is None:
        time_us = received_us
    if time_us is None:
        raise fields.fault("missing_field", "timestamp", "RFC 3339 time")
    said = {key: value for key, value in fields.raw.items() if key not in format_of.BASE}
    content = content_id(_encode(said).decode())
    agent = _AGENT.search(fields.text("userAgent"))
    session = fields.text("sessionId")
    scene = Scene(
        source=SOURCE,
        subject=fields.text("userId").strip() or subject,
        session_id=session if session.strip() else content,
        surface="ide",
        tool=product("continue", agent.group(1) if agent else None),
        time_us=time_us,
    )
    return Unit(fields, scene, content)
