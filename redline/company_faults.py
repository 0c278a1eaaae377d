"""Broken records of every kind that the codec knows, each made from a sound one, with the reason to refuse it for.

In turn, not by chance, so that a small company has them all too.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from schemas.codec import DEFAULT_LIMITS
from schemas.records import Outgoing
from schemas.sources.cloudevents import STRUCTURED_HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable

_FAR_FUTURE = "2199-12-31T23:59:59Z"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break a record. `line`: JSON lines can carry it (no binary binding, no empty value)."""

    reason: str
    break_: Callable[[dict[str, Any]], Outgoing]
    line: bool = True


def _structured(value: bytes) -> Outgoing:
    return Outgoing(None, value, STRUCTURED_HEADERS)


def _json(envelope: dict[str, Any]) -> bytes:
    return json.dumps(envelope, ensure_ascii=False).encode()


def _with(**changes: Any) -> Callable[[dict[str, Any]], Outgoing]:
    return lambda envelope: _structured(_json(envelope | changes))


def _with_data(**changes: Any) -> Callable[[dict[str, Any]], Outgoing]:
    return lambda envelope: _structured(_json(envelope | {"data": envelope["data"] | changes}))


def _without(name: str) -> Callable[[dict[str, Any]], Outgoing]:
    return lambda envelope: _structured(_json({key: value for key, value in envelope.items() if key != name}))


def _without_data(name: str) -> Callable[[dict[str, Any]], Outgoing]:
    def broken(envelope: dict[str, Any]) -> Outgoing:
        data = {key: value for key, value in envelope["data"].items() if key != name}
        return _structured(_json(envelope | {"data": data}))

    return broken


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[dict[str, Any]], Outgoing]:
    return lambda envelope: _structured(change(_json(envelope)))


def _binary(*extra: tuple[str, bytes], without: str = "") -> Callable[[dict[str, Any]], Outgoing]:
    def broken(envelope: dict[str, Any]) -> Outgoing:
        headers = [("content-type", b"application/json")]
        headers += [(f"ce_{key}", value.encode()) for key, value in envelope.items() if isinstance(value, str)]
        kept = [header for header in headers if header[0] != without]
        return Outgoing(None, _json(envelope["data"]), (*kept, *extra))

    return broken


def _deep(envelope: dict[str, Any]) -> Outgoing:
    levels = DEFAULT_LIMITS.max_depth
    return _structured(_json(envelope | {"data": 0})[:-2] + b"[" * levels + b"]" * levels + b"}")


FAULTS: tuple[Fault, ...] = (
    Fault("not_json", _bytes(lambda value: value[: len(value) * 2 // 3])),
    Fault("not_json", _bytes(lambda value: value.replace(b'"id"', b'"id": "twice", "id"', 1))),
    Fault("not_json", _bytes(lambda value: value[:-1] + b",}")),
    Fault("not_json", _bytes(lambda value: value[:-1] + b', "load": NaN}')),
    Fault("not_json", _bytes(lambda _: b"<event>this is no JSON</event>")),
    Fault("not_json", _bytes(lambda _: b""), line=False),
    Fault("null_value", lambda _: Outgoing(None, None, STRUCTURED_HEADERS), line=False),
    Fault("invalid_utf8", _bytes(lambda value: value[:-1] + b', "note": "caf\xe9"}')),
    Fault("invalid_utf8", _bytes(lambda value: value[:-1] + b', "note": "\\ud83d"}')),
    Fault("invalid_utf8", _binary(("ce_subject", b"jos\xe9"), without="ce_subject"), line=False),
    Fault("too_deep", _deep),
    Fault("missing_field", _without("time")),
    Fault("missing_field", _without("data")),
    Fault("missing_field", _without_data("thread_id")),
    Fault("missing_field", _binary(without="ce_id"), line=False),
    Fault("wrong_type", _with_data(members="three")),
    Fault("wrong_type", _with_data(text=["a", "b"])),
    Fault("wrong_type", _with(data=["a list"])),
    Fault("bad_value", _with_data(surface="fridge")),
    Fault("bad_value", _with_data(session_id="")),
    Fault("bad_value", _with(id="")),
    Fault("bad_value", _with(time="2025-10-06T08:30:00")),
    Fault("bad_value", _with(time="yesterday")),
    Fault("bad_value", _with(specversion="0.3")),
    Fault("bad_value", _with(data_base64="e30=")),
    Fault("bad_value", _with_data(members=10**30)),
    Fault("bad_value", _binary(("ce_id", b"another")), line=False),
    Fault("bad_value", _binary(("content-type", b"text/plain"), without="content-type"), line=False),
    Fault("unknown_type", _with(type="redline.message.v2")),
    Fault("unknown_type", _with(type="com.example.heartbeat")),
    Fault("future_time", _with(time=_FAR_FUTURE)),
)

TOO_LARGE = Fault("too_large", _with_data(text="far too long " * (1 << 17)))
"""Apart, as it weighs as much as a thousand others: a company sends only a few of them."""


def in_turn(*, lines: bool) -> list[Fault]:
    """All faults (or those that JSON lines can carry), a different reason each time as long as there are any left."""
    seen: Counter[str] = Counter()
    ranked = []
    for fault in FAULTS:
        if fault.line or not lines:
            ranked.append((seen[fault.reason], fault))
            seen[fault.reason] += 1
    return [fault for _, fault in sorted(ranked, key=itemgetter(0))]
