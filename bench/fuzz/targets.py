"""What is fuzzed. A target takes any bytes; what it raises, and a broken promise, is a finding."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from redline.capture import commits, notebook
from redline.capture.spool import Spool
from redline.gateway import binding, bodies
from redline.gateway.exchange import Inbound, Refused
from schemas import codec
from schemas.errors import DecodeError
from schemas.records import Coordinate, Record
from schemas.rows import DECODING
from schemas.sources import (
    claude_code_hooks,
    confluent,
    continue_dev,
    mbox,
    otlp,
    revisions,
    slack,
    tabby,
    traces,
)
from schemas.sources.claude_code.lines import parse
from schemas.sources.claude_code.proposals import Piece
from schemas.sources.claude_code.session import Transcript
from schemas.sources.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

NOW_US = 1_760_000_000_000_000
_AT = Coordinate("t", 0, 0)
_CHANNEL = slack.Channel(id="C1", members=2)
_BINARY = (
    ("content-type", b"application/json"),
    ("ce_specversion", b"1.0"),
    ("ce_id", b"1"),
    ("ce_source", b"/s"),
    ("ce_type", b"redline.suggestion.v1"),
    ("ce_time", b"2025-10-09T08:00:00Z"),
)
_AVRO = confluent.writer(
    "AVRO",
    '{"type":"record","name":"E","fields":[{"name":"specversion","type":"string"},{"name":"id","type":"string"},'
    '{"name":"data","type":["null",{"type":"map","values":["null","string","long","double"]}]}]}',
)


class BrokenPromiseError(Exception):
    """A reader gave what nothing behind it takes."""


def sound(reading: Reading) -> None:
    """Every event is one that workers take, and the same after its way; every fault can travel as a stand-in."""
    for event in reading.events:
        sent = codec.encode_structured(event)
        if codec.decode(Record(_AT, sent.key, sent.value, sent.headers)) != event:
            raise BrokenPromiseError("an event that is another one after its way")
    for fault in reading.faults:
        if fault.reason not in DECODING:
            raise BrokenPromiseError("a fault with a reason of its own")
        codec.stand_in(fault)


def _decoded(headers: tuple[tuple[str, bytes], ...]) -> Callable[[bytes], None]:
    def target(data: bytes) -> None:
        try:
            event = codec.decode(Record(_AT, None, data, headers))
        except DecodeError:
            return
        sound(Reading(events=[msgspec.structs.replace(event, unknown=())]))

    return target


def _transcript(data: bytes) -> None:
    transcript = Transcript(subject="jo")
    for line in data.split(b"\n")[:50]:
        parsed = parse(line)
        sound(parsed.reading)
        if parsed.line is not None:
            sound(transcript.feed(parsed.line))
    sound(transcript.settle())


def _avro(data: bytes) -> None:
    with contextlib.suppress(DecodeError):
        codec.decode(confluent.plain(Record(_AT, None, confluent.framed(1, data)), _AVRO))


def _http(data: bytes) -> None:
    for media_type in (binding.BATCH_TYPE, "application/cloudevents+json", "application/json"):
        inbound = Inbound((("ce-specversion", "1.0"),), "", media_type, data, NOW_US, "jo@corp.example")
        try:
            binding.read(inbound, codec.DEFAULT_LIMITS, most=50)
        except Refused:
            continue


def _gzip(data: bytes) -> None:
    try:
        if len(bodies.inflated(data, "gzip", most=1 << 20)) > 1 << 20:
            raise BrokenPromiseError("more than was allowed")
    except Refused:
        pass


def _commit(data: bytes) -> None:
    texts = [part.decode("utf-8", "replace") for part in (*data.split(b"\0")[:6], *[b""] * 6)][:6]
    offers = [
        commits.Offer("a", (Piece(texts[2], texts[3], every=True), Piece(texts[4], texts[5]))),
        commits.Offer("b", (Piece(texts[4], texts[2]),)),
        commits.Offer("c", (Piece("", texts[5]),), cell="x"),
    ]
    commits.said(offers, texts[0], texts[1])
    notebook.cells(texts[0])


def _spool(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "000000003600.spool").write_bytes(data)
        Path(folder, "positions.json").write_bytes(data[:64])
        spool = Spool(Path(folder))
        for frame in spool.frames():
            spool.shipped(frame)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "cloudevents": _decoded(()),
    "cloudevents-binary": _decoded(_BINARY),
    "cloudevents-http": _http,
    "avro": _avro,
    "gzip": _gzip,
    "claude-code": _transcript,
    "claude-code-hooks": lambda data: sound(
        claude_code_hooks.read_body(data, time_us=NOW_US, subject="jo", prompts={})
    ),
    "continue": lambda data: sound(continue_dev.read_line(data, event="editOutcome", received_us=NOW_US)),
    "continue-http": lambda data: sound(continue_dev.read_body(data, received_us=NOW_US)),
    "tabby": lambda data: sound(tabby.read_line(data)),
    "tabby-http": lambda data: sound(tabby.read_body(data, received_us=NOW_US)),
    "otlp-logs": lambda data: sound(otlp.read_logs(data)),
    "otlp-spans": lambda data: sound(otlp.read_spans(data)),
    "traces": lambda data: sound(traces.read_file(data, written_us=NOW_US)),
    "slack": lambda data: sound(slack.read_day(data, channel=_CHANNEL, people={}, text=True)),
    "slack-lists": lambda data: [sound(slack.read_channels(data)[0]), sound(slack.read_people(data)[0])][0],
    "mbox": lambda data: sound(mbox.read_mail(data, text=True)),
    "revisions": lambda data: sound(revisions.read_revision("d", "2", b"a\n", data, written_us=NOW_US)),
    "commit": _commit,
    "spool": _spool,
}
