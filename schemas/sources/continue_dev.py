"""Continue's development data, versions 0.1.0 and 0.2.0. Pure.

A line of `~/.continue/dev_data/<version>/<event>.jsonl`, a line that a `file://` destination writes (the same without
the fields that every event has), and the body that an HTTP destination gets:
`{"name", "data": {…}, "schema", "level", "profileId"}`. Source: continuedev/continue, core/data/log.ts and
packages/config-yaml/src/schemas/data.

Most events have no id, and the time is stamped anew for every destination: their identity is their content.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from schemas.errors import DecodeError
from schemas.sources import continue_format as format_of
from schemas.sources.fields import Fields, parse_object
from schemas.sources.loose_json import parsed
from schemas.sources.reading import Drift, Fault, Reading, safe_name, safe_version
from schemas.sources.scene import Role, Scene, content_id, product

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.events import Event

SOURCE: Final = "continue"
_DRIFT = "continue_dev"
_MOST_OUTPUTS = 1_000
_AGENT = re.compile(r"\(Continue/([0-9A-Za-z.+_-]{1,32})\)", re.ASCII)
# A prompt as Continue writes a conversation, and an answer as it writes its chunks: `<role>`, the text, an empty line.
_TURN = re.compile(r"(?:\A|(?<=\n\n))<(system|user|assistant|tool|thinking)>\n")
_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant", "tool": "tool"}

_encode = msgspec.json.Encoder(order="deterministic").encode


class _Unit(NamedTuple):
    """One event of Continue's, and what its events have in common."""

    fields: Fields
    scene: Scene
    content: str
    """Identity by content: the same in a local file and at every destination."""


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
        found = _READERS[name](_unit(fields, subject, received_us))
        if not found:
            reading.skipped["no_decision"] += 1
        reading.events += found
    reading.extend(unknown)


def _unit(fields: Fields, subject: str | None, received_us: int | None) -> _Unit:
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
    return _Unit(fields, scene, content)


def _autocomplete(unit: _Unit) -> list[Event]:
    fields = unit.fields
    completion = fields.identifier("completionId")
    accepted = fields.flag("accepted")
    events = [
        unit.scene.suggestion(
            completion,
            task="completion",
            text=fields.needed("completion"),
            prompt=fields.text("prompt") or fields.text("prefix"),
            model=fields.text("modelName"),
            path=fields.text("filepath"),
        )
    ]
    if accepted is not None:
        # False is also what Continue writes of one that was shown for ten seconds.
        events.append(unit.scene.decision(completion, "accepted" if accepted else "dismissed"))
    return events


def _edit_outcome(unit: _Unit) -> list[Event]:
    fields = unit.fields
    accepted = fields.flag("accepted")
    if accepted is None:
        raise fields.fault("missing_field", "accepted", "boolean")
    suggestion = unit.scene.suggestion(
        unit.content,
        task="edit",
        text=fields.needed("newCode"),  # the model's, not what the person made of it later
        before=fields.needed("previousCode"),
        prompt=fields.text("prompt"),
        model=fields.text("modelName") or fields.text("modelTitle"),
        path=fields.text("filepath"),
    )
    return [suggestion, unit.scene.decision(unit.content, "accepted" if accepted else "rejected")]


def _next_edit_outcome(unit: _Unit) -> list[Event]:
    fields = unit.fields
    completion = fields.identifier("completionId")
    accepted = fields.flag("accepted")
    events = [
        unit.scene.suggestion(
            completion,
            task="edit",
            text=fields.needed("completion"),
            before=fields.text("originalEditableRange"),
            prompt=fields.text("prompt"),
            model=fields.text("modelName"),
            path=fields.text("fileUri"),
        )
    ]
    if accepted is not None and not fields.flag("aborted"):
        events.append(unit.scene.decision(completion, "accepted" if accepted else "dismissed"))
    return events


