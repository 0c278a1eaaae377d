"""The whole default engine against stock Presidio with a spaCy model: `python -m bench.full` prints and keeps it.

Ours: patterns, secrets, names, cues, streets, views and a directory of 70,000 people. Stock: `bench.full.model`. Every
measurement is a fresh process on one core over texts that it sees once; CPU time; sides take turns, and a ratio is that
of the medians of the rounds. `first` is the first pass after loading, `later` further texts after that.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from bench import record
from bench.full import model
from bench.full.same import PEOPLE
from bench.people.company import staff
from bench.people.measure import written
from bench.scrub.corpus import KINDS

_SIDES = ("stock", "ours")
_PHASES = ("first", "later")


@click.command()
@click.option("--rounds", default=3, help="Measurements of each side.")
@click.option("--core", default=0, help="The core to run on.")
@click.option("--keep/--print", "keep", default=True, help="Write bench/results/full.json, or only print.")
def main(rounds: int, core: int, keep: bool) -> None:
    """Measure and keep the result."""
    try:
        model.trained()
    except FileNotFoundError as error:
        sys.exit(f"bench.full: {error}")
    taken: dict[str, list[dict[str, float]]] = {side: [] for side in _SIDES}
    with tempfile.TemporaryDirectory() as folder:
        directory = written(staff(PEOPLE), Path(folder))
        for number in range(rounds):
            for side in _SIDES:
                taken[side].append(_child(side, number, core, directory))
    figures: dict[str, Any] = {"rounds": rounds, "threshold": 0.5, "people": PEOPLE}
    for phase in _PHASES:
        kb = {side: {kind: _median(taken[side], f"{phase}_{kind}") / 1000 for kind in KINDS} for side in _SIDES}
        ratios = {kind: round(kb["ours"][kind] / kb["stock"][kind], 1) for kind in KINDS}
        for side in _SIDES:
            kb[side]["mixed"] = len(KINDS) / sum(1 / rate for rate in kb[side].values())
        figures[phase] = {
            "kb_per_s": {side: {kind: round(value) for kind, value in by.items()} for side, by in kb.items()},
            "times_stock": {**ratios, "mixed": round(kb["ours"]["mixed"] / kb["stock"]["mixed"], 1)},
        }
    for name, digits in (("p50_ms", 2), ("p99_ms", 2), ("rss_mb", 0), ("load_s", 1)):
        figures[name] = {side: round(_median(taken[side], name), digits) for side in _SIDES}
    figures["names_f1"] = model.scores()
    if keep:
        record.write("full", figures)
    else:
        print(json.dumps(figures, indent=2))


def _child(side: str, number: int, core: int, directory: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.full.child", side, str(number), str(core), str(directory)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _median(taken: list[dict[str, float]], name: str) -> float:
    return statistics.median(one[name] for one in taken)


if __name__ == "__main__":
    main()
