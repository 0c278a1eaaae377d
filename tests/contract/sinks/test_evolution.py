"""Tables that an older version wrote: a sink's start adds the columns, and old rows read null there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from support import older
from support import rows as make

from schemas.errors import SinkError
from schemas.evolution import later
from schemas.tables import PAIRS, Table
from sinks import delta_table, reader
from sinks.committer import Committer
from sinks.delta import ConflictError, TableLog
from sinks.layout import Layout
from sinks.quarantine import quarantine_of
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from pathlib import Path

LATER = sorted(later(PAIRS.schema))
OLD = older.older(PAIRS)


def put(data: Path, rows: list[Any], *, start: int, table: Table = PAIRS, gate: Any = make.passing) -> None:
    sink = Committer(
        data_dir=data,
        table=table,
        sink="sink-0",
        gate=gate,
        alert=make.no_alert,
        crash=lambda _step: None,
        seal=make.SEAL,
    )
    sink.commit(make.batch(rows, start=start), lambda _offsets: None)
    sink.close()


def old(data: Path, count: int = 8) -> None:
    bad = {"00000000000000000000000000000003"}
    rows = [older.payload(make.pair(n), PAIRS) for n in range(count)]
    put(data, rows, start=0, table=OLD, gate=make.failing("record_id", bad))


def kinds(data: Path, **asked: Any) -> dict[str, str | None]:
    rows = reader.read(data, "pairs", ["record_id", "licence"], **asked)
    return {str(row["record_id"])[-2:]: row["licence"] for row in rows.to_pylist()}


def test_a_sink_goes_on_with_a_table_of_an_older_version(tmp_path: Path) -> None:
    old(tmp_path)
    roots = (Layout(tmp_path).dataset("pairs"), Layout(tmp_path).quarantine("pairs"))
    assert all(delta_table.fits(root, table) for root, table in zip(roots, (PAIRS, quarantine_of(PAIRS)), strict=True))
    before = DeltaTable(roots[0]).metadata()
    assert kinds(tmp_path) == dict.fromkeys(("00", "01", "02", "04", "05", "06", "07"))
    # One row as a worker of today sends it, one that an older worker sent and that still lies in Kafka, and a revision
    # of an old row: the file it stands in is copied without it.
    today = [licensed(n) for n in (8, 1)]
    put(tmp_path, [today[0], older.payload(make.pair(9), PAIRS), today[1]], start=8)
    assert kinds(tmp_path) == dict.fromkeys(("00", "02", "04", "05", "06", "07", "09")) | {
        "08": "permissive",
        "01": "permissive",
    }
    assert kinds(tmp_path, quarantine=True) == {"03": None}
    after = DeltaTable(roots[0])
    assert (after.metadata().id, after.metadata().configuration) == (before.id, before.configuration)
    for root in roots:
        fields = {field.name: field for field in DeltaTable(root).schema().fields}
        assert set(LATER) < set(PAIRS.stored.names) <= set(fields)
        assert all(fields[name].nullable and fields[name].metadata["meaning"] for name in LATER)
    # What another reader of Delta sees.
    shown = pa.table(after.to_pyarrow_table(columns=["record_id", "licence"]))
    assert {str(i)[-2:]: kind for i, kind in zip(*shown.to_pydict().values(), strict=True)} == kinds(tmp_path)
    assert list(reader.offsets(tmp_path, "pairs").values()) == [11]


def licensed(number: int) -> Any:
    row = make.pair(number, revision=1)
    row.licence = "permissive"
    return row


def test_rewriting_gives_old_files_all_columns_and_leaves_values_alone(tmp_path: Path) -> None:
    old(tmp_path)
    asked = [name for name in PAIRS.schema.names if name not in {"sources", *LATER}]
    before = reader.read(tmp_path, "pairs", asked).sort_by("record_id")
    done = rewrite(tmp_path, PAIRS, lambda rows: rows, merge=True)
    assert done.rows_before == done.rows_after == before.num_rows
    assert reader.read(tmp_path, "pairs", asked).sort_by("record_id").equals(before)
    assert set(kinds(tmp_path).values()) == {None}


def test_adding_columns_twice_or_beside_a_sink_that_writes_on_is_one_commit(tmp_path: Path) -> None:
    old(tmp_path)
    root = Layout(tmp_path).dataset("pairs")
    running = TableLog(root, OLD)
    first, second = TableLog(root, PAIRS), TableLog(root, PAIRS)
    assert first.version == second.version == running.version + 1
    with pytest.raises(ConflictError):
        running.commit(adds=(), removes={}, offsets={}, note={})
    running.refresh()
    assert running.commit(adds=(), removes={}, offsets={}, note={}) == first.version + 1
    assert TableLog(root, PAIRS).version == first.version + 1


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: schema.remove(schema.get_field_index("label")),
        lambda schema: schema.append(pa.field("needed", pa.string(), nullable=False)),
        lambda schema: schema.set(schema.get_field_index("label"), pa.field("label", pa.int32(), nullable=False)),
    ],
    ids=["a column less", "a column more that must not be null", "another type"],
)
def test_a_table_that_is_another_one_is_refused_and_left_as_it_was(tmp_path: Path, change: Any) -> None:
    put(tmp_path, [make.pair(1)], start=0)
    root = Layout(tmp_path).dataset("pairs")
    other = dataclasses.replace(PAIRS, schema=change(PAIRS.schema))
    version = DeltaTable(root).version()
    assert not delta_table.fits(root, other)
    with pytest.raises(SinkError, match="needed the columns and partitions of table pairs"):
        TableLog(root, other)
    assert DeltaTable(root).version() == version
