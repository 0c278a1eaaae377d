"""Fuzz every target, or those named, for so many seconds in all. Exits 1 if one broke."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.fuzz import seeds

_LONGEST = 65_536  # bytes of one input: several of the longest lines, and small enough to make thousands in a second
_SLOW_S = 10  # for one input
_MEMORY_MB = 2_048
_RUNS = re.compile(rb"Done (\d+) runs")
_FOUND = Path(tempfile.gettempdir()) / "redline-fuzz"


def main() -> int:
    """One process for each target: the fuzzer ends its process."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("targets", nargs="*", help="default: all")
    options.add_argument(
        "--seconds", type=float, default=60.0, help="for all of them together, start apart (default 60)"
    )
    options.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.in_this_process:
        _fuzz(given.targets[0], given.seconds)
    from bench.fuzz.targets import TARGETS  # noqa: PLC0415 - a fuzzed process loads them by the fuzzer

    names = given.targets or list(TARGETS)
    cores = os.cpu_count() or 1
    each = max(1, round(given.seconds * cores / len(names)))
    with ThreadPoolExecutor(cores) as several:
        broken = [
            name for name, sound in zip(names, several.map(lambda n: _run(n, each), names), strict=True) if not sound
        ]
    if broken:
        print(f"broken: {', '.join(broken)}; what broke them is in {_FOUND}")
    return 1 if broken else 0


def _run(name: str, seconds: int) -> bool:
    command = [sys.executable, "-m", "bench.fuzz", name, "--seconds", str(seconds), "--in-this-process"]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    runs = _RUNS.search(answer.stdout)
    sound = answer.returncode == 0 and runs is not None
    print(f"{name:20} {int(runs[1]) if runs else 0:>9,} inputs in {seconds} s{'' if sound else '  BROKEN'}", flush=True)
    if not sound:
        print(answer.stdout.decode("utf-8", "replace")[-4_000:])
    return sound


def _fuzz(name: str, seconds: float) -> None:
    """Does not return."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["schemas", "redline.capture", "redline.gateway"]):
        from bench.fuzz.targets import TARGETS  # noqa: PLC0415 - loaded here, so that it is measured
    _FOUND.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds.of(name)):
            Path(corpus, str(number)).write_bytes(seed[:_LONGEST])
        limits = [f"-max_len={_LONGEST}", f"-timeout={_SLOW_S}", f"-rss_limit_mb={_MEMORY_MB}"]
        kept = [f"-artifact_prefix={_FOUND}/{name}-", f"-max_total_time={max(1, round(seconds))}"]
        atheris.Setup([name, corpus, *limits, *kept], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
