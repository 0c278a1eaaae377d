from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import rows as make
from support.folder import publish

from redline.keys import keys_of, load_keys
from redline.settings import Settings
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def test_keys_are_made_once_for_their_owner_only(tmp_path: Path) -> None:
    first = load_keys(tmp_path / "state", has_tables=False)
    assert load_keys(tmp_path / "state", has_tables=True) == first
    assert stat.S_IMODE((tmp_path / "state" / "keys.json").stat().st_mode) == 0o600
    assert len(first.identity) == len(first.surrogate) == 32
    assert first.identity != first.surrogate
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["keys.json"]


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    assert load_keys(tmp_path / "a", has_tables=False) != load_keys(tmp_path / "b", has_tables=False)


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from redline.keys import load_keys;"
        "print(hash(load_keys(pathlib.Path(sys.argv[1]), has_tables=False).identity))"
    )
    environ = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-c", code, str(tmp_path / "state")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in started]
    assert said[0].strip()
    assert len(set(said)) == 1
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["keys.json"]


def test_a_key_file_that_others_can_read_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    load_keys(tmp_path, has_tables=False)
    (tmp_path / "keys.json").chmod(0o640)
    with pytest.raises(SettingsError, match=r"run `chmod 600 .*keys\.json`"):
        load_keys(tmp_path, has_tables=False)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"identity":"XYZZY","surrogate":"00"}', b"\xff"])
def test_what_is_no_key_file_is_refused_without_its_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="needed a Redline key file") as caught:
        load_keys(tmp_path, has_tables=False)
    assert "XYZZY" not in str(caught.value)


def test_a_lost_key_file_is_refused_once_there_are_rows(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    first = keys_of(settings)
    publish(tmp_path, "pairs", [make.pair(1)])
    kept = (settings.state / "keys.json").read_bytes()
    (settings.state / "keys.json").unlink()
    with pytest.raises(SettingsError, match="it is gone"):
        keys_of(settings)
    assert not (settings.state / "keys.json").exists()
    (settings.state / "keys.json").write_bytes(kept)
    (settings.state / "keys.json").chmod(0o600)
    assert keys_of(settings) == first


def test_a_sink_that_made_empty_tables_first_does_not_keep_a_worker_from_making_keys(tmp_path: Path) -> None:
    publish(tmp_path, "pairs", [make.pair(1)])
    for path in tmp_path.rglob("*.parquet"):
        path.unlink()
    assert keys_of(Settings(data=str(tmp_path))).epoch == 1


def test_keys_show_nothing_of_themselves(tmp_path: Path) -> None:
    keys = load_keys(tmp_path, has_tables=False)
    assert keys.identity.hex() not in repr(keys)
    assert repr(keys.identity) not in repr(keys)
