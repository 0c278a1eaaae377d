"""A partition's state out of its changelog: whole polls into RocksDB, with the offset they stand for in the same write.

Faust looks at every record of a changelog by itself and counts over all partitions what is left; a gigabyte took
minutes. It still decides which partitions are restored, from where, and when they are complete; and which a worker
follows as a standby, so that it has little left to restore when their owner dies.
"""

from __future__ import annotations

import logging
import shutil
import time
from typing import TYPE_CHECKING, Any

from rocksdict import WriteBatch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

log = logging.getLogger("redline.streams")
STALE_S = 12 * 3600.0
"""Half of `delete.retention.ms`, the day for which Kafka keeps deletions of a compacted topic."""


def without_stale(store: Any) -> None:
    """Have a Faust store drop what it kept of a partition before it opens it, if that was last written long ago.

    Deletions may be gone from the changelog since: what they deleted, withdrawn text too, would be kept for ever.
    """
    opened = store._open_for_partition  # noqa: SLF001  # no public way

    def open_fresh(partition: int) -> Any:
        drop_stale(store.partition_path(partition), time.time())
        return opened(partition)

    store._open_for_partition = open_fresh  # noqa: SLF001


def drop_stale(folder: Path, now: float) -> bool:
    """Remove a partition's RocksDB that was last written `STALE_S` before `now` (seconds since 1970)."""
    written = max((file.stat().st_mtime for file in folder.rglob("*")), default=now)
    if now - written < STALE_S:
        return False
    log.warning("%s is %.0f hours old: it is restored from its changelog", folder.name, (now - written) / 3600)
    shutil.rmtree(folder)
    return True


def apply(store: Any, partition: int, records: Sequence[Any]) -> None:
    """Write records of a changelog, in order, to a partition of a Faust store."""
    batch = WriteBatch(raw_mode=True)
    for record in records:
        if record.key is None:
            continue
        if record.value is None:
            batch.delete(record.key)
        else:
            batch.put(record.key, record.value)
    batch.put(store.offset_key, str(records[-1].offset).encode())
    store._db_for_partition(partition).write(batch)  # noqa: SLF001  # no public way by number


class Restore:
    """Takes polls of changelogs over from Faust's recovery."""

    def __init__(self, recovery: Any) -> None:
        self._recovery = recovery

    def take(self, tp: Any, records: Sequence[Any]) -> Sequence[Any]:
        """Write what can be written at once; returns what Faust must see by itself.

        That is the last record of a partition, by which it knows that the partition is complete, and all of one that
        it does not restore. Of a standby it sees nothing: that is never complete.
        """
        recovery = self._recovery
        if tp in recovery.standby_tps:
            self._follow(tp, records)
            return ()
        if tp not in recovery.active_tps:
            return records
        seen, end = recovery.active_offsets[tp], recovery.active_highwaters[tp]
        new = [record for record in records if seen is None or record.offset > seen]
        # The last of a poll: Faust writes it when the partition is complete, and nothing newer may stand by then.
        at = len(new) - (bool(new) and new[-1].offset >= end)
        if at:
            apply(recovery.tp_to_table[tp].data, tp.partition, new[:at])
            recovery.active_offsets[tp] = new[at - 1].offset
        return new[at:]

    def following(self, active: AbstractSet[Any]) -> dict[Any, int]:
        """Where standbys among these read on: nothing of them is committed, what they hold is what counts."""
        offsets = self._recovery.standby_offsets
        return {tp: offsets[tp] + 1 for tp in self._recovery.standby_tps & active if offsets.get(tp) is not None}

    def _follow(self, tp: Any, records: Sequence[Any]) -> None:
        recovery = self._recovery
        seen = recovery.standby_offsets.get(tp)
        if new := [record for record in records if seen is None or record.offset > seen]:
            apply(recovery.tp_to_table[tp].data, tp.partition, new)
            recovery.standby_offsets[tp] = new[-1].offset
