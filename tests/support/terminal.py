"""A command on a terminal of its own: what it shows, at which size, and what it leaves behind."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).parents[2]
_LATEST_S = 240.0
_OF_OURS = {"NO_COLOR", "COLUMNS", "LINES"}  # of the terminal that the tests run on; readline exports the size
_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """`redline …` on a pseudo-terminal (Linux and macOS)."""

    def __init__(self, *arguments: str, columns: int = 80, rows: int = 24, **settings: str) -> None:
        self._ours, theirs = pty.openpty()
        self.resize(columns, rows)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "redline", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=ROOT,
            env={**{k: v for k, v in os.environ.items() if k not in _OF_OURS}, "TERM": "xterm-256color", **settings},
            start_new_session=True,
        )
        os.close(theirs)
        self.raw = b""

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, word: str) -> None:
        """Wait until this is shown, after what was waited for before."""
        end = time.monotonic() + _LATEST_S
        before = len(self.raw)
        while word not in _ESCAPES.sub(b"", self.raw[before:]).decode("utf-8", "replace"):
            assert time.monotonic() < end, self.raw[-4000:]
            assert self._read() or self.process.poll() is None, self.raw[-4000:]

    def fits(self, columns: int, rows: int, word: str) -> None:
        """Wait until the last screen is of this size at most, and shows this: an older one may be under way."""
        end = time.monotonic() + _LATEST_S
        while True:
            shown = self.lines()
            if len(shown) <= rows and all(len(line) <= columns for line in shown) and word in "".join(shown):
                return
            assert time.monotonic() < end, self.raw[-4000:]
            assert self._read() or self.process.poll() is None, self.raw[-4000:]

    def interrupt(self) -> int:
        """Ctrl-C; its exit code."""
        self.process.send_signal(signal.SIGINT)
        end = time.monotonic() + _LATEST_S
        while self.process.poll() is None:
            assert time.monotonic() < end, self.raw[-4000:]
            self._read()
        while self._read():
            pass
        return self.process.returncode

    def lines(self) -> list[str]:
        """The lines of the last screen that was drawn."""
        last = self.raw.rpartition(b"\x1b[H")[2]
        return _ESCAPES.sub(b"", last).decode("utf-8", "replace").splitlines()

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], 0.2)[0]:
            return False
        try:
            found = os.read(self._ours, 65536)
        except OSError:  # Linux says so when the other side is closed
            return False
        self.raw += found
        return bool(found)

    def __enter__(self) -> Terminal:  # noqa: PYI034 - nobody derives from it
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)
