"""The long form: 50,000 events, two workers, two sinks, and a random disturbance every few seconds. `make chaos`.

REDLINE_CHAOS_SEED repeats a schedule (it is printed), REDLINE_CHAOS_EVENTS makes it shorter or longer.
"""

# ruff: noqa: S311 - schedules must be repeatable

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from support.contents import contents, differences, torn
from support.pipeline import Act, Pipeline, addressed

from redline.company import Company
from redline.keys import keys_of
from redline.published import seal_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(7_200)]

EVENTS = int(os.environ.get("REDLINE_CHAOS_EVENTS", "50000"))
SEED = int(os.environ.get("REDLINE_CHAOS_SEED", str(time.time_ns() % 1_000_000)))
RATE = 200.0  # records per second: workers are busy all the time, which is when a zombie has most in hand
_EVERY_S = (2.0, 9.0)
_STOPPED_S = (1.0, 14.0)  # on both sides of the session time-out
_START_US = 1_767_600_000_000_000
_NAMES = ("worker-1", "worker-2", "sink-1", "sink-2")


def schedule(p: Pipeline, rng: random.Random) -> list[Act]:
    """Kills, stops, zombies, dead scrubbers, members that leave and come back, sinks that die at a step, brokers."""
    acts: list[Act] = []
    at = 100
    while (at := at + int(RATE * rng.uniform(*_EVERY_S))) < EVENTS - 100:
        name = rng.choice(_NAMES)
        part, _, number = name.partition("-")
        what = rng.choices(("kill", "stop", "scrubber", "leave", "steps", "broker"), (8, 6, 2, 3, 3, 1))[0]
        later = min(EVENTS, at + int(RATE * rng.uniform(*_STOPPED_S)))
        if what == "kill":
            acts.append(Act(at, f"{name} is killed", partial(p.kill, name)))
        elif what == "stop":
            acts.append(Act(at, f"{name} stops", partial(p.signal, name, signal.SIGSTOP)))
            acts.append(Act(later, f"{name} wakes", partial(p.signal, name, signal.SIGCONT)))
        elif what == "scrubber":
            acts.append(Act(at, "a scrubber is killed", partial(p.kill_scrubber, "worker-1")))
        elif what == "leave":
            acts.append(Act(at, f"{name} leaves", partial(p.remove, name)))
            acts.append(Act(later, f"{name} comes back", partial(p.add, part, int(number))))
        elif what == "steps":
            steps = [rng.randint(1, 10)]
            acts.append(Act(at, f"sink-1 dies at step {steps}", partial(p.die_at_steps, "sink-1", steps)))
        else:
            acts.append(Act(at, "the broker is killed", p.kill_broker))
    acts += [Act(EVENTS, f"{name} is there and awake", partial(p.restore, name)) for name in _NAMES]
    return acts


def test_fifty_thousand_events_through_a_bad_day(tmp_path: Path) -> None:
    sys.stderr.write(f"REDLINE_CHAOS_SEED={SEED} REDLINE_CHAOS_EVENTS={EVENTS}\n")
    records = addressed(Company(SEED, EVENTS, _START_US))
    calm, bad = tmp_path / "calm", tmp_path / "bad"
    with Pipeline(calm, workers=2) as pipeline:
        keys_of(pipeline.settings)
        pipeline.run(records, rate=1e9)
        assert pipeline.balance().balanced
        wanted = contents(calm, pipeline.origins(), seal_of(pipeline.settings))
    assert not pipeline.story.deaths

    with Pipeline(bad, workers=2, sinks=2, keys=calm / "state" / "keys.json") as pipeline:
        pipeline.run(records, rate=RATE, acts=schedule(pipeline, random.Random(SEED)))
        balance = pipeline.balance()
        found = contents(bad, pipeline.origins(), seal_of(pipeline.settings))
    assert (balance.missing, balance.duplicated, balance.conflicting) == (0, 0, 0), balance.problems
    assert balance.offsets == EVENTS
    assert torn(bad) == []
    assert found == wanted, "\n".join(differences(found, wanted))
    shutil.rmtree(tmp_path)  # some 300 MB that nobody needs after a pass
