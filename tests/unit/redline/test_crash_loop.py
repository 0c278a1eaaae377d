"""What ends again and again is told of once it is no accident; a process that ends now and then is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quality.kinds import BY_NAME
from redline.alerting import alerter
from redline.crash_loop import KIND, MANY, PROCESS, WITHIN_S, CrashLoops
from redline.sections import Alerts
from redline.settings import Settings
from redline.supervisor import Death

if TYPE_CHECKING:
    from pathlib import Path

    from quality.alert import Alert
    from quality.alerts import Alerter


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Told:
    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self.opened = self.closed = 0

    def open(self, _settings: Settings) -> Told:
        self.opened += 1
        return self

    def raise_(self, alert: Alert) -> None:
        self.alerts.append(alert)

    def close(self) -> int:
        self.closed += 1
        return 0


@pytest.mark.parametrize(
    ("every_s", "deaths", "told"),
    [
        (1.0, MANY - 1, 0),
        (1.0, MANY, 1),
        (30.0, MANY + 3, 4),
        (WITHIN_S / (MANY - 1), MANY, 1),  # one that runs out of memory now and again
        (WITHIN_S / (MANY - 1) + 1, 100, 0),
    ],
)
def test_five_ends_within_an_hour_are_told(every_s: float, deaths: int, told: int) -> None:
    clock, channel = Clock(), Told()
    with CrashLoops(Settings(), print, clock=clock, opened=channel.open) as loops:
        for number in range(deaths):
            loops.count(Death("sink-1", -9, number, 0.5))
            loops.count(Death(f"other-{number}", 1, 0, 0.5))
            clock.now += every_s
    assert (len(channel.alerts), channel.opened, channel.closed) == (told, min(told, 1), min(told, 1))
    for alert in channel.alerts:
        assert (alert.kind, alert.subject, alert.got["code"]) == (KIND, "sink-1", -9)
        assert alert.got["ends"] >= MANY
    assert KIND in BY_NAME


def test_it_is_in_the_book_of_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    with CrashLoops(settings, print) as loops:
        for number in range(MANY):
            loops.count(Death("worker-1", None, number, 0.5))
    reading: Alerter = alerter(settings, process=f"{PROCESS}-test")
    try:
        assert [(entry.alert.kind, entry.alert.subject) for entry in reading.book.entries()] == [(KIND, "worker-1")]
    finally:
        reading.close()


def test_settings_that_no_process_can_start_with_are_said_and_end_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    settings = Settings(data=str(tmp_path), alerts=Alerts(smtp="no address"))
    with CrashLoops(settings, said.append) as loops:
        for number in range(MANY):
            loops.count(Death("sink-1", 2, number, 0.5))
    assert len(said) == 1
    assert "alerts.smtp" in said[0]
