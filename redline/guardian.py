"""Runs one command and makes sure that it ends when its parent does, in whatever way that happens.

    python -m redline.guardian [--grace SECONDS] [--status FD] [--keep FD] -- argv...

The parent holds the other end of standard input. A line `stop SECONDS` asks the command to end (SIGTERM), and kills its
whole process group after so many seconds; `kill` does so at once; end of file means that the parent is gone, and is
`stop GRACE`. The guardian ends as the command did: same exit code, or the same signal. It lives in a session of its
own, so Ctrl-C at a terminal reaches the parent only, which stops its children in order.

SIGTERM goes to the command alone, SIGKILL to its group: a command stops its own helpers in its own order, and what it
leaves behind is killed. On Linux the kernel also kills the command if the guardian itself is killed (prctl).

Standard library only, and started by path with -I -S: it must be up in milliseconds and take little memory.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import resource
import selectors
import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_GRACE_S = 10.0
# End of file comes at once; asking who the parent is covers a parent whose forked helpers hold the pipe open.
_PARENT_CHECK_S = 1.0
# Between two SIGKILLs to a group that the kernel has not taken apart yet.
_PAUSE_S = 0.05
_PR_SET_PDEATHSIG = 1
_CANNOT_EXECUTE = 127


class Guard:
    """One command under guard. Times are seconds of the monotonic clock."""

    def __init__(self, argv: Sequence[str], *, grace_s: float, status: int | None, keep: Sequence[int]) -> None:
        self._grace_s = grace_s
        self._status = status
        self._parent = os.getppid()
        self._kill_at: float | None = None
        self._commands = b""
        if status is not None:
            os.set_inheritable(status, False)  # its end of file must mean that the guardian has ended
        self._wake, wake_write = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self._pid = self._start(argv, keep)

    def run(self) -> NoReturn:
        """Watch until the command has ended, then end in the same way."""
        with selectors.PollSelector() as selector:  # epoll refuses an input that is a file or /dev/null
            selector.register(self._wake, selectors.EVENT_READ)
            selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
            while (ended := self._ended()) is None:
                for key, _ in selector.select(self._timeout()):
                    if key.fd == self._wake:
                        self._on_signals()
                    elif not self._on_input():
                        selector.unregister(key.fd)
                if os.getppid() != self._parent:
                    self._stop(self._grace_s)
                if self._kill_at is not None and time.monotonic() >= self._kill_at:
                    self._kill_group()
        self._kill_group()
        _end_like(ended)

    def _start(self, argv: Sequence[str], keep: Sequence[int]) -> int:
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None
        guardian = os.getpid()
        failed_read, failed_write = os.pipe()  # closed by exec, so end of file means that it succeeded
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(BaseException):
                os.setpgid(0, 0)
                if libc is not None:
                    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
                    if os.getppid() != guardian:
                        os._exit(_CANNOT_EXECUTE)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                signal.set_wakeup_fd(-1)
                for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
                    signal.signal(number, signal.SIG_DFL)
                for fd in keep:
                    os.set_inheritable(fd, True)
                try:
                    os.execvp(argv[0], list(argv))  # noqa: S606 - starting a command without a shell is its purpose
                except OSError as error:
                    os.write(failed_write, type(error).__name__.encode())
            os._exit(_CANNOT_EXECUTE)
        os.close(failed_write)
        failure = os.read(failed_read, 100)
        os.close(failed_read)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(pid, pid)  # either side may be first; kill must find the group
        self._report(b"failed " + failure if failure else f"pid {pid}".encode())
        return pid

    def _report(self, line: bytes) -> None:
        if self._status is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._status, line + b"\n")

    def _timeout(self) -> float:
        if self._kill_at is None:
            return _PARENT_CHECK_S
        return max(_PAUSE_S, min(_PARENT_CHECK_S, self._kill_at - time.monotonic()))

    def _on_signals(self) -> None:
        numbers = os.read(self._wake, 512)
        if signal.SIGTERM in numbers or signal.SIGHUP in numbers:
            self._stop(self._grace_s)

    def _on_input(self) -> bool:
        """Obey what the parent wrote; False at end of file."""
        chunk = os.read(sys.stdin.fileno(), 4096)
        *lines, self._commands = (self._commands + chunk).split(b"\n")
        for line in lines:
            word, _, seconds = line.partition(b" ")
            self._stop(float(seconds) if word == b"stop" else 0.0)
        if not chunk:
            self._stop(self._grace_s)
        return bool(chunk)

    def _stop(self, grace_s: float) -> None:
        if self._kill_at is None and grace_s > 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)
        kill_at = time.monotonic() + grace_s
        self._kill_at = kill_at if self._kill_at is None else min(self._kill_at, kill_at)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)

    def _ended(self) -> int | None:
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        return status if pid else None


def _end_like(status: int) -> NoReturn:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the command's core is its own affair, ours is noise
        with contextlib.suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
        code = 128 - code
    os._exit(code)


def main(arguments: Sequence[str]) -> NoReturn:
    """Guard the command after `--`; never returns."""
    parser = argparse.ArgumentParser(prog="redline.guardian")
    parser.add_argument("--grace", type=float, default=DEFAULT_GRACE_S)
    parser.add_argument("--status", type=int)
    parser.add_argument("--keep", type=int, action="append", default=[])
    if "--" not in arguments[:-1]:
        parser.error("a command after -- is needed")
    border = arguments.index("--")  # by hand: argparse takes later -- out of the command's own arguments
    given = parser.parse_args(arguments[:border])
    Guard(arguments[border + 1 :], grace_s=given.grace, status=given.status, keep=given.keep).run()


if __name__ == "__main__":
    main(sys.argv[1:])
