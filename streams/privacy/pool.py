"""Scrubbing off the event loop: child processes that hold an engine each, fed over pipes.

A child gets a chunk of jobs and answers job by job, so the parent knows which job a child died of or stalled at. That
job is tried once more, alone, in a fresh child: a machine that swaps or an operator with `kill` must not cost an event.
The second time it fails it is poison, and becomes a `Failed`. The rest of its chunk goes to the next free child. Text
never passes a failure: not as an output, not in an error, not in a log. Events of one interaction go to the same child,
which remembers their texts, unless it is busy and another is not.

A child ends when its parent does: end of file on its pipe while it waits, and while it works a watch on its parent's
pid, and on Linux the kernel's signal (an expression that runs away lets no other thread run). It ignores Ctrl-C, which
is the parent's to handle. Memory: about 230 MB resident per child with everything in use, 120 of it the interpreter and
imports; children are started, not forked, so little of it is shared.
"""

from __future__ import annotations

import asyncio
import math
import os
import pickle
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from schemas import metrics
from schemas.errors import ScrubError
from schemas.metrics import NO_METER
from streams.privacy.frames import LENGTH_BYTES, READY, length, pack
from streams.privacy.lanes import Lanes
from streams.privacy.limits import TOO_LARGE, Limits
from streams.privacy.options import Options, Start
from streams.scrub import Failed, Job, Scrubbed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from schemas.metrics import Meter
    from streams.epochs import KeyRing

_START_S = 180.0  # loading takes 3 s; a cold disk and a busy machine may take a minute
_START_TRIES, _TRIES = 3, 2  # of a child that does not come up; of a job before it counts as poison

CHILD: tuple[str, ...] = ("-m", "streams.privacy.worker")

Result = Scrubbed | Failed


@dataclass(slots=True, eq=False)
class _Child:
    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ring: KeyRing

    async def send(self, message: object) -> None:
        self.writer.write(pack(message))
        await self.writer.drain()

    async def receive(self) -> Any:
        size = length(await self.reader.readexactly(LENGTH_BYTES))
        return pickle.loads(await self.reader.readexactly(size))  # noqa: S301 - from our own child over our own pipe

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        self.writer.close()
        await self.process.wait()


@dataclass(slots=True)
class _Chunk:
    """Jobs on their way: the child that knows them, places in the caller's list, how often the first was tried."""

    lane: int
    places: list[int]
    tries: int = 0


