from __future__ import annotations

import json

from redline.alerting import of_drift
from redline.sources import as_json, shown
from schemas.sources.drift import Jump, Seen
from schemas.verdict import Severity

DAYS = [
    Seen(day="2026-11-20", source="tabby", version="0.9", events=90, drift={"key $.a": 9}),
    Seen(
        day="2026-11-21",
        source="tabby",
        version="1.0",
        events=80,
        faults=10,
        skipped=10,
        drift={"key $.b": 40, "key $.a": 10},
    ),
]


def test_the_table_has_the_newest_day_first_and_says_what_is_new() -> None:
    text = shown(DAYS, day="2026-11-21")
    lines = text.splitlines()
    assert lines[2].split() == [
        "2026-11-21", "tabby", "1.0", "80", "10", "10", "2", "key", "$.b", "40%,", "key", "$.a", "10%",
    ]  # fmt: skip
    assert lines[3].startswith("2026-11-20")
    assert lines[-1] == "tabby 1.0: key $.b in 40%; the days before 0%"
    assert "new today" not in shown(DAYS, day="2026-11-20")
    assert "nothing" in shown([], day="2026-11-21")


def test_the_same_for_programs_can_be_written_as_json() -> None:
    tree = json.loads(json.dumps(as_json(DAYS, day="2026-11-21")))
    assert tree["seen"][1]["drift"] == {"key $.b": 40, "key $.a": 10}
    assert tree["jumps"] == [{"source": "tabby", "version": "1.0", "name": "key $.b", "share": 0.4, "before": 0.0}]


def test_an_alert_names_the_source_and_what_is_new() -> None:
    alert = of_drift([Jump("tabby", "1.0", "key $.b", 0.4, 0.0), Jump("tabby", "1.1", "key $.c", 1.0, 0.1)])
    assert (alert.kind, alert.severity, alert.command) == ("sources_drift", Severity.WARNING, "redline sources")
    assert dict(alert.got) == {"1.0 key $.b": 0.4, "1.1 key $.c": 1.0}
    assert "tabby" in alert.line()
    assert alert.key != of_drift([Jump("continue_dev", "1.0", "key $.b", 0.4, 0.0)]).key
