"""What people say to alerts on the command line, what is audited of it, and which settings are refused."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from support.receivers import http, until

from quality.channels import MailChannel
from redline.alert_desk import span_s
from redline.alerting import alert_of, alerter, receivers, secret
from redline.cli import main
from redline.sections import Alerts
from redline.settings import Settings
from schemas.errors import InputError, SettingsError
from schemas.records import Partition
from schemas.verdict import Failure, Severity
from sinks import audit_table, halts
from sinks.batch import Range

if TYPE_CHECKING:
    from pathlib import Path


def run(folder: Path, *arguments: str, **alerts: str) -> tuple[int, str]:
    env = {f"REDLINE_ALERTS_{name.upper()}": text for name, text in alerts.items()}
    done = CliRunner().invoke(main, ["alerts", *arguments, "--data", str(folder)], env=env)
    return done.exit_code, done.output


def fire(folder: Path, *kinds: str, webhook: str = "") -> None:
    alerts = alerter(Settings(data=str(folder), alerts=Alerts(webhook=webhook)), process="sink-1")
    for kind in kinds:
        alerts.raise_(alert_of(kind, "pairs", got={"rows": 3}))
    alerts.close()


def key_of(listed: str, kind: str) -> str:
    return next(line.split()[0] for line in listed.splitlines() if kind in line)


def test_to_look_makes_nothing(tmp_path: Path) -> None:
    assert run(tmp_path / "new", "list") == (0, "no alert fires\n")
    assert run(tmp_path / "new", "silences") == (0, "nothing is silenced\n")
    assert run(tmp_path / "new", "ack", "3f")[0] == 2
    assert not (tmp_path / "new").exists()


def test_an_alert_is_listed_acknowledged_resolved_and_audited(tmp_path: Path) -> None:
    fire(tmp_path, "conflict", "lag")
    listed = run(tmp_path, "list")[1]
    key = key_of(listed, "conflict")
    assert re.search(rf"{key}  firing\s+error\s+conflict\s+pairs\s+\S+ \S+\s+1  redline ledger", listed)
    assert run(tmp_path, "ack", key[:6]) == (0, "acknowledged: conflict in pairs\n")
    assert f"{key}  acknowledged" in run(tmp_path, "list")[1]
    assert run(tmp_path, "resolve", key.upper()) == (0, "over: conflict in pairs\n")
    assert "conflict" not in run(tmp_path, "list")[1]
    assert f"{key}  resolved" in run(tmp_path, "list", "--all")[1]
    for wrong in (key, "", "zz", "-"):
        code, said = run(tmp_path, "ack", wrong)
        assert (code, "redline alerts list" in said) == (2, True)
    told = [(entry.action, json.loads(entry.details)) for entry in audit_table.entries(tmp_path)]
    assert [(action, detail["kind"]) for action, detail in told] == [
        ("alerts.ack", "conflict"),
        ("alerts.resolve", "conflict"),
    ]


def test_a_silence_is_made_listed_ended_and_audited(tmp_path: Path) -> None:
    fire(tmp_path, "volume")
    code, said = run(tmp_path, "silence", "--kind", "volume", "--table", "pairs", "--for", "4h")
    assert (code, "covers 1" in said) == (0, True)
    assert "firing, silenced" in run(tmp_path, "list")[1]
    name = key_of(run(tmp_path, "silences")[1], "volume")
    assert run(tmp_path, "unsilence", name[:4])[0] == 0
    assert run(tmp_path, "silences")[1] == "nothing is silenced\n"
    assert run(tmp_path, "unsilence", name)[0] == 2
    for wrong in (("--for", "4h"), ("--kind", "volume", "--for", "soon"), ("--kind", "a sentence", "--for", "1h")):
        assert run(tmp_path, "silence", *wrong)[0] == 2
    details = [json.loads(entry.details) for entry in audit_table.entries(tmp_path)]
    assert details[0] == {"kind": "volume", "table": "pairs", "subject": "", "seconds": 14_400}
    assert details[1] == {"silence": name}
    assert len(details) == 2


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("4h", 14_400), (" 2d ", 172_800)])
def test_a_span(text: str, seconds: float) -> None:
    assert span_s(text) == seconds


@pytest.mark.parametrize("text", ["", "0h", "4", "h", "-4h", "4h4m", "1e9d", "9999999d", "٤h"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(InputError):
        span_s(text)


def test_every_channel_is_tried_and_says_what_came_back(tmp_path: Path) -> None:
    password = tmp_path / "hook"
    with http(statuses=[200, 500]) as server:
        password.write_text(f"http://127.0.0.1:{server.server_port}/token\n")
        code, said = run(tmp_path, "test", webhook=f"file:{password}", timeout_s="30")
        assert (code, "HTTP 200 after" in said, "token" in said) == (0, True, False)
        code, said = run(tmp_path, "test", webhook=f"file:{password}", timeout_s="30")
    assert code == 1
    assert re.search(r"webhook\s+failed\s+webhook: needed 2xx, came 500: check alerts.webhook", said)
    assert re.search(r"log\s+ok", said)
    assert server.taken[0][1]["text"].startswith("\N{LARGE YELLOW CIRCLE} [")
    assert run(tmp_path, "list")[1] == "no alert fires\n"  # a test does not fire


def test_a_secret_in_a_file_is_read_at_every_use(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    give = secret(f"file:{path}", "alerts.pagerduty_key")
    with pytest.raises(SettingsError, match="pagerduty_key"):
        give()
    for text in ("first", "second"):
        path.write_text(f"{text}\n")
        assert give() == text
    path.write_bytes(b"\xff\n")
    with pytest.raises(SettingsError) as caught:
        give()
    assert str(path) not in str(caught.value)
    assert secret("plain", "x")() == "plain"


MAIL = {"smtp": "mail.corp.example:587", "smtp_from": "a@corp.example", "smtp_to": "b@corp.example, c@corp.example"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp": "mail.corp.example"},
        {"smtp": "mail:port"},
        {"smtp": ":25"},
        {"smtp": "mail:99999"},
        {"smtp_from": "nobody"},
        {"smtp_to": ""},
        {"smtp_to": "b@corp.example, c"},
        {"smtp_tls": "none", "smtp_user": "redline"},
        {"smtp_ca": "/no/such/file"},
    ],
    ids=str,
)
def test_mail_that_cannot_work_is_refused_at_the_start_without_its_values(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        receivers(Settings(data=str(tmp_path), alerts=Alerts(**{**MAIL, **wrong})))  # type: ignore[arg-type]
    assert "corp.example" not in str(caught.value).replace("mail.corp.example:587", "")


def test_channels_are_those_of_the_settings(tmp_path: Path) -> None:
    alerts = Alerts(webhook="http://x/", pagerduty_key="k", alertmanager="http://a:9093, http://b:9093", **MAIL)
    channels, mirrors = receivers(Settings(data=str(tmp_path), alerts=alerts))
    assert [channel.name for channel in channels] == ["log", "webhook", "mail", "pagerduty"]
    assert [mirror.name for mirror in mirrors] == ["alertmanager-1", "alertmanager-2"]
    assert isinstance(channels[2], MailChannel)
    assert channels[2]._recipients == ("b@corp.example", "c@corp.example")
    for one in (*channels, *mirrors):
        one.close()


def test_a_halt_fires_until_the_table_is_released_whoever_noticed_it(tmp_path: Path) -> None:
    halts.record(
        tmp_path, "pairs", (Failure("no_leak", "final", Severity.CRITICAL, (1, 2)),), {Partition("t", 0): Range(0, 5)}
    )
    settings = Settings(data=str(tmp_path), alerts=Alerts(window_s=0))
    alerts = alerter(settings, process="worker-1")
    until(lambda: [entry.alert.kind for entry in alerts.book.entries()] == ["gate_halt"])
    assert dict(alerts.book.entries()[0].alert.got) == {"no_leak": 2}
    alerts.tend(time.time() + 7 * 86_400)  # nobody saw it for a week: it is looked at, and still so
    assert len(alerts.book.entries()) == 1
    halts.release(tmp_path, "pairs")
    alerts.tend()
    until(lambda: not alerts.book.entries())
    alerts.close()
