"""A data folder of an office: people at work in sessions and on shared documents, as rows that exports read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from msgspec.structs import replace
from support import rows as make
from support.folder import key_file, publish

from schemas.rows import Span, Trajectory, TrajectoryStep
from streams.keyed import derived_id
from streams.trajectory import part_id

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.rows import Interaction, Pair, Subject

WORDS = [f"word{i}" for i in range(400)]


@dataclass(repr=False)
class Office:
    """Rows, and whose each pair is: by its id, its session, document (or none) and person."""

    pairs: list[Pair] = field(default_factory=list)
    sessions: list[Trajectory] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    of: dict[str, tuple[str, str | None, str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Office({len(self.pairs)} pairs)"  # what hypothesis prints of a failure

    def publish(self, data: Path, *, commits: int = 1, seed: int = 0) -> Path:
        """Write the tables; pairs in some order, over so many commits."""
        key_file(data)
        mixed = list(self.pairs)
        Random(seed).shuffle(mixed)  # noqa: S311 - not a secret
        for start in range(commits):
            publish(data, "pairs", mixed[start::commits])
        publish(data, "trajectories", self.sessions)
        publish(data, "interactions", self.interactions)
        publish(data, "subjects", self.subjects)
        return data


def office(people: int = 15, sessions: int = 3, pairs: int = 4, documents: int = 6, seed: int = 1) -> Office:
    """So many people with so many sessions each, of so many pairs; one in four is about a document others have too."""
    draw, made = Random(seed), Office()  # noqa: S311 - not a secret
    for person in range(people):
        for session in range(sessions):
            _session(made, draw, f"p{person}", f"s{person}-{session}")
            for number in range(pairs):
                document = f"d{draw.randrange(documents)}" if draw.random() < 1 / 4 else None
                _pair(made, draw, (f"s{person}-{session}", document, f"p{person}"), f"i{person}-{session}-{number}")
    return made


def _session(made: Office, draw: Random, person: str, key: str) -> None:
    """A question, a call of a tool, its result, an answer."""
    asked, said = (" ".join(draw.choices(WORDS, k=12)) for _ in range(2))
    steps = [
        TrajectoryStep(index=0, role="user", kind="message", content=asked),
        TrajectoryStep(
            index=1, role="assistant", kind="tool_call", tool_name="run", arguments='{"n": 1}', call_id="c1"
        ),
        TrajectoryStep(index=2, role="tool", kind="tool_result", tool_name="run", content="2", call_id="c1"),
        TrajectoryStep(index=3, role="assistant", kind="message", content=said),
    ]
    offset = len(made.interactions)
    event = replace(
        make.interaction(offset),
        record_id=derived_id("event", key.encode()),
        event_type="redline.step.v1",
        session_key=key,
        interaction_key=None,
    )
    row = Trajectory(
        record_id=part_id(key.encode(), 0),
        scrub_version="1",
        sources=event.sources,
        event_date=event.event_date,
        surface="agent",
        tool="t/1",
        closed_by="ended",
        steps=steps,
        key_epoch=1,
    )
    made.interactions.append(event)
    made.sessions.append(row)
    made.subjects.append(
        replace(make.subject(offset), record_id=event.record_id, sources=event.sources, pseudonym=person)
    )
    made.of[row.record_id] = (key, None, person)


def _pair(made: Office, draw: Random, of: tuple[str, str | None, str], key: str) -> None:
    session, document, person = of
    offset = len(made.interactions)
    label = draw.choice(["accepted", "edited", "rejected", "ignored"])
    suggestion = " ".join(draw.choices(WORDS, k=20))
    edited = suggestion + " " + " ".join(draw.choices(WORDS, k=5))
    kept = [Span(0, len(suggestion))] if label in {"accepted", "edited"} else []
    row = replace(
        make.pair(offset, date=make.DATES[offset % 2]),
        record_id=derived_id("pair", key.encode()),
        label=label,
        prompt=json.dumps([{"role": "user", "content": " ".join(draw.choices(WORDS, k=8))}]),
        suggestion=suggestion,
        final={"accepted": suggestion, "edited": edited, "rejected": "", "ignored": ""}[label],
        kept_spans=kept,
        edited_spans=[Span(len(suggestion), len(edited))] if label == "edited" else [],
        similarity=round(draw.random(), 3),
    )
    event = replace(
        make.interaction(offset),
        record_id=derived_id("event", key.encode()),
        event_type="redline.suggestion.v1",
        session_key=session,
        interaction_key=key,
        document_key=document,
    )
    made.pairs.append(row)
    made.interactions.append(event)
    made.subjects.append(
        replace(make.subject(offset), record_id=event.record_id, sources=event.sources, pseudonym=person)
    )
    made.of[row.record_id] = of
