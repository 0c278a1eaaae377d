"""An erasure over real tables, without a broker: what goes, what stays, and every kill in between."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from support import rows as make
from support.folder import Day, day, key_file, publish, told
from support.world import HASHES, IDENTITY, World

from quality.books import of_tables
from quality.ledger import reconcile
from redline import rebuild
from redline.erasure import journal, receipt
from redline.erasure.find import find
from redline.erasure.journal import Counts, Found, Journal
from redline.erasure.people import Person, person_of
from redline.erasure.tables import erase
from redline.erasure.verify import Verified, _files, erased_places, leftovers
from redline.fated import Fated
from redline.lock import DataLock
from redline.settings import Settings
from schemas import topics
from schemas.errors import InputError
from schemas.records import Partition
from schemas.rows import Pair, Source, Subject, Trajectory
from schemas.tables import TABLES
from schemas.verdict import Failure, Severity, Verdict
from sinks import reader
from sinks.layout import Layout
from sinks.seal import Seal
from streams.identity import keyed_id
from streams.parts import PartLimits
from streams.session import SessionPolicy, Sessions

if TYPE_CHECKING:
    import pyarrow as pa

    from schemas.rows import Interaction

SEAL = Seal(IDENTITY)
ME = "me@corp.example"
STEPS = (
    "tombstones",
    "rejects",
    "own rejects",
    "pairs",
    "trajectories",
    "revisions",
    "interactions",
    "subjects",
)


class Killed(BaseException):
    pass


def mine(event: Interaction) -> bool:
    """Every fifth interaction is of one person, and every fifth decision of the others' as well."""
    number = int((event.interaction_key or "i0")[1:])
    return number % 5 == 0 or (number % 5 == 1 and event.event_type == "redline.decision.v1")


def subject_of(event: Interaction, pseudonym: str) -> Subject:
    return Subject(
        record_id=event.record_id,
        scrub_version="1",
        sources=event.sources,
        event_date=event.event_date,
        pseudonym=pseudonym,
        key_epoch=1,
    )


def aside(rows: pa.Table) -> Verdict:
    """Some rows of everything fail their gate."""
    bad = tuple(i for i, name in enumerate(rows.column("record_id").to_pylist()) if int(name, 16) % 7 == 0)
    return Verdict("any", rows.num_rows, 1, (Failure("no", "x", Severity.ERROR, bad),) if bad else ())


def settings(data: Path) -> Settings:
    return Settings(data=str(data))


def made(data: Path, *, gate: Any = make.passing, seed: int = 4) -> tuple[Day, Person]:
    told = day(seed, 60)
    told.publish(data)
    person = person_of(settings(data), [ME])
    (pseudonym, *_) = sorted(person.pseudonyms)
    names = [subject_of(e, pseudonym if mine(e) else "somebody else") for e in told.events]
    publish(data, "subjects", names, gate=gate)
    return told, person


def look(data: Path, person: Person, known: Found | None = None) -> Found:
    return find(data, person.pseudonyms, known=known, seal=SEAL)


def contents(data: Path) -> dict[str, list[Any]]:
    """Every row of every table and its quarantine, in no order."""
    return {
        f"{name} {quarantine}": sorted(map(repr, reader.read(data, name, seal=SEAL, quarantine=quarantine).to_pylist()))
        for name in TABLES
        for quarantine in (False, True)
    }


def balance(data: Path, told: Day) -> Any:
    columns = {"interactions": ["sources", "event_type"], "rejects": ["sources", "stage", "fate", "reason"]}
    read = {
        quarantine: {
            name: reader.read(data, name, columns.get(name, ["sources"]), quarantine=quarantine, seal=SEAL)
            for name in ("interactions", "rejects", "pairs", "trajectories", "revisions")
        }
        for quarantine in (False, True)
    }
    gone = {Source(**s) for t in ("pairs", "rejects") for row in read[False][t].to_pylist() for s in row["sources"]}
    place = Partition(topics.EVENTS, 0)
    open_ = [s.offset for e in told.world.members.values() if e is not None for s in e.sources if s not in gone]
    books = of_tables(
        {place: (0, len(told.events))},
        read[False],
        quarantine=read[True],
        open_={"pairs": {place: np.asarray(open_, dtype=np.int64)}},
    )
    return reconcile(books)


