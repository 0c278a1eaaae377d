"""The files of a backup: one version of each table while a sink goes on, and nothing put back that was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from support import rows as make
from support.folder import publish

from redline.backup import duties
from redline.backup.manifest import CONSENT, DATA, FORMAT, NAME, Manifest, described, faults, read
from redline.backup.restore import restore
from redline.export.plan import Asked
from redline.export.run import export
from redline.settings import Settings
from schemas.errors import InputError
from sinks import reader
from sinks.pinned import copy_table

if TYPE_CHECKING:
    from pathlib import Path


def ids(data: Path) -> list[str]:
    return sorted(reader.read(data, "pairs", ["record_id"]).column(0).to_pylist())


def test_a_copy_is_one_version_although_a_sink_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    publish(data, "pairs", [make.pair(i) for i in range(12)])
    real, calls = copy_table.__globals__["_file"], [0]

    def slow(path: Path, to: Path) -> None:
        real(path, to)
        calls[0] += 1
        if calls[0] in {2, 9}:  # after an entry of the log; after a data file: those that replace it are newer
            publish(data, "pairs", [make.pair(i, revision=calls[0]) for i in (1, 3, 20 + calls[0])])

    monkeypatch.setitem(copy_table.__globals__, "_file", slow)
    version = copy_table(data / "dataset" / "pairs", copy / "dataset" / "pairs")
    found = reader.read(copy, "pairs", ["record_id", "revision"]).to_pylist()
    assert reader.facts(copy, "pairs")[0] == version <= reader.facts(data, "pairs")[0]
    assert len({row["record_id"] for row in found}) == len(found) >= 12
    assert {row["record_id"] for row in found} <= set(ids(data))
    on_disk = {path.relative_to(copy / "dataset" / "pairs").as_posix() for path in copy.rglob("*--*.parquet")}
    assert on_disk == {fact.path for fact in reader.facts(copy, "pairs")[1]}, "no file that no log names"
    publish(copy, "pairs", [make.pair(99)])  # a sink goes on with it
    assert len(ids(copy)) == len(found) + 1


def test_no_table_is_no_copy(tmp_path: Path) -> None:
    assert copy_table(tmp_path / "none", tmp_path / "copy") == -1
    assert not (tmp_path / "copy").exists()


@pytest.fixture
def safe(tmp_path: Path) -> Path:
    """A backup of one table, one key file and no consent."""
    data, root = tmp_path / "data", tmp_path / "safe"
    publish(data, "pairs", [make.pair(i) for i in range(6)])
    copy_table(data / "dataset" / "pairs", root / DATA / "dataset" / "pairs")
    (root / DATA / "state").mkdir()
    (root / DATA / "state" / "keys.json").write_text("{}")
    (root / DATA / "state" / "keys.json").chmod(0o600)
    (root / CONSENT).write_bytes(msgspec.msgpack.encode([]))
    manifest = Manifest(FORMAT, "0", 1, keys=True, tables={"dataset/pairs": 1}, people=0, files=described(root))
    (root / NAME).write_bytes(msgspec.json.encode(manifest))
    return root


def put_back(safe: Path, to: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(duties, "done", lambda *_args, **_kw: "done")
    return restore(Settings(data=str(to)), safe, say=lambda _text: None)


def test_what_is_put_back_is_what_was_there(safe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (tmp_path / ".new.restoring" / "half").mkdir(parents=True)  # of a try that was killed
    assert put_back(safe, new, monkeypatch) == "done"
    assert ids(new) == make.ids(range(6))
    assert (new / "state" / "keys.json").stat().st_mode & 0o777 == 0o600
    assert not (new / "half").exists()
    assert put_back(safe, new, monkeypatch) == "done", "what it owes is not done: it goes on"
    with pytest.raises(InputError, match="run the same `redline restore` once more"):
        export(Settings(data=str(new)), Asked(format="trl-sft"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    for path in (new / "state" / "restored").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="there is something in it"):
        put_back(safe, new, monkeypatch)


def _changed(safe: Path) -> None:
    path = next((safe / DATA).rglob("*--*.parquet"))
    content = bytearray(path.read_bytes())
    content[7] ^= 1
    path.write_bytes(content)


def _gone(safe: Path) -> None:
    (safe / CONSENT).unlink()


def _more(safe: Path) -> None:
    (safe / DATA / "state" / "tombstones").mkdir()
    (safe / DATA / "state" / "tombstones" / "pairs.ids").write_text("0" * 32)


def _elsewhere(safe: Path) -> None:
    text = (safe / NAME).read_text("utf-8")
    (safe / NAME).write_text(text.replace("data/state/keys.json", "data/../../keys.json"), "utf-8")


def _newer(safe: Path) -> None:
    text = (safe / NAME).read_text("utf-8")
    (safe / NAME).write_text(text.replace('"format":1', '"format":2', 1), "utf-8")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_changed, "1 files are not"),
        (_gone, "consent.msgpack: missing"),
        (_more, "pairs.ids: not of this backup"),
        (_elsewhere, "paths below the backup"),
        (_newer, "needed format 1, came 2"),
        (lambda safe: (safe / NAME).write_text("{}"), "came something else"),
        (lambda safe: (safe / NAME).unlink(), "there is no backup.json"),
    ],
)
def test_a_backup_that_was_changed_is_not_put_back(
    spoil: Any, why: str, safe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not list(faults(safe, read(safe)))
    spoil(safe)
    with pytest.raises(InputError, match=why):
        put_back(safe, tmp_path / "new", monkeypatch)
    assert not (tmp_path / "new").exists()
