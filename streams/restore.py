"""A partition's state out of its changelog: whole polls into RocksDB, with the offset they stand for in the same write.

Faust looks at every record of a changelog by itself and counts over all partitions what is left; a gigabyte took
minutes. It still decides which partitions are restored, from where, and when they are complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rocksdict import WriteBatch

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        it does not restore.
        """
        recovery = self._recovery
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