def left(data: Path, person: Person) -> list[str]:
    found = Verified()
    _files(settings(data), person, erased_places(data), found)
    assert found.files
    return found.left


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_everything_of_the_person_goes_and_the_ledger_balances(tmp_path: Path, seed: int) -> None:
    told, person = made(tmp_path, seed=seed)
    assert balance(tmp_path, told).balanced
    own = {e.sources[0] for e in told.events if mine(e)}
    found = look(tmp_path, person)
    assert {fated.source for fated in found.own} == own
    assert found.events == {e.record_id for e in told.events if mine(e)}
    erase(tmp_path, found)

    rows = reader.read(tmp_path, "interactions").to_pylist()
    assert {row["record_id"] for row in rows} == {e.record_id for e in told.events if not mine(e)}
    assert not own & {
        Source(**s) for row in reader.read(tmp_path, "pairs", seal=SEAL).to_pylist() for s in row["sources"]
    }
    rejects = reader.read(tmp_path, "rejects").to_pylist()
    fate = {Source(**row["sources"][0]): (row["stage"], row["reason"]) for row in rejects}
    assert len(fate) == len(rejects)
    assert {place for place, said in fate.items() if said == ("scrub", "erased")} == own == erased_places(tmp_path)
    assert {fate[fated.source][0] for fated in found.others} == {"join"}
    assert {fate[fated.source][1] for fated in found.others} >= {"erased"}
    assert balance(tmp_path, told).balanced
    assert balance(tmp_path, told).fates["dropped", "erased"] > len(own)
    assert left(tmp_path, person) == []
    result = rebuild.pairs(settings(tmp_path))
    assert result.differing == 0, result.text
    assert look(tmp_path, person) == Found()


def test_an_event_that_came_late_costs_nobody_their_pair(tmp_path: Path) -> None:
    told, person = made(tmp_path)
    late = {r.sources[0] for r in told.rejects if r.reason == "late"}
    kept = {p.record_id for p in told.pairs if not any(mine(e) and e.sources[0] in p.sources for e in told.events)}
    assert any(mine(e) and e.sources[0] in late for e in told.events)
    erase(tmp_path, look(tmp_path, person))
    assert set(reader.read(tmp_path, "pairs").column("record_id").to_pylist()) == kept


def test_nothing_comes_back_when_kafka_is_read_again(tmp_path: Path) -> None:
    told, person = made(tmp_path)
    erase(tmp_path, look(tmp_path, person))
    before = contents(tmp_path)
    names = [subject_of(e, min(person.pseudonyms)) for e in told.events if mine(e)]
    for table, rows in (
        ("interactions", told.events),
        ("pairs", [msgspec.structs.replace(p, revision=p.revision + 1) for p in told.pairs if gone(before, p)]),
        ("rejects", told.rejects),
        ("subjects", names),
    ):
        publish(tmp_path, table, rows)
    assert contents(tmp_path) == before


def gone(tables: dict[str, list[Any]], pair: Pair) -> bool:
    return not any(pair.record_id in row for row in tables["pairs False"])


