"""The events of a session: what each kind has in common, and its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from schemas.events import TYPES, Data, Decision, Edit, Event, Session, Step, Suggestion, Surface
from schemas.sources.claude_code import identity, proposals

if TYPE_CHECKING:
    from schemas.sources.claude_code.files import Claim
    from schemas.sources.claude_code.lines import Line
    from schemas.sources.claude_code.proposals import Proposal
    from schemas.sources.claude_code.tree import Place

Verdict = Literal["accepted", "rejected", "dismissed"]

_NAMES = {data: name for name, data in TYPES.items()}


class Maker:
    """Makes events of lines. `subject`: whose session it is."""

    def __init__(self, subject: str | None) -> None:
        self._subject = subject

    def step(self, line: Line, place: Place, name: str, **data: Any) -> Event:
        """A step, of the session or of a subagent in it."""
        return self._event(line, name, Step(**_common(line, line.session_id), agent_id=place.thread or None, **data))

    def suggestion(self, line: Line, place: Place, proposed: Proposal, known: str) -> Event:
        """What a call proposes. `known`: the text of its file, as far as it is known."""
        before = known if proposed.whole else proposed.before
        data = Suggestion(
            **_common(line, line.session_id),
            interaction_id=proposed.tool_use_id,
            task="edit" if before else "document",
            text=proposed.text,
            prompt=place.turn,
            before=before,
            model=line.model,
            language=proposals.language(proposed.path),
            path=proposed.path,
            call_id=proposed.tool_use_id,
        )
        return self._event(line, identity.suggestion_id(proposed.tool_use_id), data)

    def decision(self, line: Line, tool_use_id: str, verdict: Verdict, accepted_text: str | None = None) -> Event:
        """What became of it."""
        common = _common(line, line.session_id)
        data = Decision(**common, interaction_id=tool_use_id, verdict=verdict, accepted_text=accepted_text)
        return self._event(line, identity.decision_id(tool_use_id), data)

    def edit(self, line: Line, claim: Claim) -> Event:
        """The person's text, as this line shows it."""
        common = _common(line, line.session_id)
        data = Edit(**common, interaction_id=claim.tool_use_id, text=claim.text, final=claim.final, origin="editor")
        return self._event(line, identity.edit_id(claim.tool_use_id, claim.text, final=claim.final), data)

    def session(self, line: Line, state: Literal["started", "ended"], reason: str) -> Event:
        """The session starts or ends."""
        data = Session(**_common(line, line.session_id), state=state, reason=reason)
        return self._event(line, identity.session_event_id(line.session_id, state, reason), data)

    def _event(self, line: Line, name: str, data: Data) -> Event:
        kind = _NAMES[type(data)]
        return Event(source=identity.SOURCE, id=name, type=kind, time_us=line.time_us, subject=self._subject, data=data)


def _common(line: Line, session_id: str) -> dict[str, Any]:
    surface: Surface = "ide" if "vscode" in line.entrypoint or "jetbrains" in line.entrypoint else "terminal"
    tool = f"{identity.SOURCE}/{line.version}" if line.version else identity.SOURCE
    return {"session_id": session_id, "surface": surface, "tool": tool}
