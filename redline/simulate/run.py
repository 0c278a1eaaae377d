"""Sending a simulated company to the broker, at its pace, until it is over or somebody stops it.

Records go out in rounds of some seconds; a round is over once the broker has confirmed all of it, and then the mark is
kept from which the same simulation goes on. If a broker fails for longer than the producer waits, the round is sent
again from its mark: what had been confirmed of it comes a second time, which is counted and ends as `duplicate`.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import msgspec

from redline import consent, private_file
from redline.emit import Batches
from redline.simulate.curve import DAY, SECOND
from redline.simulate.moulds import prepare
from redline.simulate.roster import Roster
from redline.simulate.week import Mix, Week
from schemas import topics
from schemas.errors import DeliveryError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path
    from threading import Event

    from redline.settings import Settings
    from redline.simulate.curve import Load
    from redline.simulate.tally import Tally
    from schemas.records import Outgoing

_ROUND_S = 5.0
_KEEP_S = 30.0  # between two writes of the mark: it is megabytes
_LEAST_SLEEP_S = 0.004  # shorter ones are not worth their system call
_CONSENT = "simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is simulated. `speed`: seconds of it that pass in one of ours. `withdrawals`: people a day who say no."""

    people: int
    load: Load
    start_us: int
    seconds: float
    seed: int
    speed: float = 1.0
    mix: Mix = field(default_factory=Mix)
    scenes: int = 4000
    shard: int = 0
    shards: int = 1
    withdrawals: float = 0.0

    @property
    def name(self) -> str:
        """What its ids begin with."""
        return f"s{self.seed}" + (f".{self.shard}" if self.shards > 1 else "")

    @property
    def end_us(self) -> int:
        """When it is over, in its own time."""
        return self.start_us + int(self.seconds * SECOND)

    @property
    def roster(self) -> Roster:
        """The people of its part."""
        return Roster(self.people, self.shard, self.shards)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it. `behind_s`: most that records went out late; if it grows, the load was not the one asked for."""

    tally: Tally
    seconds: float
    cpu_s: float
    behind_s: float
    complete: bool


def week_of(order: Order) -> Week:
    """The events of an order; a second or two of work."""
    moulds = prepare(order.seed, order.scenes)
    return Week(order.name, order.load, order.roster, moulds, start_us=order.start_us, mix=order.mix)


def agree(settings: Settings, people: int) -> int:
    """Record what everybody has said, but for who has said anything before; returns how many were written.

    Raises:
        RedlineError: as `redline.consent.record`.
    """
    roster = Roster(people)
    return sum(
        consent.record(settings, roster.mails(granted=said), granted=said, version=_CONSENT, only_new=True)
        for said in (True, False)
    )


def simulate(
    settings: Settings, order: Order, *, stopping: Event, say: Callable[[str], None], mark: Path | None = None
) -> Sent:
    """Send it. With a `mark` that is there it goes on from it; the mark is written on the way and when it is stopped.

    Raises:
        BrokerError: the broker cannot be reached, or has no such topic.
        InputError: the mark is of another simulation.
    """
    week = week_of(order)
    if mark is not None and mark.exists():
        _resume(week, mark)
        say(f"going on from {mark}: {week.tally.records:,} records have been sent")
    began, cpu = time.monotonic(), time.process_time()
    pace = _Pace(week.now_us, order.speed)
    batches = Batches(settings.kafka.bootstrap, topics.EVENTS, settings.kafka.client)
    kept_at = began
    with ExitStack() as ending:
        leaving = _Leaving(settings, order, week) if order.withdrawals else None
        if leaving is not None:
            ending.callback(leaving.close)
        while week.now_us < order.end_us and not stopping.is_set():
            safe = week.snapshot()
            try:
                batches.send(_round(week, order, pace, stopping))
            except DeliveryError as error:
                sent = week.tally.records
                week.restore(safe)
                week.tally.again += sent - week.tally.records
                say(f"a round of {sent - week.tally.records:,} records is sent again: {error}")
                continue
            if leaving is not None:
                leaving.go()
            if mark is not None and time.monotonic() - kept_at > _KEEP_S:
                private_file.write(mark, week.snapshot())
                kept_at = time.monotonic()
    if mark is not None:
        private_file.write(mark, week.snapshot())
    return Sent(
        tally=week.tally,
        seconds=time.monotonic() - began,
        cpu_s=time.process_time() - cpu,
        behind_s=pace.behind_s,
        complete=week.now_us >= order.end_us,
    )


def _round(week: Week, order: Order, pace: _Pace, stopping: Event) -> Iterator[Outgoing]:
    """What arrives within some seconds, each record when it is due."""
    until = time.monotonic() + _ROUND_S
    while week.now_us < order.end_us and time.monotonic() < until and not stopping.is_set():
        pace.wait(week.now_us)
        for at_us, record in week.step():
            pace.wait(at_us)
            yield record


class _Pace:
    """Simulated time against ours."""

    def __init__(self, start_us: int, speed: float) -> None:
        self._start_us, self._speed = start_us, speed * SECOND
        self._began = time.monotonic()
        self.behind_s = 0.0

    def wait(self, at_us: int) -> None:
        """Sleep until it is that time, unless it is past."""
        ahead = self._began + (at_us - self._start_us) / self._speed - time.monotonic()
        if ahead > _LEAST_SLEEP_S:
            time.sleep(ahead)
        else:
            self.behind_s = max(self.behind_s, -ahead)


class _Leaving:
    """People who withdraw while it goes on. Their tools have not heard of it and send on."""

    def __init__(self, settings: Settings, order: Order, week: Week) -> None:
        self._settings, self._order, self._week = settings, order, week
        self._roster = order.roster
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="withdrawals")
        self._last: Future[int] | None = None

    def go(self) -> None:
        """Let those go whose time has come, in a thread: reading what everybody has said takes a while."""
        if self._last is not None:
            if not self._last.done():
                return
            self._last.result()
        order, tally = self._order, self._week.tally
        days = (self._week.now_us - order.start_us) / DAY
        due = int(days * order.withdrawals / order.shards) - tally.withdrawn
        if due <= 0:
            return
        rng = Random(f"{self._week.name}/{tally.withdrawn}")  # noqa: S311 - made-up people
        people = [self._roster.mail(rng.randrange(order.people)) for _ in range(due)]
        tally.withdrawn += len(people)
        self._last = self._pool.submit(consent.withdraw, self._settings, people)

    def close(self) -> None:
        """Wait for those on their way."""
        self._pool.shutdown(wait=True)
        if self._last is not None:
            self._last.result()


def _resume(week: Week, mark: Path) -> None:
    fault = ""
    try:
        week.restore(mark.read_bytes())
    except (ValueError, msgspec.MsgspecError) as error:
        fault = type(error).__name__
    if fault:
        raise InputError(f"{mark}: needed the mark of this simulation, came another ({fault}); take --mark OTHER")
