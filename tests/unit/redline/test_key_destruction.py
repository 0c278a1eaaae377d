"""An epoch's key destroyed, on real Delta tables: what its rows lose, what all others keep, and a kill at each step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from support import rows as make
from support.folder import Day, day, publish
from support.world import IDENTITY

from redline import rebuild
from redline.audit import listing
from redline.key_ring.destruction import STEPS, destroy, refusal, unfinished
from redline.key_ring.file import read
from redline.key_ring.traces import DESTROYED, Spanning, Traces
from redline.keys import ring_of
from redline.sections import KeySettings
from redline.settings import Settings
from schemas.errors import InputError, SettingsError
from schemas.rows import Interaction, Source, Variant
from sinks import reader
from streams.epochs import Epoch, KeyRing

if TYPE_CHECKING:
    from pathlib import Path

HOUR_US = 3_600_000_000
OLD, NEW = b"\x01" * 32, b"\x02" * 32


def settings(folder: Path) -> Settings:
    return Settings(data=str(folder), keys=KeySettings(overlap_hours=48))


def rotated(seed: int) -> Day:
    """A day in the middle of which the epoch changed; some events after that are not written under the first."""
    found = Day()
    events = day(seed).events
    for place, row in enumerate(events):
        event = row
        if place >= len(events) // 2:
            variant = Variant(1, row.tool, row.data, row.marks)
            event = msgspec.structs.replace(row, key_epoch=2, variants=[variant] if place % 5 else [])
        found.events.append(event)
        found.world.send(event)
    found.world.flush()
    return found


def folder(path: Path, seed: int = 1) -> Day:
    """The day's tables, `subjects` of all of its events, and keys of two epochs that are both over."""
    (path / "state").mkdir(parents=True)
    epochs = [
        {"number": 1, "starts_us": 0, "surrogate": OLD.hex()},
        {"number": 2, "starts_us": HOUR_US, "surrogate": NEW.hex()},
        {"number": 3, "starts_us": 100 * HOUR_US, "surrogate": "03" * 32},
    ]
    keys = path / "state" / "keys.json"
    keys.write_text(json.dumps({"identity": IDENTITY.hex(), "epochs": epochs}))
    keys.chmod(0o600)
    found = rotated(seed)
    publish(path, "interactions", found.events)
    publish(path, "pairs", found.pairs)
    publish(path, "rejects", found.rejects)
    publish(path, "subjects", [_subject(row) for row in found.events])
    return found


def _subject(row: Interaction) -> Any:
    return msgspec.structs.replace(
        make.subject(row.sources[0].offset), record_id=row.record_id, key_epoch=row.key_epoch, event_date=row.event_date
    )


def rows_of(path: Path, table: str) -> list[dict[str, Any]]:
    return reader.read(path, table).to_pylist()


def check(path: Path, before: Day) -> None:
    """What is true once epoch 1 is destroyed."""
    shared = {e.interaction_key for e in before.events if e.key_epoch == 1} & {
        e.interaction_key for e in before.events if e.key_epoch == 2
    }
    theirs = {e.record_id for e in before.events if e.key_epoch == 1 or e.interaction_key in shared}
    events = rows_of(path, "interactions")
    gone = [row for row in events if row["key_epoch"] == DESTROYED]
    kept = [row for row in events if row["key_epoch"] != DESTROYED]
    assert len(events) == len(before.events)
    assert len(gone) == len(theirs) > 0
    assert {row["record_id"] for row in kept} == {e.record_id for e in before.events} - theirs
    known = {e.record_id for e in before.events} | {e.interaction_key for e in before.events} | {"s"}
    for row in gone:
        assert known.isdisjoint(row[name] for name in ("record_id", "session_key", "interaction_key"))
        assert not row["marks"]
        assert not row["variants"]
        assert row["subject_mark"] is None
    assert len({row["session_key"] for row in gone}) == len(gone), "nothing holds its rows together"
    assert not any(v["key_epoch"] == 1 for row in kept for v in row["variants"] or ())
    assert sorted(s["offset"] for row in events for s in row["sources"]) == sorted(
        e.sources[0].offset for e in before.events
    )
    assert {row["key_epoch"] for row in rows_of(path, "subjects")} == {2}

    pairs = rows_of(path, "pairs")
    assert len(pairs) == len(before.pairs)
    stayed = {p.record_id for p in before.pairs if p.key_epoch == 2 and not _shared(p.record_id, shared)}
    assert {row["record_id"] for row in pairs if row["key_epoch"] == 2} == stayed
    assert all(row["record_id"] in stayed or row["key_epoch"] == DESTROYED for row in pairs)
    assert {row["record_id"] for row in pairs}.isdisjoint({p.record_id for p in before.pairs} - stayed)
    hidden = reader.read(path, "pairs", ["key_epoch", "withheld"]).to_pylist()
    assert not any(row["withheld"] for row in hidden if row["key_epoch"] == DESTROYED)
    texts = sorted((p.suggestion, p.final) for p in before.pairs)
    assert sorted((row["suggestion"], row["final"]) for row in pairs) == texts

    assert ring_of(settings(path)).epochs[0].destroyed
    assert OLD.hex() not in "".join(p.read_text("latin-1") for p in (path / "state").iterdir() if p.is_file())
    assert unfinished(settings(path)) is None
    result = rebuild.pairs(settings(path))
    assert (result.equal, result.differing) == (True, 0), result.text


