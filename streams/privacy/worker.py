"""The child of the scrub pool: reads chunks of jobs from a pipe, answers each job with a result. Run by `pool`.

The first frame from the parent is `Start`, answered by
`READY`; every further one is a list of jobs, answered by one frame per job, or a `KeyRing` that counts from there on.
"""

from __future__ import annotations

import ctypes
import logging
import os
import pickle
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, BinaryIO, Self

from schemas.errors import ScrubError
from streams.epochs import KeyRing
from streams.privacy.frames import LENGTH_BYTES, READY, length, pack
from streams.privacy.options import Options, Start
from streams.scrub import Failed, Job, Scrubbed, scrub

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # prctl(2)
_WATCH_S = 1.0  # how long a child may outlive its parent in the middle of a text


class Scrubber:
    """An engine: job and keys in, result out, never an exception."""

    def __init__(self, options: Options) -> None:
        from streams.privacy.engine import Engine  # noqa: PLC0415 - 3 s and 100 MB, for those who scrub

        self._style = options.style
        self._engine = Engine.of(options)

    def __call__(self, job: Job, ring: KeyRing) -> Scrubbed | Failed:
        """The scrubbed event, or why there is none."""
        keys = ring.at(job.timestamp_ms)
        if keys is None:
            return Failed("key_destroyed", expected="an event of an epoch whose key is there")
        try:
            return scrub(job, self._engine.analyze, keys, self._style, beside=ring.beside(job.timestamp_ms))
        except ScrubError:
            return Failed("scrub_failed")

    @classmethod
    def warm(cls, options: Options) -> Self:
        """One that lets its first text wait for nothing, in a process that does nothing else."""
        from streams.privacy.warm import warm  # noqa: PLC0415 - as above

        scrubber = cls(options)
        warm(scrubber._engine)
        return scrubber


def main(make: Callable[[Options], Callable[[Job, KeyRing], Scrubbed | Failed]] = Scrubber.warm) -> None:
    """Serve until the parent is gone. `make` builds the scrubber from the options."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever a library prints or logs may quote a text: only frames leave this process.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logging.disable(logging.CRITICAL)
    requests = sys.stdin.buffer
    first = _receive(requests)
    if not isinstance(first, Start):
        return
    _die_with_parent()
    threading.Thread(target=_watch, args=(first.parent,), daemon=True).start()
    ring = first.ring
    scrubber = make(first.options)
    _send(replies, READY)
    while isinstance(message := _receive(requests), list | KeyRing):
        if isinstance(message, KeyRing):
            ring = message
            continue
        for job in message:
            _send(replies, scrubber(job, ring))


def _die_with_parent() -> None:
    """Ask Linux for SIGKILL when the parent ends: a runaway expression holds the interpreter, and `_watch` with it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(0)


def _receive(stream: BinaryIO) -> object:
    """The next frame; None at the end of the stream, whole or torn."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    size = length(head)
    payload = stream.read(size)
    return pickle.loads(payload) if len(payload) == size else None  # noqa: S301 - from our own parent


def _send(stream: BinaryIO, message: object) -> None:
    stream.write(pack(message))
    stream.flush()


if __name__ == "__main__":
    try:
        main()
    except BaseException as error:  # noqa: BLE001 - a traceback could quote a text; the type cannot
        if not isinstance(error, SystemExit | BrokenPipeError):
            sys.stderr.write(f"redline scrub child: {type(error).__name__}\n")
        os._exit(1)
