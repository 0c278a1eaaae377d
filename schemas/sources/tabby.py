"""Tabby's event log and the events of its clients. Pure.

A line of `~/.tabby/events/YYYY-MM-DD.json` is `{"user", "ts" (milliseconds), "event": {"<kind>": {…}}}`; a client posts
`{"type": "view" | "select" | "dismiss", "completion_id", …}` to `/v1/events`. Source: TabbyML/tabby,
crates/tabby-common/src/api/event.rs. Lines are joined by `completion_id`: a completion is the suggestion, a select or a
dismiss the decision. Choice 0 has the completion's id, a further one the id with its number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from schemas.errors import DecodeError
from schemas.sources.cloudevents import in_range
from schemas.sources.fields import Fields, parse_object
from schemas.sources.reading import Drift, Fault, Reading, safe_name
from schemas.sources.scene import Scene, product

if TYPE_CHECKING:
    from schemas.events import Event

SOURCE: Final = "tabby"
_DRIFT = "tabby"
_MOST_CHOICES = 64

_LINE = frozenset({"user", "ts", "event"})
_COMPLETION = frozenset({"completion_id", "language", "prompt", "segments", "choices", "user_agent", "user"})
_SEGMENTS = frozenset(
    {
        "prefix", "suffix", "clipboard", "git_url", "declarations", "filepath", "edit_history",
        "relevant_snippets_from_changed_files", "relevant_snippets_from_recently_opened_files",
    }
)  # fmt: skip
_CHOICE = frozenset({"index", "text"})
_ACT = frozenset({"completion_id", "choice_index", "view_id", "elapsed", "kind", "type", "select_kind"})
_ACTS = frozenset({"view", "select", "dismiss"})
# Of one line of the log, and not of our concern.
_OTHERS = frozenset({"chat_completion"})
_NAMES = _LINE | _COMPLETION | _SEGMENTS | _CHOICE | _ACT | _ACTS | _OTHERS | {"completion"}
_AGENT = re.compile(r"(tabby[A-Za-z.-]*)/([0-9A-Za-z.+-]{1,32})", re.ASCII | re.IGNORECASE)


def read_line(line: bytes, *, subject: str | None = None) -> Reading:
    """One line of the event log. `subject` is the person where the line does not name one."""
    reading = Reading()
    if not line.strip():
        reading.skipped["blank"] += 1
        return reading
    try:
        _entry(reading, parse_object(line, _NAMES), subject)
    except DecodeError as error:
        reading.faults.append(Fault.of(error))
    return reading


def read_body(
    body: bytes, *, subject: str | None = None, received_us: int | None = None, select_kind: str | None = None
) -> Reading:
    """What a client posts to `/v1/events`.

    Args:
        body: the request's body.
        subject: the person the request came from.
        received_us: the time of the request, as the body has none (microseconds since 1970).
        select_kind: of the request's query.
    """
    reading = Reading()
    try:
        fields = parse_object(body, _NAMES)
        if select_kind:
            fields = Fields({"kind": select_kind, **fields.raw})
        _body(reading, fields, subject, received_us)
    except DecodeError as error:
        reading.faults.append(Fault.of(error))
    return reading


def _entry(reading: Reading, entry: Fields, subject: str | None) -> None:
    time_us = _milliseconds(entry)
    kinds = entry.object("event")
    if len(kinds.raw) != 1:
        raise entry.fault("wrong_type", "event", "object with one key, the kind of the event")
    kind = next(iter(kinds.raw))
    person = entry.text("user").strip() or subject
    entry.drift(reading.drift, _LINE, _DRIFT, "?")
    if kind in _OTHERS:
        reading.skipped[kind] += 1
    elif kind == "completion":
        _completion(reading, kinds.object(kind), person, time_us)
    elif kind in _ACTS:
        _act(reading, kind, kinds.object(kind), person, time_us)
    else:
        reading.drift[Drift(_DRIFT, "?", "type", safe_name(kind))] += 1
        reading.skipped["unknown_event"] += 1


def _body(reading: Reading, fields: Fields, subject: str | None, received_us: int | None) -> None:
    kind = fields.identifier("type")
    if kind not in _ACTS:
        raise fields.fault("bad_value", "type", "one of view, select, dismiss")
    if received_us is None:
        raise fields.fault("missing_field", "ts", "a time, from the reader's caller")
    _act(reading, kind, fields, subject, received_us)


def _milliseconds(entry: Fields) -> int:
    ts = entry.count("ts")
    if ts is None:
        raise entry.fault("missing_field", "ts", "integer")
    time_us = in_range(ts * 1_000)
    if time_us is None:
        raise entry.fault("bad_value", "ts", "milliseconds, from 1970 to 2261")
    return time_us


def _completion(reading: Reading, fields: Fields, subject: str | None, time_us: int) -> None:
    completion = fields.identifier("completion_id")
    segments = fields.object("segments")
    agent = _AGENT.search(fields.text("user_agent"))
    scene = Scene(
        source=SOURCE,
        subject=subject or fields.text("user"),
        session_id=completion,
        surface="ide",
        tool=product(agent.group(1).lower(), agent.group(2)) if agent else "tabby",
        time_us=time_us,
    )
    choices = fields.array("choices")
    if len(choices) > _MOST_CHOICES:
        raise fields.fault("bad_value", "choices", f"at most {_MOST_CHOICES}")
    events: dict[str, Event] = {}
    for place, choice in enumerate(choices):
        if not isinstance(choice, dict):
            raise fields.fault("wrong_type", "choices[]", "object")
        one = Fields(choice, "$.event.completion.choices[]")
        index = one.count("index")
        interaction = _interaction(completion, place if index is None else index)
        events[interaction] = scene.suggestion(
            interaction,
            task="completion",
            text=one.needed("text"),
            prompt=fields.text("prompt") or segments.text("prefix"),
            language=fields.text("language"),
            path=segments.text("filepath"),
        )
        one.drift(reading.drift, _CHOICE, _DRIFT, "?")
    fields.drift(reading.drift, _COMPLETION, _DRIFT, "?")
    segments.drift(reading.drift, _SEGMENTS, _DRIFT, "?")
    reading.events += events.values()
    if not choices:
        reading.skipped["no_choice"] += 1


def _act(reading: Reading, kind: str, fields: Fields, subject: str | None, time_us: int) -> None:
    completion = fields.identifier("completion_id")
    elapsed = fields.count("elapsed")
    interaction = _interaction(completion, fields.count("choice_index") or 0)
    part = fields.text("kind") or fields.text("select_kind")
    view = fields.text("view_id")
    fields.drift(reading.drift, _ACT, _DRIFT, "?")
    if part not in {"", "line"}:
        reading.drift[Drift(_DRIFT, "?", "value", "select.kind")] += 1
    if kind == "view":
        reading.skipped["view"] += 1
        return
    scene = Scene(SOURCE, subject, completion, "ide", "tabby", time_us)
    if kind == "dismiss":
        decision = scene.decision(interaction, "dismissed", mark=f"dismiss/{view}", after_ms=elapsed)
    elif part:
        # A line of it was taken; which, nobody says. A person may take the next line from the same view.
        mark = f"{part}/{view}/{'' if elapsed is None else elapsed}"
        decision = scene.decision(interaction, "partial", mark=mark, after_ms=elapsed)
    else:
        decision = scene.decision(interaction, "accepted", mark=f"select/{view}", after_ms=elapsed)
    reading.events.append(decision)


def _interaction(completion: str, index: int) -> str:
    return f"{completion}/{index}" if index else completion
