"""Who an event of Claude Code is: equal in a transcript, a hook and telemetry, so that copies are `duplicate`.

Proposals are the exception: live channels know less of them than a transcript, see `live_suggestion_id`.

All of it comes from the tool's own ids. A tool call is known by its `tool_use_id` in every channel, a message by its
uuid in transcripts and telemetry; a resumed or forked session copies both.
"""

from __future__ import annotations

import hashlib

SOURCE = "claude-code"
_DIGEST_BYTES = 8  # a call has a handful of edits


def suggestion_id(tool_use_id: str) -> str:
    """The proposal that a call of Edit, Write, MultiEdit or NotebookEdit makes, as a transcript tells it."""
    return f"suggestion/{tool_use_id}"


def live_suggestion_id(tool_use_id: str) -> str:
    """The same as a hook or telemetry tells it: earlier and with less beside it, so it must not displace the other.

    The join takes the fuller of the two.
    """
    return f"suggestion/{tool_use_id}/live"


def decision_id(tool_use_id: str) -> str:
    """What the person said to it. A call is decided once."""
    return f"decision/{tool_use_id}"


def edit_id(tool_use_id: str, text: str, *, final: bool) -> str:
    """One state of the person's text: the same text seen twice is the same event."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES, person=b"edit")
    return f"edit/{tool_use_id}/{'final-' if final else ''}{digest.hexdigest()}"


def step_id(uuid: str, block: int = 0) -> str:
    """A message: the uuid of its line, and the number of the block where it is not the first."""
    return f"step/{uuid}/{block}" if block else f"step/{uuid}"


def call_id(tool_use_id: str) -> str:
    """The step of a tool call."""
    return f"step/{tool_use_id}/call"


def result_id(tool_use_id: str) -> str:
    """The step of a tool's result."""
    return f"step/{tool_use_id}/result"


def session_event_id(session_id: str, state: str, mark: str) -> str:
    """A session's start or end. `mark` tells several of one session apart."""
    return f"session/{session_id}/{state}/{mark}"
