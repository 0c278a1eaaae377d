"""`python -m bench.cluster.scaling [events]`: the same events through 1, 2 and 4 workers: wall and CPU seconds of each.

More workers than cores cannot be faster by the clock, and on a machine that does other things the clock says nothing.
The CPU that all workers and their scrubbers take together for the same events says what more workers cost: if it
stays, they scale as far as there are cores. Models are loaded before, by a first run.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # ships no types
from support.pipeline import Pipeline, addressed

from bench import record
from redline.company import Company

_START_US = 1_767_600_000_000_000
_WARM = 400


def main() -> None:
    """Run each number of workers, write the result."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000
    figures = {f"workers_{count}": _run(count, events) for count in (1, 2, 4)}
    alone = figures["workers_1"]["worker_cpu_s"]
    for count, each in ((2, figures["workers_2"]), (4, figures["workers_4"])):
        each["cpu_ratio_to_one"] = round(alone / each["worker_cpu_s"], 3)
        print(count, each)
    record.write("scaling", {"events": events, **figures})


def _run(count: int, events: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, Pipeline(Path(folder), workers=count) as p:
        p.run(addressed(Company(3, _WARM, _START_US)), rate=1e9)
        names = [f"worker-{number}" for number in range(1, count + 1)]
        before, began = sum(_cpu(p.pid(name)) for name in names), time.monotonic()
        p.run(addressed(Company(4, events, _START_US + 10**12)), rate=1e9)
        wall = time.monotonic() - began
        spent = sum(_cpu(p.pid(name)) for name in names) - before
        if not p.balance().balanced or p.story.deaths:
            raise RuntimeError("the ledger does not balance, or a worker died: no figure")
    return {
        "wall_s": round(wall, 1),
        "worker_cpu_s": round(spent, 2),
        "events_per_cpu_s": round(events / spent),
        "load": round(os.getloadavg()[0], 1),
    }


def _cpu(pid: int | None) -> float:
    """Of a process and its children, in seconds."""
    if pid is None:
        raise RuntimeError("a worker died: no figure")
    family = [psutil.Process(pid)]
    family += family[0].children(recursive=True)
    return sum(times.user + times.system for times in (one.cpu_times() for one in family))


if __name__ == "__main__":
    main()
