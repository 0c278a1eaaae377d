"""Scrubbing against stock Presidio, same recognisers: `python -m bench.scrub` prints and keeps the table.

Every measurement is a fresh process on one core over texts that it sees once; CPU time; sides take turns, and a ratio
is that of the medians of the rounds.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import Any

import click

from bench import record
from bench.scrub.corpus import KINDS

_SIDES = ("stock", "fast", "lines", "plain")


@click.command()
@click.option("--rounds", default=3, help="Measurements of each side.")
@click.option("--core", default=0, help="The core to run on.")
def main(rounds: int, core: int) -> None:
    """Measure and keep the result."""
    taken: dict[str, list[dict[str, float]]] = {side: [] for side in _SIDES}
    for number in range(rounds):
        for side in _SIDES:
            taken[side].append(_child(side, number, core))
    figures: dict[str, Any] = {"rounds": rounds, "threshold": 0.5}
    kb = {side: {kind: _median(taken[side], kind) / 1000 for kind in KINDS} for side in ("stock", "fast", "plain")}
    figures["kb_per_s"] = {side: {kind: round(value) for kind, value in by.items()} for side, by in kb.items()}
    for side in ("fast", "plain"):
        ratios = {kind: round(kb[side][kind] / kb["stock"][kind], 1) for kind in KINDS}
        ratios["mixed"] = round(_mixed(kb[side]) / _mixed(kb["stock"]), 1)
        figures[f"times_stock_{'with' if side == 'fast' else 'without'}_hyperscan"] = ratios
    pairs = {side: _median(taken[side], "pairs") / 1000 for side in ("stock", "lines")}
    figures["pairs_kb_per_s"] = {side: round(value) for side, value in pairs.items()}
    figures["pairs_times_stock"] = round(pairs["lines"] / pairs["stock"], 1)
    figures["p99_ms_of_1_kb"] = round(_median(taken["fast"], "p99_ms"), 2)
    figures["rss_mb"] = {side: round(_median(taken[side], "rss_mb")) for side in _SIDES}
    figures["load_s"] = {side: round(_median(taken[side], "load_s"), 1) for side in _SIDES}
    record.write("scrub", figures)


def _child(side: str, number: int, core: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.scrub.child", side, str(number), str(core)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _median(taken: list[dict[str, float]], name: str) -> float:
    return statistics.median(one[name] for one in taken)


def _mixed(rates: dict[str, float]) -> float:
    """The rate over equal parts of all kinds."""
    return len(rates) / sum(1 / rate for rate in rates.values())


if __name__ == "__main__":
    main()
