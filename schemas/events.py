"""The event types of version 1 (CloudEvents `type` = `redline.<name>.v1`), as msgspec structs.

Unknown fields are tolerated here and counted by the codec. Times are UTC. Texts are Python strings (code points).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Surface = Literal["ide", "terminal", "chat", "doc", "agent", "ticket", "mail", "review"]
Task = Literal["completion", "edit", "summary", "reply", "document", "command", "review"]
Decided = Literal["accepted", "rejected", "dismissed", "partial"]

SURFACES: tuple[str, ...] = ("ide", "terminal", "chat", "doc", "agent", "ticket", "mail", "review")
TASKS: tuple[str, ...] = ("completion", "edit", "summary", "reply", "document", "command", "review")


class Message(msgspec.Struct, kw_only=True):
    """One turn of a prompt that is a conversation."""

    role: str
    content: str


class Common(msgspec.Struct, kw_only=True):
    """What every event's data carries. `tool` is `name/version` of the product it came from."""

    session_id: str
    surface: Surface
    tool: str


class Suggestion(Common, kw_only=True):
    """The AI's proposal `text`, and the text `before` that it would replace; `licence` of the repository, by SPDX.

    `call_id`: of the tool call that makes it, if the session has that as a step.
    """

    interaction_id: str
    task: Task
    text: str
    prompt: str | list[Message] = ""
    before: str = ""
    model: str = ""
    language: str = ""
    path: str = ""
    licence: str = ""
    call_id: str | None = None


class Decision(Common, kw_only=True):
    """What the person said to the proposal; `after_ms` is the time they took."""

    interaction_id: str
    verdict: Decided
    accepted_text: str | None = None
    after_ms: int | None = None


class Edit(Common, kw_only=True):
    """The person's whole text now; `final` where they are done with it."""

    interaction_id: str
    text: str
    final: bool = False
    origin: Literal["editor", "commit", "save", "send"] = "editor"


class Step(Common, kw_only=True):
    """One step of an agent's or a person's workflow.

    `call_id` is the same in a tool call and its result. `agent_id`: the sub-agent whose step it is, and
    `parent_call_id`: the call that started that one; none of the two for the session's own agent.
    """

    role: Literal["system", "user", "assistant", "tool"]
    kind: Literal["message", "tool_call", "tool_result", "plan"]
    content: str = ""
    tool_name: str = ""
    arguments: Any = None
    outcome: str = ""
    call_id: str | None = None
    agent_id: str | None = None
    parent_call_id: str | None = None


class Revision(Common, kw_only=True):
    """A document edit with no AI proposal."""

    document_id: str
    revision: int | str
    before: str
    after: str
    language: str = ""


class ThreadMessage(Common, kw_only=True):
    """A message in a thread; `text` only if the source is allowed to send text.

    `message_id` is what `reply_to` of its answers says; without one that is the event's id. `org_unit`: of its author.
    """

    thread_id: str
    channel_id: str = ""
    reply_to: str | None = None
    members: int | None = None
    text: str | None = None
    message_id: str | None = None
    org_unit: str = ""
    author: Literal["person", "agent"] = "person"


class Session(Common, kw_only=True):
    """A session starts or ends."""

    state: Literal["started", "ended"]
    reason: str = ""


Data = Suggestion | Decision | Edit | Step | Revision | ThreadMessage | Session

TYPES: dict[str, type[Data]] = {
    "redline.suggestion.v1": Suggestion,
    "redline.decision.v1": Decision,
    "redline.edit.v1": Edit,
    "redline.step.v1": Step,
    "redline.revision.v1": Revision,
    "redline.message.v1": ThreadMessage,
    "redline.session.v1": Session,
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded event: the CloudEvents envelope and its data. Holds raw text: never log it."""

    source: str
    id: str
    type: str
    time_us: int
    """Event time, microseconds since 1970 UTC."""
    subject: str | None
    """The person, as the producer names them."""
    data: Data
    unknown: tuple[str, ...] = ()
    """JSON paths of fields that this version does not know (keys only, no values)."""

    def __repr__(self) -> str:
        return f"Event({self.type})"
