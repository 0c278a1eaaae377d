"""Alerts to a real HTTP server on loopback that is down, slow, or fails first: nothing lost, nothing twice."""

from __future__ import annotations

import io
import json
import logging
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from quality.alert import Alert, Notice
from quality.alerts import Alerter, Retry
from quality.channels import KafkaChannel, LogChannel, WebhookChannel
from quality.outbox import Outbox
from schemas.errors import DeliveryError
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


QUICK = Retry(first_s=0.02, longest_s=0.1, failing_after=3)
ALERT = Alert("gate_halt", "pairs", Severity.CRITICAL, "schema_is_the_tables", "redline release pairs", 0.0, "halted")


class Server(ThreadingHTTPServer):
    """Answers with the next status of a list, then with 200; keeps what it took."""

    def __init__(self, port: int, statuses: list[int], delay_s: float) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.statuses = statuses
        self.delay_s = delay_s
        self.taken: list[tuple[str, str]] = []
        self.tried: list[str] = []
        self.released = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = self.headers["idempotency-key"]
        self.server.tried.append(name)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if self.server.delay_s:
            self.server.released.wait(self.server.delay_s)
        if status == 200:
            self.server.taken.append((name, body["text"]))
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@contextmanager
def serving(port: int = 0, statuses: list[int] | None = None, delay_s: float = 0.0) -> Iterator[Server]:
    server = Server(port, statuses or [], delay_s)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}/services/T0/B0/token"


def until(holds: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)


class Kept:
    """A channel that keeps what it is given; the first `failures` sends raise."""

    def __init__(self, name: str = "kept", failures: int = 0) -> None:
        self.name = name
        self.failures = failures
        self.notices: list[Notice] = []

    def send(self, notice: Notice) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError(19, "someone's address")
        self.notices.append(notice)

    def close(self) -> None:
        """Nothing."""


def kinds(number: int) -> list[Alert]:
    return [replace(ALERT, kind=f"kind_{n}") for n in range(number)]


def test_every_alert_arrives_once_when_the_server_fails_first(tmp_path: Path) -> None:
    with serving(statuses=[500, 503, 500, 429]) as server:
        alerter = Alerter([WebhookChannel(url(server.server_port))], tmp_path / "outbox", retry=QUICK)
        for alert in kinds(5):
            alerter.raise_(alert)
        until(lambda: len(server.taken) == 5)
        assert alerter.close() == 0
    assert max(Counter(name for name, _ in server.taken).values()) == 1
    assert len(server.tried) == 9
    assert len(set(server.tried)) == 5  # the key of an attempt is the key of its repetition


def test_alerts_raised_while_the_server_is_down_survive_a_restart(tmp_path: Path) -> None:
    port = free_port()
    alerter = Alerter([WebhookChannel(url(port))], tmp_path / "outbox", retry=QUICK)
    for alert in kinds(3):
        alerter.raise_(alert)
    assert alerter.close() == 3
    with serving(port) as server:
        again = Alerter([WebhookChannel(url(port))], tmp_path / "outbox", retry=QUICK)
        until(lambda: len(server.taken) == 3)
        assert again.close() == 0
    assert sorted(text.split()[1] for _, text in server.taken) == ["kind_0", "kind_1", "kind_2"]


def test_a_slow_server_delays_neither_the_caller_nor_another_channel(tmp_path: Path) -> None:
    kept = Kept()
    with serving(delay_s=30) as server:
        alerter = Alerter(
            [WebhookChannel(url(server.server_port), timeout_s=0.2), kept], tmp_path / "outbox", retry=QUICK
        )
        start = time.monotonic()
        for alert in kinds(50):
            alerter.raise_(alert)
        assert time.monotonic() - start < 0.2
        until(lambda: len([n for n in kept.notices if n.alert.kind.startswith("kind")]) == 50)
        assert alerter.close(timeout_s=2) >= 50


def test_what_timed_out_is_repeated_under_the_same_key(tmp_path: Path) -> None:
    with serving(delay_s=0.3) as server:
        alerter = Alerter([WebhookChannel(url(server.server_port), timeout_s=0.05)], tmp_path / "outbox", retry=QUICK)
        alerter.raise_(ALERT)
        until(lambda: len(server.tried) >= 2)
        server.delay_s = 0
        server.released.set()
        alerter.close()
    assert len(set(server.tried)) == 1


