"""The whole pipeline, disturbed while events flow: nothing lost, nothing doubled, the tables those of a calm run.

Every run gets the same records and the same keys as the calm one; `support.pipeline.contents` says what may differ.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from support.contents import contents, differences, torn
from support.disk import small_disk
from support.pipeline import Act, Pipeline, addressed

from redline.company import Company
from redline.keys import keys_of
from redline.published import seal_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from schemas.records import Outgoing

pytestmark = [pytest.mark.broker, pytest.mark.crash, pytest.mark.timeout(900)]

EVENTS = 2_000
RATE = 60.0  # records per second: half a minute of flow to be disturbed in
CALM = 1e9
_START_US = 1_767_600_000_000_000


@dataclass(frozen=True)
class Calm:
    """What a run gives that nobody disturbs."""

    records: Sequence[Outgoing]
    keys: Path
    tables: dict[str, Counter[str]]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    data = tmp_path_factory.mktemp("calm")
    records = addressed(Company(11, EVENTS, _START_US))
    with Pipeline(data) as pipeline:
        keys_of(pipeline.settings)
        pipeline.run(records, rate=CALM)
        assert pipeline.balance().balanced
        tables = contents(data, pipeline.origins(), seal_of(pipeline.settings))
    assert not pipeline.story.deaths
    assert all(tables.values()), "a calm run has rows in every table"
    return Calm(records, data / "state" / "keys.json", tables)


def disturbed(
    calm: Calm,
    data: Path,
    acts: Callable[[Pipeline], list[Act]],
    *,
    workers: int = 1,
    sinks: int = 1,
    until: Callable[[Pipeline], bool] = lambda _: True,
) -> Pipeline:
    """Run, disturb, and compare with the calm run."""
    with Pipeline(data, workers=workers, sinks=sinks, keys=calm.keys) as pipeline:
        pipeline.run(calm.records, rate=RATE, acts=acts(pipeline), until=lambda: until(pipeline))
        balance = pipeline.balance()
        found = contents(data, pipeline.origins(), seal_of(pipeline.settings))
    assert (balance.missing, balance.duplicated, balance.conflicting) == (0, 0, 0), balance.problems
    assert balance.offsets == EVENTS
    assert torn(data) == []
    assert found == calm.tables, "\n".join(differences(found, calm.tables))
    return pipeline


def test_workers_killed_in_flow_and_sinks_at_every_step(calm: Calm, tmp_path: Path) -> None:
    def acts(p: Pipeline) -> list[Act]:
        return [
            Act(30, "sink-1 dies at steps 1 to 5", lambda: p.die_at_steps("sink-1", range(1, 6))),
            Act(30, "sink-2 dies at steps 6 to 10", lambda: p.die_at_steps("sink-2", range(6, 11))),
            *(Act(n, "worker-1 is killed", lambda: p.kill("worker-1")) for n in range(200, EVENTS, 550)),
        ]

    steps = list(range(1, 11))
    pipeline = disturbed(calm, tmp_path, acts, sinks=2, until=lambda p: p.died_at() == steps)
    assert pipeline.story.deaths["worker-1"] == 4
    assert pipeline.died_at() == steps


def test_members_come_and_go_a_zombie_wakes_and_the_broker_dies(calm: Calm, tmp_path: Path) -> None:
    def acts(p: Pipeline) -> list[Act]:
        return [
            Act(100, "a scrubber of worker-1 is killed", lambda: p.kill_scrubber("worker-1")),
            Act(200, "worker-2 and sink-2 come", p.add_second),
            Act(700, "worker-1 and sink-1 stop like dead ones", lambda: p.signal_all(signal.SIGSTOP)),
            Act(1300, "they wake up as zombies", lambda: p.signal_all(signal.SIGCONT)),
            Act(1500, "the broker is killed", p.kill_broker),
            Act(1700, "worker-2 and sink-2 are removed", p.remove_second),
        ]

    pipeline = disturbed(calm, tmp_path, acts)
    assert not pipeline.story.deaths["sink-1"], "it goes on by itself: ADR 0011"


def test_a_full_disk_is_waited_for(calm: Calm, tmp_path: Path) -> None:
    data, state = tmp_path / "data", tmp_path / "state"
    data.mkdir()

    def acts(p: Pipeline) -> list[Act]:
        return [Act(700, "the disk is full", disk.fill), Act(1500, "the disk has room again", disk.free)]

    with small_disk(data, megabytes=48) as disk:
        state.mkdir(mode=0o700)
        (data / "state").symlink_to(state)  # the broker and the state of workers have a disk of their own
        pipeline = disturbed(calm, data, acts)
    assert not pipeline.story.deaths
    assert "sink_retry" in (state / "logs" / "sink-1.log").read_text("utf-8")
