"""PagerDuty and Alertmanager as their documents say, on real HTTP servers that fail first."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.receivers import free_port, http, until

from quality.alert import Alert, Event, Notice
from quality.alerting.delivery import Retry
from quality.alerting.life import Policy
from quality.alerts import Alerter, Standing
from quality.channels import AlertmanagerMirror, PagerDutyChannel, WebhookChannel
from quality.channels.wording import Voice
from schemas.errors import ChannelError, SettingsError
from schemas.verdict import Severity

if TYPE_CHECKING:
    from pathlib import Path

KEY = "k" * 32
VOICE = Voice("live", "https://wiki.corp.example/alerts")
POLICY = Policy(window_s=0, group_s=0, stale_s=0, repeat_s=0, per_hour=0)
QUICK = Retry(first_s=0.02, longest_s=0.1, failing_after=1_000)
ALERT = Alert("lag", "pairs", Severity.ERROR, "a lag that gets less", "redline quality show", 5.0, subject="join")


def alerter(folder: Path, **receivers: Any) -> Alerter:
    return Alerter(receivers.pop("channels", []), folder, policy=POLICY, retry=QUICK, **receivers)


def test_what_happens_to_an_alert_is_one_incident(tmp_path: Path) -> None:
    with http(statuses=[500, 429, 202, 502], status=202) as server:
        pager = PagerDutyChannel(
            f"http://127.0.0.1:{server.server_port}/v2/enqueue", lambda: KEY, identity="b1", voice=VOICE
        )
        alerts = alerter(tmp_path, channels=[pager])
        alerts.raise_(ALERT)
        alerts.raise_(replace(ALERT, kind="volume", severity=Severity.WARNING))  # nobody is paged for a warning
        until(lambda: len(server.taken) == 1)
        alerts.book.acknowledge(ALERT.key, time.time())
        alerts.raise_(replace(ALERT, severity=Severity.CRITICAL))
        alerts.tend()
        until(lambda: len(server.taken) == 3)
        alerts.clear("lag", "pairs", "join")
        until(lambda: len(server.taken) == 4)
        assert alerts.close() == 0
    bodies = [body for _, body in server.taken]
    assert [body["event_action"] for body in bodies] == ["trigger", "acknowledge", "trigger", "resolve"]
    assert {body["dedup_key"] for body in bodies} == {f"redline-b1-{ALERT.key}"}
    assert {body["routing_key"] for body in bodies} == {KEY}
    payload = bodies[0]["payload"]
    assert {"summary", "source", "severity"} <= payload.keys()
    assert (payload["severity"], payload["class"]) == ("error", "lag")
    assert payload["summary"] == "[live] error lag in pairs, join"
    assert bodies[0]["links"][0]["href"] == "https://wiki.corp.example/alerts#lag"


def test_a_test_leaves_no_incident_open() -> None:
    with http(status=202) as server:
        pager = PagerDutyChannel(f"http://127.0.0.1:{server.server_port}/", lambda: KEY)
        pager.send(Notice("t", Event.TEST, (replace(ALERT, kind="test"),)))
        pager.close()
    assert [body["event_action"] for _, body in server.taken] == ["trigger", "resolve"]


def test_alertmanager_is_shown_what_fires_and_what_has_ended(tmp_path: Path) -> None:
    with http(statuses=[500, 503]) as server:
        shown = AlertmanagerMirror(lambda: f"http://127.0.0.1:{server.server_port}/am/", voice=VOICE)
        alerts = alerter(tmp_path, mirrors=[shown])
        alerts.raise_(ALERT)
        until(lambda: any(body for _, body in server.taken))
        first = next(body for _, body in server.taken if body)[0]
        alerts.clear("lag", "pairs", "join")
        until(lambda: any(one.get("endsAt") for _, body in server.taken for one in body))
        alerts.close()
    assert server.paths == {"/am/api/v2/alerts"}
    assert first["labels"] == {
        "alertname": "lag",
        "severity": "error",
        "job": "redline",
        "instance": "live",
        "table": "pairs",
        "subject": "join",
    }
    assert "endsAt" not in first
    assert first["annotations"]["run"] == "redline quality show"
    last = server.taken[-1][1][0]
    assert last["endsAt"] >= last["startsAt"] == first["startsAt"]


def test_an_alertmanager_that_was_down_hears_of_all_that_fires(tmp_path: Path) -> None:
    port = free_port()
    alerts = alerter(tmp_path, mirrors=[AlertmanagerMirror(lambda: f"http://127.0.0.1:{port}")])
    for number in range(450):
        alerts.raise_(replace(ALERT, subject=f"stage_{number}"))
    until(lambda: len(alerts.book.entries()) == 450)
    with http(port) as server:
        until(lambda: {one["labels"]["subject"] for _, body in server.taken for one in body} >= {"stage_449"})
        alerts.close()
    assert len({one["labels"]["subject"] for _, body in server.taken for one in body}) == 450
    assert max(len(body) for _, body in server.taken) <= 200


def test_a_receiver_may_ask_to_wait_and_may_call_a_notice_malformed() -> None:
    notice = Notice("1", Event.FIRED, (ALERT,))
    with http(statuses=[429, 503, 400, 301]) as server:
        hook = WebhookChannel(lambda: f"http://127.0.0.1:{server.server_port}/")
        server.headers = {"retry-after": "120"}
        asked = []
        for _ in range(4):
            with pytest.raises(ChannelError) as caught:
                hook.send(notice)
            asked.append((caught.value.retry_after_s, caught.value.malformed))
            server.headers = {"retry-after": "soon"}
        hook.close()
    assert asked == [(120.0, False), (None, False), (None, True), (None, False)]
    assert Retry(first_s=1, longest_s=300).wait_s(1, 120.0) == 120
    assert Retry(first_s=1, longest_s=300).wait_s(1, 9_999.0) == 300


def test_a_secret_that_cannot_be_read_is_an_error_that_is_tried_again() -> None:
    def missing() -> str:
        raise SettingsError("alerts.webhook: needed a readable file, came FileNotFoundError")

    hook = WebhookChannel(missing)
    with pytest.raises(SettingsError):
        hook.send(Notice("1", Event.FIRED, (ALERT,)))
    for address in ("", "no address", "ftp://host/", "http://[", "http://127.0.0.1:99999/"):
        with pytest.raises(ChannelError):
            WebhookChannel(lambda address=address: address, timeout_s=1).send(Notice("1", Event.FIRED, (ALERT,)))  # type: ignore[misc]


def test_what_stands_on_the_disk_fires_until_it_does_not(tmp_path: Path) -> None:
    halted = [replace(ALERT, kind="gate_halt"), replace(ALERT, kind="gate_halt", table="rejects")]
    standing = Standing(frozenset({"gate_halt"}), lambda: tuple(halted))
    alerts = alerter(tmp_path, standing=standing)
    until(lambda: len(alerts.book.entries()) == 2)
    del halted[0]
    alerts.tend()
    until(lambda: [entry.alert.table for entry in alerts.book.entries()] == ["rejects"])
    alerts.close()
