"""Events per second from Kafka to Parquet, all processes included: ours and three peers with stock Presidio.

`python -m bench.peers [events of ours] [events of a peer] [rounds]`; `make peers` makes the peers' environment first.
Everybody has both cores: ours a worker with two scrubbers and a sink, a peer two processes. Counted from the first
event that is handled to the last that is written, so nobody's start counts. Ours is the main job (`bench.end_to_end`).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import end_to_end, record
from bench.full.model import trained
from redline.admin import create_topics
from redline.broker import EmbeddedBroker
from redline.company import Company
from redline.emit import emit_records
from schemas.topics import Topic

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
PYTHON = Path(".venv-peers/bin/python")
_START_US = 1_767_600_000_000_000
_PARTITIONS = 4
_PATIENCE_S = 1800
_KIND = {
    "faust": ["with_faust.py"],
    "quix": ["with_quix.py"],
    "bytewax": ["-m", "bytewax.run", "with_bytewax:flow"],
}


def main(ours: int, theirs: int, rounds: int) -> None:
    """Run everybody, write the result."""
    if not PYTHON.exists():
        sys.exit(f"{PYTHON}: needed the peers' environment, came none; `make peers` makes it")
    model = trained()
    rates: dict[str, list[float]] = {"ours": [], **{kind: [] for kind in _KIND}}
    for _ in range(rounds):
        rates["ours"].append(end_to_end.measured(ours)["events_per_s_steady"])
        for kind in _KIND:
            rates[kind].append(_peer(kind, theirs, model))
            print({name: [round(one, 1) for one in found] for name, found in rates.items()}, flush=True)
    median = {name: statistics.median(found) for name, found in rates.items()}
    figures = {
        "events_of_ours": ours,
        "events_of_a_peer": theirs,
        "rounds": rounds,
        "events_per_s": {name: [round(one, 1) for one in found] for name, found in rates.items()},
        "times_peer": {kind: round(median["ours"] / median[kind], 1) for kind in _KIND},
        "versions": _versions(),
    }
    record.write("peers", figures)


def _peer(kind: str, events: int, model: Path) -> float:
    """Events per second of a peer over two processes."""
    with tempfile.TemporaryDirectory(prefix="redline-peer-") as folder:
        out = Path(folder) / "out"
        out.mkdir()
        with EmbeddedBroker(Path(folder) / "kafka", say=lambda text: print(text, file=sys.stderr)) as broker:
            topic = Topic("peers", "raw events", "the producer's")
            create_topics(broker.bootstrap, [topic], partitions=_PARTITIONS, max_bytes=16_000_000)
            sent = emit_records(Company(7, events, _START_US, lines=True), bootstrap=broker.bootstrap, topic="peers")
            env = os.environ | {"PEER_MODEL": str(model), "PEER_OUT": str(out), "PEER_BROKER": broker.bootstrap}
            running = _started(kind, env)
            try:
                return _rate(out, sent.records, running)
            finally:
                for process in running:
                    process.kill()
                    process.wait()
                shutil.rmtree(out, ignore_errors=True)


def _started(kind: str, env: dict[str, str]) -> list[subprocess.Popen[bytes]]:
    command = [str(PYTHON.absolute()), *_KIND[kind]]
    each: list[list[str]] = [[], []]
    if kind == "bytewax":  # one cluster of two processes
        ports = [_free_port() for _ in each]
        addresses = ";".join(f"127.0.0.1:{port}" for port in ports)
        each = [["-i", str(number), "-a", addresses] for number in range(2)]
    return [subprocess.Popen([*command, *more], cwd=HERE, env=env) for more in each]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _rate(out: Path, events: int, running: Iterable[subprocess.Popen[bytes]]) -> float:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        time.sleep(0.5)
        if any(process.poll() is not None for process in running):
            sys.exit("a peer ended by itself")
        told = [json.loads(path.read_text()) for path in out.glob("progress-*.json")]
        told = [one for one in told if one["seen"]]
        if sum(one["seen"] for one in told) >= events:
            return float(events / (max(one["last"] for one in told) - min(one["first"] for one in told)))
    sys.exit("a peer did not finish")


def _versions() -> dict[str, str]:
    ask = "from importlib.metadata import version as v; import json; print(json.dumps({n: v(n) for n in %r}))"
    names = ["faust-streaming", "quixstreams", "bytewax", "presidio-analyzer", "spacy", "pyarrow"]
    found = subprocess.run([str(PYTHON), "-c", ask % names], check=True, capture_output=True)
    return dict(json.loads(found.stdout))


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    main(*(asked + [20_000, 3_000, 3][len(asked) :]))
