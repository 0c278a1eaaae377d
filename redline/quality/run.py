"""The quality process: look at what came, keep what was measured, ask the monitors, tell.

A look goes through these steps. A kill after any of them, and the next one goes on with nothing counted twice: how far
the tables were read is in the commit that holds what was measured there.

1. New rows of each table are measured; every part is committed with the version it goes up to.
2. Levels are measured (lag, quarantine, dead letters), and what readers of foreign formats saw.
3. Those are committed.
4. The monitors look at the history, and rows are asked for the events they refer to; what they say is told.
5. Once an hour, days of many small files are compacted, and old ones dropped.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from quality import history as points_of
from quality import measures
from quality.history import Held
from quality.measures import HOUR_S, US, merge
from quality.monitors import evaluate
from quality.points import few_tools
from quality.policy import KINDS
from redline import alerting, faults
from redline.admin import cluster_id
from redline.lock import DataLock
from redline.meter import Metering
from redline.published import release_of
from redline.quality import levels
from redline.quality.letters import Letters
from redline.quality.lineage import Lineage, of_missing
from redline.quality.metered import Metered
from redline.quality.read import new_rows
from redline.quality.told import Teller
from redline.samples import Samples
from schemas.errors import RedlineError, SettingsError, SinkError
from schemas.metrics import NO_METER
from sinks import history as history_table
from sinks.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from quality.alerts import Alerter
    from quality.breach import Breach
    from quality.measures import Point
    from quality.policy import MonitorPolicy
    from redline.settings import Settings
    from schemas.metrics import Meter
    from sinks.release import Release

log = logging.getLogger("redline.quality")

PROCESS = "quality"
LOCK = "quality.lock"
_SOURCES = "sources"
_ANSWER_S = 10.0


class Monitors(Protocol):
    """As `quality.monitors.evaluate`."""

    def __call__(
        self, points: Iterable[Point], now_us: int, policy: MonitorPolicy, firing: Collection[tuple[str, str, str]], /
    ) -> list[Breach]:
        """What is wrong now."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found."""

    rows: int
    points: int
    breaches: int


class Looker:
    """One process's work over one data folder. Hold `LOCK` around it.

    Args:
        settings: of the data folder, with the broker's address if there is one.
        teller: who is told of breaches.
        monitors: points, the time in microseconds, the policy, and what fired at the look before, to breaches.
        now_us: the clock.
        meter: is told of looks, levels and breaches.
        crash: called after each numbered step (those of `sinks.history` begin at 11), for tests that kill.

    Raises:
        SinkError: the history is torn or of another version.
    """

    def __init__(
        self,
        settings: Settings,
        teller: Teller,
        *,
        monitors: Monitors = evaluate,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1_000,
        meter: Meter = NO_METER,
        crash: Callable[[int], None] = lambda _step: None,
    ) -> None:
        self._settings = settings
        self._monitors = monitors
        self._teller = teller
        self._now_us = now_us
        self._metered = Metered(meter)
        self._crash = crash
        self._history = History(settings.data_dir, crash=lambda step: crash(10 + step))
        self._policy = settings.quality.monitors
        self._days = levels.days_of(settings.kafka.retention_hours, self._policy.reference_weeks)
        self._broker = levels.Broker(settings)
        self._release = _release(settings)
        self._lineage = Lineage(settings.data_dir, self._release)
        self._samples = Samples(settings.quality.sample_rows, meter=meter)
        self._letters = Letters(settings.data_dir, settings.state)
        self._tools: dict[int, set[str]] = {}
        self._tidied = 0
        first = points_of.first_day(now_us(), self._days)
        self._held = Held(points_of.of_rows(history_table.read(settings.data_dir, first_day=first)))
        hour = measures.window(now_us())
        self._tools[hour] = self._held.tools(hour)
        self._cluster: str | None = None

    def close(self) -> None:
        """Give up what is open."""
        self._broker.close()

    def look(self) -> Look:
        """One look.

        Raises:
            SinkError: the history cannot be read or written.
            OSError: the disk is full or refuses.
        """
        began = time.monotonic()
        rows, points = self._take()
        self._crash(1)
        now_us = self._now_us()
        seen = [*self._broker.lag(now_us), *levels.quarantined(self._settings.data_dir, now_us)]
        letters = self._letters.waiting(self._held.points(now_us))
        seen += levels.dead_letters(letters, now_us, retention_h=self._settings.kafka.retention_hours)
        self._metered.levels(seen)
        read, positions = self._sources()
        self._crash(2)
        self._keep(merge([*seen, *read]), positions)
        self._crash(3)
        held = self._held.points(now_us)
        found = self._monitors(held, now_us, self._policy, self._teller.firing)
        self._metered.breaches(found)
        breaches = self._teller.tell(found) + self._teller.also(
            [*of_missing(self._lineage.judge(self._broker.progress)), *self._samples.judge()]
        )
        self._crash(4)
        self._tidy(now_us)
        self._crash(5)
        self._metered.looked(time.monotonic() - began)
        return Look(rows, points + len(seen) + len(read), breaches)

    def settle(self) -> int:
        """For who does not look again: judge what waits, as far as it can be judged now; returns how many alerts.

        Raises:
            SinkError, OSError: as `look`.
        """
        self._take()
        return self._teller.also([*of_missing(self._lineage.judge(None)), *self._samples.judge()])

    def _take(self) -> tuple[int, int]:
        """What came since: measured and kept, and noted for what is asked later; how many rows, and points of them."""
        rows = points = 0
        show = (self._lineage.take, self._samples.take, self._letters.take)
        for new in new_rows(self._settings.data_dir, self._history.position, release=self._release, show=show):
            fresh = few_tools(new.points, self._tools)
            self._keep(fresh, {new.name: new.version})
            if new.gone:
                self._lineage.missed()
            rows += new.rows
            points += len(fresh)
        return rows, points

    def _keep(self, points: list[Point], read: dict[str, int]) -> None:
        self._history.append(points_of.as_rows(points), read)
        self._metered.points(points)
        self._held.add(points)

    def _sources(self) -> tuple[list[Point], dict[str, int]]:
        """What readers saw; the offset counts for one cluster only."""
        kafka = self._settings.kafka
        if not kafka.bootstrap:
            return [], {}
        if self._cluster is None:
            self._cluster = cluster_id(kafka.bootstrap, timeout_s=_ANSWER_S, config=kafka.client)
        if self._cluster is None:
            return [], {}
        name = f"{_SOURCES}@{self._cluster}"
        before = self._history.position(name)
        found, offset = self._broker.sources(before)
        return found, {name: offset} if offset is not None and offset != before else {}

    def _tidy(self, now_us: int) -> None:
        if abs(now_us - self._tidied) < HOUR_S * US:
            return
        self._tidied = now_us
        # What is old is so by the newest row: a clock that is a year ahead for an hour must not drop a year.
        at_us = min(now_us, self._held.latest_us())
        self._held.keep(at_us, days=self._days)
        self._tools = {at: names for at, names in self._tools.items() if at >= measures.window(at_us)}
        first = points_of.first_day(at_us, self._settings.quality.history_days)
        self._history.compact(lambda rows: points_of.compacted(rows, at_us), first_day=first)