def test_quarantine_is_searched_and_cleared_likewise(tmp_path: Path) -> None:
    told = day(4, 60)
    (tmp_path / "state").mkdir()
    key_file(tmp_path)
    person = person_of(settings(tmp_path), [ME])
    pseudonym = min(person.pseudonyms)
    publish(tmp_path, "interactions", told.events, gate=aside)
    publish(tmp_path, "pairs", told.pairs, gate=aside)
    publish(tmp_path, "rejects", told.rejects, gate=aside)
    publish(tmp_path, "subjects", [subject_of(e, pseudonym if mine(e) else "x") for e in told.events], gate=aside)
    assert balance(tmp_path, told).balanced
    assert any(rows for name, rows in contents(tmp_path).items() if name == "interactions True")
    erase(tmp_path, look(tmp_path, person))
    own = {e.record_id for e in told.events if mine(e)}
    for quarantine in (False, True):
        for table in ("interactions", "subjects"):
            ids = reader.read(tmp_path, table, ["record_id"], quarantine=quarantine).column(0).to_pylist()
            assert not own.intersection(ids)
    assert balance(tmp_path, told).balanced, balance(tmp_path, told).problems
    assert left(tmp_path, person) == []


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_step_and_run_again_it_is_as_if_it_had_never_been_killed(tmp_path: Path, step: str) -> None:
    told, person = made(tmp_path / "calm")
    erase(tmp_path / "calm", look(tmp_path / "calm", person))
    made(tmp_path / "killed")

    def kill(at: str) -> None:
        if at == step:
            raise Killed

    data = tmp_path / "killed"
    noted = look(data, person)  # as the journal has it
    with pytest.raises(Killed):
        erase(data, noted, kill)
    noted.grown(look(data, person, noted))
    erase(data, noted)
    assert contents(data) == contents(tmp_path / "calm")
    assert balance(data, told).balanced
    assert left(data, person) == []


def test_a_file_that_nobody_lists_is_found_and_one_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, person = made(tmp_path)
    stale = Path(reader.files(tmp_path, "interactions")[0])
    kept = stale.read_bytes()
    erase(tmp_path, look(tmp_path, person))
    assert left(tmp_path, person) == []
    hidden = Layout(tmp_path).staging("dead", "dataset", "interactions") / "part.parquet"
    hidden.parent.mkdir(parents=True)
    hidden.write_bytes(kept)
    assert [line.split(":")[0] for line in left(tmp_path, person)] == [str(hidden.relative_to(tmp_path))]
    monkeypatch.setattr("redline.erasure.verify._AGAIN_S", 0.0)
    hidden.write_bytes(kept[:500])
    assert left(tmp_path, person) == [f"{hidden.relative_to(tmp_path)}: cannot be read"]


def test_what_a_killed_rebuild_left_is_found_and_removed(tmp_path: Path) -> None:
    _, person = made(tmp_path)
    erase(tmp_path, look(tmp_path, person))
    bucket = tmp_path / "state" / "rebuild" / "0" / "0.arrow"
    bucket.parent.mkdir(parents=True)
    bucket.write_bytes(b"rows")
    assert [line.split(":")[0] for line in left(tmp_path, person)] == ["state/rebuild"]
    with DataLock(tmp_path / "state", name="rebuild.lock"):
        assert not leftovers(tmp_path / "state")
    assert leftovers(tmp_path / "state")
    assert left(tmp_path, person) == []


def test_rows_on_their_way_are_refused_before_they_come(tmp_path: Path) -> None:
    told, person = made(tmp_path)
    pseudonym = min(person.pseudonyms)
    coming = make.interaction(5000)
    flying = [subject_of(coming, pseudonym), subject_of(make.interaction(6000), "somebody else")]
    found = find(tmp_path, person.pseudonyms, flying=flying, seal=SEAL)
    assert coming.record_id in found.events
    erase(tmp_path, found)
    publish(tmp_path, "interactions", [coming, make.interaction(6000)])
    ids = set(reader.read(tmp_path, "interactions", ["record_id"]).column(0).to_pylist())
    assert f"{6000:032x}" in ids
    assert coming.record_id not in ids
    assert coming.sources[0] in erased_places(tmp_path)
    assert told.events


