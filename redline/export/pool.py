"""Functions of what a process is made with, over many things at once: here, or in processes that die with this one."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_PDEATHSIG = 1  # prctl(2)
_WATCH_S = 1.0
_made: list[Any] = []  # in a child: what it was made with


def each(
    make: Callable[[Any], Callable[..., Any]], job: Any, calls: Iterable[tuple[Any, ...]], processes: int
) -> Iterator[Any]:
    """`make(job)(*call)` for every call, in no order. With one process it is this one.

    Raises:
        Whatever a call raises; those that were begun are finished first.
    """
    if processes <= 1:
        work = make(job)
        for call in calls:
            yield work(*call)
        return
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(make, job, os.getpid())
    ) as pool:
        waiting: set[Future[Any]] = set()
        for call in calls:
            waiting.add(pool.submit(_work, call))
            if len(waiting) > 2 * processes:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        for one in waiting:
            yield one.result()


def _begin(make: Callable[[Any], Callable[..., Any]], job: Any, parent: int) -> None:
    os.environ["POLARS_MAX_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to handle
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    _made.append(make(job))


def _work(call: tuple[Any, ...]) -> Any:
    return _made[0](*call)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)
