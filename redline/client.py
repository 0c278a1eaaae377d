"""For tools written in Python: say what was suggested, what was decided, what the person made of it.

    from redline.client import Client

    redline = Client(tool="our-editor/2.1", surface="ide", session_id=session, subject="anna@example.com")
    interaction = redline.suggest(proposal, before=selection, prompt=question, path=path)
    redline.decide(interaction, "accepted")
    redline.edit(interaction, text_now, final=True)

Each call adds one record to the capture spool of this machine (some tens of microseconds) and never raises: a tool must
not fail because of what watches it. `redline capture ship` sends the spool on.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redline.capture import append

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.events import Decided, Message, Surface, Task

DEFAULT_FOLDER = Path("~/.local/state/redline/capture")


class Client:
    """One sitting of one person with one tool.

    Args:
        tool: `name/version`.
        surface: where it happens, as `docs/events.md` lists it.
        session_id: one sitting; events of one session stay in order.
        subject: the person, as consent knows them; without it nobody can have agreed and events are dropped.
        folder: the spool; the same for all tools of this person.
    """

    def __init__(
        self, *, tool: str, surface: Surface, session_id: str, subject: str = "", folder: Path = DEFAULT_FOLDER
    ) -> None:
        self._common = {"session_id": session_id, "surface": surface, "tool": tool}
        self._source = f"redline-client/{tool}"
        self._subject = subject
        self._folder = str(folder.expanduser())
        self.lost = 0
        """Calls that could not be kept: the disk was full, or a value was no JSON."""

    def suggest(  # noqa: D417 - the others are the fields of docs/events.md
        self,
        text: str,
        *,
        task: Task = "edit",
        prompt: str | Sequence[Message] = "",
        before: str = "",
        model: str = "",
        language: str = "",
        path: str = "",
        licence: str = "",
        interaction_id: str | None = None,
    ) -> str:
        """The AI proposes `text`. Returns the interaction's id, made up unless given.

        Args:
            text: the proposal, whole.
        """
        interaction = interaction_id or uuid.uuid4().hex
        turns = prompt if isinstance(prompt, str) else [{"role": m.role, "content": m.content} for m in prompt]
        self._add(
            "suggestion",
            interaction_id=interaction,
            task=task,
            text=text,
            prompt=turns,
            before=before,
            model=model,
            language=language,
            path=path,
            licence=licence,
        )
        return interaction

    def decide(
        self, interaction_id: str, verdict: Decided, *, accepted_text: str | None = None, after_ms: int | None = None
    ) -> None:
        """The person says yes, no, or takes over `accepted_text`; `after_ms` is how long they took."""
        fields = {"accepted_text": accepted_text, "after_ms": after_ms}
        given = {name: value for name, value in fields.items() if value is not None}
        self._add("decision", interaction_id=interaction_id, verdict=verdict, **given)

    def edit(self, interaction_id: str, text: str, *, final: bool = False, origin: str = "editor") -> None:
        """What stands where the proposal was: the person's whole text now; `final` once they are done with it."""
        self._add("edit", interaction_id=interaction_id, text=text, final=final, origin=origin)

    def end(self, reason: str = "") -> None:
        """The session is over."""
        self._add("session", state="ended", reason=reason)

    def _add(self, kind: str, **data: Any) -> None:
        envelope = {
            "specversion": "1.0",
            "id": uuid.uuid4().hex,
            "source": self._source,
            "type": f"redline.{kind}.v1",
            "time": datetime.now(UTC).isoformat(),
            "data": self._common | data,
        }
        if self._subject:
            envelope["subject"] = self._subject
        try:
            append.append(self._folder, "event", json.dumps(envelope).encode())
        except Exception:  # noqa: BLE001 - counted; the tool goes on
            self.lost += 1