def test_an_old_pseudonym_made_of_the_name_is_known_too(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    key_file(tmp_path)
    old = keyed_id(IDENTITY, "subject", 1, ME)
    assert old in person_of(settings(tmp_path), [f"  {ME.upper()} "]).pseudonyms
    both = person_of(settings(tmp_path), [ME, "me"])
    assert both.pseudonyms > person_of(settings(tmp_path), [ME]).pseudonyms
    assert ME not in repr(both)
    with pytest.raises(InputError):
        person_of(settings(tmp_path), [" "])


def test_a_journal_forgets_which_rows_belonged_together(tmp_path: Path) -> None:
    fated = Fated(Source("t", 0, 1), "scrub", "2026-01-05", "1")
    page = Journal("name", "2026-01-05T00:00:00+00:00")
    more = Found({"a"}, {"pairs": {"p"}}, [fated, fated], [fated])
    assert page.found.grown(more)
    assert not page.found.grown(more)
    assert (len(page.found.own), page.found.others) == (1, [])
    journal.save(tmp_path, page)
    assert journal.load(tmp_path, "name") == page
    page.settle("2026-01-06T00:00:00+00:00")
    journal.save(tmp_path, page)
    assert page.counts == Counts(events=1, pairs=1, own_offsets=1)
    assert '"a"' not in (tmp_path / "erasures" / "name.json").read_text()
    assert [one.name for one in journal.everything(tmp_path)] == ["name"]
    (tmp_path / "erasures" / "name.json").write_text("[")
    with pytest.raises(InputError):
        journal.load(tmp_path, "name")
    assert journal.load(tmp_path, "other") is None


def test_a_receipt_is_checked_against_the_folder_and_every_change_shows(tmp_path: Path) -> None:
    state = tmp_path / "state"
    signed = receipt.sign(state, {"erased": {"events": 3}, "complete": True})
    assert receipt.check(signed, state)
    receipt.write(tmp_path / "r.json", signed)
    assert receipt.check(receipt.read(tmp_path / "r.json"), state)
    assert receipt.check(receipt.sign(state, {"other": 1}), state)
    for changed in (
        {**signed, "complete": False},
        {**signed, "erased": {"events": 4}},
        {k: v for k, v in signed.items() if k != "complete"},
        {**signed, "signature": "00"},
        {**signed, "public_key": signed["public_key"][:-2] + "00"},
        {},
    ):
        assert not receipt.check(changed, state)
    assert receipt.check(signed)
    assert not receipt.check(signed, tmp_path / "another")
    (tmp_path / "r.json").write_text("no")
    with pytest.raises(InputError):
        receipt.read(tmp_path / "r.json")


def test_an_edit_in_somebody_else_s_session_takes_the_session_in_all_its_parts(tmp_path: Path) -> None:
    key_file(tmp_path)
    world = World(Sessions(HASHES, SessionPolicy(part=PartLimits(steps=100))))
    events = [told("step", at, offset=at, role="user", kind="message", content=f"{at}") for at in range(230)]
    events.append(told("edit", 231, offset=230, text="mine", final=True))
    for one in events:
        world.send(one)
    world.flush()
    rows = [row for row in world.table.values() if isinstance(row, Trajectory)]
    assert {row.parts for row in rows} == {3}
    person = person_of(settings(tmp_path), [ME])
    (pseudonym, *_) = sorted(person.pseudonyms)
    publish(tmp_path, "interactions", events)
    publish(tmp_path, "trajectories", rows[:2])  # the third is on its way
    publish(tmp_path, "subjects", [subject_of(e, pseudonym if e is events[-1] else "somebody else") for e in events])
    found = look(tmp_path, person)
    assert found.sessions == 1
    assert {row.record_id for row in rows} <= found.rows["trajectories"]
    assert {fated.source.offset for fated in found.others} == set(range(230))
    erase(tmp_path, found)
    publish(tmp_path, "trajectories", rows)
    assert reader.read(tmp_path, "trajectories", ["record_id"]).num_rows == 0
