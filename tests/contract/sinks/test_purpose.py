from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from support import rows as make
from support.folder import publish

from schemas.errors import PurposeError, SinkError
from schemas.tables import AUDIT, PURPOSE_KEY, PURPOSES, TABLES
from sinks import purpose, reader
from sinks.delta import TableLog
from sinks.layout import Layout
from sinks.quarantine import quarantine_of
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from pathlib import Path


def test_published_tables_are_for_training_and_no_other_is() -> None:
    for table in (*TABLES.values(), AUDIT):
        assert table.purpose in PURPOSES
        assert (table.purpose == "training") is table.published
        assert quarantine_of(table).purpose == "review"


def test_a_table_and_its_files_say_what_they_are_for(tmp_path: Path) -> None:
    publish(tmp_path, "pairs", [make.pair(0), make.pair(1)])
    publish(tmp_path, "pairs", [make.pair(0, revision=1)])  # replaces a row: the file is written anew
    rewrite(tmp_path, TABLES["pairs"], lambda rows: rows.replace_schema_metadata(None))
    publish(tmp_path, "subjects", [make.subject(0)])
    for table in ("pairs", "subjects"):
        for file in reader.files(tmp_path, table):
            assert pq.read_schema(file).metadata[PURPOSE_KEY.encode()].decode() == TABLES[table].purpose
    purpose.require(tmp_path, "pairs", "training")
    purpose.require(tmp_path, "subjects", "erasure")


@pytest.mark.parametrize(
    ("table", "asked", "said"),
    [
        ("pairs", "review", "for training only"),
        ("subjects", "training", "refused for training: it is for erasure only"),
        ("pairs", "ranking people", "came another word"),
        ("trajectories", "training", "came none"),
    ],
)
def test_another_use_is_refused_with_the_reason(tmp_path: Path, table: str, asked: str, said: str) -> None:
    publish(tmp_path, "pairs", [make.pair(0)])
    publish(tmp_path, "subjects", [make.subject(0)])
    with pytest.raises(PurposeError, match=said):
        purpose.require(tmp_path, table, asked)
    with pytest.raises(SinkError):
        purpose.require(tmp_path, "pears", "training")


def test_a_table_written_before_gets_its_purpose_when_it_is_next_opened(tmp_path: Path) -> None:
    publish(tmp_path, "pairs", [make.pair(0)])
    root = Layout(tmp_path).dataset("pairs")
    for entry in (root / "_delta_log").glob("*.json"):
        entry.write_text(entry.read_text().replace(f'"{PURPOSE_KEY}":"training"', '"delta.x":"1"'))
    with pytest.raises(PurposeError, match="older version"):
        purpose.require(tmp_path, "pairs", "training")
    version = DeltaTable(root).version()
    assert [TableLog(root, TABLES["pairs"]).version for _ in range(2)] == [version + 1] * 2
    purpose.require(tmp_path, "pairs", "training")
    publish(tmp_path, "pairs", [make.pair(1)])
    assert reader.read(tmp_path, "pairs", ["record_id"]).num_rows == 2


def test_a_sink_that_was_open_meanwhile_goes_on(tmp_path: Path) -> None:
    publish(tmp_path, "pairs", [make.pair(0)])
    root = Layout(tmp_path).dataset("pairs")
    for entry in (root / "_delta_log").glob("*.json"):
        entry.write_text(entry.read_text().replace(f'"{PURPOSE_KEY}":"training"', '"delta.x":"1"'))
    opened = []

    def gate(rows: object) -> object:
        opened.append(TableLog(root, TABLES["pairs"]))
        return make.passing(rows)

    publish(tmp_path, "pairs", [make.pair(1)], gate=gate)  # type: ignore[arg-type]
    assert (len(opened), reader.read(tmp_path, "pairs", ["record_id"]).num_rows) == (1, 2)
