"""Frames of the spool -> events, by the reader of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas import codec
from schemas.errors import DecodeError
from schemas.records import Coordinate, Record
from schemas.sources import claude_code_hooks
from schemas.sources.reading import Fault, Reading

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from redline.capture.spool import Frame

EVENT, CLAUDE_CODE = "event", "claude-code"


def read(frame: Frame, *, subject: str, prompts: MutableMapping[str, str] | None = None) -> Reading:
    """The events of a frame; `subject` is who they are of where the frame does not say.

    `prompts` is what earlier hooks told of what was asked, by `prompt_id`; it grows.
    """
    if frame.kind == EVENT:
        return _event(frame, subject)
    if frame.kind == CLAUDE_CODE:
        time_us = frame.at_ns // 1000
        return claude_code_hooks.read_body(frame.body, time_us=time_us, subject=subject or None, prompts=prompts)
    return Reading(faults=[Fault("unknown_type", "$", f"a frame of kind {EVENT} or {CLAUDE_CODE}")])


def _event(frame: Frame, subject: str) -> Reading:
    try:
        event = codec.decode(Record(Coordinate("spool", 0, 0), None, frame.body))
    except DecodeError as error:
        return Reading(faults=[Fault.of(error)])
    if event.subject is None and subject:
        event = msgspec.structs.replace(event, subject=subject)
    return Reading(events=[event])
