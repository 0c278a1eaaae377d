"""What the events of one unit of input have in common, and their making. Pure.

Ids follow one rule for every source: `suggestion/<interaction>`, `decision/<interaction>[/…]`, `step/<…>`, where the
interaction is the producer's own id, or a hash of the content where it has none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from schemas.events import (
    Decided,
    Decision,
    Event,
    Message,
    Revision,
    Session,
    Step,
    Suggestion,
    Surface,
    Task,
    ThreadMessage,
)
from schemas.sources.reading import safe_name, safe_version

if TYPE_CHECKING:
    from schemas.events import Data

_DIGEST_BYTES = 16

Role = Literal["system", "user", "assistant", "tool"]
Kind = Literal["message", "tool_call", "tool_result", "plan"]


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when something happened, and whose it is."""

    source: str
    subject: str | None
    session_id: str
    surface: Surface
    tool: str
    time_us: int

    def suggestion(
        self,
        interaction: str,
        *,
        task: Task,
        text: str,
        prompt: str | list[Message] = "",
        before: str = "",
        model: str = "",
        language: str = "",
        path: str = "",
    ) -> Event:
        """The AI's proposal."""
        data = Suggestion(
            session_id=self.session_id,
            surface=self.surface,
            tool=self.tool,
            interaction_id=interaction,
            task=task,
            text=text,
            prompt=prompt,
            before=before,
            model=model,
            language=language,
            path=path,
        )
        return self._event(f"suggestion/{interaction}", "redline.suggestion.v1", data)

    def decision(self, interaction: str, verdict: Decided, *, mark: str = "", after_ms: int | None = None) -> Event:
        """What the person said. `mark` tells several decisions of one interaction apart. One microsecond later."""
        data = Decision(
            session_id=self.session_id,
            surface=self.surface,
            tool=self.tool,
            interaction_id=interaction,
            verdict=verdict,
            after_ms=after_ms,
        )
        name = f"decision/{interaction}/{mark}" if mark else f"decision/{interaction}"
        return self._event(name, "redline.decision.v1", data, later_us=1)

    def step(
        self,
        name: str,
        *,
        role: Role,
        kind: Kind,
        content: str = "",
        tool_name: str = "",
        arguments: Any = None,
        outcome: str = "",
        call_id: str | None = None,
        later_us: int = 0,
    ) -> Event:
        """One step; `name` is its whole id. Steps of one unit keep their order by `later_us`."""
        data = Step(
            session_id=self.session_id,
            surface=self.surface,
            tool=self.tool,
            role=role,
            kind=kind,
            content=content,
            tool_name=tool_name,
            arguments=arguments,
            outcome=outcome,
            call_id=call_id,
        )
        return self._event(name, "redline.step.v1", data, later_us=later_us)

    def revision(self, document: str, revision: str, *, before: str, after: str, mark: str = "") -> Event:
        """A person's edit with no proposal. `mark` is the id where `revision` alone is none."""
        data = Revision(
            session_id=self.session_id,
            surface=self.surface,
            tool=self.tool,
            document_id=document,
            revision=revision,
            before=before,
            after=after,
        )
        return self._event(f"revision/{mark or revision}", "redline.revision.v1", data)

    def session(self, state: Literal["started", "ended"]) -> Event:
        """The session starts or ends."""
        data = Session(session_id=self.session_id, surface=self.surface, tool=self.tool, state=state)
        return self._event(f"session/{self.session_id}/{state}", "redline.session.v1", data)

    def message(
        self,
        name: str,
        *,
        thread_id: str,
        channel_id: str,
        reply_to: str | None,
        members: int | None,
        text: str | None,
    ) -> Event:
        """A message in a thread."""
        data = ThreadMessage(
            session_id=self.session_id,
            surface=self.surface,
            tool=self.tool,
            thread_id=thread_id,
            channel_id=channel_id,
            reply_to=reply_to,
            members=members,
            text=text,
            message_id=name,
        )
        return self._event(f"message/{name}", "redline.message.v1", data)

    def _event(self, name: str, kind: str, data: Data, *, later_us: int = 0) -> Event:
        subject = self.subject if self.subject and not self.subject.isspace() else None
        return Event(
            source=self.source, id=name, type=kind, time_us=self.time_us + later_us, subject=subject, data=data
        )


def content_id(*parts: str) -> str:
    """32 hex digits for what has no id of its own: equal parts, equal id."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES, person=b"source-content")
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def product(name: str, version: object) -> str:
    """`name/version` as `tool` wants it; only the name where the version is none, `unknown` where the name is none."""
    shown, number = safe_name(name), safe_version(version)
    if shown == "?":
        shown = "unknown"
    return shown if number == "?" else f"{shown}/{number}"
