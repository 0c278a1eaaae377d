"""The format and size of each stage's state, as its changelog tells."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from redline import cluster
from redline.partition_reader import reader
from redline.state_reader import latest
from redline.up import attached
from schemas import topics
from streams.state_format import FORMAT_KEY, STATE_FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.settings import Settings

_NAME = "redline-state"


def show(settings: Settings, *, say: Callable[[str], None]) -> tuple[str, bool]:
    """A table for people, and whether a worker of this version would go on with all of it.

    Raises:
        BrokerError: there is no broker, or it lacks topics.
        LedgerError: a changelog could not be read to its end.
    """
    from quality import report  # noqa: PLC0415 - numpy and pyarrow for a table of text

    found = []
    ours = True
    with cluster.broker(attached(settings), say) as live:
        kafka = live.kafka
        cluster.prepare_topics(live)
        with reader(kafka.bootstrap, kafka.client, name=_NAME) as consumer:
            for table in topics.STATE_TABLES:
                formats: Counter[str] = Counter()
                keys = size = 0
                for partition in range(kafka.partitions):
                    values = latest(consumer, topics.changelog(table), partition)
                    mark = values.pop(FORMAT_KEY, None)
                    formats[_format(mark, empty=not values)] += 1
                    keys += len(values)
                    size += sum(len(key) + len(value) for key, value in values.items())
                ours &= formats.keys() <= {f"{STATE_FORMAT}", "empty"}
                told = ", ".join(f"{name} ({count} partitions)" for name, count in sorted(formats.items()))
                found.append((table, told, keys, size))
    text = report.table(("state", "format", "keys", "bytes"), found)
    needed = f"this version's format is {STATE_FORMAT}"
    return f"{text}\n\n{needed}" if ours else f"{text}\n\n{needed}: stop all workers, run `redline state rebuild`", ours


def _format(mark: bytes | None, *, empty: bool) -> str:
    if mark is None:
        return "empty" if empty else "1"
    return mark.decode("ascii", "replace") if mark.isdigit() else "being rebuilt"
