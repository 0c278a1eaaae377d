"""Child processes that never outlive their parent.

Each runs under `redline.guardian`: when this process ends, whether by return, Ctrl-C, an exception or kill -9, its
children are stopped. Ctrl-C at the terminal reaches this process only.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from redline import guardian
from schemas.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

# Python comes up in well under a second; a machine that is swapping still gets there.
_START_S = 30.0
# After the grace the guardian sends SIGKILL; the kernel needs a moment to take a large process apart.
_KILL_S = 5.0


class Child:
    """A running command. Made by `spawn`; not safe to share between threads.

    `fileno()` is readable once the command has ended, so that many children can be waited for at once.
    """

    def __init__(self, name: str, guard: subprocess.Popen[bytes], pid: int, status: int) -> None:
        self.name = name
        self.pid = pid
        """The command's own process id, which is its process group's too."""
        self._guard = guard
        self._status: int | None = status

    def fileno(self) -> int:
        """A descriptor that becomes readable when the command has ended; -1 once that was seen."""
        return -1 if self._status is None else self._status

    def poll(self) -> int | None:
        """None while it runs, else its exit code; minus the signal's number if a signal ended it."""
        code = self._guard.poll()
        if code is not None:
            self._close()
        return code

    def wait(self, timeout_s: float | None = None) -> int | None:
        """As `poll`, after waiting up to `timeout_s` seconds (None: as long as it takes)."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._guard.wait(timeout_s)
        return self.poll()

    def terminate(self, grace_s: float) -> int:
        """Ask it to end, kill its group if it has not after `grace_s` seconds; returns the exit code.

        Returns at once if it has ended before.
        """
        self._tell(f"stop {grace_s}\n")
        code = self.wait(grace_s + _KILL_S)
        return self.kill() if code is None else code

    def kill(self) -> int:
        """Kill its group now; returns the exit code."""
        self._tell("kill\n")
        code = self.wait(_KILL_S)
        if code is None:  # the guardian itself is stuck or stopped
            self._kill_group()
            self._guard.kill()
            code = self._guard.wait()
        self._close()
        return code

    def _tell(self, line: str) -> None:
        if self._guard.poll() is None and self._guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.write(line.encode())
                self._guard.stdin.flush()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _close(self) -> None:
        if self._status is None:
            return
        os.close(self._status)
        self._status = None
        if self._guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.close()
        if self._guard.returncode == -signal.SIGKILL:
            self._kill_group()  # it may have been the guardian alone that was killed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.terminate(guardian.DEFAULT_GRACE_S)


def spawn(
    argv: Sequence[str],
    *,
    name: str,
    log: Path | None,
    env: Mapping[str, str] | None = None,
    grace_s: float = guardian.DEFAULT_GRACE_S,
    keep: Sequence[int] = (),
) -> Child:
    """Start `argv` under guard, with standard output and error appended to `log`.

    Args:
        argv: the program and its arguments; no shell.
        name: what to call it in errors.
        log: a file that is made with mode 0600 if it is new; None: our own standard error.
        env: added to this process's environment.
        grace_s: seconds between SIGTERM and SIGKILL if this process dies without stopping it.
        keep: descriptors that the command and its guardian keep open, such as a lock's.

    Raises:
        ProcessError: the command could not be started.
    """
    log_fd = os.dup(2) if log is None else os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    status_read, status_write = os.pipe()
    command = [
        sys.executable,
        "-I",
        "-S",
        str(Path(guardian.__file__)),
        f"--grace={grace_s}",
        f"--status={status_write}",
    ]
    command += [f"--keep={fd}" for fd in keep] + ["--", *argv]
    try:
        guard = subprocess.Popen(  # noqa: S603 - the arguments are ours, and there is no shell
            command,
            stdin=subprocess.PIPE,
            stdout=log_fd,
            stderr=log_fd,
            env={**os.environ, **(env or {})},
            pass_fds=(status_write, *keep),
            start_new_session=True,
        )
    except OSError as error:
        os.close(status_read)
        raise ProcessError(_text(name, argv, type(error).__name__, log)) from error
    finally:
        os.close(status_write)
        os.close(log_fd)
    word, _, rest = _first_line(status_read).partition(" ")
    if word != "pid":
        os.close(status_read)
        with guard:
            guard.kill()
        raise ProcessError(_text(name, argv, rest or "its guardian ended", log))
    return Child(name, guard, int(rest), status_read)


def _text(name: str, argv: Sequence[str], came: str, log: Path | None) -> str:
    where = f"see {log}, then " if log else ""
    return f"{name} could not be started: {argv[0]} gave {came}; {where}run `redline doctor`"


def _first_line(fd: int) -> str:
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            chunk = os.read(fd, 200) if selector.select(_START_S) else b""
            if not chunk:
                break
            line += chunk
    return line.decode().strip()
