"""Records with an identity in every field, every encoding and every part of a Kafka record, sound and broken ones."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import msgspec
from support.canaries import ENCODINGS, FIELDS, IDENTITIES, POSITIONS, SUBJECT, planted

from schemas.events import TYPES, Decision, Edit, Revision, Session, Step, Suggestion, ThreadMessage
from schemas.records import Outgoing

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "zorblatt"
OLD = "1999-01-05T09:00:00Z"  # before the first AI tool: such rows are put into quarantine
LONG_MODEL = "m" * 600  # longer than a name: such pairs are put into quarantine


def lines() -> Iterator[str]:
    """What `redline emit` sends: JSON lines."""
    yield from _fields()
    yield from _encoded()
    yield from _quarantined()
    yield f"{CANARY} is no JSON"
    yield json.dumps({"specversion": "1.0", "type": f"redline.{CANARY}.v1", "id": CANARY, "source": CANARY})
    yield json.dumps({CANARY: CANARY * 600_000})  # too large


def records() -> Iterator[Outgoing]:
    """What no line can carry: an identity in the key and headers of a Kafka record, in attributes of its envelope."""
    mail = SUBJECT.encode()
    data = json.dumps(
        {"session_id": SUBJECT, "surface": "chat", "tool": "t/1", "thread_id": "t", "text": f"Dear {SUBJECT},"}
    )
    envelope = {
        "ce_specversion": b"1.0",
        "ce_id": b"binary-" + mail,
        "ce_source": b"/chat/" + mail,
        "ce_type": b"redline.message.v1",
        "ce_subject": mail,
        "ce_time": b"2026-01-05T09:00:00Z",
        "content-type": b"application/json",
    }
    odd = {"ce_owner": mail, f"x-{SUBJECT}": mail, "traceparent": mail}
    yield Outgoing(mail, data.encode(), tuple((envelope | odd).items()))
    yield Outgoing(mail, data.encode()[:-1], tuple(envelope.items()))
    yield Outgoing(mail, data.encode(), tuple((envelope | {"ce_time": mail, "ce_id": b"time-" + mail}).items()))
    yield Outgoing(mail, data.encode(), tuple((envelope | {"content-type": mail, "ce_id": b"type-" + mail}).items()))
    yield Outgoing(mail, f"\xff\xfe{SUBJECT}".encode("latin-1"), ())
    yield Outgoing(mail, SUBJECT.encode("utf-16"), ())
    yield Outgoing(mail, None, (("x", mail),))


def at(place: int) -> str:
    """An event time for each place in the stream, 20 s apart: a slow machine's pauses make none of them late."""
    return f"2026-01-05T{9 + place // 180:02}:{place // 3 % 60:02}:{place % 3 * 20:02}Z"


def envelope(kind: str, number: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A structured CloudEvent of the person."""
    return {
        "specversion": "1.0",
        "id": f"{CANARY}-{number}",
        "source": f"/chat/{SUBJECT}",
        "type": kind,
        "subject": SUBJECT,
        "time": at(600),
        "datacontenttype": "application/json",
        "data": data,
        **more,
    }


def _encoded() -> Iterator[str]:
    """Every type with every field in every encoding; identities and positions take turns."""
    turns = itertools.cycle(itertools.product(IDENTITIES.items(), POSITIONS.items()))
    every = itertools.product(FIELDS.items(), ENCODINGS.items())
    for place, ((kind, fields), (encoding, encode)) in enumerate(every, 100):
        values = {}
        for field in fields:
            (identity, value), (_, frame) = next(turns)
            if (identity, encoding) != ("secret", "look-alikes"):
                values[field] = frame.format(encode(value))
        outer = {name: values.pop(name) for name in ("id", "source") if name in values}
        data = msgspec.to_builtins(planted(TYPES[kind], values))
        if "interaction_id" in data:  # one interaction for each encoding: its pair has all of them
            data["interaction_id"] = encode(SUBJECT)
        data |= {"final": True} if "final" in data else {}
        outer["id"] = f"{outer.get('id', CANARY)} {kind}, {encoding}"
        yield json.dumps(envelope(kind, "", data, **outer, time=at(place)))


def _quarantined() -> Iterator[str]:
    for number, time in enumerate((OLD, at(500))):
        common = {"session_id": f"q{number}", "surface": "mail", "tool": "t/1", "interaction_id": f"{CANARY}-q{number}"}
        texts = {"text": f"Dear {SUBJECT}", "prompt": f"ask {SUBJECT}", "task": "reply", "model": LONG_MODEL}
        yield json.dumps(envelope("redline.suggestion.v1", f"q{number}-s", common | texts, time=time))
        final = {"text": f"Dear {SUBJECT},\nbye", "final": True, "origin": "send"}
        yield json.dumps(envelope("redline.edit.v1", f"q{number}-e", common | final, time=time))


def _fields() -> Iterator[str]:
    """Events of every type with a person in every field that takes a text, and broken ones with a person anywhere."""
    number = 0
    kinds: tuple[tuple[str, type[msgspec.Struct]], ...] = (
        ("suggestion", Suggestion),
        ("decision", Decision),
        ("edit", Edit),
        ("step", Step),
        ("revision", Revision),
        ("message", ThreadMessage),
        ("session", Session),
    )
    for kind, schema in kinds:
        for variant in range(6):
            number += 1
            mail = f"{CANARY}.nr{number}@quuxly-corp.com"
            data: dict[str, Any] = {}
            for name in schema.__struct_fields__:
                if name in {"members", "after_ms"}:
                    continue
                data[name] = f"Ask {mail} about it" if not name.endswith("_id") else f"{name}-{mail}"
            data |= {"surface": "chat", "session_id": f"{CANARY}-session-{variant}"}
            data |= {"interaction_id": f"{CANARY}-{variant}"} if "interaction_id" in data else {}
            data |= {"task": "reply"} if "task" in data else {}
            data |= {"verdict": "accepted"} if "verdict" in data else {}
            data |= {"final": True, "origin": "send"} if "final" in data else {}
            data |= {"role": "tool", "kind": "tool_call"} if "role" in data else {}
            data |= {"arguments": {"to": mail, mail: ["x", {"deep": mail}]}} if "arguments" in data else {}
            data |= {"state": "ended" if variant < 2 else "started"} if "state" in data else {}
            if "prompt" in data and variant % 2:
                data["prompt"] = [{"role": "user", "content": f"Dear {mail},"}, {"role": mail, "content": mail}]
            event = envelope(
                f"redline.{kind}.v1",
                str(number),
                data,
                source=f"/chat/{mail}",
                subject=mail,
                time=at(number),
            )
            if variant == 2:  # fields that nobody knows
                event |= {"extension": mail, "traceparent": mail}
                data |= {"author": mail, f"{CANARY} {mail}": mail}
            if variant == 3:  # a copy
                yield json.dumps(event)
            if variant == 4:  # broken: a wrong type, with the person as the value
                data |= {"surface": mail, "session_id": [mail]}
            if variant == 5:
                yield json.dumps(event)[:-9] + mail
                event["time"] = mail
            yield json.dumps(event)
