"""Revisions and collaboration over real tables, without a broker: rebuilt, in the ledger, erased, discarded."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from support import rows as make
from support.folder import MONDAY_S, key_file, publish, told
from support.world import IDENTITY, World

from quality.books import MADE, of_tables
from quality.ledger import reconcile
from redline import rebuild
from redline.erasure.find import find
from redline.erasure.people import person_of
from redline.erasure.tables import erase
from redline.ledger_reader import _with_earlier
from redline.quarantine import run as quarantine
from redline.quarantine.choice import Choice
from redline.settings import Settings
from schemas import topics
from schemas.records import Partition
from schemas.rows import Collaboration as Row
from schemas.rows import Interaction, Reject, Source, Subject
from sinks import reader
from sinks.seal import Seal
from streams.collaboration import Collaboration
from streams.revisions import revision
from streams.threads import Threads, plain

if TYPE_CHECKING:
    from pathlib import Path

SEAL = Seal(IDENTITY)
ME = "me@corp.example"


def settings(data: Path) -> Settings:
    return Settings(data=str(data))


def balance(data: Path, count: int) -> Any:
    columns = {
        "interactions": ["sources", "event_type", "schema_version"],
        "rejects": ["sources", "stage", "fate", "reason"],
    }
    read = {
        aside: {
            name: reader.read(data, name, columns.get(name, ["sources"]), quarantine=aside, seal=SEAL)
            for name in ("interactions", "rejects", *MADE)
        }
        for aside in (False, True)
    }
    made = {Source(**s) for row in read[False]["revisions"].to_pylist() for s in row["sources"]}
    read[False]["interactions"] = _with_earlier(read[False]["interactions"], made)
    return reconcile(of_tables({Partition(topics.EVENTS, 0): (0, count)}, read[False], quarantine=read[True]))


def edits(count: int = 12) -> list[Interaction]:
    """Every third is of the same person (`owner`)."""
    made = [
        told("revision", n, offset=n, before=f"one {n}", after=f"one {n} and two", language="") for n in range(count)
    ]
    return [msgspec.structs.replace(row, document_key=f"d{n % 3}") for n, row in enumerate(made)]


def owner(data: Path, events: list[Interaction]) -> list[Subject]:
    mine = min(person_of(settings(data), [ME]).pseudonyms)
    return [
        Subject(
            record_id=row.record_id,
            scrub_version="1",
            sources=row.sources,
            event_date=row.event_date,
            pseudonym="another" if n % 3 else mine,
            key_epoch=1,
        )
        for n, row in enumerate(events)
    ]


def test_revisions_are_rebuilt_equal_and_those_before_the_table_are_none(tmp_path: Path) -> None:
    events = edits()
    earlier = [msgspec.structs.replace(row, schema_version=1) for row in events[:4]]
    key_file(tmp_path)
    publish(tmp_path, "interactions", [*earlier, *events[4:]])
    publish(tmp_path, "rejects", [])
    publish(tmp_path, "revisions", [revision(row).row for row in events[2:]])  # two of them were still on their way
    result = rebuild.rebuild(settings(tmp_path), "revisions")
    assert (result.equal, result.rows) == (True, 10), result.text
    fates = balance(tmp_path, 12).fates
    assert dict(fates) == {("joined", "revisions"): 10, ("published", "interactions"): 2}

    lost = [msgspec.structs.replace(told("revision", 50, offset=12, before="", after="x", language=""))]
    publish(tmp_path, "interactions", lost)
    assert not rebuild.rebuild(settings(tmp_path), "revisions").equal
    assert balance(tmp_path, 13).missing == 1


def test_a_person_s_revisions_go_and_no_other(tmp_path: Path) -> None:
    events = edits()
    key_file(tmp_path)
    publish(tmp_path, "interactions", events)
    publish(tmp_path, "rejects", [])
    publish(tmp_path, "revisions", [revision(row).row for row in events])
    publish(tmp_path, "subjects", owner(tmp_path, events))
    found = find(tmp_path, person_of(settings(tmp_path), [ME]).pseudonyms, seal=SEAL)
    assert (len(found.events), len(found.rows["revisions"]), found.others) == (4, 4, [])
    erase(tmp_path, found)
    left = {s["offset"] for row in reader.read(tmp_path, "revisions", seal=SEAL).to_pylist() for s in row["sources"]}
    assert left == {n for n in range(12) if n % 3}
    assert balance(tmp_path, 12).balanced
    assert rebuild.rebuild(settings(tmp_path), "revisions").equal


def test_a_discarded_revision_has_its_fate(tmp_path: Path) -> None:
    events = edits()
    key_file(tmp_path)
    publish(tmp_path, "interactions", events)
    publish(tmp_path, "rejects", [])
    publish(tmp_path, "revisions", [revision(row).row for row in events], gate=make.failing("tool", {"t/1"}))
    assert quarantine.discard(settings(tmp_path), Choice(tables=("revisions",))).left == 0
    found = reader.read(tmp_path, "rejects", ["stage", "reason"]).to_pylist()
    assert {(row["stage"], row["reason"]) for row in found} == {("revisions", "discarded")}
    assert len(found) == 12
    assert balance(tmp_path, 12).balanced


class Talk:
    """Messages of some days through both steps, some of them late; what each step said."""

    def __init__(self, seed: int) -> None:
        draw = Random(seed)  # noqa: S311
        self.events = [self._message(draw, n) for n in range(300)]
        first, second = World(Threads()), World(Collaboration())
        for row in self.events[:260]:
            first.send(plain(row))
        first.flush()
        for row in self.events[260:]:
            first.send(plain(row))
        first.flush()
        facts = [row for row in first.table.values() if isinstance(row, Interaction)]
        draw.shuffle(facts)
        for row in facts:
            second.send(row)
        second.flush()
        self.rows = [row for row in second.table.values() if isinstance(row, Row)]
        self.rejects = [row for row in (*first.table.values(), *second.table.values()) if isinstance(row, Reject)]

    @staticmethod
    def _message(draw: Random, n: int) -> Interaction:
        day, at = draw.randrange(2), draw.randrange(4 * 3600)
        data = {"day_person": f"{day}-{draw.randrange(25)}", "message_key": f"m{n}", "org_unit": draw.choice(["", "x"])}
        data |= {"reply_key": f"m{n - draw.randrange(1, 9)}"} if draw.random() < 0.5 else {}
        row = told("message", day * 86_400 + at, offset=n, author=draw.choice(["person", "person", "agent"]), **data)
        date = "2026-01-05" if day == 0 else "2026-01-06"
        return msgspec.structs.replace(row, thread_key=f"t{draw.randrange(60)}", event_date=date)

    def publish(self, data: Path) -> None:
        key_file(data)
        publish(data, "interactions", self.events)
        publish(data, "collaboration", self.rows)
        publish(data, "rejects", self.rejects)


@pytest.mark.parametrize("seed", range(2))
def test_collaboration_is_rebuilt_equal_and_every_message_has_one_fate(tmp_path: Path, seed: int) -> None:
    talk = Talk(seed)
    assert MONDAY_S % 86_400 == 8 * 3600
    assert {row.window for row in talk.rows} == {"hour", "day"} or len(talk.rows) > 4
    assert talk.rejects
    talk.publish(tmp_path)
    result = rebuild.rebuild(settings(tmp_path), "collaboration")
    assert (result.equal, result.rows, result.differing) == (True, len(talk.rows), 0), result.text
    found = balance(tmp_path, 300)
    assert found.balanced, found.problems
    late = len(talk.rejects)
    assert dict(found.fates) == {("dropped", "late"): late, ("published", "interactions"): 300 - late}

    publish(tmp_path, "interactions", [msgspec.structs.replace(talk.events[0], record_id=f"{999:032x}")])
    publish(tmp_path, "collaboration", [msgspec.structs.replace(talk.rows[0], record_id="f" * 32)])
    assert not rebuild.rebuild(settings(tmp_path), "collaboration").equal