class ScrubPool:
    """Scrubs lists of jobs in child processes, in order, closed to failures.

    Args:
        processes: how many children; 0 scrubs in this process, without time limit (for tests and one-off commands).
        ring: handed to the children over their pipe, never in arguments or the environment; see `renew`.
        timeout_s: for one event. A text that takes longer is poison.
        options: what to look for, and what to put in its place.
        chunk: most jobs sent to a child at once.
        limits: an event over them fails as `too_large`; no child sees it.
        meter: is told how long each event took, and of children that were given up.
    """

    def __init__(
        self,
        processes: int,
        ring: KeyRing,
        *,
        timeout_s: float = 5.0,
        options: Options | None = None,
        chunk: int = 32,
        limits: Limits | None = None,
        meter: Meter = NO_METER,
    ) -> None:
        self._limits = limits or Limits()
        self._meter = meter
        self._processes = processes
        self._ring = ring
        self._timeout_s = timeout_s
        self._options = options or Options()
        self._chunk = chunk
        self._local: Callable[[Job, KeyRing], Result] | None = None
        self._free: Lanes[_Child | None] = Lanes(processes)
        self._children: set[_Child] = set()
        self._started = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.done = 0
        """Jobs that have a result, for who watches whether it gets on."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def pids(self) -> list[int]:
        """Process ids of the children that are alive."""
        return [child.process.pid for child in self._children if child.process.returncode is None]

    async def start(self) -> None:
        """Start the children and wait until each can scrub.

        Raises:
            ScrubError: a child did not come up.
        """
        if self._processes == 0:
            from streams.privacy.worker import Scrubber  # noqa: PLC0415 - 3 s and 100 MB that a parent of children saves

            self._local = Scrubber(self._options)
            return
        for lane, child in enumerate(await asyncio.gather(*(self._spawn() for _ in range(self._processes)))):
            self._free.give(lane, child)
        self._started = True

    def renew(self, ring: KeyRing) -> None:
        """Use these keys from the next call of `run` on: an epoch was added, or one was destroyed."""
        self._ring = ring

    async def run(self, jobs: Sequence[Job]) -> list[Result]:
        """A result for each job, in order. Several calls may run at once; they share the children.

        Raises:
            ScrubError: the pool was not started, or no child can be started any more.
        """
        results: list[Result | None] = [Failed(TOO_LARGE) if self._limits.exceeded(job) else None for job in jobs]
        places = [place for place, result in enumerate(results) if result is None]
        if self._local is not None:
            for place in places:
                results[place] = self._local(jobs[place], self._ring)
            return _whole(results)
        if not self._started:
            raise ScrubError("scrub pool: needed running children, came none; call start() first")
        tasks = [asyncio.create_task(self._finish(chunk, jobs, results)) for chunk in self._chunks(jobs, places)]
        self._tasks.update(tasks)
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._tasks.difference_update(tasks)
        return _whole(results)

    async def close(self) -> None:
        """Stop every child, and the calls that wait for one. Idempotent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._started = False
        children, self._children = self._children, set()
        await asyncio.gather(*(child.kill() for child in children))
        self._free = Lanes(self._processes)
        self._local = None

    def _chunks(self, jobs: Sequence[Job], places: Sequence[int]) -> list[_Chunk]:
        """The jobs at `places`, by child and in pieces; first the first of each child."""
        size = max(1, min(self._chunk, math.ceil(len(places) / self._processes)))
        shares: list[list[int]] = [[] for _ in range(self._processes)]
        for place in places:
            data = jobs[place].event.data
            shares[hash(getattr(data, "interaction_id", None) or data.session_id) % self._processes].append(place)
        return [
            _Chunk(lane, share[at : at + size])
            for at in range(0, max(map(len, shares)), size)
            for lane, share in enumerate(shares)
            if at < len(share)
        ]

    async def _finish(self, chunk: _Chunk, jobs: Sequence[Job], results: list[Result | None]) -> None:
        """Run a chunk to its end, over as many children as it takes."""
        while chunk.places:
            lane, child = await self._free.take(chunk.lane)
            try:
                if child is None:
                    child = await self._spawn()
                # What was fatal once goes alone: if it is poison, nothing else is lost with it.
                places = chunk.places[:1] if chunk.tries else list(chunk.places)
                fault = await self._feed(child, places, chunk, jobs, results)
                if fault is not None:
                    await self._discard(child)
                    child = None
                    self._meter.count(metrics.SCRUB_RESTARTS, reason=fault)
                    chunk.tries += 1
                    if chunk.tries >= _TRIES:
                        results[chunk.places.pop(0)] = Failed(fault)
                        chunk.tries = 0
                        self.done += 1
            except BaseException:
                # Cancelled or out of children: what this child still writes would answer the wrong question.
                if child is not None:
                    await self._discard(child)
                    child = None
                raise
            finally:
                self._free.give(lane, child)

    async def _feed(
        self, child: _Child, places: list[int], chunk: _Chunk, jobs: Sequence[Job], results: list[Result | None]
    ) -> str | None:
        """Send the jobs at `places` and take their results; the reason if the child stalls or dies at one."""
        try:
            if child.ring is not self._ring:
                child.ring = self._ring
                await asyncio.wait_for(child.send(child.ring), self._timeout_s)
            await asyncio.wait_for(child.send([jobs[place] for place in places]), self._timeout_s)
            began = time.monotonic()
            for place in places:
                results[place] = await asyncio.wait_for(child.receive(), self._timeout_s)
                began, before = time.monotonic(), began
                self._meter.observe(metrics.SCRUB_SECONDS, began - before)
                chunk.places.remove(place)
                chunk.tries = 0
                self.done += 1
        except TimeoutError:
            return "scrub_timeout"
        except (EOFError, OSError, pickle.UnpicklingError):
            return "scrub_failed"
        return None

    async def _discard(self, child: _Child) -> None:
        self._children.discard(child)
        self._meter.set(metrics.SCRUB_CHILDREN, len(self._children))
        await child.kill()

    async def _spawn(self) -> _Child:
        for _ in range(_START_TRIES):
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # nothing is imported from the folder it happens to be started in
                *CHILD,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": _import_path()},
            )
            if process.stdin is None or process.stdout is None:
                raise ScrubError("scrub pool: needed pipes to the child, came none")
            child = _Child(process, process.stdout, process.stdin, self._ring)
            try:
                await child.send(Start(child.ring, self._options, os.getpid()))
                if await asyncio.wait_for(child.receive(), _START_S) == READY:
                    self._children.add(child)
                    self._meter.set(metrics.SCRUB_CHILDREN, len(self._children))
                    return child
            except (EOFError, OSError, TimeoutError):
                pass
            except BaseException:
                await child.kill()
                raise
            await child.kill()
        raise ScrubError(
            f"scrub pool: needed a child that can scrub, {_START_TRIES} did not come up; run `redline doctor`"
        )


def _whole(results: Sequence[Result | None]) -> list[Result]:
    done = [result for result in results if result is not None]
    if len(done) != len(results):
        raise ScrubError(f"scrub pool: needed {len(results)} results, came {len(done)}")
    return done


def _import_path() -> str:
    """The children import what this process does, wherever it was started."""
    here = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
