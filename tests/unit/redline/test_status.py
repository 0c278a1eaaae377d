from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from support import rows as make
from support.folder import day, publish

from quality.alerts import BOOK
from redline.alerting import alerter, of_sink
from redline.kafka_section import Kafka
from redline.meter import Metering
from redline.sections import Alerts
from redline.settings import Settings
from redline.status import as_json, status
from schemas.records import Partition
from schemas.verdict import Failure, Severity
from sinks import halts
from sinks.batch import Range

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def told(settings: Settings) -> tuple[str, str]:
    """What status says on standard output, and on standard error."""
    said: list[str] = []
    return status(settings, said.append), "\n".join(said)


def line(text: str, first: str) -> list[str]:
    return next(words for words in map(str.split, text.splitlines()) if words and words[0] == first)


def test_without_a_broker_the_tables_are_told_and_why_no_more(tmp_path: Path) -> None:
    made = day(1, 20)
    made.publish(tmp_path)
    publish(tmp_path, "pairs", [make.pair(1)], gate=make.failing("record_id", {f"{1:032x}"}))
    text, said = told(Settings(data=str(tmp_path)))
    assert "no broker is configured" in said
    assert line(text, "pairs") == ["pairs", f"{len(made.pairs)}", "1", "published"]
    assert line(text, "late") == ["late", f"{sum(reject.reason == 'late' for reject in made.rejects)}"]
    assert "alerts: none fires" in text


def test_a_folder_without_anything_is_all_zeros_and_stays_so(tmp_path: Path) -> None:
    text, _ = told(Settings(data=str(tmp_path / "nothing")))
    assert line(text, "pairs") == ["pairs", "0", "0", "published"]
    assert not (tmp_path / "nothing").exists()


def test_a_broker_that_does_not_answer_is_no_reason_to_say_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redline.overview.ANSWER_S", 0.5)
    text, said = told(Settings(data=str(tmp_path), kafka=Kafka(bootstrap="127.0.0.1:1")))
    assert "no broker answers at 127.0.0.1:1" in said
    assert line(text, "pairs")[1] == "0"


def test_halts_and_alerts_that_wait_are_told(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), alerts=Alerts(webhook="http://127.0.0.1:1/XYZZY"))
    failure = Failure("no_personal_data_left", "leaks", Severity.CRITICAL)
    halts.record(tmp_path, "pairs", (failure,), {Partition("redline.pairs", 0): Range(0, 5)})
    alerts = alerter(settings, process="sink-1")
    alerts.raise_(of_sink("gate_halt", "pairs", {"rows": 7}))
    alerts.close()
    text, _ = told(settings)
    assert "pairs (no_personal_data_left)" in text
    assert "redline release pairs" in text
    assert line(text, "webhook") == ["webhook", "1"]
    assert line(text, "critical")[:4] == ["critical", "gate_halt", "pairs", "firing"]
    assert "XYZZY" not in text


def test_a_book_of_alerts_that_cannot_be_read_is_told_and_left_alone(tmp_path: Path) -> None:
    book = tmp_path / "state" / "alerts" / BOOK
    book.parent.mkdir(parents=True)
    book.write_bytes(b"no database" * 100)
    text, _ = told(Settings(data=str(tmp_path)))
    assert "alerts that cannot be read" in text
    assert book.read_bytes() == b"no database" * 100


def test_an_alert_of_another_version_does_not_hide_the_others(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    alerts = alerter(settings, process="sink-1")
    alerts.raise_(of_sink("offset_hole", "pairs", {}))
    alerts.close()
    with closing(sqlite3.connect(tmp_path / "state" / "alerts" / BOOK)) as live, live:
        live.execute("insert into states (key, entry, open) values ('x', '{\"new\": 1}', 1)")
    text, _ = told(settings)
    assert line(text, "warning")[:2] == ["warning", "offset_hole"]
    assert "alerts that cannot be read: 1 of another version" in text


def test_as_json_it_says_the_same(tmp_path: Path) -> None:
    made = day(1, 20)
    made.publish(tmp_path)
    settings = Settings(data=str(tmp_path))
    alerts = alerter(settings, process="sink-1")
    alerts.raise_(of_sink("offset_hole", "pairs", {}))
    alerts.close()
    with Metering(settings, process="sink-1"):
        said = json.loads(as_json(settings))
    assert {one["table"]: one["rows"] for one in said["tables"]}["pairs"] == len(made.pairs)
    assert sum(said["rejects"].values()) == len(made.rejects)
    assert [(one["kind"], one["table"], one["state"]) for one in said["firing"]] == [("offset_hole", "pairs", "firing")]
    assert [one["name"] for one in said["processes"]] == ["sink-1"]
    assert (said["broker"], said["stages"]) == ("", [])
    assert "no broker" in said["why"]
