"""What OTLP carries, as plain values, the same from protobuf and from JSON. Pure."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from schemas.sources.cloudevents import in_range

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BATCH_BYTES: Final = 16 << 20  # what our topics take; the Collector's own limit is 1 MB
MAX_RECORD_BYTES: Final = 4 << 20
MAX_RECORDS: Final = 20_000  # the Collector's batches hold 8,192; an empty record is two bytes, so bytes are no bound
MAX_EVENTS: Final = 100_000  # of one request: a part of a message can be three bytes
MAX_DEPTH: Final = 32  # of one value: tool arguments nest some ten levels
MAX_ATTRIBUTES: Final = 4_096

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Origin(NamedTuple):
    """What the records of one scope have in common."""

    resource: Mapping[str, Any]
    scope: str
    scope_version: str


class LogRecord(NamedTuple):
    """One log record. `time_us` is None where the producer gave none that can be."""

    origin: Origin
    time_us: int | None
    event_name: str
    body: Any
    attributes: Mapping[str, Any]
    trace_id: str
    span_id: str


class SpanEvent(NamedTuple):
    """Something that happened within a span."""

    name: str
    time_us: int | None
    attributes: Mapping[str, Any]


class Span(NamedTuple):
    """One span. Ids are hex in lower case; empty where there is none."""

    origin: Origin
    name: str
    kind: int
    start_us: int | None
    end_us: int | None
    trace_id: str
    span_id: str
    attributes: Mapping[str, Any]
    events: tuple[SpanEvent, ...]


def micros_of(*nanoseconds: int) -> int | None:
    """The first of these times that is one, in microseconds."""
    for time in nanoseconds:
        if time > 0:
            return in_range(time // 1_000)
    return None


def finite(number: float) -> float | None:
    """A number that JSON can hold; None for the others."""
    return number if math.isfinite(number) else None


def hex_id(text: str) -> str:
    """A trace or span id; empty for none, and for one of zeros, which means none."""
    return text.lower() if text.strip("0") else ""