def _quick_edit(unit: _Unit) -> list[Event]:
    """Version 0.1.0: `diffs` are the lines of the region, `label` is the button the person chose."""
    fields = unit.fields
    label = fields.needed("label").lower()
    if label.startswith("accept"):
        accepted = True
    elif label.startswith(("reject", "submit")):  # a new prompt takes the first answer back
        accepted = False
    else:
        return []
    old: list[str] = []
    new: list[str] = []
    for line in fields.array("diffs"):
        if not isinstance(line, dict):
            raise fields.fault("wrong_type", "diffs[]", "object")
        one = Fields(line, "$.diffs[]")
        kind, text = one.needed("type"), one.needed("line")
        if kind not in {"old", "new", "same"}:
            raise one.fault("bad_value", "type", "one of new, old, same")
        if kind != "new":
            old.append(text)
        if kind != "old":
            new.append(text)
    suggestion = unit.scene.suggestion(
        unit.content,
        task="edit",
        text="\n".join(new),
        before="\n".join(old),
        prompt=fields.text("prompt"),
        model=fields.text("model"),
        path=fields.text("path"),
    )
    return [suggestion, unit.scene.decision(unit.content, "accepted" if accepted else "rejected")]


def _chat_interaction(unit: _Unit) -> list[Event]:
    """The turns since the model's last answer, and the new answer: what came before was an interaction of its own."""
    prompt = _turns(unit.fields.text("prompt"), "user")
    answers = [place for place, (role, _) in enumerate(prompt) if role == "assistant"]
    new = [turn for turn in prompt[answers[-1] + 1 if answers else 0 :] if turn[1]]
    if answer := _answer(unit.fields.text("completion")):
        new.append(("assistant", answer))
    return [
        unit.scene.step(
            f"step/{unit.content}/{place}",
            role=_ROLES[role],
            kind="tool_result" if role == "tool" else "message",
            content=text,
            later_us=place,
        )
        for place, (role, text) in enumerate(new)
    ]


def _chat_feedback(unit: _Unit) -> list[Event]:
    fields = unit.fields
    liked = fields.flag("feedback")
    if liked is None:
        return []
    suggestion = unit.scene.suggestion(
        unit.content,
        task="reply",
        text=_answer(fields.needed("completion")),
        prompt=fields.text("prompt"),
        model=fields.text("modelName"),
    )
    return [suggestion, unit.scene.decision(unit.content, "accepted" if liked else "rejected")]


def _tool_usage(unit: _Unit) -> list[Event]:
    fields = unit.fields
    call = fields.identifier("toolCallId")
    accepted, succeeded = fields.flag("accepted"), fields.flag("succeeded")
    arguments = fields.text("toolCallArgs")
    name = fields.text("functionName")
    outcome = "rejected" if accepted is False else "failed" if succeeded is False else "succeeded"
    called = unit.scene.step(
        f"step/{call}/call", role="assistant", kind="tool_call", tool_name=name, arguments=parsed(arguments)
    )
    result = unit.scene.step(
        f"step/{call}/result",
        role="tool",
        kind="tool_result",
        tool_name=name,
        content=_outputs(fields),
        outcome=outcome,
        later_us=1,
    )
    return [called, result]


def _outputs(fields: Fields) -> str:
    """The contents of the context items that a tool gave back."""
    items = fields.array("output")[:_MOST_OUTPUTS]
    contents: list[Any] = [item.get("content") if isinstance(item, dict) else item for item in items]
    return "\n".join(content for content in contents if isinstance(content, str))


def _next_edit_with_history(unit: _Unit) -> list[Event]:
    """What a person changed in a file, with no proposal in it."""
    fields = unit.fields
    document = fields.text("fileURI")
    revision = unit.scene.revision(
        document if document.strip() else unit.content,
        unit.content,
        before=fields.needed("beforeContent"),
        after=fields.needed("afterContent"),
    )
    return [revision]


def _turns(text: str, role: str) -> list[tuple[str, str]]:
    """A written conversation as (role, text); all of it `role` where it has no marks. Thoughts are left out."""
    marks = list(_TURN.finditer(text))
    if not marks or marks[0].start() != 0:
        return [(role, text)]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    turns = [(mark.group(1), text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    return [(said, words.removesuffix("\n\n")) for said, words in turns if said in _ROLES]


def _answer(text: str) -> str:
    """A completion without the marks that Continue puts around every chunk of it."""
    return "".join(words for role, words in _turns(text, "assistant") if role == "assistant")


_READERS: dict[str, Callable[[_Unit], list[Event]]] = {
    "autocomplete": _autocomplete,
    "editOutcome": _edit_outcome,
    "nextEditOutcome": _next_edit_outcome,
    "nextEditWithHistory": _next_edit_with_history,
    "quickEdit": _quick_edit,
    "chatInteraction": _chat_interaction,
    "chatFeedback": _chat_feedback,
    "toolUsage": _tool_usage,
}
