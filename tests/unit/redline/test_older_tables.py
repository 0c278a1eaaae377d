"""Commands over a data folder that an older version wrote, and this one goes on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from support import older
from support import rows as make
from support.folder import day, key_file, publish

from quality import footers
from redline import rebuild, sql
from redline.settings import Settings
from schemas.tables import PAIRS, TABLES
from sinks import reader

if TYPE_CHECKING:
    from pathlib import Path


def publish_as_before(data: Path, rows: list[Any], patch: pytest.MonkeyPatch) -> None:
    with patch.context() as before:
        before.setitem(TABLES, "pairs", older.older(PAIRS))
        publish(data, "pairs", [older.payload(row, PAIRS) for row in rows])


@pytest.mark.parametrize(("new", "old"), [(1, 2), (2, 1)], ids=["old files first", "new files first"])
def test_a_query_reads_old_and_new_files_and_old_ones_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: int, old: int
) -> None:
    everything = "select right(record_id, 1)::int, licence from pairs order by 1"
    publish_as_before(tmp_path, [make.pair(n) for n in (old, old + 2)], monkeypatch)  # of one day
    assert sql.query(tmp_path, everything)[1] == [(old, None), (old + 2, None)]
    row = make.pair(new)
    row.licence = "copyleft"
    publish(tmp_path, "pairs", [row])
    assert sql.query(tmp_path, everything)[1] == sorted([(new, "copyleft"), (old, None), (old + 2, None)])
    assert sql.query(tmp_path, "select * from pairs limit 1")[0] == PAIRS.schema.names
    for path in reader.files(tmp_path, "pairs"):
        assert not footers.faults(pq.read_metadata(path), PAIRS)


def test_what_an_older_version_published_equals_its_rebuild_and_what_somebody_changed_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = day(1)
    key_file(tmp_path)
    publish(tmp_path, "interactions", made.events)
    publish(tmp_path, "rejects", made.rejects)
    first, second, third, *rest = made.pairs
    first.kept_spans = []  # version 1 cut texts otherwise: what it says there is no difference
    publish_as_before(tmp_path, [first, *rest], monkeypatch)
    third.licence = "proprietary"
    publish(tmp_path, "pairs", [second, third])
    result = rebuild.pairs(Settings(data=str(tmp_path)))
    assert (result.rows, result.differing) == (len(made.pairs), 1), result.text
    assert f"{third.record_id}" in result.text
    assert "differs in licence" in result.text
