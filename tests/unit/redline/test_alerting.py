from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from quality.alert import OffsetRange, encode
from quality.channels import LogChannel, WebhookChannel
from redline.alerting import alerter, of_sink
from redline.sections import Alerts
from redline.settings import Settings
from schemas.verdict import Severity

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_halt_is_critical_and_names_its_command_offsets_and_counts() -> None:
    detail: dict[str, Any] = {
        "rows": 7,
        "offsets": {"redline.pairs/2": (10, 17)},
        "failures": [{"expectation": "no_personal_data_left", "rows": 3}],
    }
    alert = of_sink("gate_halt", "pairs", detail)
    assert (alert.severity, alert.action, alert.command) == (Severity.CRITICAL, "halted", "redline release pairs")
    assert alert.where == (OffsetRange("redline.pairs", 2, 10, 16),)
    assert dict(alert.got) == {"rows": 7, "no_personal_data_left": 3}


def test_texts_of_a_detail_never_reach_an_alert() -> None:
    alert = of_sink("sink_retry", "pairs", {"error": "XYZZY", "row": {"final": "XYZZY"}, "again": True, "attempt": 3})
    assert dict(alert.got) == {"attempt": 3}
    assert b"XYZZY" not in encode(alert)


def test_a_kind_that_nobody_described_is_still_told() -> None:
    alert = of_sink("something_new", "pairs", {"count": 1})
    assert (alert.kind, alert.severity, alert.command) == ("something_new", Severity.ERROR, "redline status")


def test_alerts_go_where_the_settings_say_and_wait_in_a_private_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    quiet = Settings(data=str(tmp_path))
    with caplog.at_level(logging.WARNING):
        found = alerter(quiet, process="sink-1")
        found.raise_(of_sink("gate_halt", "pairs", {"rows": 7}))
        assert found.close() == 0
    assert "gate_halt" in caplog.text
    assert (tmp_path / "state" / "alerts" / "book.sqlite").exists()
    assert (tmp_path / "state" / "alerts").stat().st_mode & 0o077 == 0


def test_a_webhook_that_cannot_be_reached_keeps_the_alert_for_later(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), alerts=Alerts(webhook="http://127.0.0.1:1/XYZZY"))
    first = alerter(settings, process="sink-1")
    first.raise_(of_sink("gate_halt", "pairs", {"rows": 7}))
    assert first.close() == 1
    second = alerter(settings, process="sink-1")
    assert second.close() == 1
    assert {LogChannel.__name__, WebhookChannel.__name__} == {type(c).__name__ for c in second._channels}
