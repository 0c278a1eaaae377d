"""A backup of a folder at work, killed and done again: the same rows, and nothing of who was erased since."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.command import ROOT
from support.stories import ended, opened

from redline.backup.manifest import NAME, read
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Command

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(3600)]

KILLED = """
import os, signal, sys
from pathlib import Path
from redline.backup.restore import restore
from redline.backup.take import backup
from redline.sections import Kafka
from redline.settings import Settings

what, data, other, bootstrap, at = sys.argv[1:]

def crash(step):
    if step == at:
        os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(data=data, kafka=Kafka(bootstrap=bootstrap))
if what == "backup":
    backup(settings, Path(other), keys=True, say=print, crash=crash)
else:
    restore(settings, Path(other), say=print, crash=crash)
"""


def killed(what: str, data: Path, other: Path, bootstrap: str, step: str) -> None:
    words = [sys.executable, "-c", KILLED, what, str(data), str(other), bootstrap, step]
    done = subprocess.run(words, check=False, timeout=300, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL


def rows(data: Path, table: str) -> list[dict[str, Any]]:
    found = reader.read(data, table).to_pylist()
    return sorted(({**row, "sources": len(row["sources"])} for row in found), key=lambda row: str(row["record_id"]))


def test_a_restored_folder_goes_on_and_nothing_of_who_was_erased_since_is_in_it(
    redline: Callable[..., Command], tmp_path: Path
) -> None:
    data, new, safe = tmp_path / "live", tmp_path / "new", tmp_path / "backup"
    people, events = tmp_path / "people.txt", tmp_path / "events.jsonl"
    people.write_text("".join(f"p{number}@corp.example\n" for number in range(3)), "utf-8")
    broker = redline("broker", "--data", str(data))
    address = broker.until(r"127\.0\.0\.1:\d+")

    def type_(*words: str, folder: Path = data, code: int = 0) -> str:
        return redline(*words, "--data", str(folder), "--bootstrap", address).end(code)

    def run(lines: list[str], folder: Path = data) -> None:
        events.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        assert "ledger balances" in type_("run", str(events), "--consent-file", str(people), folder=folder)

    run([line for number in range(6) for line in opened(number)] + [ended(number) for number in range(3)])
    for step in ("table", "consent", "list"):
        killed("backup", data, safe, address, step)
        assert not safe.exists()
    assert "not encrypted" in type_("backup", "--to", str(safe))
    assert "as they were written" in type_("backup", "--verify", str(safe))
    assert read(safe).people == 3
    run([ended(number) for number in range(3, 6)])
    assert "state of workers: " in type_("erase", "p1@corp.example", code=1), "no worker runs now"

    killed("restore", new, safe, address, "half")
    assert not new.exists()
    killed("restore", new, safe, address, "copied")
    assert len(rows(new, "interactions")) == 15
    assert "1 erasures done again" in type_("restore", str(safe), folder=new)
    assert "needed a folder that is not there or empty" in type_("restore", str(safe), folder=new, code=2)
    assert len(rows(new, "interactions")) == 10, "what came after the backup waits in Kafka"
    run([], folder=new)
    for table in ("interactions", "subjects", "pairs"):
        assert rows(new, table) == rows(data, table), table
    assert "nothing is left" in redline("erase", "--verify", "p1@corp.example", "--data", str(new)).end(0)

    first = safe / read(safe).files[0].path
    first.write_bytes(first.read_bytes() + b" ")
    assert f"{read(safe).files[0].path}: changed" in type_("backup", "--verify", str(safe), code=1)
    assert "1 files are not" in type_("restore", str(safe), folder=tmp_path / "other", code=2)
    (safe / NAME).unlink()
    assert "needed a backup" in type_("restore", str(safe), folder=tmp_path / "other", code=2)
    broker.process.send_signal(signal.SIGINT)
    broker.end(0)
