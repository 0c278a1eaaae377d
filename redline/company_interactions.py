"""What comes of a suggestion in the generated company: events in time, and the label their pair must get.

Times lie well within the join's window (24 h), so that the outcome does not hang on a setting.
"""

# ruff: noqa: PLR2004 - shares of a mix read best in place

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from redline import company_texts as texts
from redline.company_people import token
from schemas.events import Data, Decided, Decision, Edit, Message, Suggestion, Surface, Task

if TYPE_CHECKING:
    from random import Random

    from redline.company_people import Person

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
_OPEN_US = HOUR  # of an interaction that nothing closes but its window
_MODELS = ("claude-opus-4-1", "claude-sonnet-4-5", "gpt-5-mini", "codestral-2508", "house-7b-2025-09")


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a scene. Up to `closes_us` its arrival may be delayed without a change in what it is worth."""

    at_us: int
    data: Data
    closes_us: int
    late: bool = False
    orphan: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """One scene of one person. `label`: of its interaction, empty if it has none. `session`: it makes a trajectory."""

    person: Person
    moments: list[Moment]
    label: str = ""
    session: bool = False


@dataclass(slots=True)
class Draft:
    """A suggestion to be; `saves` on the way to the final text, if there is one, and where that comes from."""

    surface: Surface
    task: Task
    text: str
    origin: Literal["editor", "commit", "save", "send"]
    prompt: str | list[Message] = ""
    before: str = ""
    language: str = ""
    path: str = ""
    saves: int = 0


class Outcomes:
    """Draws what people do with what they are offered: three in ten accept, four edit, two reject, one ignores."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def draw(self, at_us: int, person: Person, draft: Draft, common: dict[str, Any]) -> Story:
        """The whole interaction. `common`: session, surface and tool of its events."""
        rng = self._rng
        ids = {**common, "interaction_id": token(rng, 16)}
        suggestion = Suggestion(
            **ids,
            task=draft.task,
            text=draft.text,
            prompt=draft.prompt,
            before=draft.before,
            model=rng.choice(_MODELS),
            language=draft.language,
            path=draft.path,
        )
        label = rng.choices(("accepted", "edited", "rejected", "ignored"), (30, 40, 20, 10))[0]
        if label == "ignored":
            return Story(person, [Moment(at_us, suggestion, at_us + _OPEN_US)], label)
        after_ms = int(rng.lognormvariate(9, 1.2)) + 200
        decided_us = at_us + after_ms * 1000
        known_ms = after_ms if rng.random() < 0.8 else None
        if label == "rejected":
            verdict: Decided = rng.choice(("rejected", "rejected", "dismissed"))
            decision = Decision(**ids, verdict=verdict, after_ms=known_ms)
            return self._closed(person, label, [(at_us, suggestion), (decided_us, decision)])
        if label == "accepted":
            whole = draft.text if rng.random() < 0.3 else None
            told: list[tuple[int, Data]] = [(at_us, suggestion)]
            told.append((decided_us, Decision(**ids, verdict="accepted", accepted_text=whole, after_ms=known_ms)))
            if rng.random() < 0.5:
                return Story(person, [Moment(at, data, decided_us + _OPEN_US) for at, data in told], label)
            kept = Edit(**ids, text=draft.text, final=True, origin=draft.origin)
            told.append((decided_us + rng.randrange(SECOND, 20 * MINUTE), kept))
            return self._closed(person, label, told)
        return self._edited(person, draft, ids, [(at_us, suggestion)], decided_us=decided_us, known_ms=known_ms)

    def _edited(
        self,
        person: Person,
        draft: Draft,
        ids: dict[str, Any],
        told: list[tuple[int, Data]],
        *,
        decided_us: int,
        known_ms: int | None,
    ) -> Story:
        """A decision (seldom none), some saves on the way, and the final text."""
        rng = self._rng
        text = draft.text
        if rng.random() < 0.85:
            partly = rng.random() < 0.2
            if partly:
                text = texts.revised(rng, text, draft.language)
            decision = Decision(
                **ids,
                verdict="partial" if partly else "accepted",
                accepted_text=text if partly else None,
                after_ms=known_ms,
            )
            told.append((decided_us, decision))
        now_us = decided_us
        for number in range(draft.saves + 1):
            now_us += rng.randrange(5 * SECOND, 12 * MINUTE)
            text = texts.revised(rng, text, draft.language)
            if number == draft.saves and text in (draft.text, draft.before):
                text += "\n" + token(rng)
            final = number == draft.saves
            told.append((now_us, Edit(**ids, text=text, final=final, origin=draft.origin if final else "save")))
        return self._closed(person, "edited", told)

    def _closed(self, person: Person, label: str, told: list[tuple[int, Data]]) -> Story:
        """An interaction that its last event closes; a few are touched again hours later."""
        closes_us = told[-1][0]
        moments = [Moment(at, data, closes_us) for at, data in told]
        last = told[-1][1]
        if isinstance(last, Edit) and self._rng.random() < 0.03:
            again_us = closes_us + self._rng.randrange(HOUR, 5 * HOUR)
            again = Edit(
                session_id=last.session_id,
                surface=last.surface,
                tool=last.tool,
                interaction_id=last.interaction_id,
                text=texts.revised(self._rng, last.text),
                final=True,
                origin=last.origin,
            )
            moments.append(Moment(again_us, again, again_us, late=True))
        return Story(person, moments, label)
