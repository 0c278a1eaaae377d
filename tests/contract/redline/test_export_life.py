"""Exports that are killed, refused, overtaken by a rewriting or an erasure, or altered afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
import pytest
from support.office import Office, office

from redline.erasure import exports
from redline.export import fetch, publish, run, work
from redline.export.manifest import Manifest
from redline.export.plan import Asked, Plan, splits_of
from redline.export.run import CRASH, export, row_key
from redline.export.verify import Verified, verify
from redline.lock import DataLock
from redline.settings import Settings
from schemas.errors import InputError, LockedError, PurposeError, RedlineError, SinkError, TableHaltedError
from schemas.records import Partition
from schemas.tables import TABLES
from schemas.verdict import Failure, Severity
from sinks import halts, tombstones
from sinks.batch import Range
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable

    from sinks.places import Place


SPLITS = {"train": 0.6, "validation": 0.2, "test": 0.2}
ASKED = Asked(format="trl-kto", seed=3, splits=SPLITS, shard_rows=20, with_record_ids=True)
STEPS = 11


class Killed(BaseException):
    """Nothing catches it, as nothing catches kill -9."""


@pytest.fixture(scope="module")
def people() -> Office:
    return office()


@pytest.fixture(scope="module")
def shared(people: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For tests that leave the tables as they are."""
    return people.publish(tmp_path_factory.mktemp("office"), commits=3)


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Die after this step, from now on; 0: no more."""
    at = [0]

    def hook(*_: object) -> Callable[[int], None]:
        def crash(step: int) -> None:
            if step == at[0]:
                raise Killed

        return crash

    monkeypatch.setattr(run, "crash_hook", hook)
    return lambda step: at.__setitem__(0, step)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def verified(data: Path, folder: Path, *, render: bool = True) -> Verified:
    where = Settings(data=str(data))
    return verify(where, folder, key=row_key(where), render=render, steps=lambda *_: lambda _rows: None)


def names(data: Path) -> list[str]:
    return [one.name for one in exports.registered(data / "state")]


def test_killed_after_any_step_it_goes_on_to_the_same_bytes(
    shared: Path, tmp_path: Path, kill_at: Callable[[int], None]
) -> None:
    where, before = Settings(data=str(shared)), len(names(shared))
    export(where, ASKED, tmp_path / "whole")
    for step in range(1, STEPS + 1):
        kill_at(step)
        with pytest.raises(Killed):
            export(where, ASKED, tmp_path / "killed")
        manifest = (tmp_path / "killed" / "manifest.json").exists()
        assert manifest == (step == STEPS)
        assert len(names(shared)) == before + (1 if step < 9 else 2)
    kill_at(0)
    export(where, ASKED, tmp_path / "killed")
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert len(names(shared)) == before + 2
    assert not work.unfinished(where.state)


def test_a_process_that_was_killed_goes_on(shared: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    command = [sys.executable, "-m", "redline", "export", "trl-sft", "--to", out, "--data", str(shared), "--seed", "5"]
    for crash, code in (("5", -signal.SIGKILL), ("", 0)):
        done = subprocess.run(command, env={**os.environ, CRASH: crash}, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
    assert "examples of" in done.stdout
    export(Settings(data=str(shared)), Asked(format="trl-sft", seed=5), tmp_path / "whole")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_erased_rows_leave_the_files_and_nothing_is_broken(people: Office, tmp_path: Path) -> None:
    data = people.publish(tmp_path / "data")
    for form in ("jsonl", "parquet"):
        out = tmp_path / form
        export(Settings(data=str(data)), msgspec.structs.replace(ASKED, form=form), out)
        kept = min(out.glob("train-*.ids"))
        gone = set(kept.read_text().split()[3:5])
        tombstones.add(data, "pairs", gone)
        exports.holding(data / "state", frozenset(gone), rewrite=True)
        left = [i for path in out.glob("*.ids") for i in path.read_text().split()]
        assert gone.isdisjoint(left)
        found = verified(data, out, render=False)
        assert not found.broken, found.lines
        assert found.erased >= len(gone)
        assert any("4, 5" in line for line in found.lines)
        again = min(out.glob("train-*.ids"))
        data_file = out / again.name.removesuffix(".ids")
        if form == "jsonl":
            data_file.write_bytes(b"".join(data_file.read_bytes().splitlines(keepends=True)[1:]))
        else:
            pq.write_table(pq.read_table(data_file).slice(1), data_file)
        found = verified(data, out, render=False)
        assert found.broken
        assert any("no erasure" in line for line in found.lines)


def test_who_is_erased_while_it_runs_is_not_in_it(
    people: Office, tmp_path: Path, kill_at: Callable[[int], None]
) -> None:
    data, out = people.publish(tmp_path / "data"), tmp_path / "out"
    kill_at(8)  # all files are in place, and no registry knows them
    with pytest.raises(Killed):
        export(Settings(data=str(data)), ASKED, out)
    some = min(out.glob("*.ids")).read_text().split()[:2]
    tombstones.add(data, "pairs", set(some))
    kill_at(0)
    made = export(Settings(data=str(data)), ASKED, out)
    assert made.counts.erased_meanwhile >= len(set(some))
    assert set(some).isdisjoint(i for path in out.glob("*.ids") for i in path.read_text().split())
    assert not verified(data, out).broken
    # What is not finished goes with an erasure.
    kill_at(7)
    with pytest.raises(Killed):
        export(Settings(data=str(data)), ASKED, tmp_path / "other")
    with work.lock_of(work.folder_of(data / "state", (tmp_path / "other").resolve())):
        assert work.forget_all(data / "state") == [str((tmp_path / "other").resolve())]
    assert any((tmp_path / "other").iterdir())
    assert work.forget_all(data / "state") == []
    assert not any((tmp_path / "other").iterdir())


def test_a_table_that_was_rewritten_meanwhile_is_said_and_begun_anew(
    people: Office, tmp_path: Path, kill_at: Callable[[int], None]
) -> None:
    data, out = people.publish(tmp_path / "data"), tmp_path / "out"
    kill_at(2)
    with pytest.raises(Killed):
        export(Settings(data=str(data)), ASKED, out)
    rewrite(data, TABLES["pairs"], lambda rows: rows.slice(1))
    kill_at(0)
    with pytest.raises(SinkError, match="--restart"):
        export(Settings(data=str(data)), ASKED, out)
    assert not (out / "manifest.json").exists()
    made = export(Settings(data=str(data)), ASKED, out, restart=True)
    assert made.counts.read < len(people.pairs)
    rewrite(data, TABLES["pairs"], lambda rows: rows.slice(1))
    found = verified(data, out)
    assert not found.broken
    assert "not made again" in found.lines[-1]


def test_a_full_disk_leaves_nothing_published(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = names(shared)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for place in ("write.write_whole", "publish.register", "publish.write_whole"):
        with monkeypatch.context() as patch:
            patch.setattr(f"redline.export.{place}", full)
            with pytest.raises(OSError, match="No space"):
                export(Settings(data=str(shared)), ASKED, tmp_path / "out")
        assert not (tmp_path / "out" / "manifest.json").exists()
    export(Settings(data=str(shared)), ASKED, tmp_path / "out")
    assert len(names(shared)) == len(before) + 1


def test_tables_in_an_object_store_are_copied_once(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill_at: Callable[[int], None]
) -> None:
    where, plan_of, local, read = Settings(data=str(shared)), run.plan_of, fetch.store.read, []

    def stored(*arguments: Any) -> Plan:
        plan = plan_of(*arguments)
        files = [msgspec.structs.replace(one, path=f"s3://bucket{one.path}") for one in plan.files]
        return msgspec.structs.replace(plan, files=tuple(files))

    def get(place: Place) -> bytes:
        if isinstance(place, Path):
            return local(place)
        read.append(place)
        return Path(f"/{place.key}").read_bytes()

    monkeypatch.setattr(run, "plan_of", stored)
    monkeypatch.setattr(fetch.store, "read", get)
    kill_at(4)
    with pytest.raises(Killed):
        export(where, ASKED, tmp_path / "out")
    kill_at(0)
    export(where, ASKED, tmp_path / "out")
    assert len(read) == len(set(read)) > 1
    monkeypatch.undo()
    export(where, ASKED, tmp_path / "local")
    assert contents(tmp_path / "out") == contents(tmp_path / "local")
    monkeypatch.setattr(fetch.store, "size", lambda _place: None)
    assert "are gone" in verified(shared, tmp_path / "out").lines[-1]


def test_altered_files_are_found(shared: Path, tmp_path: Path) -> None:
    export(Settings(data=str(shared)), ASKED, tmp_path / "out")
    path = min((tmp_path / "out").glob("train-*.jsonl"))
    whole = path.read_bytes()
    rows = whole.splitlines(keepends=True)
    for altered, word in (
        (rows[0].replace(b"word", b"WORD") + b"".join(rows[1:]), "row 1"),
        (b"".join([rows[1], rows[0], *rows[2:]]), "none that was written there"),
        (b"".join(rows[1:]), "no erasure"),
        (whole + rows[0], "none that was written there"),
        (b"", "no erasure"),
    ):
        path.write_bytes(altered)
        found = verified(shared, tmp_path / "out", render=False)
        assert found.broken
        assert any(word in line for line in found.lines), found.lines
    path.unlink()
    assert verified(shared, tmp_path / "out", render=False).broken
    path.write_bytes(whole)
    assert not verified(shared, tmp_path / "out", render=False).broken
    manifest = msgspec.json.decode((tmp_path / "out" / "manifest.json").read_bytes(), type=Manifest)
    sidecar = exports.FOLDER + "/" + publish.sidecar(names(shared)[-1], manifest.files[0].name)
    lines = (shared / "state" / sidecar).read_text().splitlines(keepends=True)
    (shared / "state" / sidecar).write_text("".join(reversed(lines)))
    assert verified(shared, tmp_path / "out", render=False).broken
    (shared / "state" / sidecar).write_text("".join(lines))


REFUSED = [
    ({"where": "record_id = 'x'"}, PurposeError),
    ({"where": "sources is not null"}, PurposeError),
    ({"where": "1 = 1"}, InputError),
    ({"where": "similarity"}, InputError),
    ({"where": "nobody = 'x'"}, InputError),
    ({"where": "label in (select label from pairs)"}, InputError),
    ({"where": "exists (select 1 from read_parquet('/etc/passwd'))"}, InputError),
    ({"where": "label = 'edited'; drop table pairs"}, InputError),
    ({"where": "read_csv('/etc/passwd') is null and label = 'x'"}, InputError),
    ({"where": "rank() over (order by similarity) < 3"}, InputError),
    ({"where": "similarity > avg(similarity)"}, InputError),
    ({"where": "event_date < now()"}, InputError),
    ({"where": "columns('lab') = 'x'"}, InputError),
    ({"where": "event_date >= '2026-01-01'"}, InputError),
    ({"where": "label = 'edited' -- and nothing else"}, InputError),
    ({"where": "'"}, InputError),
    ({"where": "label = 'nothing'"}, InputError),
    ({"language": ("python",)}, InputError),  # withheld: no day is decided
    ({"balance": "record_id"}, PurposeError),
    ({"balance": "nothing"}, InputError),
    ({"since": "yesterday"}, InputError),
    ({"format": "nothing"}, InputError),
    ({"format": "openai", "form": "parquet"}, InputError),
    ({"format": "openai", "language": ("python",)}, RedlineError),
    ({"options": {"nothing": "1"}}, InputError),
    ({"splits": {"all": 1.0}, "where": "record_id is not null"}, PurposeError),
]


@pytest.mark.parametrize(("asked", "error"), REFUSED, ids=[str(asked) for asked, _ in REFUSED])
def test_what_is_refused(shared: Path, tmp_path: Path, asked: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        export(Settings(data=str(shared)), msgspec.structs.replace(ASKED, **asked), tmp_path / "out")
    assert not list(tmp_path.glob("out/*.json*"))


def test_who_is_few_or_in_the_way_is_refused(shared: Path, tmp_path: Path) -> None:
    where = Settings(data=str(shared))
    few = office(people=9).publish(tmp_path / "few")
    with pytest.raises(PurposeError, match="10 different people"):
        export(Settings(data=str(few)), ASKED, tmp_path / "out")
    with pytest.raises(InputError, match="outside"):
        export(where, ASKED, shared / "out")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(InputError, match="empty"):
        export(where, ASKED, tmp_path / "full")
    export(where, ASKED, tmp_path / "done")
    with pytest.raises(InputError, match="finished"):
        export(where, ASKED, tmp_path / "done")
    failure = Failure("x", None, Severity.CRITICAL, ())
    halts.record(few, "pairs", (failure,), {Partition("t", 0): Range(0, 1)})
    with pytest.raises(TableHaltedError):
        export(Settings(data=str(few)), ASKED, tmp_path / "halted")
    with DataLock(where.state, name="erase.lock"), pytest.raises(LockedError, match="erasure"):
        export(where, ASKED, tmp_path / "later")
    assert not (tmp_path / "later" / "manifest.json").exists()
    export(where, ASKED, tmp_path / "later")


def test_another_request_does_not_go_on_with_this_one(
    shared: Path, tmp_path: Path, kill_at: Callable[[int], None]
) -> None:
    where = Settings(data=str(shared))
    kill_at(4)
    with pytest.raises(Killed):
        export(where, ASKED, tmp_path / "out")
    kill_at(0)
    with pytest.raises(InputError, match="--restart"):
        export(where, msgspec.structs.replace(ASKED, seed=4), tmp_path / "out")
    made = export(where, msgspec.structs.replace(ASKED, seed=4), tmp_path / "out", restart=True)
    assert made.asked.seed == 4


@pytest.mark.parametrize(
    "text", ["", "train", "train=0.5", "train=1,test=0", "a=0.5,a=0.5", "a-b=1", "x=nan", "a=2,b=-1"]
)
def test_shares_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        splits_of(text)
    assert splits_of("train=0.9, test=0.1") == {"train": 0.9, "test": 0.1}
