"""Event to queryable row under a steady load, in the long-running form: p50 and p99.

`python -m bench.latency [events per second] [seconds]`. A row counts as queryable when a reader of the Delta table sees
it, and is known by its event's coordinates; the reader looks ten times a second, so figures are up to 0.1 s too high.
Half load is half of what `bench.ai_week` finds to hold.
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
from typing import TYPE_CHECKING, Any

from confluent_kafka import Producer

from bench import record
from redline.company import Company
from redline.settings import Settings, load
from redline.up import attached
from schemas import topics
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_S = 0.1
_MOST = 900_000  # bytes
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
    sent: dict[tuple[int, int], float] = {}
    emitter = threading.Thread(target=_emit, args=(live, rate, seconds, sent))
    emitter.start()
    seen: dict[tuple[int, int], float] = {}
    deadline = time.monotonic() + seconds + _SETTLE_S
    while time.monotonic() < deadline:
        for name in ("interactions", "rejects"):
            sources = reader.read(data, name, ["sources"])["sources"].combine_chunks().flatten()
            now = time.monotonic()
            for place in zip(sources.field("partition").to_pylist(), sources.field("offset").to_pylist(), strict=True):
                seen.setdefault(place, now)
        if not emitter.is_alive() and len(seen) >= len(sent):
            break
        time.sleep(_LOOK_S)
    emitter.join()
    waits = sorted(seen[place] - at for place, at in sent.items() if place in seen)
    return {
        "events_per_s": rate,
        "events": len(sent),
        "rows_seen": len(waits),
        "p50_s": round(waits[len(waits) // 2], 2),
        "p99_s": round(waits[int(len(waits) * 0.99)], 2),
        "max_s": round(waits[-1], 2),
    }


def _emit(live: Settings, rate: int, seconds: int, sent: dict[tuple[int, int], float]) -> None:
    """Send at the rate, and note when each record left by where the broker has put it."""
    config = {
        "bootstrap.servers": live.kafka.bootstrap,
        "linger.ms": 5,
        "enable.idempotence": True,
        **live.kafka.client,
    }
    producer = Producer(config)

    def noting(at: float) -> Callable[[Any, Any], None]:
        def note(error: Any, message: Any) -> None:
            if error is None:
                sent[message.partition(), message.offset()] = at

        return note

    start = time.monotonic()
    for number, outgoing in enumerate(Company(11, rate * seconds, time.time_ns() // 1000 - 3_600_000_000)):
        while (wait := start + number / rate - time.monotonic()) > 0:
            producer.poll(min(wait, 0.01))
        if len(outgoing.value or b"") > _MOST:
            continue  # no producer can send it: the company has some of those, too
        producer.produce(
            topics.EVENTS,
            outgoing.value,
            outgoing.key,
            headers=list(outgoing.headers),
            on_delivery=noting(time.monotonic()),
        )
        producer.poll(0)
    producer.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 250, int(sys.argv[2]) if len(sys.argv) > 2 else 60)
