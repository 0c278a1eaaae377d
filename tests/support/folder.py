"""Data folders for tests of commands: real Delta tables, written by the sink's own committer."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
from support import rows as make
from support.world import HASHES, IDENTITY, SECOND, World, event

from schemas.records import Partition
from schemas.rows import Interaction, Mark, Pair, Reject
from schemas.tables import TABLES
from sinks.committer import Committer
from sinks.decisions import Decisions
from sinks.release import Release
from sinks.seal import Seal
from streams.join import Join, JoinPolicy
from streams.marks import marks_of
from streams.surrogates import Surrogates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from schemas.verdict import Verdict

NAME = "Oluwaseun"  # in texts; decisions have marks of it
MONDAY_S = 1_767_600_000  # 2026-01-05, 08:00 UTC: events of a test all lie on this day


def publish(data: Path, table: str, rows: Sequence[Any], *, gate: Callable[[pa.Table], Verdict] = make.passing) -> None:
    """One commit of these rows, after those that are there; what the gate refuses goes to quarantine."""
    sink = Committer(
        data_dir=data,
        table=TABLES[table],
        sink="sink-0",
        gate=gate,
        alert=make.no_alert,
        crash=lambda _step: None,
        seal=Seal(IDENTITY),
        release=Release(Decisions(data), Seal(IDENTITY)),
    )
    start = sink.offset(Partition(make.TOPIC, 0)) or 0
    sink.commit(make.batch(rows, start=start), lambda _offsets: None)
    sink.close()


def key_file(data: Path) -> None:
    """The keys that the marks of these days were made with."""
    state = data / "state"
    state.mkdir(parents=True, exist_ok=True)
    path = state / "keys.json"
    path.write_text(f'{{"identity":"{IDENTITY.hex()}","surrogate":"{IDENTITY.hex()}"}}')
    path.chmod(0o600)


def told(what: str, at_s: float, *, offset: int, key: str = "i", **data: Any) -> Interaction:
    """A scrubbed event as the pipeline makes it: its day fits its time."""
    row = event(what, at_s, key=key, offset=offset, **data)
    return msgspec.structs.replace(row, event_time=int((MONDAY_S + at_s) * SECOND), event_date="2026-01-05")


@dataclass
class Day:
    """A day of interactions that went through the join in some order of arrival, ticks and a flush among them."""

    events: list[Interaction] = field(default_factory=list)
    world: World = field(default_factory=lambda: World(Join(HASHES, JoinPolicy())))

    @property
    def pairs(self) -> list[Pair]:
        return [row for row in self.world.table.values() if isinstance(row, Pair)]

    @property
    def rejects(self) -> list[Reject]:
        return [row for row in self.world.table.values() if isinstance(row, Reject)]

    def publish(self, data: Path) -> None:
        key_file(data)
        publish(data, "interactions", self.events)
        publish(data, "pairs", self.pairs)
        publish(data, "rejects", self.rejects)


def _marks(key: str) -> list[Mark]:
    surrogates = Surrogates(IDENTITY, 1, key.encode())
    return marks_of([NAME], HASHES.within(key), surrogates, lambda _name: False)


def day(seed: int, interactions: int = 80) -> Day:
    """Accepted, edited, rejected and ignored ones, some without their suggestion, some events hours late.

    Texts hold a name that only decisions know.
    """
    random = Random(seed)  # noqa: S311
    arrivals: list[tuple[float, Interaction]] = []
    offset = 0
    for number in range(interactions):
        start = random.uniform(0, 36_000)
        key = f"i{number}"
        story: list[tuple[str, float, dict[str, Any]]] = [
            ("suggestion", 0, {"text": f"{NAME} {number}", "before": "old", "task": "edit", "model": "m"}),
            ("decision", 5, {"verdict": random.choice(["accepted", "rejected", "partial"])}),
            ("edit", 20, {"text": f"{NAME} {number} mine", "final": False}),
            ("edit", 40, {"text": random.choice([f"{NAME} {number}", "new"]), "final": random.random() < 0.7}),
            ("edit", random.choice([60, 70, 9_000]), {"text": "much later", "final": True}),
        ]
        for what, after, data in story:
            if random.random() < 0.2:
                continue
            row = told(what, start + after, offset=offset, key=key, **data)
            if what == "decision":
                row = msgspec.structs.replace(row, marks=_marks(key))
            late = random.choice([0, 0, 0, 2, 30, 4_000])
            arrivals.append((start + after + late, row))
            offset += 1
    found = Day()
    for place, (at, row) in enumerate(sorted(arrivals, key=lambda arrival: arrival[0])):
        found.events.append(row)
        found.world.send(row)
        if place % 7 == 0:
            found.world.tick(MONDAY_S + at - 10)
        if place == len(arrivals) // 2:
            found.world.flush()
    found.world.flush()
    return found
