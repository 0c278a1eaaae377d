"""A company whose people have habits, so that an attack has something to find. Seeded.

Two working weeks of pairs. A person has a role, surfaces, languages, a favourite model, a tool that they update early
or late, an hour at which they begin, a way to decide, and a hand (`writing`). They work in bursts: some suggestions
within half an hour, one session, as people do.
"""

# ruff: noqa: S311 - shares of a mix read best in place; made-up data must be repeatable

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from bench.privacy import writing
from redline.company_people import hire, token
from schemas.events import Decision, Edit, Event, Session, Step, Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.privacy.writing import Hand
    from redline.company_people import Person
    from schemas.events import Data

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
PERIODS_US = (1_767_571_200_000_000, 1_768_780_800_000_000)  # Mondays, 00:00 UTC: 2026-01-05 and 2026-01-19
WORKDAYS = 5

_LANGUAGES = (("python", 45), ("typescript", 25), ("go", 15), ("rust", 8), ("sql", 5), ("cobol", 2))
_MODELS = (
    ("claude-sonnet-4-5", 40),
    ("gpt-5.1", 25),
    ("claude-haiku-4-5", 15),
    ("qwen3-coder-30b", 12),
    ("starcoder2-15b", 8),
)
_VERSIONS = ("1.102", "1.103", "1.104", "1.105")
_TOOLS = {
    "ide": ("vscode-assist", "jetbrains-assist", "zed-assist"),
    "terminal": ("shell-pilot",),
    "doc": ("pages",),
    "mail": ("postbox",),
    "ticket": ("desk",),
    "chat": ("huddle",),
}
_SURFACES = {
    "engineer": ("ide", "ide", "ide", "terminal"),
    "product": ("doc", "chat", "doc"),
    "support": ("ticket", "ticket", "mail"),
    "writer": ("doc", "mail"),
}
_TASKS = {
    "ide": "completion",
    "terminal": "command",
    "doc": "document",
    "mail": "reply",
    "ticket": "reply",
    "chat": "summary",
}
_MARKS = {"python": "#", "sql": "--", "cobol": "*>"}


@dataclass(frozen=True, slots=True)
class Worker:
    """One person and their habits."""

    number: int
    person: Person
    hand: Hand
    languages: tuple[str, ...]
    model: str
    tools: dict[str, str]
    begins_h: float
    updates_late: int
    accepts: float
    rejects: float
    quick: float


@dataclass(frozen=True, slots=True)
class Planned:
    """One event, whose it is and when it arrives."""

    event: Event
    worker: int
    period: int


def staff(seed: int, headcount: int) -> list[Worker]:
    """The people of this company."""
    rng = Random(f"habits/{seed}")
    workers = []
    for number, person in enumerate(hire(rng, headcount)):
        workers.append(
            Worker(
                number=number,
                person=person,
                hand=writing.hand(rng),
                languages=tuple(dict.fromkeys((_drawn(rng, _LANGUAGES), _drawn(rng, _LANGUAGES)))),
                model=_drawn(rng, _MODELS),
                tools={surface: rng.choice(names) for surface, names in _TOOLS.items()},
                begins_h=rng.gauss(9.5, 1.8),
                updates_late=rng.choice((0, 0, 1, 2)),
                accepts=rng.betavariate(2, 4),
                rejects=rng.betavariate(1.5, 6),
                quick=rng.lognormvariate(0, 0.8),
            )
        )
    return workers


def events(seed: int, workers: Sequence[Worker], bursts: int = 4) -> list[Planned]:
    """Two weeks' events in order of arrival; `bursts` per person and week, of three to six suggestions each."""
    planned: list[Planned] = []
    for period, start_us in enumerate(PERIODS_US):
        rng = Random(f"habits/{seed}/{period}")
        for worker in workers:
            for burst in range(bursts):
                day = burst * WORKDAYS // bursts + (rng.random() < 0.5 and burst < bursts - 1)
                hour = min(max(rng.gauss(worker.begins_h + 4 * rng.random(), 0.6), 0.0), 23.0)
                at_us = start_us + day * DAY + int(hour * HOUR)
                planned += [Planned(event, worker.number, period) for event in _burst(rng, worker, at_us, period)]
    return sorted(planned, key=lambda one: (one.event.time_us, one.event.id))


