"""Alerts to a real HTTP server on loopback that is down, slow, or fails first: nothing lost, nothing twice."""

from __future__ import annotations

import io
import logging
import re
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.receivers import free_port, http, until

from quality.alert import Alert, Event, Notice, Wants
from quality.alerting.book import Book
from quality.alerting.delivery import Retry
from quality.alerting.life import Policy
from quality.alerts import Alerter
from quality.channels import KafkaChannel, LogChannel, WebhookChannel
from schemas.errors import DeliveryError
from schemas.verdict import Severity

if TYPE_CHECKING:
    from pathlib import Path


QUICK = Retry(first_s=0.02, longest_s=0.1, failing_after=3)
POLICY = Policy(window_s=0.0, group_s=0.0, stale_s=0.0, repeat_s=0.0, per_hour=0)
ALERT = Alert("gate_halt", "pairs", Severity.CRITICAL, "schema_is_the_tables", "redline release pairs", 0.0, "halted")


def webhook(port: int, timeout_s: float = 10.0) -> WebhookChannel:
    return WebhookChannel(lambda: f"http://127.0.0.1:{port}/services/T0/B0/token", timeout_s=timeout_s)


class Kept:
    """A channel that keeps what it is given; the first `failures` sends raise."""

    def __init__(self, name: str = "kept", failures: int = 0, wants: Wants | None = None) -> None:
        self.name = name
        self.failures = failures
        self.wants = wants or Wants()
        self.notices: list[Notice] = []

    def send(self, notice: Notice) -> str:
        if self.failures:
            self.failures -= 1
            raise OSError(19, "someone's address")
        self.notices.append(notice)
        return "kept"

    def close(self) -> None:
        """Nothing."""

    def kinds(self) -> list[tuple[Event, str]]:
        return [(notice.event, notice.kind) for notice in self.notices]


def alerter(channels: list[Any], folder: Path, **changes: Any) -> Alerter:
    return Alerter(channels, folder, **{"process": "sink-1", "policy": POLICY, "retry": QUICK, **changes})


def kinds(number: int) -> list[Alert]:
    return [replace(ALERT, kind=f"kind_{n}") for n in range(number)]


def test_every_alert_arrives_once_when_the_server_fails_first(tmp_path: Path) -> None:
    with http(statuses=[500, 503, 500, 429]) as server:
        alerts = alerter([webhook(server.server_port)], tmp_path)
        for alert in kinds(5):
            alerts.raise_(alert)
        until(lambda: len(server.taken) == 5)
        assert alerts.close() == 0
    assert max(Counter(name for name, _ in server.taken).values()) == 1
    assert len(server.tried) == 9
    assert len(set(server.tried)) == 5  # the key of an attempt is the key of its repetition


def test_alerts_raised_while_the_server_is_down_survive_a_restart(tmp_path: Path) -> None:
    port = free_port()
    alerts = alerter([webhook(port)], tmp_path)
    for alert in kinds(3):
        alerts.raise_(alert)
    assert alerts.close() == 3
    with http(port) as server:
        again = alerter([webhook(port)], tmp_path)
        until(lambda: len(server.taken) == 3)
        assert again.close() == 0
    assert sorted(re.findall(r"kind_\d", "".join(body["text"] for _, body in server.taken))[::2]) == [
        "kind_0",
        "kind_1",
        "kind_2",
    ]


def test_what_a_dead_process_owed_is_delivered_by_another(tmp_path: Path) -> None:
    port = free_port()
    alerts = alerter([webhook(port)], tmp_path)
    alerts.raise_(ALERT)
    assert alerts.close() == 1
    with http(port) as server:
        other = alerter([webhook(port)], tmp_path, process="worker-1")
        until(lambda: len(server.taken) == 1)
        assert other.close() == 0


def test_what_a_living_process_owes_is_left_to_it(tmp_path: Path) -> None:
    port = free_port()
    alerts = alerter([webhook(port)], tmp_path, retry=Retry(first_s=300))
    alerts.raise_(ALERT)
    until(lambda: alerts.book.owed(mine=True))
    kept = Kept("webhook")
    other = alerter([kept], tmp_path, process="worker-1")
    other.tend()
    assert other.close() == 0
    assert kept.notices == []
    assert alerts.close() == 1


def test_a_slow_server_delays_neither_the_caller_nor_another_channel(tmp_path: Path) -> None:
    kept = Kept()
    with http(delay_s=30) as server:
        alerts = alerter([webhook(server.server_port, timeout_s=0.2), kept], tmp_path)
        start = time.monotonic()
        for alert in kinds(50):
            alerts.raise_(alert)
        assert time.monotonic() - start < 1
        until(lambda: len([n for n in kept.notices if n.kind.startswith("kind")]) == 50)
        assert alerts.close(timeout_s=2) >= 50


def test_what_timed_out_is_repeated_under_the_same_key(tmp_path: Path) -> None:
    with http(delay_s=0.3) as server:
        alerts = alerter([webhook(server.server_port, timeout_s=0.05)], tmp_path)
        alerts.raise_(ALERT)
        until(lambda: len(server.tried) >= 2)
        server.delay_s = 0
        server.released.set()
        alerts.close()
    assert len(set(server.tried)) == 1