def once(settings: Settings, *, say: Callable[[str], None]) -> Look:
    """One look, its alerts delivered.

    Raises:
        LockedError: another process is looking.
        SinkError: the history cannot be read or written.
    """
    with DataLock(settings.state, name=LOCK), _alerter(settings) as alerts:
        looker = Looker(settings, Teller(alerts, alerts.firing(KINDS)))
        try:
            look = looker.look()
            missing = looker.settle()
        finally:
            looker.close()
    say(f"{look.rows:,} new rows, {look.points:,} points, {look.breaches + missing} alerts")
    return look


def keep_looking(settings: Settings, every_s: float, should_stop: Callable[[float], bool]) -> None:
    """For `redline up`: again and again until told to stop. `should_stop` waits that long.

    What goes wrong at a look is told, and tried again at the next one.

    Raises:
        LockedError: another process is looking.
    """
    with ExitStack() as held, ExitStack() as opened:
        held.enter_context(DataLock(settings.state, name=LOCK))
        meter = held.enter_context(Metering(settings, process=PROCESS)).meter
        alerts = held.enter_context(_alerter(settings, meter))
        teller = Teller(alerts, alerts.firing(KINDS))
        looker: Looker | None = None
        while True:
            try:
                if looker is None:
                    looker = Looker(settings, teller, meter=meter)
                    opened.callback(looker.close)
                looker.look()
            except (SinkError, OSError) as error:
                # The next look reads everything anew: what is in memory may be ahead of what was kept.
                what = str(error) if isinstance(error, RedlineError) else faults.told(error)
                log.error("a look failed: %s", what)  # noqa: TRY400 - a traceback would show values
                opened.close()
                looker = None
            if should_stop(every_s):
                return


@contextmanager
def _alerter(settings: Settings, meter: Meter = NO_METER) -> Iterator[Alerter]:
    alerter = alerting.alerter(settings, process=PROCESS, meter=meter)
    try:
        yield alerter
    finally:
        alerter.close()


def _release(settings: Settings) -> Release | None:
    """What opens what is withheld; None without keys."""
    try:
        return release_of(settings)
    except SettingsError as error:
        log.warning("tools of published rows are not known: %s", error)
        return None
