"""The scenes of the generated company: who does what, when, and what label the pair must get in the end.

A scene is planned whole, with event times; how its records travel is `company`'s. Steps of a session lie well within
its gap (6 h), so that the outcome does not hang on a setting.
"""

# ruff: noqa: PLR2004 - shares of a mix read best in place

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from redline import company_texts as texts
from redline.company_interactions import HOUR, MINUTE, SECOND, Draft, Moment, Outcomes, Story
from redline.company_people import address, token
from redline.company_words import Slots
from schemas.events import Data, Decision, Edit, Message, Revision, Session, Step, ThreadMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from redline.company_people import Person

_SUFFIX = {"python": "py", "typescript": "ts", "go": "go", "sql": "sql"}
_TOOLS = {
    "ide": ("vscode-assist/1.104", "jetbrains-assist/2025.2", "vscode-assist/1.103"),
    "terminal": ("shell-pilot/0.9.2",),
    "chat": ("huddle/5.1",),
    "doc": ("pages/2025.9", "pages/2025.10"),
    "agent": ("claude-code/2.1.39", "house-agent/0.4"),
    "ticket": ("desk/11.2",),
    "mail": ("postbox/3.0",),
    "review": ("gate-review/1.7",),
}


class Stories:
    """Draws one scene after the other."""

    def __init__(self, rng: Random, people: Sequence[Person]) -> None:
        self._rng = rng
        self._people = people
        self._outcomes = Outcomes(rng)
        self._by_role = {role: [p for p in people if p.role == role] for role in {p.role for p in people}}
        self._threads = [token(rng) for _ in range(40)]
        self._said: Counter[str] = Counter()

    def next(self, at_us: int) -> Story:
        """A scene that starts now."""
        scenes: tuple[tuple[int, Callable[[int], Story]], ...] = (
            (34, self._completion),
            (10, self._command),
            (6, self._review),
            (12, self._summary),
            (8, self._document),
            (12, self._reply),
            (8, self._own_revision),
            (26, self.remark),
            (4, self._agent),
            (1, self._lost),
        )
        scene = self._rng.choices([scene for _, scene in scenes], [weight for weight, _ in scenes])[0]
        return scene(at_us)

    def remark(self, at_us: int) -> Story:
        """One message in a chat thread: the smallest scene there is."""
        rng, person = self._rng, self._rng.choice(self._people)
        thread = rng.randrange(len(self._threads))
        if rng.random() < 0.1:
            self._threads[thread] = token(rng)
        name = self._threads[thread]
        number = self._said[name] = self._said[name] + 1
        data = ThreadMessage(
            session_id=f"chat-{person.login}",
            surface="chat",
            tool=self._tool("chat"),
            thread_id=name,
            channel_id=f"channel-{thread % 12}",
            reply_to=_before(token(rng), name, number) if rng.random() < 0.5 else None,
            members=rng.randrange(3, 60),
            text=texts.chat(rng, person, self._people) if rng.random() < 0.7 else None,
            message_id=f"{name}/{number}",
            org_unit=person.role,
            author="agent" if number % 5 == 0 else "person",
        )
        return Story(person, [Moment(at_us, data, at_us + HOUR)])

    def _completion(self, at_us: int) -> Story:
        rng, person = self._rng, self._one_of("engineer")
        language = rng.choice(texts.LANGUAGES)
        edit = rng.random() < 0.5
        before = texts.code(rng, language, person, self._people, rng.randrange(2, 6)) if edit else ""
        ask = f"{Slots(rng, person, self._people)['verb']} the rows and keep the order"
        draft = Draft(
            surface="ide",
            task="edit" if edit else "completion",
            text=texts.code(rng, language, person, self._people, rng.randrange(3, 8)),
            origin=rng.choice(("commit", "save", "editor")),
            prompt=ask if edit else before,
            before=before,
            language=language,
            path=f"{person.home}/src/{token(rng, 4)}/{rng.choice(('jobs', 'api', 'core'))}.{_SUFFIX[language]}",
            saves=rng.randrange(4),
        )
        return self._offered(at_us, person, draft)

    def _command(self, at_us: int) -> Story:
        rng, person = self._rng, self._one_of("engineer")
        draft = Draft(
            surface="terminal",
            task="command",
            text=texts.command(rng, person, self._people),
            origin="send",
            prompt="show me the ones that failed",
            language="shell",
            path=person.home,
        )
        return self._offered(at_us, person, draft)

    def _review(self, at_us: int) -> Story:
        rng, person = self._rng, self._one_of("engineer")
        language = rng.choice(texts.LANGUAGES)
        draft = Draft(
            surface="review",
            task="review",
            text=texts.prose(rng, person, self._people, rng.randrange(2, 5)),
            origin="send",
            prompt=texts.code(rng, language, person, self._people, rng.randrange(2, 5)),
            language="en",
        )
        return self._offered(at_us, person, draft)

    def _summary(self, at_us: int) -> Story:
        rng, person = self._rng, self._one_of("product")
        notes = texts.prose(rng, person, self._people, rng.randrange(5, 9))
        draft = Draft(
            surface="doc",
            task="summary",
            text=texts.prose(rng, person, self._people, rng.randrange(4, 8)),
            origin="save",
            prompt=[
                Message(role="system", content="You write short and exact summaries."),
                Message(role="user", content=f"Sum up for {person.first}:\n{notes}"),
            ],
            language="en",
            saves=rng.randrange(3),
        )
        return self._offered(at_us, person, draft)

    def _document(self, at_us: int) -> Story:
        rng, person = self._rng, self._one_of("writer")
        before = texts.prose(rng, person, self._people, rng.randrange(4, 9))
        draft = Draft(
            surface="doc",
            task="document",
            text=texts.revised(rng, texts.revised(rng, before)),
            origin="save",
            prompt="Make this easier to read.",
            before=before,
            language="en",
            saves=rng.randrange(4),
        )
        return self._offered(at_us, person, draft)

    def _reply(self, at_us: int) -> Story:
        rng, person = self._rng, self._one_of("support")
        draft = Draft(
            surface=rng.choice(("ticket", "mail")),
            task="reply",
            text=texts.reply(rng, person, self._people, rng.randrange(2, 6)),
            origin="send",
            prompt=[Message(role="user", content=texts.ticket(rng))],
            language="en",
            saves=rng.randrange(2),
        )
        return self._offered(at_us, person, draft)

    def _own_revision(self, at_us: int) -> Story:
        rng, person = self._rng, self._one_of("writer")
        before = texts.prose(rng, person, self._people, rng.randrange(3, 8))
        data = Revision(
            session_id=f"doc-{token(rng)}",
            surface="doc",
            tool=self._tool("doc"),
            document_id=token(rng),
            revision=rng.randrange(1, 400),
            before=before,
            after=texts.revised(rng, before),
        )
        return Story(person, [Moment(at_us, data, at_us + HOUR)])

    def _lost(self, at_us: int) -> Story:
        """A decision and an edit whose suggestion never reaches us."""
        rng, person = self._rng, self._one_of("engineer")
        interaction, common = token(rng), self._common("ide")
        text = texts.code(rng, "python", person, self._people, 3)
        later_us = at_us + rng.randrange(SECOND, MINUTE)
        decision = Decision(**common, interaction_id=interaction, verdict="accepted", after_ms=rng.randrange(9000))
        edit = Edit(**common, interaction_id=interaction, text=text, final=True, origin="commit")
        return Story(
            person, [Moment(at_us, decision, at_us, orphan=True), Moment(later_us, edit, later_us, orphan=True)]
        )

    def _agent(self, at_us: int) -> Story:
        """A task given to an agent: plan, tool calls, results, corrections; often with a change to accept."""
        rng, person = self._rng, self._one_of("engineer")
        common = self._common("agent")
        steps: list[Data] = [Session(**common, state="started")]
        ask = texts.prose(rng, person, self._people, 2)
        steps.append(Step(**common, role="user", kind="message", content=ask))
        steps.append(Step(**common, role="assistant", kind="plan", content="1. read\n2. change\n3. test"))
        for _ in range(rng.randrange(2, 7)):
            steps += self._tool_call(common, person)
            if rng.random() < 0.2:
                steps.append(Step(**common, role="user", kind="message", content=texts.chat(rng, person, self._people)))
        report = texts.prose(rng, person, self._people, 3)
        steps.append(Step(**common, role="assistant", kind="message", content=report))
        times = [at_us]
        for _ in steps:
            times.append(times[-1] + rng.randrange(SECOND, 40 * SECOND))
        label, change = "", []
        if rng.random() < 0.6:
            language = rng.choice(texts.LANGUAGES)
            draft = Draft(
                surface="agent",
                task="edit",
                text=texts.code(rng, language, person, self._people, 4),
                origin="commit",
                prompt=ask,
                before=texts.code(rng, language, person, self._people, 3),
                language=language,
            )
            inner = self._outcomes.draw(times[-1], person, draft, common)
            label, change = inner.label, inner.moments
            times.append(max(moment.at_us for moment in change if not moment.late) + rng.randrange(SECOND, MINUTE))
        closes_us = times[-1]
        moments = [Moment(at, data, closes_us) for at, data in zip(times, steps, strict=False)]
        ended = Session(**common, state="ended", reason=rng.choice(("exit", "logout", "")))
        return Story(person, [*moments, *change, Moment(closes_us, ended, closes_us)], label=label, session=True)

    def _tool_call(self, common: dict[str, Any], person: Person) -> list[Data]:
        rng = self._rng
        file = f"{person.home}/src/{token(rng, 4)}.py"
        name, arguments = rng.choice(
            (
                ("Bash", {"command": texts.command(rng, person, self._people), "timeout": rng.randrange(5, 600)}),
                ("Read", {"file_path": file, "limit": rng.randrange(50, 2000)}),
                ("Edit", {"file_path": file, "old_string": "limit = 5", "new_string": f"limit = {rng.randrange(99)}"}),
                ("Fetch", {"url": f"http://{address(rng)}/api", "headers": {"From": person.mail}, "retries": [1, 5]}),
            )
        )
        fails = rng.random() < 0.15
        output = f"{person.login}: permission denied" if fails else texts.code(rng, "python", person, self._people, 3)
        return [
            Step(**common, role="assistant", kind="tool_call", tool_name=name, arguments=arguments),
            Step(
                **common,
                role="tool",
                kind="tool_result",
                tool_name=name,
                content=output,
                outcome="error" if fails else "ok",
            ),
        ]

    def _offered(self, at_us: int, person: Person, draft: Draft) -> Story:
        return self._outcomes.draw(at_us, person, draft, self._common(draft.surface))

    def _common(self, surface: str) -> dict[str, Any]:
        return {"session_id": f"{surface}-{token(self._rng)}", "surface": surface, "tool": self._tool(surface)}

    def _tool(self, surface: str) -> str:
        return self._rng.choice(_TOOLS[surface])

    def _one_of(self, role: str) -> Person:
        return self._rng.choice(self._by_role[role])


def _before(unseen: str, thread: str, number: int) -> str:
    """The message before; of a thread's first one somewhere else."""
    return f"{thread}/{number - 1}" if number > 1 else unseen
