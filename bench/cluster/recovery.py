"""`python -m bench.cluster.recovery`: faults in the middle of a stream, the pause of each, and the ledger at the end.

REDLINE_RATE, REDLINE_EVERY_S and REDLINE_MENDED_S: events per second, seconds from one fault to the next, and from a
fault to its mending. REDLINE_FAULTS: names of faults, several by commas.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from support.cluster import Cluster
from support.disk import small_disk
from support.faults import Breaker, Fault, pause_s
from support.network import Network
from support.pace import Pace, longest_pauses
from support.pipeline import SESSION_S, SHORT_SESSION, Act, Pipeline, addressed

from bench import record
from redline.company import Company
from redline.kafka_section import Kafka

RATE = float(os.environ.get("REDLINE_RATE", "30"))
EVERY_S = float(os.environ.get("REDLINE_EVERY_S", "60"))
MENDED_S = float(os.environ.get("REDLINE_MENDED_S", "20"))
CALM_S = 45.0
_START_US = 1_767_600_000_000_000
_AWAY = "worker-1"


def main() -> None:
    """Run the stream, break things, write the result."""
    with tempfile.TemporaryDirectory() as folder, Network() as network:
        full = Path(folder) / "full"
        full.mkdir()
        with small_disk(full, megabytes=192) as disk:
            cluster = Cluster(Path(folder) / "brokers", network, disks={3: full})
            breaker = Breaker(cluster, network)
            known = {
                "killed": breaker.killed(),
                "cut": breaker.cut(),
                "parted": breaker.parted(),
                "worker": breaker.away(_AWAY, "a worker is cut off for longer than its session"),
                "full": breaker.full(3, disk),
                "rolled": breaker.rolled(),
            }
            names = os.environ.get("REDLINE_FAULTS", ",".join(known)).split(",")
            run(Path(folder) / "data", cluster, network, {name: known[name] for name in names})


def run(data: Path, cluster: Cluster, network: Network, faults: dict[str, Fault]) -> None:
    """One stream through all faults."""
    network.join(_AWAY)
    kafka = Kafka(retention_hours=0, replication=3, config=dict(SHORT_SESSION))
    inside = {_AWAY: network.inside(_AWAY)}
    with (
        Pipeline(data, workers=2, broker=cluster, kafka=kafka, inside=inside) as p,
        Pace(data) as pace,
    ):
        # Workers load their models first: a fault in the middle of that is a slow start and no fault.
        p.run(addressed(Company(7, 300, _START_US)), rate=1e9)
        at, acts = int(RATE * CALM_S), list[Act]()
        for fault in faults.values():
            acts += fault.acts(at, mend_after=int(RATE * MENDED_S))
            at += int(RATE * EVERY_S)
        calm_at = time.monotonic()
        p.run(addressed(Company(11, at, _START_US + 10**12)), rate=RATE, acts=acts)
        ended_at = time.monotonic()
        balance = p.balance()
    begins = [fault.begun_at for fault in faults.values()]
    untils = [*begins[1:], ended_at]
    figures = {
        "rate": RATE,
        "session_s": SESSION_S,
        "calm_pause_s": round(max(longest_pauses(pace.moves, calm_at + 10.0, begins[0]).values()), 1),
        "faults": {
            name: {
                "what": fault.name,
                "mended_after_s": round(fault.mended_at - fault.begun_at, 1),
                "pause_s": round(pause_s(fault, pace, until), 1),
            }
            for (name, fault), until in zip(faults.items(), untils, strict=True)
        },
        "ledger": record.ledger(balance),
        "deaths": dict(p.story.deaths),
        "story": p.story.lines,
    }
    record.write("recovery", figures)


if __name__ == "__main__":
    main()
