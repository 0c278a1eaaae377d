"""SIGKILL at each file that a rotation opens, links or renames: the ring is the old one or the new one, whole."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from redline import audit
from redline.key_ring.rotation import rotate
from redline.keys import ring_of
from redline.settings import Settings
from schemas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

ROTATE = """
import os, signal, sys
from redline.key_ring.rotation import rotate
from redline.settings import Settings
data, last, seen = sys.argv[1], int(sys.argv[2]), 0
def look(event, arguments):
    global seen
    if event in {"open", "os.link", "os.rename", "os.remove"} and str(arguments[0]).startswith(data):
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(look)
rotate(Settings(data=data))
print(seen)
"""


def rotated(data: Path, last: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ROTATE, str(data), str(last)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def moments(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many moments a rotation has that somebody could be killed at."""
    data = tmp_path_factory.mktemp("whole")
    ring_of(Settings(data=str(data)))
    done = rotated(data, 0)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_a_rotation_is_done_or_not_whenever_it_is_killed(tmp_path: Path, moments: int) -> None:
    assert moments > 5
    outcomes = set()
    for moment in {*range(1, moments, max(1, moments // 10)), moments}:  # ten of them: each takes two seconds
        settings = Settings(data=str(tmp_path / str(moment)))
        first = ring_of(settings).epochs
        done = rotated(settings.data_dir, moment)
        assert done.returncode == -signal.SIGKILL, done.stderr
        after = ring_of(settings).epochs
        assert after[:1] == first
        outcomes.add(len(after))
        if len(after) == 1:
            assert rotate(settings) == ring_of(settings).epochs[1]
        else:
            with pytest.raises(InputError, match="starts in"):
                rotate(settings)
        assert [one.number for one in ring_of(settings).epochs] == [1, 2]
        said, whole = audit.verify(settings)
        assert whole, said
    assert outcomes == {1, 2}
