"""Event to queryable row under a steady load, in the long-running form: p50 and p99.

`python -m bench.latency [events per second] [seconds]`. A row counts as queryable when a reader of the Delta table sees
it; the reader looks ten times a second, so figures are up to 0.1 s too high.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import record
from redline.company import Company
from redline.emit import emit_records
from redline.settings import load
from redline.up import attached
from schemas import topics
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.records import Outgoing

_LOOK_S = 0.1
_WARM_S = 20.0  # engines load, first commits create the tables
_SETTLE_S = 30.0


def main(rate: int, seconds: int) -> None:
    """Run `redline up`, emit at the rate, and write the result."""
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as folder:
        data = Path(folder) / "data"
        env = os.environ | {
            "REDLINE_DATA": str(data),
            "REDLINE_CONSENT_MODE": "opt-out",
            "REDLINE_PRIVACY_ACCEPT_WEAKER": "consent.mode",
        }
        up = subprocess.Popen([sys.executable, "-m", "redline", "up"], env=env)
        try:
            figures = _measure(data, rate, seconds)
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(60)
    record.write("latency", figures)


def _measure(data: Path, rate: int, seconds: int) -> dict[str, float]:
    settings = load(None, {}, {"data": str(data)})
    while not (live := attached(settings)).kafka.bootstrap:
        time.sleep(0.2)
    time.sleep(_WARM_S)
    sent: list[float] = []

    def paced() -> Iterator[Outgoing]:
        start = time.monotonic()
        company = Company(11, rate * seconds, time.time_ns() // 1000 - 3_600_000_000)
        for number, outgoing in enumerate(company):
            wait = start + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            sent.append(time.monotonic())
            yield outgoing

    emitter = threading.Thread(
        target=lambda: emit_records(
            paced(), bootstrap=live.kafka.bootstrap, topic=topics.EVENTS, kafka_config={"linger.ms": "5"}
        )
    )
    emitter.start()
    # Rows in order of visibility against events in order of sending: the distribution of differences, not a trace of
    # each event (an event's offset is not known to its sender before the broker has answered).
    visible: list[float] = []
    deadline = time.monotonic() + seconds + _SETTLE_S
    while time.monotonic() < deadline:
        rows = sum(reader.read(data, name, ["record_id"]).num_rows for name in ("interactions", "rejects"))
        visible += [time.monotonic()] * (rows - len(visible))
        if not emitter.is_alive() and len(visible) >= len(sent):
            break
        time.sleep(_LOOK_S)
    emitter.join()
    waits = sorted(seen - at for seen, at in zip(visible, sent, strict=False))
    return {
        "events_per_s": rate,
        "events": len(sent),
        "rows_seen": len(visible),
        "p50_s": round(waits[len(waits) // 2], 2),
        "p99_s": round(waits[int(len(waits) * 0.99)], 2),
        "max_s": round(waits[-1], 2),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 150, int(sys.argv[2]) if len(sys.argv) > 2 else 60)
