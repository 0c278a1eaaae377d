"""The peak of an AI week: a steady rate with its lag, then a tenfold spike and how long it takes to drain.

`python -m bench.ai_week [--rate 1600] [--seconds 600] [--spike-seconds 120] [--drain 600] [--people 70000]`. All of it
on this machine, broker and generator included. Settings of Redline come from the environment, such as
`REDLINE_WORKER_COUNT`. The steady rate holds if the lag at its end is what it was, within `_SECONDS_OF_LAG` seconds of
events; CPU and memory are of that time. The spike is ten times the half of that rate. At last the ledger.
What processes use at rest is measured before and is not counted as the events'.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import record
from bench.live import Generator, Lag, Live, Sample, up
from redline.plan import figures as plan_figures
from redline.plan.sizing import cores_at

if TYPE_CHECKING:
    from collections.abc import Sequence

_WARM_S = 30.0
_IDLE_S = 15.0
_LOOK_S = 2.0
_SECONDS_OF_LAG = 5.0
_SETTLE_S = 1200.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=70_000)
    parser.add_argument("--rate", type=float, default=1600.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--spike-seconds", type=float, default=120.0)
    parser.add_argument("--drain", type=float, default=600.0, help="most seconds the spike may take to drain")
    parser.add_argument("--as", dest="name", default="ai_week", help="name of the result")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as folder, up(Path(folder), given.people, {}) as live:
        steady = _steady(live, given.people, given.rate, given.seconds)
        spike = _spike(live, given.people, given.rate / 2, given.spike_seconds, given.drain)
        figures = {
            "people": given.people,
            "steady": steady,
            "spike": spike,
            "bytes_on_disk": live.disk(),
            "ledger": live.ledger(_SETTLE_S),
        }
    record.write(given.name, figures)


def _steady(live: Live, people: int, rate: float, seconds: float) -> dict[str, Any]:
    with live.watched(_LOOK_S):
        time.sleep(_IDLE_S)
    idle = {kind: _cores(live.samples, kind) for kind in live.samples[-1].by_kind}
    live.samples.clear()
    live.lags.clear()
    with Generator(live, people, "--rate", str(rate), "--seconds", str(_WARM_S + seconds)) as generator:
        _first(live)
        time.sleep(_WARM_S)
        with live.watched(_LOOK_S):
            generator.process.wait()
    lags, samples = live.lags, live.samples
    tally = generator.sent["tally"]
    growth = _slope([lag.at for lag in lags], [lag.raw for lag in lags])
    wall, events = lags[-1].at - lags[0].at, lags[-1].sent - lags[0].sent
    done = events - (lags[-1].raw - lags[0].raw)
    cores = {kind: _cores(samples, kind) for kind in sorted(samples[-1].by_kind)}
    return {
        "events_per_s": rate,
        "seconds": round(wall, 1),
        "events": events,
        "events_per_s_sent": round(events / wall, 1),
        "events_per_s_scrubbed": round(done / wall, 1),
        "event_bytes": round(tally["bytes"] / max(1, tally["records"])),
        "generator_behind_s": round(generator.sent["behind_s"], 2),
        "generator_events_per_cpu_s": round(tally["records"] / generator.sent["cpu_s"]),
        "lag_raw": _shape([lag.raw for lag in lags]),
        "lag_all": _shape([lag.all for lag in lags]),
        "lag_raw_growth_per_s": round(growth, 2),
        "holds": growth * wall <= _SECONDS_OF_LAG * rate,
        "cores": {kind: round(used, 3) for kind, used in cores.items()},
        "cores_at_rest": {kind: round(idle.get(kind, 0.0), 3) for kind in cores},
        "cpu_us_per_event": {
            kind: round(max(0.0, used - idle.get(kind, 0.0)) * wall / max(1, done) * 1e6)
            for kind, used in cores.items()
        },
        "rss_mb_per_process": {
            kind: round(
                max(s.by_kind[kind].rss / max(1, s.by_kind[kind].processes) for s in samples if kind in s.by_kind)
                / 2**20
            )
            for kind in cores
        },
        "plan": _compared(cores, done / wall),
    }


def _spike(live: Live, people: int, rate: float, seconds: float, limit_s: float) -> dict[str, Any]:
    """Half load, ten times as much of it for a while, half load again until what has piled up is gone."""
    live.drained(int(rate), limit_s)
    live.lags.clear()
    before_s = 20.0
    options = ("--rate", str(rate), "--spike", "10", "--spike-at", str(before_s), "--spike-for", str(seconds))
    with Generator(live, people, *options) as generator:
        _first(live)
        began = time.monotonic()
        with live.watched(_LOOK_S):
            time.sleep(before_s + seconds + 2)
            at_end = live.lag()
            drained = live.drained(int(max(rate * _SECONDS_OF_LAG, *(lag.all for lag in live.lags[:5]))), limit_s)
    return {
        "events_per_s": rate,
        "factor": 10,
        "seconds": seconds,
        "lag_before": live.lags[0].all,
        "lag_at_end_of_spike": at_end.all,
        "lag_most": max(lag.all for lag in live.lags),
        "drained_s_after": None if drained is None else round(drained, 1),
        "limit_s": limit_s,
        "generator_behind_s": round(generator.sent["behind_s"], 2),
        "lag_every_10_s": [lag.all for lag in _every(live.lags, began, 10.0)],
    }


def _first(live: Live) -> None:
    """Wait until the generator's first records are there, and those before it are done."""
    sent = live.lag().sent
    while live.lag().sent == sent:
        time.sleep(0.5)


def _compared(cores: dict[str, float], rate: float) -> dict[str, Any]:
    """What the plan says of this rate from the figures in the package, against what was used."""
    planned = cores_at(rate, plan_figures.load())
    return {
        kind: {"planned": round(planned[kind], 3), "measured": round(cores.get(kind, 0.0), 3)}
        for kind in sorted(planned)
    } | {"measured_over_planned": round(sum(cores.get(k, 0.0) for k in planned) / max(1e-9, sum(planned.values())), 2)}


def _cores(samples: Sequence[Sample], kind: str) -> float:
    seen = [(sample.at, sample.by_kind[kind].cpu_s) for sample in samples if kind in sample.by_kind]
    if len(seen) < 2:
        return 0.0
    (first, before), (last, after) = seen[0], seen[-1]
    return (after - before) / (last - first)


def _shape(values: Sequence[int]) -> dict[str, float]:
    return {"first": values[0], "median": statistics.median(values), "most": max(values), "last": values[-1]}


def _slope(x: Sequence[float], y: Sequence[float]) -> float:
    return statistics.linear_regression(x, y).slope if len(x) > 2 else 0.0


def _every(lags: Sequence[Lag], began: float, step_s: float) -> list[Lag]:
    kept: list[Lag] = []
    for lag in lags:
        if lag.at >= began + len(kept) * step_s:
            kept.append(lag)
    return kept


if __name__ == "__main__":
    main()
