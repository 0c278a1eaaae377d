"""Which keys of a stage are still open, asked of its state: an open one has no row yet, or an older one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redline import cluster
from redline.lag import STAGES, LagWatch
from redline.state_reader import unpublished
from redline.up import attached
from schemas import topics
from schemas.errors import RedlineError

if TYPE_CHECKING:
    from redline.settings import Settings
    from streams.keyed import KeyedLogic


@dataclass(frozen=True, slots=True)
class Waiting:
    """Keys that are not published as they now stand, and a sentence on what else is on its way, or empty."""

    keys: frozenset[bytes] = frozenset()
    note: str = ""


def waiting(settings: Settings, table: str, *logics: KeyedLogic) -> Waiting:
    """`logics`: those of the table's stages that keep state; without any nothing stands open.

    Ask the broker that is configured, that runs over the folder, or whose data is in it; a note if none can tell.
    """
    live = attached(settings)
    if not live.kafka.bootstrap and not (settings.state / "kafka").exists():
        return Waiting(note="No broker is configured and none has data here: which keys are open is not known.")
    try:
        with cluster.broker(live, lambda _line: None) as there:
            kafka = there.kafka
            keys: set[bytes] = set()
            for logic in logics:
                keys |= unpublished(kafka.bootstrap, logic, partitions=kafka.partitions, config=kafka.client)
            watch = LagWatch(
                kafka.bootstrap, there.data_dir, group=topics.APP_ID, partitions=kafka.partitions, config=kafka.client
            )
            try:
                progress = watch.progress()
            finally:
                watch.close()
    except RedlineError as error:
        return Waiting(note=f"Which keys are open is not known: {error}")
    left = sum(progress.stage_lag(topic) for topic in STAGES)
    late = sum(progress.sink_lag(topic) for topic in (topics.CLEAN, topics.BY_TABLE[table].name, topics.REJECTS))
    note = f"{left:,} records wait for workers, {late:,} for sinks: run `redline up` until `redline status` shows none."
    return Waiting(frozenset(keys), note if left or late else "")
