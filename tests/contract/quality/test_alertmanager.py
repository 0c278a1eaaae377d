"""Alerts through a real Alertmanager, to whom it tells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.receivers import free_port, http, until

from quality.alert import Alert
from quality.alerting.delivery import Retry
from quality.alerting.life import Policy
from quality.alerts import Alerter
from quality.channels import AlertmanagerMirror
from quality.channels.wording import Voice
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = next(
    (
        found
        for name in (os.environ.get("ALERTMANAGER", ""), "prometheus-alertmanager", "alertmanager")
        if name and (found := shutil.which(name))
    ),
    "",
)
pytestmark = pytest.mark.skipif(
    not PROGRAM,
    reason="needs alertmanager on the PATH, or its path in ALERTMANAGER: Debian's package prometheus-alertmanager",
)
ALERT = Alert("lag", "pairs", Severity.ERROR, "a lag that gets less", "redline quality show", 5.0, subject="join")
VOICE = Voice("live", "https://wiki.corp.example/alerts")
POLICY = Policy(window_s=0, group_s=0, stale_s=0, repeat_s=0, per_hour=0)
QUICK = Retry(first_s=0.05, longest_s=0.2, failing_after=1_000)


@contextmanager
def alertmanager(folder: Path, receiver: int) -> Iterator[str]:
    """Its address. It groups by name, waits next to nothing, and tells an HTTP server of firing and of resolved."""
    port = free_port()
    config = {
        "route": {
            "receiver": "people",
            "group_by": ["alertname"],
            "group_wait": "100ms",
            "group_interval": "300ms",
            "repeat_interval": "1h",
        },
        "receivers": [
            {
                "name": "people",
                "webhook_configs": [{"url": f"http://127.0.0.1:{receiver}/told", "send_resolved": True}],
            }
        ],
    }
    (folder / "config.json").write_text(json.dumps(config))  # YAML holds JSON
    address = f"127.0.0.1:{port}"
    command = [
        PROGRAM,
        f"--config.file={folder / 'config.json'}",
        f"--storage.path={folder / 'storage'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until(lambda: ask(f"http://{address}", "status") is not None)
            yield f"http://{address}"
        finally:
            process.terminate()


def ask(address: str, what: str) -> Any:
    try:
        with urllib.request.urlopen(f"{address}/api/v2/{what}", timeout=10) as answer:  # noqa: S310 - our own
            return json.load(answer)
    except OSError:
        return None


def test_alerts_fire_are_grouped_and_end_through_a_real_alertmanager(tmp_path: Path) -> None:
    with http() as people, alertmanager(tmp_path, people.server_port) as address:
        alerts = Alerter(
            [], tmp_path, policy=POLICY, retry=QUICK, mirrors=[AlertmanagerMirror(lambda: address, voice=VOICE)]
        )
        alerts.raise_(ALERT)
        alerts.raise_(replace(ALERT, subject="session"))
        alerts.raise_(replace(ALERT, kind="volume", severity=Severity.WARNING))
        until(lambda: len(ask(address, "alerts")) == 3)
        firing = {(one["labels"]["alertname"], one["labels"].get("subject")): one for one in ask(address, "alerts")}
        one = firing["lag", "join"]
        assert one["labels"].items() >= {"severity": "error", "instance": "live", "table": "pairs"}.items()
        assert one["annotations"]["run"] == "redline quality show"
        assert one["annotations"]["runbook_url"] == "https://wiki.corp.example/alerts#lag"

        def told(name: str, status: str) -> set[str]:
            return {
                one["labels"]["subject"]
                for _, body in people.taken
                if body["groupLabels"] == {"alertname": name}
                for one in body["alerts"]
                if one["status"] == status
            }

        until(lambda: told("lag", "firing") == {"join", "session"})
        assert not told("lag", "resolved")
        alerts.clear("lag", "pairs", "join")
        until(lambda: told("lag", "resolved") == {"join"})
        until(lambda: len(ask(address, "alerts")) == 2)
        assert told("volume", "resolved") == set()
        assert alerts.close() == 0
