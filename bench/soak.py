"""Half load for hours: is memory flat, are files bounded, does no handle leak?

`python -m bench.soak [--hours 6] [--rate 250] [--people 70000]`. Every half minute: memory, open files and threads of
each kind of process, lag, and files of a table's fullest partition. The first quarter is left out: caches and
allocators fill. Then a straight line is laid through the rest (Theil and Sen: the median of the slopes of all pairs,
which a single garbage collection does not move), and the noise around it is known from the deviations. Flat is what
grows by less over the whole soak than twice that noise, or by less than two per cent.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import record
from bench.live import Generator, Live, up

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOK_S = 30.0
_SETTLED = 0.25
_FLAT = 0.02
_NOISE = 2.0
_PAIRS = 400  # points of which all pairs are taken: some 80,000 slopes
_DRAIN_S = 1200.0
_HANDLES = 3.0  # more open files than at first that are no leak: connections come and go


def main(arguments: Sequence[str] | None = None) -> None:
    """Soak, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=70_000)
    parser.add_argument("--rate", type=float, default=250.0, help="events a second")
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--look", type=float, default=_LOOK_S, help="seconds between looks")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as folder, up(Path(folder), given.people, {}) as live:
        files: list[int] = []
        seconds = str(given.hours * 3600)
        with (
            Generator(live, given.people, "--rate", str(given.rate), "--seconds", seconds) as generator,
            live.watched(given.look),
            _counting(live, files, given.look),
        ):
            generator.process.wait()
        record.write(
            "soak",
            {
                "hours": given.hours,
                "people": given.people,
                "events_per_s": given.rate,
                "records": generator.sent["tally"]["records"],
                **judged(live, files),
                "lag_most": max(lag.all for lag in live.lags),
                "lag_last": live.lags[-1].all,
                "ledger": live.ledger(_DRAIN_S),
            },
        )


class _counting(threading.Thread):  # noqa: N801 - used as a context, like a function
    """Counts data files of the fullest partition of any table, in a thread."""

    def __init__(self, live: Live, into: list[int], every_s: float) -> None:
        super().__init__(daemon=True)
        self._tables, self._into, self._every_s = live.settings.data_dir / "dataset", into, every_s
        self._done = threading.Event()

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        while not self._done.wait(self._every_s):
            self._into.append(most_files(self._tables))


def most_files(tables: Path) -> int:
    """Data files in the fullest folder."""
    counts: dict[Path, int] = {}
    for file in tables.rglob("*.parquet"):
        counts[file.parent] = counts.get(file.parent, 0) + 1
    return max(counts.values(), default=0)


def judged(live: Live, files: Sequence[int]) -> dict[str, Any]:
    """What grew by how much, and what is flat."""
    began = live.samples[0].at
    settled = [sample for sample in live.samples if sample.at - began >= _SETTLED * (live.samples[-1].at - began)]
    hours = [(sample.at - began) / 3600 for sample in settled]
    memory: dict[str, Any] = {}
    handles: dict[str, Any] = {}
    for kind in sorted({kind for sample in settled for kind in sample.by_kind} - {"guardians", "up"}):
        seen = [(at, sample.by_kind[kind]) for at, sample in zip(hours, settled, strict=True) if kind in sample.by_kind]
        if len(seen) < 3:
            continue
        times = [at for at, _ in seen]
        memory[kind] = trend(times, [use.rss / 2**20 for _, use in seen])
        threads, opened = ([getattr(use, name) for _, use in seen] for name in ("threads", "handles"))
        handles[kind] = {
            "opened": _ends(opened),
            "threads": _ends(threads),
            "flat": _within(opened) and _within(threads),
        }
    return {
        "samples": len(settled),
        "memory_mb": memory,
        "handles": handles,
        "files_of_fullest_partition": {"first": files[0], "most": max(files), "last": files[-1]} if files else {},
        "memory_flat": all(one["flat"] for one in memory.values()),
        "handles_flat": all(one["flat"] for one in handles.values()),
        "processes_lasted": all(
            len({sample.by_kind[kind].processes for sample in settled if kind in sample.by_kind}) == 1
            for kind in memory
            if kind in {"worker", "sink", "scrubbers", "broker"}
        ),
    }


def trend(times: Sequence[float], values: Sequence[float]) -> dict[str, Any]:
    """A robust line through values: what it rises by in an hour and over all, against the noise around it."""
    step = max(1, len(times) // _PAIRS)
    points = list(zip(times[::step], values[::step], strict=True))
    slopes = [(b - a) / (t - s) for (s, a), (t, b) in itertools.combinations(points, 2) if t > s]
    slope = statistics.median(slopes) if slopes else 0.0
    level = statistics.median(value - slope * at for at, value in points)
    around = [abs(value - slope * at - level) for at, value in points]
    noise = 1.4826 * statistics.median(around)  # the median deviation as a standard deviation
    rise = slope * (times[-1] - times[0])
    return {
        "first": round(values[0], 1),
        "most": round(max(values), 1),
        "last": round(values[-1], 1),
        "mb_per_hour": round(slope, 2),
        "rise": round(rise, 2),
        "noise": round(noise, 2),
        "flat": rise <= max(_NOISE * noise, _FLAT * level),
    }


def _ends(values: Sequence[int]) -> dict[str, float]:
    quarter = max(1, len(values) // 4)
    return {"first": statistics.median(values[:quarter]), "last": statistics.median(values[-quarter:])}


def _within(values: Sequence[int]) -> bool:
    ends = _ends(values)
    return ends["last"] <= ends["first"] + _HANDLES


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{(time.monotonic() - started) / 3600:.2f} hours")
