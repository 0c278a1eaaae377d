"""Which interactions are still open, asked of the join's state: an open one has no row yet, or an older one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redline import cluster
from redline.lag import LagWatch
from redline.state_reader import unpublished
from redline.up import attached
from schemas import topics
from schemas.errors import RedlineError
from streams.keyed import derived_id

if TYPE_CHECKING:
    from redline.settings import Settings
    from streams.join import Join


@dataclass(frozen=True, slots=True)
class Waiting:
    """Ids of pairs that are not published as they now stand, and a sentence on what else is on its way, or empty."""

    pairs: frozenset[str] = frozenset()
    note: str = ""


def waiting(settings: Settings, join: Join) -> Waiting:
    """Ask the broker that is configured, that runs over the folder, or whose data is in it; a note if none can tell."""
    live = attached(settings)
    if not live.kafka.bootstrap and not (settings.state / "kafka").exists():
        return Waiting(note="No broker is configured and none has data here: which interactions are open is not known.")
    try:
        with cluster.broker(live, lambda _line: None) as there:
            kafka = there.kafka
            keys = unpublished(kafka.bootstrap, join, partitions=kafka.partitions, config=kafka.config)
            watch = LagWatch(
                kafka.bootstrap, there.data_dir, group=topics.APP_ID, partitions=kafka.partitions, config=kafka.config
            )
            try:
                progress = watch.progress()
            finally:
                watch.close()
    except RedlineError as error:
        return Waiting(note=f"Which interactions are open is not known: {error}")
    left = sum(progress.stage_lag(topic) for topic in (topics.EVENTS, topics.SCRUBBED, topics.CLEAN))
    late = sum(progress.sink_lag(topic) for topic in (topics.CLEAN, topics.PAIRS, topics.REJECTS))
    note = f"{left:,} records wait for workers, {late:,} for sinks: run `redline up` until `redline status` shows none."
    return Waiting(frozenset(derived_id("pair", key) for key in keys), note if left or late else "")
