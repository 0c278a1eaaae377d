"""Kinds of alerts, raised by what they are about: real tables, gates and processes, as `redline alerts list` has them.

Those that need a broker are raised in tests/broker.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from support import rows as make
from support.folder import key_file, publish
from support.told import told, working
from support.weeks import weeks

from quality import measures
from quality.alerting import book
from quality.measures import HOUR_S, US
from redline.alerting import alert_of, of_sink
from redline.crash_loop import MANY, CrashLoops
from redline.gates import gates_of
from redline.kafka_section import Kafka
from redline.quality.run import Looker
from redline.quality.told import Teller
from redline.settings import Settings
from redline.supervisor import Backoff, Spec, Supervisor
from schemas.rows import Reject, Source
from schemas.tables import TABLES
from schemas.topics import EVENTS
from sinks.committer import Committer

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from redline.supervisor import Death

RETENTION_H = 100


def settings(folder: Path) -> Settings:
    (folder / "state").mkdir(parents=True, exist_ok=True)
    return Settings(data=str(folder), kafka=Kafka(retention_hours=RETENTION_H))


def test_a_look_raises_what_the_rows_of_an_hour_say_beside_those_of_weeks(tmp_path: Path) -> None:
    key_file(tmp_path)
    here, now_us = settings(tmp_path), time.time_ns() // 1_000
    weeks(tmp_path, now_us, measures.VOLUME, "interactions", value=40.0, until_h=6)
    weeks(tmp_path, now_us, measures.MATCH_RATE, "pairs", value=36.0, weight=40.0)
    weeks(tmp_path, now_us, measures.QUARANTINE_GROWTH, "pairs", value=0.0, weight=40.0)
    pairs = [msgspec.structs.replace(make.pair(n), label="ignored") for n in range(200)]
    publish(tmp_path, "pairs", pairs, gate=make.failing("record_id", set(make.ids(range(60)))))
    letter = Reject(
        record_id=f"{1:032x}",
        scrub_version="1",
        sources=[Source(EVENTS, 0, 1)],
        event_date="2026-01-05",
        stage="scrub",
        fate="dead_lettered",
        reason="not_json",
    )
    publish(tmp_path, "rejects", [letter])
    with working(here) as alerts:
        looker = Looker(here, Teller(alerts), now_us=partial(int, now_us + HOUR_S * US))
        looker.look()
        looker.close()
    found = {(one.kind, one.table) for one in told(here)} - {("volume", "pairs")}  # their tool is new
    assert found == {("silence", "interactions"), ("match_rate", "pairs"), ("quarantine_growth", "pairs")}

    with working(here) as alerts:
        looker = Looker(here, Teller(alerts), now_us=partial(int, now_us + (RETENTION_H - 20) * HOUR_S * US))
        looker.look()
        looker.close()
    assert ("dead_letter_age", "rejects") in {(one.kind, one.table) for one in told(here)}


def test_rows_that_a_real_gate_refuses_raise_gate_failed_with_their_offsets(tmp_path: Path) -> None:
    here = settings(tmp_path)
    rows = [msgspec.structs.replace(make.pair(n), similarity=9.0 if n == 3 else 0.5) for n in range(10)]
    with working(here) as alerts:
        sink = Committer(
            data_dir=tmp_path,
            table=TABLES["pairs"],
            sink="sink-1",
            gate=gates_of(here)["pairs"],
            alert=lambda kind, table, detail: alerts.raise_(of_sink(kind, table, detail)),
            crash=lambda _step: None,
            seal=make.SEAL,
        )
        sink.commit(make.batch(rows), lambda _offsets: None)
        sink.close()
    [alert] = told(here)
    assert (alert.kind, alert.table, alert.action) == ("gate_failed", "pairs", "quarantined")
    assert [(one.topic, one.partition, one.first, one.last) for one in alert.where] == [(make.TOPIC, 0, 0, 9)]
    assert 1 in alert.got.values()


def test_a_process_that_cannot_start_is_told_of(tmp_path: Path) -> None:
    here = settings(tmp_path)
    spec = Spec("worker-1", (sys.executable, "-S", "-c", "raise SystemExit(70)"), log=None)
    seen: list[Death] = []
    with CrashLoops(here, print) as loops:

        def died(death: Death) -> None:
            loops.count(death)
            seen.append(death)

        with Supervisor([spec], on_death=died, backoff=Backoff(first_s=0.01, most_s=0.01)) as fleet:
            end = time.monotonic() + 120
            while len(seen) < MANY and time.monotonic() < end:
                fleet.watch(0.1)
    [alert] = told(here)
    assert (alert.kind, alert.subject, alert.got["ends"], alert.got["code"]) == ("process_dies", "worker-1", MANY, 70)


def test_more_alerts_than_are_kept_are_told_of_and_room_is_left_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "MOST_OPEN", 10)
    here = settings(tmp_path)
    with working(here) as alerts:
        for number in range(30):
            alerts.raise_(alert_of("conflict", "pairs", subject=f"pairs/{number}"))
    found = told(here)
    assert len(found) == 11
    [lost] = [alert for alert in found if alert.kind == "alerts_lost"]
    assert lost.got == {"lost": 20}
