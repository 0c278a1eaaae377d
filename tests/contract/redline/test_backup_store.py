"""Backups of tables in an object store, and restores into one: ended after each step and done again."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from support import rows as make
from support.folder import key_file, publish
from support.objects import fault, serving

from redline.backup import duties, take
from redline.backup.manifest import read
from redline.backup.restore import restore
from redline.backup.take import backup, verified
from redline.settings import Settings, load
from schemas.errors import InputError, SinkError
from sinks import location, reader, store
from sinks.pinned import copy_table
from sinks.places import remote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.objects import Objects

ROWS = 12
STEPS = ("half", "claimed", "table", "copied")


class Killed(BaseException):
    """Nothing catches it, as nothing catches kill -9."""


@pytest.fixture(scope="module")
def objects() -> Iterator[Objects]:
    with serving() as found:
        yield found


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has said anything, and nothing is owed; tests/broker/test_restore.py has both."""

    @contextmanager
    def broker(settings: Settings, _say: Any) -> Iterator[Settings]:
        yield settings

    @contextmanager
    def nobody(*_args: Any, **_more: Any) -> Iterator[None]:
        yield None

    monkeypatch.setattr(take.cluster, "broker", broker)
    monkeypatch.setattr(take.cluster, "prepare_topics", lambda _settings: [])
    monkeypatch.setattr(take, "reader", nobody)
    monkeypatch.setattr(take, "latest", lambda *_args: {})
    monkeypatch.setattr(duties, "done", lambda *_args, **_more: "done")


def of(url: str, local: Path) -> Settings:
    """The settings that a command has with `--data URL`."""
    return load(None, {"REDLINE_LOCAL": str(local)}, {"data": url})


def ids(data: Path, table: str = "pairs") -> list[str]:
    return sorted(reader.read(data, table, ["record_id"]).column(0).to_pylist())


@pytest.fixture
def safe(objects: Objects, tmp_path: Path) -> Path:
    """A backup of two tables in a store."""
    data = objects.folder(tmp_path / "data")
    key_file(data)
    publish(data, "pairs", [make.pair(n) for n in range(ROWS)])
    publish(data, "interactions", [make.interaction(n) for n in range(ROWS)])
    backup(Settings(data=str(data)), tmp_path / "safe", keys=True, say=lambda _text: None)
    return tmp_path / "safe"


def put_back(safe: Path, url: str, local: Path, at: str = "") -> str:
    def crash(step: str) -> None:
        if step == at:
            raise Killed

    return restore(of(url, local), safe, say=lambda _text: None, crash=crash)


def test_what_was_in_a_store_can_be_put_back_anywhere(objects: Objects, safe: Path, tmp_path: Path) -> None:
    assert verified(safe)[1]
    assert {"dataset/pairs", "dataset/interactions"} <= read(safe).tables.keys()
    assert not list(safe.rglob(location.MARKER)), "a folder on this disk has its tables on this disk"
    put_back(safe, str(tmp_path / "disk"), tmp_path / "none")
    url = objects.url()
    put_back(safe, url, tmp_path / "local")
    for data in (tmp_path / "disk", tmp_path / "local"):
        for table in ("pairs", "interactions"):
            assert ids(data, table) == make.ids(range(ROWS))
        publish(data, "pairs", [make.pair(99)])  # a sink goes on with it
        assert len(ids(data)) == ROWS + 1
    assert not (tmp_path / "local" / "dataset").exists()
    with pytest.raises(SinkError, match="those of another folder"):
        location.claim(of(url, tmp_path / "another").data_dir)


def test_a_restore_that_ends_anywhere_is_gone_on_with(objects: Objects, safe: Path, tmp_path: Path) -> None:
    url, local = objects.url(), tmp_path / "local"
    for step in STEPS:
        with pytest.raises(Killed):
            put_back(safe, url, local, step)
        if step in {"claimed", "table"}:
            with pytest.raises(SinkError, match="those of another folder"):  # a sink that starts too early
                location.claim(of(url, local).data_dir)
    put_back(safe, url, local)
    assert ids(local) == make.ids(range(ROWS))
    assert not (tmp_path / ".local.restoring").exists()
    for path in (local / "state" / "restored").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="there is something in it"):
        put_back(safe, url, local)
    with pytest.raises(InputError, match="needed a prefix with nothing below it"):
        put_back(safe, url, tmp_path / "elsewhere")


def test_what_another_backup_began_is_not_gone_on_with(objects: Objects, safe: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    publish(tmp_path / "data", "pairs", [make.pair(50)])
    backup(Settings(data=str(tmp_path / "data")), later, keys=True, say=lambda _text: None)
    url, local = objects.url(), tmp_path / "local"
    with pytest.raises(Killed):
        put_back(safe, url, local, "table")
    with pytest.raises(InputError, match="needed a prefix with nothing below it"):
        put_back(later, url, local)
    put_back(later, objects.url(), tmp_path / "third")
    assert ids(tmp_path / "third") == sorted([*make.ids(range(ROWS)), *make.ids([50])])


def test_a_store_that_does_not_answer_leaves_no_folder(objects: Objects, safe: Path, tmp_path: Path) -> None:
    url = objects.url()
    objects.faults(fault("late", "PUT", "_delta_log", times=1))
    with pytest.raises(OSError, match="needed the object store to answer"):
        put_back(safe, url, tmp_path / "local")
    assert not (tmp_path / "local" / "state" / "keys.json").exists()
    objects.faults()
    put_back(safe, url, tmp_path / "local")
    objects.land()  # what was late is what is there
    assert ids(tmp_path / "local") == make.ids(range(ROWS))


def test_a_copy_is_one_version_although_a_sink_goes_on(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, copy = objects.folder(tmp_path / "data"), tmp_path / "copy"
    publish(data, "pairs", [make.pair(n) for n in range(ROWS)])
    real, calls = copy_table.__globals__["_file"], [0]

    def slow(place: Any, to: Path) -> None:
        real(place, to)
        calls[0] += 1
        if calls[0] in {2, 9}:  # after an entry of the log; after a data file: those that replace it are newer
            publish(data, "pairs", [make.pair(n, revision=calls[0]) for n in (1, 3, 20 + calls[0])])

    monkeypatch.setitem(copy_table.__globals__, "_file", slow)
    root = location.tables(data) / "dataset" / "pairs"
    version = copy_table(root, copy / "dataset" / "pairs")
    assert version == reader.facts(copy, "pairs")[0] <= reader.facts(data, "pairs")[0]
    found = ids(copy)
    assert len(set(found)) == len(found) >= ROWS
    assert set(found) <= set(ids(data))


def test_a_large_object_comes_in_parts_and_one_that_is_gone_is_said_so(objects: Objects, tmp_path: Path) -> None:
    place = remote(objects.url()) / "large"
    (tmp_path / "made").write_bytes(body := os.urandom(20 << 20))
    store.install(tmp_path / "made", place)
    with mock.patch("sinks.bucket.read", side_effect=AssertionError("all of it at once")):
        store.copy(place, tmp_path / "below" / "copy")
    assert (tmp_path / "below" / "copy").read_bytes() == body
    with pytest.raises(FileNotFoundError):
        store.copy(place / "none", tmp_path / "none")
