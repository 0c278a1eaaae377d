"""`redline tend`: what somebody has to do over a data folder while others work: look, decide days, let go of old rows.

One for each data folder, beside the sinks: it keeps `redline quality run --every` and `redline disclose --every` going
as `redline up` does, and once a day runs `redline retain`, if a table has an age. What they log goes to its own
standard error.

It is live while each has done its work lately, not while it merely runs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from redline import fleet, meter
from redline.crash_loop import CrashLoops
from redline.expiry import Expiry
from redline.lock import DataLock
from redline.meter import Metering
from redline.retain import days_of
from redline.supervisor import Death, Supervisor
from redline.up import stop_event
from schemas import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from redline.meter import Sample
    from redline.settings import Settings
    from schemas.metrics import Metric

PROCESS: Final = "tend"
LOCK: Final = "tend.lock"
_DAY_S = 86_400.0
_TURN_S = 0.5
_LOOKS = 10  # missed in a row before nobody looks any more
_LEAST_S = 600.0  # the first look after a backlog reads all of it
_DECIDES_S = 4 * fleet.DISCLOSE_S  # a day's rewrite takes minutes, not hours
_DONE: Mapping[str, Metric] = {"quality": metrics.QUALITY_LOOKED, "disclose": metrics.DISCLOSE_RUN}


def limits(settings: Settings) -> dict[str, float]:
    """Seconds after which each of them should have done its work once more."""
    return {"quality": max(_LEAST_S, _LOOKS * settings.quality.every_s), "disclose": _DECIDES_S}


def asleep(done: Mapping[str, float], began: float, now: float, most: Mapping[str, float]) -> str:
    """Who has not done its work for too long, empty if nobody. Pure; all times are seconds since 1970.

    Args:
        done: when each did it last, as far as it has said so.
        began: when they were started.
        now: the time.
        most: as `limits`.
    """
    late = {name: now - max(done.get(name, began), began) for name in most}
    return "; ".join(f"{name} has not done its work for {late[name]:.0f} s" for name in most if late[name] > most[name])


def last_done(found: Mapping[str, list[Sample]]) -> dict[str, float]:
    """When each did its work last, by what it counts (`redline.meter.read`)."""
    return {
        name: sample.value
        for name, metric in _DONE.items()
        for sample in found.get(name, ())
        if sample.name == metric.name
    }


def tend(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Run until SIGINT or SIGTERM.

    Raises:
        LockedError: another one tends this data folder.
        ProcessError: one of them could not be started.
    """
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    stopping = stop_event()
    with DataLock(settings.state, name=LOCK), Metering(settings, process=PROCESS) as metering:
        Expiry(settings, process=PROCESS, meter=metering.meter).start()
        began, most = time.time(), limits(settings)
        metering.health.live_while(lambda: asleep(last_done(meter.read(settings.state)), began, time.time(), most))
        metering.health.ready_when(lambda: "it stops" if stopping.is_set() else "")

        def on_death(death: Death) -> None:
            if death.again_in_s is None:
                say(f"{death.name} ended with code {death.code}")  # a run of retain: 0 is what one hopes for
                return
            say(f"{death.name} ended with code {death.code} and starts again in {death.again_in_s:.1f} s")
            loops.count(death)

        with (
            CrashLoops(settings, say) as loops,
            Supervisor(fleet.keepers(settings), on_death=on_death) as kept,
        ):
            say(f"tending {settings.data}: {', '.join(kept.pids)}; Ctrl-C stops")
            due = time.monotonic() if days_of(settings) else float("inf")
            while not stopping.is_set():
                if time.monotonic() >= due:
                    due += _DAY_S
                    with Supervisor([fleet.retaining(settings)], on_death=on_death) as once:
                        while once.pids and not stopping.is_set():
                            kept.watch(_TURN_S)
                            once.watch(0.0)
                kept.watch(_TURN_S)
            say("stopping: what has begun is finished, or gone on with at the next start")
    say("stopped")
