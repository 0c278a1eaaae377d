from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from redline.lock import DataLock
from schemas.errors import LockedError

if TYPE_CHECKING:
    from pathlib import Path

OWNER = """
import sys, time
from pathlib import Path
from redline.lock import DataLock
with DataLock(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


def owner_of(folder: Path) -> subprocess.Popen[str]:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "locked\n"
    return owner


def test_a_second_owner_is_told_who_the_first_is_and_what_to_do(tmp_path: Path) -> None:
    with owner_of(tmp_path) as owner:
        with pytest.raises(LockedError, match=rf"process {owner.pid}; .*stop that one"), DataLock(tmp_path):
            pass
        owner.kill()


def test_kill_9_of_the_owner_frees_the_lock(tmp_path: Path) -> None:
    with owner_of(tmp_path) as owner:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        with DataLock(tmp_path):
            pass


def test_a_lock_file_left_behind_means_nothing(tmp_path: Path) -> None:
    (tmp_path / "redline.lock").write_text(f"{os.getpid()}\n")
    with DataLock(tmp_path):
        pass


def test_it_can_be_taken_again_after_release(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    for _ in range(2):
        with lock:
            assert lock.fileno() >= 0
    with pytest.raises(ValueError, match="not held"):
        lock.fileno()


def test_the_same_process_cannot_own_a_folder_twice(tmp_path: Path) -> None:
    with DataLock(tmp_path), pytest.raises(LockedError, match=f"process {os.getpid()}"), DataLock(tmp_path):
        pass


def test_locks_of_different_names_do_not_exclude_each_other(tmp_path: Path) -> None:
    with DataLock(tmp_path, name="a.lock"), DataLock(tmp_path, name="b.lock"):
        pass


def test_a_living_owner_is_not_waited_for(tmp_path: Path) -> None:
    with DataLock(tmp_path):
        before = time.monotonic()
        with pytest.raises(LockedError):
            DataLock(tmp_path, wait_s=30).acquire()
        assert time.monotonic() - before < 5


def test_children_of_a_dead_owner_are_waited_for(tmp_path: Path) -> None:
    # The owner is dead, and a child that inherited the descriptor ends a moment later.
    script = """
import os, subprocess, sys
from pathlib import Path
from redline.lock import DataLock
lock = DataLock(Path(sys.argv[1]))
lock.acquire()
subprocess.Popen(["sleep", "1"], pass_fds=(lock.fileno(),))
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    with pytest.raises(LockedError):
        DataLock(tmp_path).acquire()
    with DataLock(tmp_path, wait_s=20):
        pass


def test_a_new_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    with DataLock(tmp_path / "new"):
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
