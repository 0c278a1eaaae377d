"""`redline` as a process, and what it must not leave behind."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]  # ships no types

from redline.lock import DataLock

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
_LATEST_S = 300.0  # a run of these sizes takes 20 s on a calm machine, and tests run two at once
_LOOK_S = 0.2


class Command:
    """`redline …` as a process, with what it says as it says it."""

    def __init__(self, log: Path, *arguments: str, stdin: bytes | None = None, **settings: str) -> None:
        self.log = log
        env = {**os.environ, "REDLINE_WORKER_SCRUB_PROCESSES": "1", **settings}
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "redline", *arguments],
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=env,
                start_new_session=True,
            )
        if stdin is not None and self.process.stdin is not None:
            self.process.stdin.write(stdin)
            self.process.stdin.close()

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8", errors="replace")

    def until(self, word: str) -> str:
        """Wait until it has said something like `word` (a regular expression); what matched."""
        wait(lambda: re.search(word, self.said) is not None or self.process.poll() is not None)
        found = re.search(word, self.said)
        assert found, self.said[-4000:]
        return found[0]

    def end(self, code: int) -> str:
        """Wait for its end, which must be this one."""
        assert self.process.wait(_LATEST_S) == code, self.said[-4000:]
        return self.said


def wait(condition: Callable[[], bool], seconds: float = _LATEST_S) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "took too long"
        time.sleep(_LOOK_S)


def counted(said: str, what: str) -> int:
    """The number that stands behind a word (a regular expression) in a table of counts; 0 if it is not there."""
    found = re.search(rf"^ *{what} +(\d+)$", said, re.MULTILINE)
    return int(found[1]) if found else 0


def living(data: Path) -> list[str]:
    """Processes that belong to a data folder: named in their arguments or their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
            if any(str(data) in word for word in words) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()[:6]))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def nothing_is_left(data: Path, bootstrap: str) -> None:
    """No process, no open port, no lock."""
    wait(lambda: not living(data), 40.0)
    host, _, port = bootstrap.rpartition(":")
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0
    with DataLock(data / "state"), DataLock(data / "state" / "kafka", name="broker.lock"):
        pass
