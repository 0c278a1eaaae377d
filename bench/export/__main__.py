"""Runs the benchmark: see `bench.export`."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil  # type: ignore[import-untyped]  # ships no types

from bench import record
from bench.export.check import in_two_splits
from bench.export.company import make
from redline.erasure import exports
from redline.export.manifest import Manifest

_LOOK_S = 0.5
_FORMAT = "trl-kto"
_FEW = 1_000_000  # with one process more would take too long


def main() -> None:
    """Make, export, check, export again, compare."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=200_000)
    options.add_argument("--runs", type=int, default=2)
    options.add_argument("--near-duplicates", type=float, default=0.0)
    options.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    options.add_argument("--keep", action="store_true", help="write no result file")
    asked = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-export-", dir=asked.folder))
    try:
        figures = _measured(folder, asked)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(figures) if asked.keep else record.write("export", figures)


def _measured(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    began = time.monotonic()
    settings = make(folder / "data", asked.rows)
    figures: dict[str, Any] = {
        "rows": asked.rows,
        "made_s": round(time.monotonic() - began, 1),
        "table_mb": _size(settings.dataset / "pairs"),
    }
    figures["plain"] = _run([sys.executable, "-m", "bench.export.plain", settings.data, str(folder / "plain.jsonl")])
    figures["plain"]["mb"] = _size(folder / "plain.jsonl")
    (folder / "plain.jsonl").unlink()
    made: list[Manifest] = []
    runs: list[dict[str, Any]] = []
    for number in range(asked.runs):
        out = folder / f"out-{number}"
        command = [sys.executable, "-m", "redline", "export", _FORMAT, "--to", str(out), "--data", settings.data]
        command += ["--seed", "7", "--cap-per-session", "8", "--balance", "label"]
        command += ["--near-duplicates", str(asked.near_duplicates)] if asked.near_duplicates else []
        command += ["--processes", "1"] if number == 1 and asked.rows <= _FEW else []
        run = _run(command)
        made.append(msgspec.json.decode((out / "manifest.json").read_bytes(), type=Manifest))
        runs.append(run | {"mb": _size(out), "rows_per_s": round(asked.rows / run["wall_s"])})
        if not number:
            name = exports.registered(settings.state)[-1].name
            figures["in_two_splits"] = in_two_splits(settings, made[0], name)
        shutil.rmtree(out)
    figures["export"] = runs
    figures["counts"] = msgspec.to_builtins(made[0].counts)
    figures["same_bytes"] = all(one.files == made[0].files for one in made) if len(made) > 1 else None
    return figures


def _run(command: list[str]) -> dict[str, Any]:
    """Wall and CPU seconds of a command and its processes, and the most memory they had together."""
    began, most, cpu = time.monotonic(), 0, 0.0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            every = [watched, *watched.children(recursive=True)]
            most = max(most, sum(one.memory_info().rss for one in every))
            own = watched.cpu_times()
            living = [one.cpu_times() for one in every[1:]]
            # Of children that have ended the system keeps the sum.
            cpu = max(
                cpu,
                own.user
                + own.system
                + own.children_user
                + own.children_system
                + sum(one.user + one.system for one in living),
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            pass
        time.sleep(_LOOK_S)
    if process.returncode:
        raise SystemExit(f"{command[2:5]} ended with {process.returncode}")
    return {
        "wall_s": round(time.monotonic() - began, 1),
        "cpu_s": round(cpu, 1),
        "peak_rss_mb": round(most / 1e6),
        "processes": command[command.index("--processes") + 1] if "--processes" in command else "default",
    }


def _size(path: Path) -> float:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return round(sum(one.stat().st_size for one in files) / 1e6, 1)


if __name__ == "__main__":
    main()
