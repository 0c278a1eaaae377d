"""What the quality process looks at in every new file: what it says of itself, and a few rows with another detector.

The detector is Presidio as it comes; what Redline itself put into a text is no finding. Files that come faster than
they can be looked at are sampled: the budget is one of rows for each look, spread over the files as they come.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa

from quality import footers, sample
from redline.alerting import alert_of
from schemas import metrics
from schemas.metrics import NO_METER
from schemas.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow.parquet as pq

    from quality.alert import Alert
    from redline.quality.read import Opened
    from schemas.metrics import Meter

log = logging.getLogger("redline.quality")

LEAK, METADATA = "sample_leak", "file_metadata"
_OF_A_FILE = 8


class Samples:
    """What one process finds in new files.

    `most` is how many rows it looks at between two judgements; `finder` makes the detector, once it is needed.
    """

    def __init__(self, most: int, finder: Callable[[], sample.Find] | None = None, *, meter: Meter = NO_METER) -> None:
        self._most = most
        self._finder = finder or _stock
        self._find: sample.Find | None = None
        self._room = most
        self._meter = meter
        self._leaks: dict[str, Counter[str]] = {}
        self._faults: dict[str, Counter[str]] = {}

    def take(self, opened: Opened) -> None:
        """Look at a new file of a table."""
        if opened.quarantine:
            return
        table = opened.table
        try:
            wrong = footers.faults(opened.file.metadata, TABLES[table])
            found = [one for one in self._looked(opened.file, table) if one]
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            kind = type(error).__name__
            log.warning("%s: cannot be looked at (%s); run `redline doctor`", opened.path, kind)
            return
        if wrong:
            self._faults.setdefault(table, Counter()).update({"files": 1, **wrong})
        for counts in found:
            self._leaks.setdefault(table, Counter()).update({"rows": 1, **counts})

    def judge(self) -> list[Alert]:
        """What was found since the last time: an alert for each table. No values, only what kind and how often."""
        told = [alert_of(LEAK, table, got=dict(counts)) for table, counts in sorted(self._leaks.items())]
        told += [alert_of(METADATA, table, got=dict(counts)) for table, counts in sorted(self._faults.items())]
        self._leaks, self._faults, self._room = {}, {}, self._most
        return told

    def _looked(self, file: pq.ParquetFile, table: str) -> list[Counter[str]]:
        if table not in sample.TEXTS or self._room <= 0:
            return []
        ids = file.read(columns=["record_id"]).column("record_id").combine_chunks()
        places = sample.choose(ids, min(_OF_A_FILE, self._room))
        self._room -= len(places)
        self._meter.count(metrics.QUALITY_SAMPLED, len(places), table=table)
        if not places:
            return []
        if self._find is None:
            self._find = self._finder()
        rows = pa.concat_tables(_picked(file, sample.TEXTS[table], places))
        return sample.look(rows, table, self._find)


def _picked(file: pq.ParquetFile, columns: Iterable[str], places: list[int]) -> Iterator[pa.Table]:
    """Rows at these places, in bounded memory."""
    start = 0
    for batch in file.iter_batches(1_024, columns=list(columns)):
        here = [place - start for place in places if start <= place < start + batch.num_rows]
        if here:
            yield pa.Table.from_batches([batch]).take(here)
        start += batch.num_rows


def _stock() -> sample.Find:
    from streams.privacy import stock  # noqa: PLC0415 - Presidio takes a second to load, and only where rows come
    from streams.surrogates import unreserved  # noqa: PLC0415

    find = stock.finder()
    return lambda text: [one.entity for one in unreserved(text, find(text))]
