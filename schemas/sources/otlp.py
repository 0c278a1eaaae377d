"""OpenTelemetry's logs and spans, as `otlp_proto` and `otlp_json` on Kafka and as OTLP/HTTP bodies. Pure.

One record on Kafka is a whole export request: many records of many sessions and products. Each record goes to the
reader of the product that wrote it; what no reader knows is `not_ours`. Source: open-telemetry/opentelemetry-proto, and
the Collector's kafkaexporter.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

from schemas.errors import DecodeError
from schemas.sources import claude_code_otel, copilot, genai, otlp_json, otlp_proto
from schemas.sources.otlp_records import MAX_BATCH_BYTES, MAX_EVENTS, LogRecord, Span
from schemas.sources.reading import Drift, Fault, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_Record = TypeVar("_Record", LogRecord, Span)

_PROTOBUF: Final = frozenset({"application/x-protobuf", "application/protobuf"})
_JSON_TYPE: Final = "application/json"
_SIGNAL = re.compile(rb'\s*\{\s*"([A-Za-z]+)"')
_OTHER_SIGNALS = frozenset({b"resourceMetrics", b"resourceProfiles"})


def read_logs(value: bytes, *, content_type: str | None = None, subject: str | None = None) -> Reading:
    """The events of one ExportLogsServiceRequest.

    Args:
        value: protobuf or JSON, not compressed.
        content_type: which of the two; without it the first bytes say.
        subject: the person, where a record does not name one.
    """
    reading = Reading()
    for record in _records(value, content_type, reading, otlp_proto.logs, otlp_json.logs):
        try:
            reading.extend(_log(record, subject))
        except DecodeError as error:
            reading.faults.append(Fault.of(error))
        if _full(reading):
            break
    return reading


def read_spans(value: bytes, *, content_type: str | None = None, subject: str | None = None) -> Reading:
    """The events of one ExportTraceServiceRequest. Arguments as for `read_logs`."""
    reading = Reading()
    each_span(reading, list(_records(value, content_type, reading, otlp_proto.spans, otlp_json.spans)), subject)
    return reading


def each_span(reading: Reading, spans: Sequence[Span], subject: str | None) -> None:
    """Read the spans of one batch, wherever they come from. Adds to the reading."""
    conversations = genai.conversations(spans)
    for span in spans:
        try:
            reading.extend(_span(span, conversations, subject))
        except DecodeError as error:
            reading.faults.append(Fault.of(error))
        if _full(reading):
            break


def read_line(line: bytes, *, subject: str | None = None) -> Reading:
    """One line that the Collector's file exporter wrote: an export request in JSON, of logs or of spans."""
    if not line.strip():
        return Reading(skipped=Counter(blank=1))
    signal = _SIGNAL.match(line)
    name = b"" if signal is None else signal[1]
    if name in _OTHER_SIGNALS:
        return Reading(skipped=Counter(no_interaction=1))
    read = read_spans if name == b"resourceSpans" else read_logs
    return read(line, content_type=_JSON_TYPE, subject=subject)


def _records(
    value: bytes,
    content_type: str | None,
    reading: Reading,
    from_proto: Callable[[bytes], Iterator[_Record | Fault]],
    from_json: Callable[[bytes, Counter[Drift]], Iterator[_Record | Fault]],
) -> Iterator[_Record]:
    """The records that are some; the others, and what is wrong with the whole, become faults."""
    if len(value) > MAX_BATCH_BYTES:
        reading.faults.append(Fault("too_large", "$", f"at most {MAX_BATCH_BYTES} bytes"))
        return
    try:
        found = from_json(value, reading.drift) if _is_json(value, content_type) else from_proto(value)
        for record in found:
            if isinstance(record, Fault):
                reading.faults.append(record)
            else:
                yield record
    except DecodeError as error:
        reading.faults.append(Fault.of(error))


def _full(reading: Reading) -> bool:
    """Whether a request has given as much as one may; the rest of it is one fault."""
    if len(reading.events) <= MAX_EVENTS:
        return False
    reading.faults.append(Fault("too_large", "$", f"at most {MAX_EVENTS} events in a request"))
    return True


def _is_json(value: bytes, content_type: str | None) -> bool:
    """What the type says; else the first byte. A request in protobuf begins with 0x0A, which is a newline in JSON.

    Then a brace may be a length, and only protobuf has a length that fits.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type == _JSON_TYPE or media_type in _PROTOBUF:
        return media_type == _JSON_TYPE
    if not value.lstrip().startswith(b"{"):
        return False
    return value[:1] != b"\n" or not otlp_proto.fits(value)


def _log(record: LogRecord, subject: str | None) -> Reading:
    said = record.event_name or record.attributes.get("event.name")
    name = said if isinstance(said, str) else ""
    if claude_code_otel.is_ours(record, name):
        return claude_code_otel.read_log(record, name, subject)
    if copilot.is_ours(name):
        return copilot.read_log(record, name, subject)
    if not name.startswith("gen_ai."):
        return Reading(skipped=Counter(not_ours=1))
    if name == genai.DETAILS and copilot.tells_in_spans(record.origin):
        return Reading(skipped=Counter(span_says_more=1))
    return genai.read_log(record, name, subject)


def _span(span: Span, conversations: dict[str, str], subject: str | None) -> Reading:
    if span.name.startswith(claude_code_otel.PREFIX):
        return Reading(skipped=Counter(log_says_more=1))
    if not any(key.startswith("gen_ai.") for key in span.attributes):
        return Reading(skipped=Counter(not_ours=1))
    return genai.read_span(span, conversations, subject)
