"""Probes of real processes: what hangs is not live, what waits is not ready, and SIGTERM ends all of them with 0."""

from __future__ import annotations

import json
import signal
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import psutil  # type: ignore[import-untyped]  # ships no types
import pytest
from support.command import Command, wait

from redline import admin
from redline.broker import EmbeddedBroker
from redline.cluster import ALL_TOPICS
from redline.gateway import tokens
from redline.meter import read
from schemas import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.broker
PARTITIONS = 2
GRACE_S = 60.0  # what deploy/ gives a process; see docs/deploy.md


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as broker:
        admin.create_topics(broker.bootstrap, ALL_TOPICS, partitions=PARTITIONS, max_bytes=16_000_000)
        yield broker


class Probed:
    """A process of ours, and the port that its probes find."""

    def __init__(self, start: Callable[..., Command], part: str, *arguments: str, **settings: str) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self._from = int(free.getsockname()[1])
        self._name = f"{part}-1" if part in {"worker", "sink"} else part
        self._port = 0
        self.command = start(
            part, *arguments, REDLINE_METRICS_PORT=str(self._from), REDLINE_WORKER_SCRUB_PROCESSES="1", **settings
        )

    def says(self, path: str) -> tuple[int, str]:
        """Status and text; 0 while nothing answers. Another one may have taken the port: ours names itself."""
        assert self.command.process.poll() is None, self.command.said[-4000:]
        mine = f'process="{self._name}"'
        for port in [self._port] if self._port else range(self._from, self._from + 16):
            try:
                if not self._port and mine not in httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text:
                    continue
                answer = httpx.get(f"http://127.0.0.1:{port}{path}", timeout=30)
            except httpx.HTTPError:
                continue
            self._port = port
            return answer.status_code, answer.text
        return 0, ""

    def terminate(self) -> None:
        self.command.process.send_signal(signal.SIGTERM)


def events(session: str, count: int) -> bytes:
    lines = [
        {
            "specversion": "1.0",
            "id": f"{session}-{number}",
            "source": "/probe",
            "type": "redline.step.v1",
            "time": "2026-01-05T09:00:00Z",
            "subject": "jo@corp.example",
            "data": {
                "session_id": session, "surface": "agent", "tool": "probe/1",
                "role": "user", "kind": "message", "content": f"Please ask Maria Lindqvist, number {number}.",
            },
        }
        for number in range(count)
    ]  # fmt: skip
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def test_a_worker_that_waits_for_consent_is_live_and_not_ready(redline: Callable[..., Command], tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        worker = Probed(redline, "worker", "--data", str(tmp_path / "data"), "--bootstrap", address)
        wait(lambda: worker.says("/live") == (200, "live\n"))
        assert worker.says("/ready") == (503, "not ready: it has not read who agreed to what\n")


def test_a_worker_whose_scrubbers_hang_is_not_live(
    own: EmbeddedBroker, redline: Callable[..., Command], tmp_path: Path
) -> None:
    common = ("--data", str(tmp_path / "data"), "--bootstrap", own.bootstrap)
    worker = Probed(
        redline, "worker", *common, "--consent", "opt-out",
        REDLINE_WORKER_STUCK_S="30", REDLINE_SCRUB_TIMEOUT_S="600",
    )  # fmt: skip
    wait(lambda: worker.says("/ready") == (200, "ready\n"))
    scrubbers = [
        child
        for child in psutil.Process(worker.command.process.pid).children(recursive=True)
        if "streams.privacy.worker" in child.cmdline()
    ]
    assert scrubbers
    for child in scrubbers:
        child.suspend()
    try:
        assert worker.says("/live") == (200, "live\n")  # it has nothing to do
        redline("emit", "-", "--bootstrap", own.bootstrap, stdin=events("hang", 20)).end(0)
        wait(lambda: worker.says("/live")[0] == 503)
        assert "lag and no progress" in worker.says("/ready")[1]
    finally:
        for child in scrubbers:
            child.kill()


def test_sigterm_ends_every_process_with_0_within_its_grace(
    own: EmbeddedBroker, redline: Callable[..., Command], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    common = ("--data", str(data), "--bootstrap", own.bootstrap)
    tokens.add(data / "state" / tokens.FILE, "test")
    parts = [
        Probed(redline, "worker", *common, "--consent", "opt-out"),
        Probed(redline, "sink", *common),
        Probed(redline, "gateway", "--port", "0", *common),
        Probed(redline, "tend", *common),
    ]
    for part in parts:
        wait(lambda part=part: part.says("/ready") == (200, "ready\n"))
    redline("emit", "-", "--bootstrap", own.bootstrap, stdin=events("term", 600)).end(0)
    rows = metrics.STAGE_RECORDS.name

    def begun() -> bool:
        return any(one.name == rows and one.value > 0 for one in read(data / "state").get("worker-1", []))

    wait(begun)  # so that there is something in flight
    began = time.monotonic()
    for part in parts:
        part.terminate()
    for part in parts:
        part.command.end(0)
        print(part.command.log.name, f"{time.monotonic() - began:.1f} s")  # noqa: T201 - seen with -s
    assert time.monotonic() - began < GRACE_S * 5  # a machine that does other things is five times slower
