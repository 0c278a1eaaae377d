"""Dead letters that still wait for somebody: those that were sent again no longer do.

How many came in an hour stands in the history. Which of them were sent again is known by their offsets, so once
something was replayed the process reads those of `rejects`, and from then on of each new file.
"""

from __future__ import annotations

import logging
from array import array
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality import measures
from redline.replay import journal
from redline.replay.find import DEAD
from schemas import topics
from schemas.errors import SinkError
from sinks import arrivals, reader, store
from sinks.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow.parquet as pq

    from quality.measures import Point
    from redline.quality.read import Opened

log = logging.getLogger("redline.quality")

_TABLE = "rejects"
_COLUMNS = ("sources", "fate")
_BATCH = 65_536
_LONG_AGO = -1  # the hour of letters whose file was written anew: nobody knows when they came


class Letters:
    """What one process knows of dead letters that were sent again. `state`: where replays are noted."""

    def __init__(self, data_dir: Path, state: Path) -> None:
        self._data_dir = data_dir
        self._state = state
        self._hours: defaultdict[int, defaultdict[int, array[int]]] | None = None
        self._taken = 0
        self._seen: tuple[int, int, int] | None = None
        self._sent: Counter[int] = Counter()
        self._left = False

    def take(self, opened: Opened) -> None:
        """A new file of `rejects`."""
        if self._hours is not None and opened.table == _TABLE and not opened.quarantine:
            self._add(opened.file, measures.window(opened.at_us))

    def waiting(self, points: Iterable[Point]) -> list[Point]:
        """The points of dead letters, less those that were sent again; what cannot be told waits."""
        found = measures.merge(one for one in points if one.series == measures.DEAD_LETTERS.name and one.value)
        try:
            noted = (self._state / journal.FILE).stat()
        except FileNotFoundError:
            return found
        if self._hours is None and not self._read_everything():
            return found
        seen = noted.st_mtime_ns, noted.st_size, self._taken
        if seen != self._seen:
            self._count()
            self._seen = seen
        if not self._left:
            return []
        less = [replace(one, value=one.value - self._sent[one.at_us]) for one in found]
        return [one for one in less if one.value > 0]

    def _count(self) -> None:
        hours = {} if self._hours is None else self._hours
        parts = {part for held in hours.values() for part in held}
        sent = {part: np.fromiter(journal.replayed(self._state, part), np.int64) for part in sorted(parts)}
        self._sent = Counter()
        self._left = False
        for hour, held in hours.items():
            for part, offsets in held.items():
                letters = np.unique(np.asarray(offsets, np.int64))  # a file may have been read and come as well
                again = int(np.isin(letters, sent[part]).sum())
                self._sent[hour] += again
                self._left |= again < letters.size

    def _read_everything(self) -> bool:
        """Every letter that is in the table; False if it cannot be read now."""
        self._hours = defaultdict(lambda: defaultdict(lambda: array("q")))
        root = Layout(self._data_dir).dataset(_TABLE)
        try:
            came = {one.path: one.at_us for part in arrivals.since(root, -1) for one in part.files}
            for path in reader.places(self._data_dir, _TABLE):
                hour = measures.window(came[path]) if path in came else _LONG_AGO
                with store.parquet(path) as file:
                    self._add(file, hour)
        except (SinkError, OSError, ValueError, KeyError, pa.ArrowException) as error:
            log.warning("which dead letters wait is not known now (%s); the next look asks again", type(error).__name__)
            self._hours = None
        return self._hours is not None

    def _add(self, file: pq.ParquetFile, hour: int) -> None:
        if self._hours is None:
            return
        self._taken += 1
        for batch in file.iter_batches(_BATCH, columns=list(_COLUMNS)):
            rows = pa.Table.from_batches([batch])
            sources = pc.list_flatten(rows.filter(pc.equal(rows["fate"], DEAD))["sources"].combine_chunks())
            sources = sources.filter(pc.equal(pc.struct_field(sources, "topic"), topics.EVENTS))
            parts = pc.struct_field(sources, "partition").to_pylist()
            for part, offset in zip(parts, pc.struct_field(sources, "offset").to_pylist(), strict=True):
                self._hours[hour][part].append(offset)
