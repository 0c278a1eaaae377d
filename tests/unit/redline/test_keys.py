from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from support import rows as make
from support.folder import publish

from redline.key_ring.live import LiveRing
from redline.key_ring.rotation import is_due, rotate
from redline.keys import keys_of, ring_of
from redline.sections import KeySettings
from redline.settings import Settings
from schemas.errors import InputError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def settings(folder: Path, **keys: Any) -> Settings:
    return Settings(data=str(folder), keys=KeySettings(**keys))


def test_keys_are_made_once_for_their_owner_only(tmp_path: Path) -> None:
    first = keys_of(settings(tmp_path))
    assert keys_of(settings(tmp_path)) == first
    assert {path.name for path in (tmp_path / "state").iterdir()} == {"keys.json", "key-epochs.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()} == {0o600}
    assert len(first.identity) == len(first.surrogate) == 32
    assert first.identity != first.surrogate
    assert first.identity.hex() not in (tmp_path / "state" / "key-epochs.json").read_text()


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    assert keys_of(settings(tmp_path / "a")) != keys_of(settings(tmp_path / "b"))


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    code = (
        "import sys; from redline.keys import keys_of; from redline.settings import Settings;"
        "print(hash(keys_of(Settings(data=sys.argv[1])).identity))"
    )
    environ = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-c", code, str(tmp_path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in started]
    assert said[0].strip()
    assert len(set(said)) == 1


def test_a_key_file_that_others_can_read_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    keys_of(settings(tmp_path))
    (tmp_path / "state" / "keys.json").chmod(0o640)
    with pytest.raises(SettingsError, match=r"run `chmod 600 .*keys\.json`"):
        keys_of(settings(tmp_path))


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"identity":"XYZZY","surrogate":"00"}', b"\xff", b'{"identity":"00","epochs":[]}']
)
def test_what_is_no_key_file_is_refused_without_its_content(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, content)
    with pytest.raises(SettingsError, match="needed a Redline key file") as caught:
        keys_of(settings(tmp_path))
    assert "XYZZY" not in str(caught.value)


def test_the_file_of_one_epoch_is_read_and_kept(tmp_path: Path) -> None:
    put(tmp_path, old := json.dumps({"identity": "ab" * 32, "surrogate": "cd" * 32, "epoch": 3}).encode())
    keys = keys_of(settings(tmp_path))
    assert (keys.epoch, keys.identity, keys.surrogate) == (3, b"\xab" * 32, b"\xcd" * 32)
    assert (tmp_path / "state" / "keys.json").read_bytes() == old


def put(folder: Path, content: bytes) -> None:
    (folder / "state").mkdir(exist_ok=True)
    (folder / "state" / "keys.json").write_bytes(content)
    (folder / "state" / "keys.json").chmod(0o600)


def test_a_lost_key_file_is_refused_once_there_are_rows(tmp_path: Path) -> None:
    first = keys_of(settings(tmp_path))
    publish(tmp_path, "interactions", [make.interaction(1)])
    path = tmp_path / "state" / "keys.json"
    kept = path.read_bytes()
    path.unlink()
    (tmp_path / "state" / "key-epochs.json").unlink()
    with pytest.raises(SettingsError, match="it is gone"):
        keys_of(settings(tmp_path))
    assert not path.exists()
    put(tmp_path, kept)
    assert keys_of(settings(tmp_path)) == first


def test_a_sink_that_made_empty_tables_first_does_not_keep_a_worker_from_making_keys(tmp_path: Path) -> None:
    publish(tmp_path, "interactions", [make.interaction(1)])
    for path in tmp_path.rglob("*.parquet"):
        path.unlink()
    assert keys_of(settings(tmp_path)).epoch == 1


def test_a_lost_key_file_is_refused_as_soon_as_it_was_used(tmp_path: Path) -> None:
    keys_of(settings(tmp_path))
    (tmp_path / "state" / "keys.json").unlink()
    with pytest.raises(SettingsError, match="it is gone"):
        keys_of(settings(tmp_path))


def test_an_older_copy_and_the_file_of_another_folder_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.json"
    keys_of(settings(tmp_path))
    old = path.read_bytes()
    rotate(settings(tmp_path))
    new = path.read_bytes()
    put(tmp_path, old)
    with pytest.raises(SettingsError, match="epoch 2, which was in use") as refused:
        keys_of(settings(tmp_path))
    assert keys_of(settings(tmp_path / "other")).identity.hex() not in str(refused.value)
    put(tmp_path, (tmp_path / "other" / "state" / "keys.json").read_bytes())
    with pytest.raises(SettingsError, match="the key of ids"):
        keys_of(settings(tmp_path))
    put(tmp_path, new.replace(json.loads(new)["epochs"][0]["surrogate"].encode(), b"ee" * 32))
    with pytest.raises(SettingsError, match="the key of epoch 1 as it was"):
        keys_of(settings(tmp_path))
    put(tmp_path, new)
    assert [epoch.number for epoch in ring_of(settings(tmp_path)).epochs] == [1, 2]


