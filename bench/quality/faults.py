"""`python -m bench.quality.faults [--events N] [--only NAME] [--data DIR]`: faults in real streams; which check fired.

The generated company's two weeks go through `redline run` once; each fault is planted in a copy of that folder, in the
third week's Tuesday, and goes through `redline run` as well. Then the tables are read as the quality process reads
them, and the monitors look every twenty minutes of the company's time: rows count as visible when the event that
completed them had arrived, or a day after a suggestion that nothing closed. Everything else is what runs in production.
The leak is the gate's: its canaries are told of the name. What a webhook would get of it all is counted by the real
book. Without a fault: the second week, the third week's Monday, and its Tuesday (`nothing (control)`).

With `--data` the folders stay and the baseline that is there is used; with `--only` other faults' results stay.
`--table` only prints the table of docs/monitoring.md from the results.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from bench import record
from bench.quality import fault_table, streams
from bench.quality.streams import BEGIN_US, CANARY, DAY, END_US, PLANTED, SECOND, Line
from bench.quality.told import notices
from quality.measures import merge
from quality.monitors import evaluate
from quality.points import COLUMNS, QUARANTINED, of_quarantine, of_rows
from redline.published import seal_of
from redline.settings import Settings
from schemas.errors import SinkError
from schemas.tables import TABLES
from sinks import halts, reader

if TYPE_CHECKING:
    from quality.breach import Breach
    from quality.measures import Point

_ROOT = Path(__file__).parents[2]
_SEED = 5
_SLOT = 600 * SECOND  # a commit is at most that late here
_HOUR = 6 * _SLOT
_RUN_S = 1_800.0  # a loaded machine; without load a run takes one to two minutes
_ENV = {
    # A thousand events each: what processes take to start is most of it.
    "REDLINE_WORKER_COUNT": "1",
    "REDLINE_SINK_COUNT": "1",
    "REDLINE_WORKER_SCRUB_PROCESSES": "1",
    "REDLINE_QUALITY_SAMPLE_ROWS": "0",
    "REDLINE_PRIVACY_K": "1",  # made-up people: what is withheld of small groups would hide the tools
    "REDLINE_PRIVACY_COLUMNS": "full",
    "REDLINE_PRIVACY_ACCEPT_WEAKER": "privacy.k,privacy.columns,consent.mode",
}
NAME = "quality-faults"
# Looks without a fault: from and until, after the first Monday 08:00 UTC, and how far apart.
_CLEAN = {
    "clean_second_week": (7 * DAY, 14 * DAY, 2 * _HOUR),
    "clean_monday": (14 * DAY, 14 * DAY + 9 * _HOUR, 2 * _SLOT),
}
Seen = tuple[int, "Point"]
Places = dict[int, tuple[list[int], list[int]]]


def run(lines: list[Line], data: Path, *, canaries: Path | None = None) -> tuple[int, float]:
    """`redline run` over these lines; its exit code, and CPU seconds of it and its children."""
    events = data.with_suffix(".jsonl")
    events.write_bytes(b"".join(line.raw + b"\n" for line in lines))
    env = os.environ | _ENV | ({"REDLINE_QUALITY_CANARIES": str(canaries)} if canaries else {})
    command = [sys.executable, "-m", "redline", "run", str(events), "--out", str(data), "--consent", "opt-out"]
    before = os.times()
    with data.with_suffix(".log").open("wb") as log:
        try:
            code = subprocess.run(
                command, check=False, cwd=_ROOT, env=env, stdout=log, stderr=log, timeout=_RUN_S
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1
    after = os.times()
    return code, after.children_user + after.children_system - before.children_user - before.children_system


def points(data: Path, since_us: int = 0) -> list[Seen]:
    """What the quality process measures of the tables, and when rows would have become visible; from a time on."""
    places = _arrivals(data)
    found: list[Seen] = []
    for table in ("interactions", "pairs", "rejects"):
        for quarantine in (False, True):
            try:
                rows = reader.read(
                    data, table, _names(table, quarantine=quarantine), quarantine=quarantine, seal=_seal(data, table)
                )
            except SinkError:
                continue
            slots = [(at_us // _SLOT + 1) * _SLOT - 1 for at_us in _visible(table, rows, places)]
            order = sorted((at_us, place) for place, at_us in enumerate(slots) if at_us >= since_us)
            rows = rows.take(pa.array([place for _, place in order], pa.int64())).combine_chunks()
            first = 0
            for at_us, members in groupby(at_us for at_us, _ in order):
                count = len(list(members))
                part = rows.slice(first, count)
                first += count
                measured = of_quarantine(table, part, at_us) if quarantine else of_rows(table, part, at_us)
                found += [(at_us, one) for one in measured]
    return found


def looks(held: list[Seen], since_us: int, until_us: int, step_us: int = 2 * _SLOT) -> list[tuple[int, list[Breach]]]:
    """The breaches of looks taken one after the other."""
    told, firing = [], frozenset[tuple[str, str, str]]()
    known = merge(one for at_us, one in held if at_us < since_us - step_us)
    for now_us in range(since_us, until_us, step_us):
        known = merge([*known, *(one for at_us, one in held if now_us - step_us <= at_us < now_us)])
        found = evaluate(known, now_us, firing=firing)
        firing = frozenset(one.key for one in found)
        told.append((now_us, found))
    return told


def fired(told: list[tuple[int, list[Breach]]]) -> list[tuple[int, Breach]]:
    """Each breach when it begins."""
    begun, before = [], frozenset[tuple[str, str, str]]()
    for now_us, found in told:
        begun += [(now_us, one) for one in found if one.key not in before]
        before = frozenset(one.key for one in found)
    return begun


def _summary(seen: list[tuple[int, list[Breach]]], lines: list[Line]) -> dict[str, Any]:
    told = fired(seen)
    since = [line.arrival_us for line in lines if line.arrival_us >= BEGIN_US]
    faulty = [line.arrival_us for line in lines if line.faulty]
    return {
        "alerts": len(told),
        "sent": notices(seen),
        "fired": [
            {
                "check": one.kind,
                "table": one.table,
                "about": " ".join(word for word in (one.subject.partition("tool:")[0].strip(), one.tool) if word),
                "seconds": (now_us - BEGIN_US) // SECOND,
                "events_of_all": sum(at < now_us for at in since),
                "events_of_the_source": sum(at < now_us for at in faulty),
                "got": dict(one.got),
            }
            for now_us, one in told
        ],
    }


def _leak(data: Path, lines: list[Line]) -> dict[str, Any]:
    """What the gate did: which table it halted, by what, and whether a row with the name was published before."""
    held = halts.halted(data)
    return {
        "alerts": len(held),
        "fired": [
            {
                "check": "gate_halt",
                "table": halt.table,
                "about": sorted({failure.expectation for failure in halt.failed}),
            }
            for halt in held
        ],
        "published_rows_with_the_name": _published(data),
        "leaking_events": sum(CANARY.encode() in line.raw for line in lines),
    }


def _published(data: Path) -> int:
    texts = {"interactions": ("data",), "pairs": ("suggestion", "final", "prompt", "before")}
    return sum(
        CANARY in text
        for table, columns in texts.items()
        for column in columns
        for text in reader.read(data, table, [column]).column(column).to_pylist()
    )


def _seal(data: Path, table: str) -> Any:
    return seal_of(Settings(data=str(data))) if TABLES[table].sealed else None


def _names(table: str, *, quarantine: bool) -> list[str]:
    return ["sources", *(QUARANTINED if quarantine else COLUMNS[table])]


def _arrivals(data: Path) -> Places:
    """For each partition: offsets, and the latest event time up to each. A clock that is behind does not move it."""
    rows = reader.read(data, "interactions", ["sources", "event_time"])
    seen: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    times = rows.column("event_time").cast(pa.int64()).to_pylist()
    for sources, at_us in zip(rows.column("sources").to_pylist(), times, strict=True):
        seen[sources[0]["partition"]].append((sources[0]["offset"], at_us))
    found: Places = {}
    for partition, pairs in seen.items():
        pairs.sort()
        found[partition] = [offset for offset, _ in pairs], list(accumulate((at for _, at in pairs), max))
    return found


def _visible(table: str, rows: pa.Table, places: Places) -> list[int]:
    arrivals = [[_arrival(places, one) for one in sources] for sources in rows.column("sources").to_pylist()]
    if table != "pairs" or "label" not in rows.column_names:
        return [max(at) for at in arrivals]
    labels = rows.column("label").to_pylist()
    return [
        max(at) if label in {"edited", "rejected"} or len(at) > 2 else min(at) + DAY
        for at, label in zip(arrivals, labels, strict=True)
    ]


def _arrival(places: Places, source: dict[str, Any]) -> int:
    offsets, times = places[source["partition"]]
    return times[max(bisect_right(offsets, source["offset"]) - 1, 0)]


def main() -> None:
    """Run everything, and write the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality.faults")
    parser.add_argument("--events", type=int, default=8_000, help="events of a week")
    parser.add_argument("--only", choices=list(PLANTED), action="append")
    parser.add_argument("--data", type=Path, help="keep the folders there, and take the baseline that is there")
    parser.add_argument("--table", action="store_true", help="only print the table of the results that are there")
    given = parser.parse_args()
    if given.table:
        print(fault_table.of(_kept(given.events)))
        return
    lines = streams.weeks(_SEED, given.events)
    before = [line for line in lines if line.arrival_us < streams.TUESDAY_US]
    tuesday = [line for line in lines if line.arrival_us >= streams.TUESDAY_US]
    figures: dict[str, Any] = {"events_a_week": given.events, "baseline_events": len(before)}
    figures["faults"] = _kept(given.events) if given.only else {}
    with tempfile.TemporaryDirectory(prefix="redline-faults-") as folder:
        home = given.data or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        baseline, cpu = home / "baseline", 0.0
        if not baseline.exists():
            code, cpu = run(before, baseline)
            print(f"baseline: exit {code}, {cpu:.0f} s of CPU", flush=True)
            if code:
                raise SystemExit("baseline: needed two weeks that are complete; with --data DIR its log stays there")
        canaries = home / "canaries.txt"
        canaries.write_text(f"{CANARY}\n", "utf-8")
        known = [(at_us, one) for at_us, one in points(baseline) if at_us < streams.TUESDAY_US]
        for name in given.only or PLANTED:
            started = time.monotonic()
            data = home / "-".join(name.split())
            shutil.rmtree(data, ignore_errors=True)
            shutil.copytree(baseline, data, symlinks=True)
            sent = list(PLANTED[name](tuesday))
            leak = name == "leaks a name"
            code, seconds = run(sent, data, canaries=canaries if leak else None)
            cpu += seconds
            if leak:
                found = _leak(data, sent)
            else:
                end = END_US if name != "tenfold burst" else max(line.arrival_us for line in sent)
                seen = looks([*known, *points(data, streams.TUESDAY_US)], BEGIN_US, end + 2 * _SLOT)
                found = _summary(seen, sent)
            figures["faults"][name] = {"exit": code, "events": len(sent), **found}
            figures["cpu_seconds"] = round(cpu)
            record.write(NAME, figures)  # each time: what comes next may fail
            print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
            if not given.data:
                shutil.rmtree(data)
        for name, (since, until, step) in _CLEAN.items():
            seen = looks(known, streams.START_US + since, streams.START_US + until, step)
            figures[name] = [f"{one.kind} {one.table} {one.subject}" for _, one in fired(seen)]
    record.write(NAME, figures)


def _kept(events: int) -> dict[str, Any]:
    """Results of faults that are there, if they are of as many events."""
    path = record.RESULTS / f"{NAME}.json"
    figures = json.loads(path.read_text("utf-8"))["figures"] if path.exists() else {}
    return dict(figures["faults"]) if figures.get("events_a_week") == events else {}


if __name__ == "__main__":
    main()
