"""A rotation of keys in the middle of an interaction or session: nobody can tell from the row that there was one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.world import World

from schemas import events
from schemas.events import Event
from schemas.records import Coordinate
from schemas.rows import Interaction, Pair, Trajectory, decode_interaction
from streams.epochs import Epoch, KeyRing, Keys
from streams.join import Join
from streams.marks import Hashes
from streams.scrub import Job, scrub
from streams.session import Sessions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.privacy.engine import Engine

IDENTITY = b"i" * 32
HOUR_MS = 3_600_000
OVERLAP_H = 48
ID: dict[str, Any] = {"session_id": "s", "surface": "mail", "tool": "mailer of Hendrik Oluwaseun/1.2"}
TOLD = "From: Hendrik Oluwaseun\nDear Ms Adeyemi-Kowalczyk, mail hendrik.oluwaseun@corp-zeta.io"
DATA: tuple[events.Data, ...] = (
    events.Suggestion(**ID, interaction_id="i", task="reply", prompt=TOLD, text="oluwaseun will call adeyemi."),
    events.Suggestion(**ID, interaction_id="i", task="reply", prompt=TOLD, text="Oluwaseun will call Ms Adeyemi."),
    events.Decision(**ID, interaction_id="i", verdict="partial", accepted_text="Oluwaseun will call Ms Adeyemi today."),
    events.Edit(**ID, interaction_id="i", text="Hendrik Oluwaseun will call her on 212-867-5309.", final=True),
    events.Step(**ID, role="user", kind="message", content=TOLD),
    events.Step(**ID, role="tool", kind="tool_call", content="oluwaseun", arguments={"to": "Hendrik Oluwaseun"}),
)


def scrubbed(engine: Engine, ring: KeyRing, arrived_ms: Sequence[int], subject: str | None) -> list[Interaction]:
    rows = []
    for number, (data, at) in enumerate(zip(DATA, arrived_ms, strict=True)):
        kind = next(name for name, one in events.TYPES.items() if one is type(data))
        event = Event(source="a", id=str(number), type=kind, time_us=number * 1_000_000, subject=subject, data=data)
        keys = ring.at(at)
        assert keys is not None
        done = scrub(Job(event, Coordinate("t", 0, number), "v", at), engine.analyze, keys, beside=ring.beside(at))
        rows.append(decode_interaction(done.interaction))
    return rows


def joined(rows: Sequence[Interaction]) -> tuple[Pair, Trajectory]:
    found = []
    for logic in (Join(Hashes(IDENTITY)), Sessions(Hashes(IDENTITY))):
        world = World(logic)
        for row in rows:
            world.send(row)
        world.tick(1e6)
        found += list(world.table.values())
    pair, trajectory = found
    assert isinstance(pair, Pair)
    assert isinstance(trajectory, Trajectory)
    return pair, trajectory


def epoch(number: int, start_h: int) -> Epoch:
    return Epoch(number, start_h * HOUR_MS * 1000, bytes([number]) * 32)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    starts=st.lists(st.integers(0, OVERLAP_H), max_size=2, unique=True).map(sorted),
    arrived=st.lists(st.integers(0, OVERLAP_H - 1), min_size=len(DATA), max_size=len(DATA)),
    order=st.permutations(range(len(DATA))),
    subject=st.sampled_from(["hendrik.oluwaseun@corp-zeta.io", None]),
)
def test_rows_that_span_rotations_are_those_of_one_epoch(
    engine: Engine, starts: list[int], arrived: list[int], order: list[int], subject: str | None
) -> None:
    ring = KeyRing(
        IDENTITY,
        (epoch(1, -1), *(epoch(number, start) for number, start in enumerate(starts, start=2))),
        OVERLAP_H * HOUR_MS * 1000,
    )
    rows = scrubbed(engine, ring, [hour * HOUR_MS for hour in arrived], subject)
    for row in joined([rows[place] for place in order]):
        alone = KeyRing.of(Keys(IDENTITY, bytes([row.key_epoch]) * 32, row.key_epoch))
        pair, trajectory = joined(scrubbed(engine, alone, [0] * len(DATA), subject))
        expected = pair if isinstance(row, Pair) else trajectory
        assert msgspec.to_builtins(row) == msgspec.to_builtins(expected)
    assert all((row.variants == []) == (row.key_epoch == 1) for row in rows)


def test_rows_further_apart_than_the_overlap_are_still_joined(engine: Engine) -> None:
    ring = KeyRing(IDENTITY, (epoch(1, 0), epoch(2, 10)), 5 * HOUR_MS * 1000)
    rows = scrubbed(engine, ring, [hour * HOUR_MS for hour in (1, 1, 1, 20, 20, 20)], None)
    pair, trajectory = joined(rows)
    assert (pair.label, pair.key_epoch, trajectory.key_epoch) == ("edited", 1, 2)
    assert "oluwaseun" not in f"{msgspec.to_builtins(pair)}{msgspec.to_builtins(trajectory)}".lower()


@pytest.mark.parametrize("hour", [10, 14])
def test_a_variant_shows_nothing_that_the_row_does_not(engine: Engine, hour: int) -> None:
    ring = KeyRing(IDENTITY, (epoch(1, 0), epoch(2, 10)), 5 * HOUR_MS * 1000)
    for row in scrubbed(engine, ring, [hour * HOUR_MS] * len(DATA), "hendrik.oluwaseun@corp-zeta.io"):
        (variant,) = row.variants
        assert variant.key_epoch == 1 != row.key_epoch
        text = f"{msgspec.to_builtins(variant)}".lower()
        assert not any(word in text for word in ("oluwaseun", "hendrik", "kowalczyk", "corp-zeta", "5309"))