def test_what_fires_is_told_once_however_often_it_is_raised_and_restarted(tmp_path: Path) -> None:
    told = []
    for _ in range(4):  # a process in a crash loop
        kept = Kept()
        alerts = alerter([kept], tmp_path)
        for _ in range(100):
            alerts.raise_(ALERT)
        alerts.close()
        told += kept.kinds()
    assert told == [(Event.FIRED, "gate_halt")]
    with closing(Book(tmp_path / "book.sqlite")) as book:
        assert [entry.times for entry in book.entries()] == [400]


def test_a_failing_channel_is_told_to_the_others_until_it_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = Kept("good"), Kept("bad", failures=5)
    alerts = alerter([good, bad], tmp_path)
    alerts.raise_(ALERT)
    until(lambda: (Event.RESOLVED, "channel_failing") in good.kinds())
    assert alerts.close() == 0
    failing = [(n.event, n.alerts[0].subject) for n in good.notices if n.kind == "channel_failing"]
    assert failing == [(Event.FIRED, "bad"), (Event.RESOLVED, "bad")]
    assert bad.kinds() == [(Event.FIRED, "gate_halt")]
    assert "someone's address" not in caplog.text


def test_a_disk_that_refuses_does_not_silence_alerts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("not a folder")
    kept = Kept()
    alerts = alerter([kept], tmp_path / "file" / "alerts")
    alerts.raise_(ALERT)
    assert alerts.close() == 0
    assert len(kept.notices) == 1
    assert "in memory" in caplog.text


def test_a_file_that_is_no_book_does_not_silence_alerts(tmp_path: Path) -> None:
    (tmp_path / "book.sqlite").write_bytes(b"x" * 4096)
    kept = Kept()
    alerts = alerter([kept], tmp_path)
    alerts.raise_(ALERT)
    alerts.close()
    assert len(kept.notices) == 1


def test_a_process_that_stopped_while_it_wrote_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quality.alerting.store._BUSY_S", 0.2)
    kept = Kept()
    alerts = alerter([kept], tmp_path)
    until(lambda: alerts.book.version() == 0 and alerts._tended > 0)
    stopped = sqlite3.connect(tmp_path / "book.sqlite", isolation_level=None)
    stopped.execute("begin immediate")
    start = time.monotonic()
    for _ in range(100):
        alerts.raise_(ALERT)
    assert time.monotonic() - start < 1
    until(lambda: kept.kinds() == [(Event.FIRED, "gate_halt")])
    stopped.execute("rollback")
    stopped.close()
    assert alerts.close() == 0
    with closing(Book(tmp_path / "book.sqlite")) as book:
        assert [(entry.alert.kind, entry.times) for entry in book.entries()] == [("gate_halt", 100)]


def test_an_alert_after_the_end_and_a_second_end_are_harmless(tmp_path: Path) -> None:
    alerts = alerter([Kept()], tmp_path)
    alerts.close()
    alerts.raise_(ALERT)
    assert alerts.close() == 0


def test_ten_thousand_alerts_at_once_are_few_notices_and_none_is_lost(tmp_path: Path) -> None:
    people, programs = Kept("people"), Kept("programs", wants=Wants(one_each=True, most=1_000_000, limited=False))
    alerts = alerter([people, programs], tmp_path, policy=replace(POLICY, group_s=5.0, per_hour=60))
    for number in range(10_000):
        alerts.raise_(replace(ALERT, severity=Severity.WARNING, kind="volume", subject=f"series_{number}"))
    assert alerts.close(timeout_s=300) == 0
    assert len({notice.alerts[0].subject for notice in programs.notices}) == len(programs.notices) == 10_000
    assert sum(len(notice.alerts) + notice.more for notice in people.notices) == 10_000
    assert len(people.notices) <= 60


def test_the_log_channel_writes_one_line() -> None:
    stream = io.StringIO()
    logger = logging.Logger("test")  # noqa: LOG001 - one of its own, so that no other test sees it
    logger.addHandler(logging.StreamHandler(stream))
    alert = replace(ALERT, expected="two\nlines")
    LogChannel(logger).send(Notice("1", Event.FIRED, (alert, alert), more=3))
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().startswith("critical gate_halt in pairs; ")


def test_the_webhook_address_is_in_no_error() -> None:
    channel = webhook(free_port())
    with pytest.raises(DeliveryError) as caught:
        channel.send(Notice("1", Event.FIRED, (ALERT,)))
    channel.close()
    assert "token" not in f"{caught.value!r}{caught.value.__cause__!r}{channel!r}"


def test_a_broker_that_is_not_there_is_an_error_in_time() -> None:
    channel = KafkaChannel(f"127.0.0.1:{free_port()}", timeout_s=0.5)
    with pytest.raises(DeliveryError):
        channel.send(Notice("1", Event.FIRED, (ALERT,)))
    channel.close()
