"""What the gateway takes: requests and events per second of its own CPU, and latency, before a real Kafka.

`python -m bench.gateway [seconds]`. The gateway is a process of its own; its CPU time is read from /proc before and
after each round, so that clients and broker on the same cores do not count. Rounds are interleaved, the figure is
the median. Latencies are of clients that share the machine with everything else.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx

from bench import record
from redline import admin
from redline.broker import EmbeddedBroker
from redline.cluster import ALL_TOPICS
from redline.gateway import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

_CLIENTS = 4
_ROUNDS = 3
_TEXT = "    return [one for one in found if one.ready()]\n" * 20  # 1 KB, as a suggestion has
_STRUCTURED = {"Content-Type": "application/cloudevents+json"}
_BATCH = {"Content-Type": "application/cloudevents-batch+json"}
_JSON = {"Content-Type": "application/json"}


class Shape(NamedTuple):
    """One kind of request."""

    path: str
    events: int
    headers: dict[str, str]
    body: Callable[[int], bytes]


class Round(NamedTuple):
    """What one round gave."""

    requests: int
    cpu_s: float
    wall_s: float
    latencies_ms: list[float]


def _event(number: int) -> dict[str, object]:
    data = {"session_id": "s", "surface": "ide", "tool": "bench/1", "interaction_id": f"i{number}", "text": _TEXT}
    envelope = {"specversion": "1.0", "id": str(number), "source": "/bench", "type": "redline.edit.v1"}
    return {**envelope, "time": "2026-01-05T09:00:00Z", "subject": "jo@corp.example", "data": data}


def _events(number: int, count: int) -> bytes:
    return json.dumps([_event(number * count + i) for i in range(count)]).encode()


def _logs(number: int, count: int) -> bytes:
    records = [
        {
            "timeUnixNano": "1760000000000000000",
            "body": {"stringValue": "claude_code.user_prompt"},
            "attributes": [
                {"key": key, "value": {"stringValue": value}}
                for key, value in {
                    "event.name": "user_prompt",
                    "session.id": "s",
                    "prompt": _TEXT,
                    "message.uuid": f"m{number * count + i}",
                    "user.email": "jo@corp.example",
                }.items()
            ],
        }
        for i in range(count)
    ]
    scope = {"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": records}
    return json.dumps({"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [scope]}]}).encode()


SHAPES = {
    "one event": Shape("/v1/events", 1, _STRUCTURED, lambda n: json.dumps(_event(n)).encode()),
    "batch of 100": Shape("/v1/events", 100, _BATCH, lambda n: _events(n, 100)),
    "batch of 100, gzip": Shape(
        "/v1/events", 100, {**_BATCH, "Content-Encoding": "gzip"}, lambda n: gzip.compress(_events(n, 100), 1)
    ),
    "OTLP logs, JSON, 100 records": Shape("/v1/logs", 100, _JSON, lambda n: _logs(n, 100)),
}


def main(seconds: float) -> None:
    """Start broker and gateway, run every shape, write the result."""
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as folder:
        data = Path(folder) / "data"
        token = tokens.add(data / "state" / tokens.FILE, "bench")
        with EmbeddedBroker(Path(folder) / "broker") as broker:
            admin.create_topics(broker.bootstrap, ALL_TOPICS, partitions=4, max_bytes=16_000_000)
            with subprocess.Popen(
                [sys.executable, "-m", "redline", "gateway", "--port", "0", "--data", str(data)],
                env=os.environ | {"REDLINE_KAFKA_BOOTSTRAP": broker.bootstrap, "REDLINE_GATEWAY_ACCESS_LOG": "false"},
                stderr=subprocess.PIPE,
                text=True,
            ) as gateway:
                try:
                    address = _address(gateway)
                    figures = _measure(gateway.pid, address, token, seconds)
                finally:
                    gateway.send_signal(signal.SIGTERM)
                    gateway.wait(60)
    record.write("gateway", {"clients": _CLIENTS, "rounds": _ROUNDS, "event_bytes": len(_events(0, 1)), **figures})


def _address(gateway: subprocess.Popen[str]) -> str:
    line = gateway.stderr.readline() if gateway.stderr is not None else ""
    found = re.search(r"http://[\d.:]+\d", line)
    if found is None:
        raise RuntimeError("the gateway did not start")
    return found[0]


def _measure(pid: int, address: str, token: str, seconds: float) -> dict[str, object]:
    rounds: dict[str, list[Round]] = {name: [] for name in SHAPES}
    for shape in SHAPES.values():
        _round(pid, address, token, shape, min(1.0, seconds))  # warm
    for _ in range(_ROUNDS):
        for name, shape in SHAPES.items():
            rounds[name].append(_round(pid, address, token, shape, seconds))
    return {name: _figures(SHAPES[name], found) for name, found in rounds.items()}


def _round(pid: int, address: str, token: str, shape: Shape, seconds: float) -> Round:
    bodies = [shape.body(number) for number in range(16)]  # identities repeat: nobody behind the topic is running
    latencies: list[float] = []
    end = time.monotonic() + seconds

    def client(start: int) -> None:
        headers = {**shape.headers, "Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address, headers=headers, timeout=60) as http:
            number = start
            while time.monotonic() < end:
                began = time.perf_counter()
                answer = http.post(shape.path, content=bodies[number % len(bodies)])
                latencies.append((time.perf_counter() - began) * 1000)
                if answer.status_code != 200:
                    raise RuntimeError(f"{shape.path}: {answer.status_code}")
                number += _CLIENTS

    threads = [threading.Thread(target=client, args=(start,)) for start in range(_CLIENTS)]
    cpu, wall = _cpu_s(pid), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Round(len(latencies), _cpu_s(pid) - cpu, time.monotonic() - wall, latencies)


def _cpu_s(pid: int) -> float:
    """User and system time of a process, its threads included (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _figures(shape: Shape, rounds: list[Round]) -> dict[str, float]:
    latencies = sorted(one for found in rounds for one in found.latencies_ms)
    return {
        "requests_per_cpu_s": round(statistics.median(r.requests / r.cpu_s for r in rounds)),
        "events_per_cpu_s": round(statistics.median(r.requests * shape.events / r.cpu_s for r in rounds)),
        "events_per_s_with_clients_and_broker_beside": round(
            statistics.median(r.requests * shape.events / r.wall_s for r in rounds)
        ),
        "p50_ms": round(latencies[len(latencies) // 2], 1),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)], 1),
    }


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