def _shared(record_id: str, keys: set[str | None]) -> bool:
    return record_id in Spanning([key for key in keys if key], []).published


def test_rows_of_a_destroyed_epoch_lead_nowhere_and_all_others_stay(tmp_path: Path) -> None:
    before = folder(tmp_path)
    assert rebuild.pairs(settings(tmp_path)).equal
    done = destroy(settings(tmp_path), 1)
    assert done.spanning > 0
    check(tmp_path, before)
    assert "keys.destroy" in listing(settings(tmp_path))
    again = destroy(settings(tmp_path), 1)
    assert sum(again.files.values()) == 0, "a second destruction finds nothing to do"
    check(tmp_path, before)


def counts(path: Path) -> dict[str, int]:
    return {
        table: reader.read(path, table, ["record_id"]).num_rows + reader.read(path, table, quarantine=True).num_rows
        for table in ("interactions", "pairs", "subjects", "rejects")
    }


def replay(path: Path, before: Day) -> None:
    """What workers do a second time after a crash: the same rows, at other offsets of the stage's topic."""
    publish(path, "interactions", before.events)
    publish(path, "pairs", before.pairs)
    publish(path, "subjects", [_subject(row) for row in before.events])


def test_what_is_done_again_after_the_destruction_is_there_already(tmp_path: Path) -> None:
    before = folder(tmp_path)
    destroy(settings(tmp_path), 1)
    there = counts(tmp_path)
    replay(tmp_path, before)
    assert counts(tmp_path) == there
    check(tmp_path, before)
    new = msgspec.structs.replace(before.events[-1], record_id="f" * 32, sources=[Source("redline.events", 0, 10**6)])
    publish(tmp_path, "interactions", [new])
    assert counts(tmp_path)["interactions"] == there["interactions"] + 1


KILLED = """
import os, signal, sys
from redline.key_ring.destruction import destroy
from redline.settings import Settings

def crash(step):
    if step == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

destroy(Settings(data=sys.argv[1]), 1, crash=crash)
"""


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_kill_at_any_step_is_made_good_by_running_it_again(tmp_path: Path, step: int) -> None:
    before = folder(tmp_path, seed=step)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(step)], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert unfinished(settings(tmp_path)) == (1 if step < STEPS else None)
    if step < STEPS:
        with pytest.raises(InputError, match="is not finished"):
            destroy(settings(tmp_path), 2)
    destroy(settings(tmp_path), 1)
    check(tmp_path, before)
    replay(tmp_path, before)
    check(tmp_path, before)


def test_a_copy_of_the_file_from_before_is_refused(tmp_path: Path) -> None:
    folder(tmp_path)
    path = tmp_path / "state" / "keys.json"
    before = path.read_bytes()
    open_ = os.open(path, os.O_RDONLY)
    destroy(settings(tmp_path), 1)
    assert OLD.hex().encode() not in os.pread(open_, 10_000, 0), "the old file's bytes are overwritten"
    os.close(open_)
    assert read(path, 0).epochs[0].destroyed
    path.write_bytes(before)
    with pytest.raises(SettingsError, match="no key of epoch 1, which was destroyed"):
        ring_of(settings(tmp_path))


def epochs(*starts_h: int, destroyed: int = 0) -> KeyRing:
    return KeyRing(
        IDENTITY,
        tuple(
            Epoch(n, start * HOUR_US, None if n <= destroyed else bytes([n]) * 32)
            for n, start in enumerate(starts_h, 1)
        ),
        48 * HOUR_US,
    )


@pytest.mark.parametrize(
    ("ring", "epoch", "at_h", "own", "why"),
    [
        (epochs(0, 100), 1, 148, True, None),
        (epochs(0, 100), 1, 147, True, "in use for 1.0 hours more"),
        (epochs(0, 100), 2, 500, True, "is the newest"),
        (epochs(0, 100), 3, 500, True, "needed one of 1, 2"),
        (epochs(0, 100, 200), 2, 500, True, "epoch 1 is not"),
        (epochs(0, 100, 200, destroyed=1), 2, 500, True, None),
        (epochs(0, 100, 200, destroyed=1), 1, 500, True, None),
        (epochs(0, 100), 1, 500, False, "set it to null there"),
        (epochs(0, 100, destroyed=1), 1, 500, False, None),
    ],
)
def test_an_epoch_is_destroyed_only_when_nothing_needs_it(
    ring: KeyRing, epoch: int, at_h: int, own: bool, why: str | None
) -> None:
    found = refusal(ring, epoch, at_h * HOUR_US, own=own)
    assert (found is None) == (why is None)
    assert why is None or why in (found or "")


def test_ids_in_the_data_of_messages_go_too(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    message = msgspec.structs.replace(
        make.interaction(1), event_type="redline.message.v1", data='{"channel_key":"c","reply_key":"r","text":"x"}'
    )
    publish(tmp_path, "interactions", [message, make.interaction(2)])
    changed = Traces(1, Spanning()).interactions(reader.read(tmp_path, "interactions"))
    assert changed is not None
    data = [json.loads(text) for text in changed.column("data").to_pylist()]
    (told,) = [one for one in data if "channel_key" in one]
    assert told["text"] == "x"
    assert {told["channel_key"], told["reply_key"]}.isdisjoint({"c", "r"})
    assert Traces(7, Spanning()).interactions(changed) is None
