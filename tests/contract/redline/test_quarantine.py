"""Quarantine as a workflow over real tables, without a broker: looked at, released, discarded, killed at every step."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import signal
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from support import rows as make
from support.folder import Day, day, key_file, publish
from support.folder import told as told_event
from support.quarantine_child import act, die, every
from support.world import IDENTITY

from quality.books import of_tables
from quality.gate import Gate
from quality.ledger import reconcile
from redline import audit, rebuild
from redline.keys import ring_of
from redline.lock import DataLock
from redline.quarantine import journal, look, run, said_no
from redline.quarantine.choice import Choice, chosen
from redline.settings import Settings
from schemas import topics
from schemas.errors import ConsentError, InputError, LockedError
from schemas.records import Partition
from schemas.rows import Source, Subject, Trajectory
from schemas.tables import TABLES
from schemas.verdict import Severity
from sinks import reader, tombstones
from sinks.decisions import COLUMNS, Decisions
from sinks.layout import Layout
from sinks.seal import Seal
from streams.consent import Consent, ConsentBook, ConsentMode, Scope, encode
from streams.identity import person_key
from streams.keyed import derived_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from redline.quarantine.run import Outcome

SEAL = Seal(IDENTITY)
ASIDE = every(7)
RELEASE_STEPS = ("begun", "staged", "committed", "settled", "part", "removed")
DISCARD_STEPS = (
    "begun",
    "tombstones",
    "staged",
    "committed",
    "settled",
    "withdrawn",
    "rejects",
    "retold",
    "removed",
)


def settings(data: Path) -> Settings:
    return Settings(data=str(data))


def everything_aside(data: Path, seed: int = 4) -> Day:
    """A day of which every seventh row of every table is in quarantine."""
    told = day(seed, 60)
    key_file(data)
    for table, rows in tables(told).items():
        publish(data, table, rows, gate=ASIDE)
    return told


def tables(told: Day) -> dict[str, list[Any]]:
    names = [
        Subject(
            record_id=event.record_id,
            scrub_version="1",
            sources=event.sources,
            event_date=event.event_date,
            pseudonym="p" * 32,
            key_epoch=1,
        )
        for event in told.events
    ]
    return {"interactions": told.events, "pairs": told.pairs, "rejects": told.rejects, "subjects": names}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Day]:
    folder = tmp_path_factory.mktemp("aside")
    return folder, everything_aside(folder)


@pytest.fixture
def data(original: tuple[Path, Day], tmp_path: Path) -> Path:
    return shutil.copytree(original[0], tmp_path / "data")


@pytest.fixture
def told(original: tuple[Path, Day]) -> Day:
    return original[1]


@pytest.fixture(scope="module")
def done(original: tuple[Path, Day], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, list[str]]]:
    """What every table holds after a release, or a discard, that nothing killed."""
    found: dict[str, dict[str, list[str]]] = {}

    def after(action: str) -> dict[str, list[str]]:
        if action not in found:
            folder = shutil.copytree(original[0], tmp_path_factory.mktemp(action) / "data")
            act(folder, action, Choice())
            found[action] = contents(folder)
        return found[action]

    return after


def contents(data: Path) -> dict[str, list[str]]:
    """Every row of every table and its quarantine, in no order; and plain files hold what the log says."""
    found = {}
    for name in TABLES:
        for aside in (False, True):
            rows = reader.read(data, name, seal=SEAL, quarantine=aside).to_pylist()
            found[f"{name} {aside}"] = sorted(map(repr, rows))
            root = Layout(data).quarantine(name) if aside else Layout(data).dataset(name)
            ids = sorted(row["record_id"] for row in rows)
            assert make.plain_ids(root) == ids
            assert len(set(ids)) == len(ids)
    assert not [path for path in (data / "_staging").rglob("*") if path.is_file()]
    return found


def ids(data: Path, table: str, *, aside: bool = False) -> set[str]:
    return set(reader.read(data, table, ["record_id"], quarantine=aside)["record_id"].to_pylist())


def balance(data: Path, told: Day, more: int = 0) -> Any:
    columns = {"interactions": ["sources", "event_type"], "rejects": ["sources", "stage", "fate", "reason"]}
    read = {
        aside: {
            name: reader.read(data, name, columns.get(name, ["sources"]), quarantine=aside, seal=SEAL)
            for name in ("interactions", "rejects", "pairs", "trajectories")
        }
        for aside in (False, True)
    }
    settled = {
        Source(**s)
        for aside in (False, True)
        for table in ("pairs", "rejects")
        for row in read[aside][table].to_pylist()
        for s in row["sources"]
    }
    place = Partition(topics.EVENTS, 0)
    open_ = [s.offset for e in told.world.members.values() if e is not None for s in e.sources if s not in settled]
    books = of_tables(
        {place: (0, len(told.events) + more)},
        read[False],
        quarantine=read[True],
        open_={"pairs": {place: np.asarray(open_, dtype=np.int64)}},
    )
    return reconcile(books)


def release(data: Path, choice: Choice | None = None, *, gate: Any = make.passing, **options: Any) -> Outcome:
    told = {"refused": frozenset, **options}
    return run.release(settings(data), choice or Choice(), gate=lambda _table: gate, **told)


def discard(data: Path, choice: Choice | None = None, **options: Any) -> Outcome:
    return run.discard(settings(data), choice or Choice(), **options)


def entries(data: Path) -> list[tuple[str, dict[str, Any]]]:
    return [(e.action, json.loads(e.details)) for e in audit.audit_table.entries(data)]


def test_what_is_released_is_as_if_it_had_passed(data: Path, told: Day, tmp_path: Path) -> None:
    straight = tmp_path / "straight"
    key_file(straight)
    for table, rows in tables(told).items():
        publish(straight, table, rows)
    before = contents(data)
    assert all(before[f"{name} True"] for name in ("interactions", "pairs", "rejects", "subjects"))
    assert release(data, dry=True).left == 0
    assert contents(data) == before
    assert release(data).left == 0
    assert contents(data) == contents(straight)
    assert rebuild.pairs(settings(data)).differing == 0
    assert balance(data, told).balanced
    assert release(data).text == "quarantine holds no such rows"
    assert contents(data) == contents(straight)
    # A sink that reads the topics again doubles nothing.
    for table, rows in tables(told).items():
        publish(data, table, rows, gate=ASIDE)
    assert contents(data) == contents(straight)
    assert audit.verify(settings(data))[1]


def test_rows_that_fail_again_stay_and_are_told(data: Path, told: Day) -> None:
    aside = {name: ids(data, name, aside=True) for name in tables(told)}
    bad = {name: {one for one in held if int(one, 16) % 14 == 0} for name, held in aside.items()}
    done = act(data, "release", Choice())
    assert done.left == sum(map(len, bad.values())) > 0
    assert "lucky" in done.text
    for name, held in aside.items():
        assert ids(data, name, aside=True) == bad[name]
        assert ids(data, name) >= held - bad[name]
    assert balance(data, told).balanced
    action, details = entries(data)[-1]
    assert action == "quarantine.release.done"
    assert details["pairs.left"] == len(bad["pairs"])


@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.CRITICAL])
def test_an_error_is_accepted_by_name_and_a_critical_one_never(data: Path, severity: Severity) -> None:
    held = len(ids(data, "pairs", aside=True))
    choice = chosen(["pairs"])
    fails = every(7, severity)
    assert release(data, choice, gate=fails).left == held
    assert release(data, choice, gate=fails, accept=["another"]).left == held
    done = release(data, choice, gate=fails, accept=["lucky"])
    assert done.left == (held if severity is Severity.CRITICAL else 0)
    assert ("quarantine.release", {"tables": ["pairs"], "accept": ["lucky"]}) in entries(data)
    with pytest.raises(InputError):
        release(data, choice, accept=["two words"])


def test_a_gate_that_cannot_say_which_rows_or_that_fails_lets_nothing_out(data: Path) -> None:
    before = contents(data)
    unnamed = make.failing("record_id", ids(data, "pairs", aside=True), Severity.CRITICAL, named=False)
    assert release(data, chosen(["pairs"]), gate=unnamed, accept=["not_in_set"]).left > 0

    def broken(_rows: Any) -> Any:
        raise ValueError("zumbiqua")

    with pytest.raises(Exception, match="ValueError") as caught:
        release(data, chosen(["pairs"]), gate=broken)
    assert "zumbiqua" not in str(caught.value)
    assert contents(data) == before


def test_the_real_gate_is_asked(data: Path) -> None:
    """Rows of the real join pass the real suite; one that was made wrong does not."""
    wrong = make.pair(10**6, final="x", date="2026-01-05")
    publish(data, "pairs", [msgspec.structs.replace(wrong, label="nonsense")], gate=make.failing("label", {"nonsense"}))
    done = run.release(settings(data), chosen(["pairs"]), gate=Gate, refused=frozenset)
    assert done.left == 1
    assert "label_is_known" in done.text
    assert ids(data, "pairs", aside=True) == {wrong.record_id}


def test_newer_and_older_revisions(data: Path) -> None:
    """(published, in quarantine) -> what is published after a release, and after a discard; None: nothing."""
    cases = {1: (1, 0), 2: (0, 1), 3: (None, 0)}
    for number, (there, aside) in cases.items():
        one = make.pair(10**6 + number)
        for revision in sorted({r for r in (there, aside) if r is not None}):
            gate = make.failing("record_id", {one.record_id} if revision == aside else set())
            publish(data, "pairs", [msgspec.structs.replace(one, revision=revision, final=f"r{revision}")], gate=gate)
    names = {make.pair(10**6 + number).record_id: number for number in cases}

    def published(folder: Path) -> dict[int, str]:
        rows = reader.read(folder, "pairs", ["record_id", "final"]).to_pylist()
        return {names[row["record_id"]]: row["final"] for row in rows if row["record_id"] in names}

    other = shutil.copytree(data, data.with_name("other"))
    assert release(data, chosen(["pairs"], ids=list(names))).left == 0
    assert published(data) == {1: "r1", 2: "r1", 3: "r0"}
    assert discard(other, chosen(["pairs"], ids=list(names))).left == 0
    assert published(other) == {1: "r1"}
    for folder in (data, other):
        assert not ids(folder, "pairs", aside=True) & set(names)
        contents(folder)


def test_what_was_erased_is_not_released(data: Path) -> None:
    held = sorted(ids(data, "pairs", aside=True))
    tombstones.add(data, "pairs", held[:3])
    assert release(data, chosen(["pairs"])).left == 0
    assert ids(data, "pairs") & set(held) == set(held[3:])
    assert not ids(data, "pairs", aside=True)


@pytest.mark.parametrize("mode", ConsentMode)
def test_rows_of_people_who_have_said_no_since_stay(data: Path, told: Day, mode: ConsentMode) -> None:
    """Six people with a word each, and what becomes of rows with an event of theirs."""
    ring = ring_of(settings(data))
    part_no, part_yes = Scope(granted=False, source="/mail"), Scope(granted=True, surface="ide")
    silent = mode is ConsentMode.OPT_OUT
    words: list[tuple[Consent | None, bool]] = [
        (Consent(granted=True, version="1"), True),
        (Consent(granted=False, version="1"), False),
        (Consent(granted=True, version="1", scopes=(part_no,)), False),
        (Consent(granted=False, version="1", scopes=(part_yes,)), False),
        (Consent(granted=None, version="1", scopes=(part_yes,)), silent),
        (None, silent),  # a record that was taken back
    ]
    book, kept = ConsentBook(mode), set()
    for number, (word, yes) in enumerate(words):
        key = person_key(ring.identity, f"{number}@corp.example")
        book.put(key, None if word is None else encode(word))
        event = told.events[number]
        (place,) = event.sources
        subject = Subject(
            record_id=f"{10**9 + number:032x}",
            scrub_version="1",
            sources=[place],
            event_date=event.event_date,
            pseudonym=ring.pseudonyms(key)[0],
            key_epoch=1,
        )
        publish(data, "subjects", [subject])
        if not yes:
            kept.add(place)
    assert said_no.places(data, book, ring) == kept
    places = kept | {p.sources[0] for p in told.pairs[:9]}
    held = {p.record_id for p in told.pairs if p.record_id in ids(data, "pairs", aside=True)}
    mine = {p.record_id for p in told.pairs if places & set(p.sources)} & held
    done = release(data, chosen(["pairs"]), refused=lambda: places, accept=["everybody"])
    assert ids(data, "pairs", aside=True) == mine
    assert done.left == len(mine)
    assert release(data, chosen(["rejects", "subjects"]), refused=lambda: places).left == 0
    book.put(b"unreadable", b"nonsense")
    with pytest.raises(ConsentError):
        said_no.places(data, book, ring)


def test_of_a_decided_day_what_was_decided_is_released(data: Path, told: Day) -> None:
    held = ids(data, "pairs", aside=True)
    cells = {tuple(getattr(pair, name) for name in COLUMNS) for pair in told.pairs}
    shown = {
        cell: tuple("other" if name == "model" else one for name, one in zip(COLUMNS, cell, strict=True))
        for cell in cells
    }
    Decisions(data).save("pairs", "2026-01-05", shown, k=1)
    release(data, chosen(["pairs"]))
    rows = reader.read(data, "pairs", [*COLUMNS, "record_id", "withheld"]).to_pylist()
    assert {tuple(r[name] for name in COLUMNS) for r in rows if r["record_id"] in held} <= set(shown.values())
    assert all(r["withheld"] is None for r in rows if r["record_id"] in held)
    assert all(r["surface"] == "withheld" and r["withheld"] for r in rows if r["record_id"] not in held)


def test_discarded_rows_are_gone_and_the_ledger_balances(data: Path, told: Day) -> None:
    held = {name: ids(data, name, aside=True) for name in tables(told)}
    dry = discard(data, dry=True)
    assert dry.left > 0
    assert balance(data, told).balanced
    done = discard(data)
    # Events of pairs that stand, and whose interaction is open, stay; and the subjects of events that are there.
    assert 0 < done.left < sum(map(len, held.values()))
    answer = balance(data, told)
    assert answer.balanced, answer.problems
    assert answer.fates["dropped", "discarded"] > len(held["pairs"])
    assert not ids(data, "pairs", aside=True)
    assert not ids(data, "rejects", aside=True)
    assert not ids(data, "pairs") & held["pairs"]
    assert ids(data, "rejects") >= held["rejects"]
    left = ids(data, "interactions", aside=True)
    assert left < held["interactions"]
    assert ids(data, "subjects", aside=True) == held["subjects"] - (held["interactions"] - left)
    assert rebuild.pairs(settings(data)).differing == 0
    after = contents(data)
    # Sinks that read the topics again bring nothing back, at any revision.
    newer = [msgspec.structs.replace(pair, revision=pair.revision + 1) for pair in told.pairs]
    for table, rows in (*tables(told).items(), ("pairs", [p for p in newer if p.record_id in held["pairs"]])):
        publish(data, table, rows, gate=ASIDE)
    assert contents(data) == after
    assert discard(data).left == done.left
    assert contents(data) == after


def test_an_event_that_comes_to_a_discarded_pair_later_gets_its_fate(data: Path, told: Day) -> None:
    held = ids(data, "pairs", aside=True)
    discard(data, chosen(["pairs"]))
    pair = next(p for p in told.pairs if p.record_id in held)
    first = next(e for e in told.events if e.sources[0] in pair.sources)
    place = Source(topics.EVENTS, 0, len(told.events))
    publish(data, "interactions", [msgspec.structs.replace(first, record_id="e" * 32, sources=[place])])
    assert balance(data, told, 1).missing == 1
    assert "1 events had come" in discard(data, chosen(["rejects"], ids=["0" * 32])).text
    assert balance(data, told, 1).balanced


def test_a_discarded_session_takes_events_that_came_after_its_row_along(tmp_path: Path) -> None:
    key_file(tmp_path)
    steps = [told_event("step", at, offset=at, session="s1", role="user", kind="message") for at in range(5)]
    others = [told_event("step", at, offset=at, session="s2", role="user", kind="message") for at in range(5, 8)]
    row = Trajectory(
        record_id=derived_id("trajectory", b"s1"),
        scrub_version="1",
        sources=[event.sources[0] for event in steps[:3]],
        event_date="2026-01-05",
        revision=0,
        surface="ide",
        tool="t/1",
        closed_by="end_of_input",
        steps=[],
        key_epoch=1,
    )
    for table in ("pairs", "rejects"):
        publish(tmp_path, table, [])
    publish(tmp_path, "interactions", [*steps, *others])
    publish(tmp_path, "trajectories", [row], gate=make.failing("tool", {"t/1"}))
    assert discard(tmp_path, chosen(["trajectories"])).left == 0
    found = reader.read(tmp_path, "rejects", ["sources", "stage", "reason", "fate"]).to_pylist()
    assert {(r["sources"][0]["offset"], r["stage"], r["reason"], r["fate"]) for r in found} == {
        (offset, "session", "discarded", "dropped") for offset in range(5)
    }
    assert ids(tmp_path, "trajectories") == ids(tmp_path, "trajectories", aside=True) == set()


def killed(data: Path, action: str, step: str) -> int | None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["redline.quarantine.run", "redline.audit"])
    child = context.Process(target=die, args=(str(data), action, step))
    child.start()
    child.join(120)
    return child.exitcode


@pytest.mark.crash
@pytest.mark.parametrize("step", RELEASE_STEPS)
def test_a_release_killed_after_a_step_loses_and_doubles_nothing(data: Path, told: Day, done: Any, step: str) -> None:
    assert killed(data, "release", step) == -signal.SIGKILL
    assert journal.load(data / "state") is not None
    act(data, "release", chosen(ids=["0" * 31 + "1"]))  # about something else, and finishes what was begun
    assert journal.load(data / "state") is None
    assert balance(data, told).balanced
    for name in TABLES:
        assert not ids(data, name) & ids(data, name, aside=True)
    act(data, "release", Choice())
    assert contents(data) == done("release")


@pytest.mark.crash
@pytest.mark.parametrize("step", DISCARD_STEPS)
def test_a_discard_killed_after_a_step_is_finished_by_the_next(data: Path, told: Day, done: Any, step: str) -> None:
    assert killed(data, "discard", step) == -signal.SIGKILL
    assert "was killed" in look.listing(settings(data), Choice())
    act(data, "release", chosen(ids=["0" * 31 + "1"]))
    assert journal.load(data / "state") is None
    answer = balance(data, told)
    assert answer.balanced, answer.problems
    act(data, "discard", Choice())
    assert contents(data) == done("discard")


def test_two_at_once(data: Path) -> None:
    with DataLock(data / "state", name=run.LOCK), pytest.raises(LockedError):
        release(data)


def test_a_sink_that_commits_in_between_is_seen(data: Path, told: Day) -> None:
    """Its rows are the very rows that come back, at a newer revision: they are not doubled, nor put back."""
    held = sorted(ids(data, "pairs", aside=True))
    newer = [
        msgspec.structs.replace(p, revision=p.revision + 1, final="newer")
        for p in told.pairs
        if p.record_id in held[:4]
    ]
    done: list[str] = []

    def crash(step: str) -> None:
        if step == "staged" and not done:
            done.append(step)
            publish(data, "pairs", newer)

    assert release(data, chosen(["pairs"]), crash=crash).left == 0
    rows = reader.read(data, "pairs", ["record_id", "final"]).to_pylist()
    assert {row["record_id"] for row in rows if row["final"] == "newer"} == set(held[:4])
    assert ids(data, "pairs") >= set(held)
    contents(data)


def test_a_newer_row_that_fails_meanwhile_stays(data: Path, told: Day) -> None:
    one = next(p for p in told.pairs if int(p.record_id, 16) % 7 == 0)
    newer = msgspec.structs.replace(one, revision=one.revision + 1, final="newer")

    def crash(step: str) -> None:
        if step == "part":
            publish(data, "pairs", [newer], gate=make.failing("final", {"newer"}))

    release(data, chosen(["pairs"]), crash=crash)
    assert one.record_id in ids(data, "pairs")
    assert ids(data, "pairs", aside=True) == {one.record_id}
    assert reader.read(data, "pairs", ["final"], quarantine=True)["final"].to_pylist() == ["newer"]


def test_list_and_show_tell_no_text_unless_asked(data: Path, told: Day) -> None:
    held = ids(data, "pairs", aside=True)
    said = look.listing(settings(data), Choice())
    assert f"pairs         lucky:x  2026-01-05  {len(held):>4}" in said
    assert look.listing(settings(data), chosen(["pairs"], reasons=["lucky"])).count("\n") == 2
    assert look.listing(settings(data), chosen(reasons=["luck"])) == "quarantine holds none"
    texts = {p.final for p in told.pairs} | {p.suggestion for p in told.pairs}
    shown = look.showing(settings(data), chosen(["pairs"]), limit=100, text=False)
    assert all(one in shown for one in held)
    assert not [text for text in texts if len(text) > 3 and text in shown]
    pair = next(p for p in told.pairs if p.record_id in held)
    place = f"{topics.EVENTS}/0/{min(s.offset for s in pair.sources)}"
    assert place in look.showing(settings(data), chosen(ids=[pair.record_id]), limit=2, text=False)
    assert entries(data) == []
    whole = look.showing(settings(data), chosen(["pairs"], ids=[pair.record_id]), limit=1, text=True)
    assert json.loads(whole.splitlines()[0])["suggestion"] == pair.suggestion
    assert entries(data) == [("quarantine.show", {"tables": ["pairs"], "ids": 1, "limit": 1})]


def test_a_text_that_a_terminal_would_obey_is_shown_as_what_it_is() -> None:
    assert look.printable("a\x1b[2J\u202e\x9bb") == "a\\x1b[2J\\u202e\\x9bb"


@pytest.mark.parametrize(
    ("chosen_by", "wrong"),
    [({"tables": ["people"]}, "--table"), ({"ids": ["zumbiqua"]}, "--id")],
)
def test_a_choice_that_is_none_is_refused_and_not_repeated(chosen_by: dict[str, Any], wrong: str) -> None:
    with pytest.raises(InputError, match=wrong) as caught:
        chosen(**chosen_by)
    assert "zumbiqua" not in str(caught.value)
