"""The main job over a generated company: events/s end to end, and what every process costs.

`python -m bench.end_to_end [events]`. The clock starts with the command (cached jars, cold processes) and stops when
the ledger is printed; `steady` is counted from the first scrubbed event to the last published one.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from bench import record
from redline import demo
from redline.run import run
from redline.settings import load
from schemas import topics

if TYPE_CHECKING:
    from redline.lag import Progress

_SAMPLE_S = 0.25


class _Meter(threading.Thread):
    """Samples CPU seconds and resident memory of all descendants, by what they are."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.cpu: dict[tuple[str, int], float] = {}
        self.rss: dict[str, int] = defaultdict(int)
        self.total_rss = 0
        self._stopping = threading.Event()

    def run(self) -> None:
        me = psutil.Process()
        while not self._stopping.wait(_SAMPLE_S):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    kind = _kind(process.cmdline(), own=process.pid == me.pid)
                    times, rss = process.cpu_times(), process.memory_info().rss
                except psutil.Error:
                    continue
                self.cpu[kind, process.pid] = times.user + times.system
                self.rss[kind] = max(self.rss[kind], rss)
                total += rss
            self.total_rss = max(self.total_rss, total)

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def cpu_by_kind(self) -> dict[str, float]:
        sums: dict[str, float] = defaultdict(float)
        for (kind, _pid), seconds in self.cpu.items():
            sums[kind] += seconds
        return {kind: round(seconds, 1) for kind, seconds in sorted(sums.items())}


def _kind(argv: list[str], *, own: bool) -> str:
    line = " ".join(argv)
    if own:
        return "main (generates, emits, watches)"
    if "guardian" in line:
        return "guardians"
    if "kafka.Kafka" in line or "java" in line.partition(" ")[0]:
        return "broker"
    for part in ("streams.privacy.worker", "worker", "sink"):
        if part in line:
            return {"streams.privacy.worker": "scrubbers", "worker": "worker (Faust)", "sink": "sink"}[part]
    return "other"


def measured(events: int) -> dict[str, Any]:
    """Run once; the figures."""
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as folder:
        settings = load(None, {}, {"data": str(Path(folder) / "data")})
        demo.prepare(settings)
        emit, people = demo.source(7, events)
        seen: list[tuple[float, int, int]] = []
        meter = _Meter()
        meter.start()
        started = time.monotonic()

        def watch(p: Progress) -> None:
            seen.append((time.monotonic() - started, p.done(topics.EVENTS), p.stored_in(topics.CLEAN)))

        outcome = run(settings, emit, consenting=people, say=lambda text: print(text, file=sys.stderr), watch=watch)
        meter.stop()
    first = next((at for at, scrubbed, _ in seen if scrubbed), 0.0)
    last = next((at for at, _, stored in seen if stored == seen[-1][2]), seen[-1][0])
    cpu = meter.cpu_by_kind()
    return {
        "events": outcome.records,
        "ledger_balances": outcome.ok,
        "seconds_with_start_and_ledger": round(outcome.seconds, 1),
        "events_per_s_with_start_and_ledger": round(outcome.records / outcome.seconds),
        "events_per_s_steady": round(outcome.records / max(last - first, 0.001)),
        "cpu_seconds": cpu,
        "events_per_cpu_s": {kind: round(outcome.records / s) for kind, s in cpu.items() if s > 1},
        "peak_rss_mb_of_one": {kind: round(rss / 2**20) for kind, rss in sorted(meter.rss.items())},
        "peak_rss_mb_all": round(meter.total_rss / 2**20),
    }


if __name__ == "__main__":
    record.write("end_to_end", measured(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