def test_the_same_alert_is_sent_once_in_a_window_and_the_next_says_how_many_were_not(tmp_path: Path) -> None:
    now = [1000.0]
    kept = Kept()
    alerter = Alerter([kept], tmp_path / "outbox", window_s=60, clock=lambda: now[0], retry=QUICK)
    for _ in range(8):
        alerter.raise_(ALERT)
    until(lambda: kept.notices and not alerter._queue)
    alerter.raise_(replace(ALERT, table="subjects"))
    until(lambda: len(kept.notices) == 2)
    now[0] = 1060.0
    alerter.raise_(replace(ALERT, got={"rows": 4}))
    until(lambda: len(kept.notices) == 3)
    alerter.close()
    assert [n.suppressed for n in kept.notices] == [0, 0, 7]


def test_a_restart_does_not_send_the_same_alert_again(tmp_path: Path) -> None:
    for _ in range(2):
        kept = Kept()
        alerter = Alerter([kept], tmp_path / "outbox", retry=QUICK)
        alerter.raise_(ALERT)
        alerter.close()
    assert kept.notices == []


def test_a_failing_channel_is_told_to_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    good, bad = Kept("good"), Kept("bad", failures=10_000)
    alerter = Alerter([good, bad], tmp_path / "outbox", retry=QUICK)
    alerter.raise_(ALERT)
    until(lambda: any(n.alert.kind == "channel_failing" for n in good.notices))
    assert alerter.close() == 1
    assert "channel bad" in next(n.alert.expected for n in good.notices if n.alert.kind == "channel_failing")
    assert "someone's address" not in caplog.text


def test_an_outbox_that_is_full_lets_go_of_the_oldest_and_counts_them(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", limit=3)
    for n, alert in enumerate(kinds(5)):
        outbox.admit(alert, now=float(n), window_s=60, channels=["a"])
    assert (outbox.pending(), outbox.dropped) == (3, 2)
    first = outbox.due("a", now=10)
    assert first is not None
    assert first.notice.alert.kind == "kind_2"
    outbox.close()


def test_a_disk_that_refuses_does_not_silence_alerts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("not a folder")
    kept = Kept()
    alerter = Alerter([kept], tmp_path / "file" / "outbox", retry=QUICK)
    alerter.raise_(ALERT)
    assert alerter.close() == 0
    assert len(kept.notices) == 1
    assert "in memory only" in caplog.text


def test_a_file_that_is_no_outbox_does_not_silence_alerts(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_bytes(b"x" * 4096)
    kept = Kept()
    alerter = Alerter([kept], tmp_path / "outbox", retry=QUICK)
    alerter.raise_(ALERT)
    alerter.close()
    assert len(kept.notices) == 1


def test_an_alert_after_the_end_and_a_second_end_are_harmless(tmp_path: Path) -> None:
    alerter = Alerter([Kept()], tmp_path / "outbox", retry=QUICK)
    alerter.close()
    alerter.raise_(ALERT)
    assert alerter.close() == 0


def test_the_log_channel_writes_one_line() -> None:
    stream = io.StringIO()
    logger = logging.Logger("test")  # noqa: LOG001 - one of its own, so that no other test sees it
    logger.addHandler(logging.StreamHandler(stream))
    alert = replace(ALERT, expected="two\nlines")
    LogChannel(logger).send(Notice("1", alert))
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().startswith("critical gate_halt in pairs; ")


def test_the_webhook_address_is_in_no_error() -> None:
    channel = WebhookChannel(url(free_port()))
    with pytest.raises(DeliveryError) as caught:
        channel.send(Notice("1", ALERT))
    channel.close()
    assert "token" not in f"{caught.value!r}{caught.value.__cause__!r}{channel!r}"


def test_a_broker_that_is_not_there_is_an_error_in_time() -> None:
    channel = KafkaChannel(f"127.0.0.1:{free_port()}", timeout_s=0.5)
    with pytest.raises(DeliveryError):
        channel.send(Notice("1", ALERT))
    channel.close()
