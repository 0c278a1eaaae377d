"""What capture costs the person it watches: the hook command whole, process start included, and a call of the client.

`python -m bench.capture [times]`. The hook must stay under 50 ms (issue 5), and SessionEnd's within 1.5 s.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import record
from redline.capture import install
from redline.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable

_BODY_BYTES = 20_000


def main(times: int) -> None:
    """Measure and write the result."""
    body = json.dumps({"session_id": "s", "hook_event_name": "PostToolUse", "text": "x" * _BODY_BYTES}).encode()
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as name:
        folder = Path(name)
        command = install.hook_command(folder / "hook")
        client = Client(tool="bench/1", surface="ide", session_id="s", folder=folder / "client")
        figures = {
            "body_bytes": _BODY_BYTES,
            "times": times,
            "hook_ms": _summary(
                _timed(lambda: subprocess.run(command, shell=True, input=body, check=True), times)  # noqa: S602 - as tools do
            ),
            "client_call_ms": _summary(_timed(lambda: client.edit("i", "x" * _BODY_BYTES), times * 10)),
        }
    record.write("capture", figures)


def _timed(call: Callable[[], object], times: int) -> list[float]:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        spent.append(1000 * (time.perf_counter() - began))
    return spent


def _summary(spent: list[float]) -> dict[str, float]:
    ranked = sorted(spent)
    return {
        "median": round(statistics.median(ranked), 3),
        "p99": round(ranked[int(0.99 * (len(ranked) - 1))], 3),
        "worst": round(ranked[-1], 3),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