def test_a_whole_state_folder_from_before_the_tables_is_refused(tmp_path: Path) -> None:
    keys_of(settings(tmp_path))
    publish(tmp_path, "interactions", [msgspec.structs.replace(make.interaction(1), key_epoch=2)])
    with pytest.raises(SettingsError, match="epoch 2, which rows of the tables name"):
        keys_of(settings(tmp_path))


RING = json.dumps({"identity": "ab" * 32, "epochs": [{"number": 1, "starts_us": 0, "surrogate": "cd" * 32}]})


def test_keys_come_from_the_environment_or_from_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEYS", RING)
    (tmp_path / "answer").write_text(RING)
    by_name = ring_of(settings(tmp_path, source="env:SOME_KEYS"))
    by_command = ring_of(settings(tmp_path, source=f"command:cat '{tmp_path / 'answer'}'"))
    assert by_name == by_command
    assert by_name.newest.surrogate == b"\xcd" * 32
    assert not (tmp_path / "state" / "keys.json").exists()
    with pytest.raises(InputError, match="rotate and destroy them there"):
        rotate(settings(tmp_path, source="env:SOME_KEYS"))


@pytest.mark.parametrize(
    ("source", "came"),
    [
        ("env:NOT_THERE", "came nothing"),
        ("env:BAD_KEYS", "came something else"),
        ("command:false", "came exit code 1"),
        ("command:/not/there", "came FileNotFoundError"),
        ("command:", "came IndexError"),
        ("command:echo $BAD_KEYS; cat", "came something else"),
        ("vault", "needed nothing, env:NAME or command"),
    ],
)
def test_a_source_that_fails_is_refused_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, came: str
) -> None:
    monkeypatch.setenv("BAD_KEYS", "SECRET")
    with pytest.raises(SettingsError, match=came) as refused:
        ring_of(settings(tmp_path, source=source))
    assert "SECRET" not in str(refused.value)


def test_keys_show_nothing_of_themselves(tmp_path: Path) -> None:
    ring = ring_of(settings(tmp_path))
    for key in (ring.identity, ring.newest.surrogate):
        assert key.hex() not in repr(ring) + repr(ring.newest)
        assert repr(key) not in repr(ring) + repr(ring.newest)


def test_a_worker_notices_an_epoch_and_keeps_the_last_ring_when_the_file_goes(tmp_path: Path) -> None:
    now = [0.0]
    live = LiveRing(settings(tmp_path), lambda: now[0])
    first = live.current()
    rotate(settings(tmp_path))
    assert live.current() is first
    now[0] += 1.0
    second = live.current()
    assert [epoch.number for epoch in second.epochs] == [1, 2]
    (tmp_path / "state" / "keys.json").unlink()
    now[0] += 1.0
    assert live.current() is second


def test_what_a_kill_left_beside_the_file_goes_with_the_next_change(tmp_path: Path) -> None:
    first = keys_of(settings(tmp_path))
    path = tmp_path / "state" / "keys.json"
    (tmp_path / "state" / "keys.1.part").hardlink_to(path)  # killed between the two names of a new file
    (tmp_path / "state" / "keys.2.part").write_bytes(path.read_bytes())
    rotate(settings(tmp_path))
    assert not list((tmp_path / "state").glob("*.part"))
    assert ring_of(settings(tmp_path)).live[0] == first


def test_a_schedule_adds_an_epoch_when_the_last_one_is_old_enough(tmp_path: Path) -> None:
    scheduled = settings(tmp_path, rotate_days=30)
    day_us = 86_400_000_000
    ring = ring_of(scheduled)
    started = ring.epochs[0].starts_us
    assert not is_due(scheduled, ring, started + 29 * day_us)
    assert is_due(scheduled, ring, started + 30 * day_us)
    assert rotate(scheduled, due_only=True) is None
    with pytest.raises(InputError, match="epoch 2 starts in"):
        [rotate(scheduled) for _ in range(2)]


def test_of_the_workers_that_see_the_time_come_one_adds_the_epoch(tmp_path: Path) -> None:
    put(tmp_path, RING.encode())
    os.utime(tmp_path / "state" / "keys.json", (0, 0))  # a file of one epoch from 1970
    now = [0.0]
    workers = [LiveRing(settings(tmp_path, rotate_days=30), lambda: now[0]) for _ in range(3)]
    for _ in range(2):
        now[0] += 1.0
        rings = [worker.current() for worker in workers]
    assert [epoch.number for epoch in rings[0].epochs] == [1, 2]
    assert rings[0] == rings[1] == rings[2]
    assert rings[0].epochs[1].starts_us > time.time_ns() // 1000
