"""`python -m bench.cluster.certificate`: the brokers' certificate ends in the middle of a stream.

Connections that are there go on; a worker and a sink that start anew get none, and say so. Then the certificate is
rotated, the brokers are told to read it, and nobody starts anything. REDLINE_LASTS_S: seconds from the start of the
brokers until the certificate ends.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from support.certificates import Authority
from support.cluster import Cluster
from support.network import Network
from support.pace import Pace, longest_pauses
from support.pipeline import SHORT_SESSION, Act, Pipeline, addressed

from bench import record
from redline.company import Company
from redline.kafka_section import Kafka

if TYPE_CHECKING:
    from collections.abc import Callable

RATE = float(os.environ.get("REDLINE_RATE", "20"))
LASTS_S = float(os.environ.get("REDLINE_LASTS_S", "180"))
AWAY_S = 30.0
_START_US = 1_767_600_000_000_000


def main() -> None:
    """Let it end, look, rotate, write the result."""
    with tempfile.TemporaryDirectory() as folder, Network() as network:
        data, both = Path(folder) / "data", Path(folder) / "both.pem"
        authority = Authority(Path(folder) / "certificates")
        tls = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(both),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(authority.ca),
        }
        cluster = Cluster(Path(folder) / "brokers", network, tls=tls)
        addresses = [cluster.address(number) for number in cluster.numbers]

        def sign(lasts_s: float) -> float:
            pair = authority.sign("broker", lasts=dt.timedelta(seconds=lasts_s), addresses=addresses)
            both.write_bytes(pair.key.read_bytes() + pair.certificate.read_bytes())
            return time.monotonic() + lasts_s

        ends_at = sign(LASTS_S)
        kafka = Kafka(
            retention_hours=0,
            replication=3,
            security="tls",
            ca_file=str(authority.ca),
            config=dict(SHORT_SESSION),
        )
        with Pipeline(data, broker=cluster, kafka=kafka) as p, Pace(data) as pace:
            p.run(addressed(Company(7, 300, _START_US)), rate=1e9)
            left = ends_at - time.monotonic()
            if left < 0:
                raise RuntimeError("the certificate ended before the stream began; give it more time: REDLINE_LASTS_S")
            over = int(RATE * (left + 5.0))
            marks: dict[str, float] = {}

            def marked(name: str, act: Callable[[], None]) -> Callable[[], None]:
                def do() -> None:
                    marks[name] = time.monotonic()
                    act()

                return do

            def start_anew() -> None:
                p.kill("worker-1")
                p.kill("sink-1")

            def rotate() -> None:
                sign(86_400.0)
                cluster.read_certificates_again()

            acts = [
                Act(over, "the certificate has ended", marked("ended", lambda: None)),
                Act(over + int(RATE * 20), "worker and sink must connect anew", marked("killed", start_anew)),
                Act(over + int(RATE * (20 + AWAY_S)), "the certificate is rotated", marked("rotated", rotate)),
            ]
            p.run(addressed(Company(11, over + int(RATE * 90), _START_US + 10**12)), rate=RATE, acts=acts)
            done_at = time.monotonic()
            balance = p.balance()
            said = {
                name: sorted(set(re.findall(r"certificate has expired|certificate verify failed", _log(p, name))))
                for name in ("worker-1", "sink-1")
            }
        pause = longest_pauses(pace.moves, marks["ended"], marks["killed"])
        first = [min(at for at in times if at > marks["rotated"]) for times in pace.moves.values()]
        record.write(
            "certificate",
            {
                "rate": RATE,
                "pause_while_connected_s": round(max(pause.values()), 1),
                "first_row_after_rotation_s": round(min(first) - marks["rotated"], 1),
                "every_partition_after_rotation_s": round(max(first) - marks["rotated"], 1),
                "said": said,
                "deaths": dict(p.story.deaths),
                "ledger": record.ledger(balance),
                "seconds": round(done_at - p.story.began),
            },
        )


def _log(p: Pipeline, name: str) -> str:
    return (p.settings.state / "logs" / f"{name}.log").read_text("utf-8", errors="replace")


if __name__ == "__main__":
    main()
