"""Keeps several processes running: starts them in order, restarts what dies, stops them in reverse order.

The back-off is policy and pure; the supervisor is a shell around `redline.processes` and the clock it is given.
"""

from __future__ import annotations

import selectors
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from redline.processes import Child, spawn
from schemas.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

# Between the end of a process's descriptors and its exit code lies a moment of the kernel's.
_REAP_S = 1.0


@dataclass(frozen=True, slots=True)
class Spec:
    """One process to keep running. `restart` False: its end is reported, and that is all.

    `log` None: it writes to our own standard error.
    """

    name: str
    argv: tuple[str, ...]
    log: Path | None
    env: Mapping[str, str] | None = None
    restart: bool = True
    grace_s: float = 10.0
    """Seconds between SIGTERM and SIGKILL when it is stopped."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next start: `first_s`, doubled for each death in a row, at most `most_s`.

    Deaths are in a row unless the process lived for `healthy_s` seconds in between.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    healthy_s: float = 60.0

    def delay_s(self, deaths: int) -> float:
        """Seconds to wait after the last of `deaths` deaths in a row (1 or more)."""
        doublings = min(deaths - 1, 32)  # beyond it any sensible limit is reached, and the power stays small
        return min(self.most_s, self.first_s * 2.0**doublings)


@dataclass(frozen=True, slots=True)
class Death:
    """A process has ended by itself, or could not be started."""

    name: str
    code: int | None
    """Exit code; minus the signal's number if one ended it; None if it could not be started."""
    restarts: int
    """How often it has been restarted since the supervisor started."""
    again_in_s: float | None
    """Seconds until the next start; None: it will not be restarted."""


@dataclass(slots=True)
class _Part:
    spec: Spec
    child: Child | None = None
    started_at: float = 0.0
    start_at: float | None = None
    deaths: int = 0
    restarts: int = 0


class Supervisor:
    """Runs `specs`. As a context manager it starts them on entry and stops them on exit. One thread only.

    Args:
        specs: in the order of starting; names are unique.
        on_death: told of every death, from within `watch`.
        backoff: when to restart.
        clock: seconds that only go forward.

    Raises:
        ValueError: two specs have the same name.
    """

    def __init__(
        self,
        specs: Sequence[Spec],
        *,
        on_death: Callable[[Death], None],
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if len({spec.name for spec in specs}) != len(specs):
            raise ValueError("names of processes must be unique")
        self._parts = [_Part(spec) for spec in specs]
        self._on_death = on_death
        self._backoff = backoff or Backoff()
        self._clock = clock

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of those that run, by name."""
        return {part.spec.name: part.child.pid for part in self._parts if part.child is not None}

    def start(self) -> None:
        """Start all, in order. If one cannot be started, those before it are stopped.

        Raises:
            ProcessError: one could not be started.
        """
        try:
            for part in self._parts:
                self._launch(part)
        except BaseException:
            self.stop()
            raise

    def watch(self, timeout_s: float = 1.0) -> None:
        """Wait for a death or a restart that is due, at most `timeout_s` seconds, and deal with it.

        Call it in a loop. It sleeps in the kernel: a death wakes it at once.
        """
        now = self._clock()
        due = [part.start_at - now for part in self._parts if part.start_at is not None]
        wait_s = max(0.0, min([timeout_s, *due]))
        with selectors.DefaultSelector() as selector:
            for part in self._parts:
                if part.child is not None and part.child.fileno() >= 0:
                    selector.register(part.child, selectors.EVENT_READ, part.child)
            for key, _ in selector.select(wait_s):
                key.data.wait(_REAP_S)
        for part in self._parts:
            if part.child is not None and (code := part.child.poll()) is not None:
                part.child = None
                self._bury(part, code)
            elif part.start_at is not None and self._clock() >= part.start_at:
                part.start_at = None
                part.restarts += 1
                try:
                    self._launch(part)
                except ProcessError:  # such as a program that is just being replaced
                    self._bury(part, None)

    def stop(self) -> None:
        """Stop all in reverse order, each with its grace and then by SIGKILL. Nothing happens to what has ended.

        If this is interrupted (a second Ctrl-C), the rest is killed at once.
        """
        for part in self._parts:
            part.start_at = None
        remaining = [part for part in self._parts if part.child is not None]
        try:
            while remaining:
                part = remaining[-1]
                if part.child is not None:
                    part.child.terminate(part.spec.grace_s)
                part.child = None
                remaining.pop()
        finally:
            for part in reversed(remaining):
                if part.child is not None:
                    part.child.kill()
                part.child = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _launch(self, part: _Part) -> None:
        spec = part.spec
        part.started_at = self._clock()
        part.child = spawn(spec.argv, name=spec.name, log=spec.log, env=spec.env, grace_s=spec.grace_s)

    def _bury(self, part: _Part, code: int | None) -> None:
        now = self._clock()
        part.deaths = 1 if now - part.started_at >= self._backoff.healthy_s else part.deaths + 1
        again_in_s = self._backoff.delay_s(part.deaths) if part.spec.restart else None
        part.start_at = None if again_in_s is None else now + again_in_s
        self._on_death(Death(part.spec.name, code, part.restarts, again_in_s))