def sample(seed: int, worker: Worker, texts: int) -> list[str]:
    """Raw writing of one person from another time, as somebody who knows them may have it."""
    rng = Random(f"habits/{seed}/sample/{worker.number}")
    written = []
    for _ in range(texts):
        surface = rng.choice(_SURFACES[worker.person.role])
        written.append(_prompt(rng, worker, surface, _language(rng, worker, surface)))
        written.append(writing.prose(rng, worker.hand, rng.randrange(2, 5)))
    return written


def _burst(rng: Random, worker: Worker, at_us: int, period: int) -> Iterator[Event]:
    surface = rng.choice(_SURFACES[worker.person.role])
    newest = 1 + period
    name = worker.tools[surface]
    tool = f"{name}/{_VERSIONS[max(newest - worker.updates_late, 0)]}"
    common = {"session_id": f"{surface}-{token(rng)}", "surface": surface, "tool": tool}
    made: list[tuple[int, Data]] = []
    agent = surface in {"ide", "terminal"} and rng.random() < 0.6
    if agent:
        made.append(
            (at_us - SECOND, Step(**common, role="user", kind="message", content=writing.prose(rng, worker.hand, 2)))
        )
    for _ in range(rng.randrange(3, 7)):
        at_us += int(rng.expovariate(1 / 240) * SECOND)
        made += _interaction(rng, worker, surface, common, at_us)
    if agent:
        made.append((at_us + HOUR, Session(**common, state="ended", reason="closed")))
    names = {Suggestion: "suggestion", Decision: "decision", Edit: "edit", Step: "step", Session: "session"}
    for time_us, data in made:
        yield Event(
            source=f"/{surface}/{name}",
            id=token(rng, 20),
            type=f"redline.{names[type(data)]}.v1",
            time_us=time_us,
            subject=worker.person.mail,
            data=data,
        )


def _interaction(
    rng: Random, worker: Worker, surface: str, common: dict[str, str], at_us: int
) -> Iterator[tuple[int, Data]]:
    own = worker.hand
    language = _language(rng, worker, surface)
    mark = _MARKS.get(language, "//") if surface == "ide" else "#" if surface == "terminal" else ""
    body = (
        writing.code(rng, writing.MACHINE, mark, 3, own)
        if mark
        else writing.prose(rng, writing.MACHINE, rng.randrange(2, 5), own)
    )
    if surface in {"mail", "ticket"}:
        body = f"{body}\n\nKind regards,\n{worker.person.name}"
    interaction = token(rng, 20)
    yield (
        at_us,
        Suggestion(
            **common,
            interaction_id=interaction,
            task=_TASKS[surface],
            prompt=_prompt(rng, worker, surface, language),
            text=body,
            model=worker.model if rng.random() < 0.85 else _drawn(rng, _MODELS),
            language=language,
            path=f"{worker.person.home}/src/{rng.choice(own.nouns)}.txt" if surface == "ide" else "",
        ),
    )
    took_ms = int(4000 * worker.quick * rng.lognormvariate(0, 0.7))
    chance = rng.random()
    verdict = (
        "accepted" if chance < worker.accepts else "rejected" if chance < worker.accepts + worker.rejects else "partial"
    )
    yield at_us + took_ms * 1000, Decision(**common, interaction_id=interaction, verdict=verdict, after_ms=took_ms)
    if verdict == "partial":
        final = writing.edited(rng, body, own, own, mark)
        yield at_us + took_ms * 1000 + 40 * SECOND, Edit(**common, interaction_id=interaction, text=final, final=True)


def _prompt(rng: Random, worker: Worker, surface: str, language: str) -> str:
    asked = writing.prose(rng, worker.hand, rng.randrange(1, 3))
    if surface in {"mail", "ticket"}:
        return writing.letter(rng, worker.hand, 2)
    return f"{asked}{worker.hand.gap}({language})" if surface == "ide" else asked


def _language(rng: Random, worker: Worker, surface: str) -> str:
    if surface != "ide":
        return "bash" if surface == "terminal" else "en"
    return worker.languages[0] if rng.random() < 0.8 else worker.languages[-1]


def _drawn(rng: Random, shares: Sequence[tuple[str, int]]) -> str:
    return rng.choices([name for name, _ in shares], [share for _, share in shares])[0]
