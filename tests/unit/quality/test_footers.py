"""What the metadata of a data file may say, and what it must."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from support.batches import arrow, good

from quality import footers
from schemas.tables import PURPOSE_KEY, TABLES

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = TABLES["interactions"]


def rows() -> pa.Table:
    purpose = {PURPOSE_KEY: TABLE.purpose}
    return (
        arrow("interactions", good("interactions"))
        .drop_columns(list(TABLE.partition_by))
        .replace_schema_metadata(purpose)
    )


def footer(body: pa.Table, **options: Any) -> Any:
    out = io.BytesIO()
    pq.write_table(body, out, **{"compression": "zstd", "write_statistics": TABLE.plain, **options})
    return pq.read_metadata(io.BytesIO(out.getvalue()))


def test_a_file_as_a_sink_writes_it_has_no_fault_and_no_text_in_its_statistics() -> None:
    found = footer(rows())
    assert footers.faults(found, TABLE) == {}
    chunks = [found.row_group(0).column(place) for place in range(found.row_group(0).num_columns)]
    shown = {chunk.path_in_schema for chunk in chunks if chunk.statistics is not None and chunk.statistics.has_min_max}
    assert shown == {"record_id", "schema_version", "event_time", "key_epoch"}


@pytest.mark.parametrize(
    ("body", "options", "fault"),
    [
        (rows(), {"write_statistics": True}, footers.STATISTICS),
        (rows(), {"compression": "snappy"}, footers.CODECS),
        (rows().replace_schema_metadata(None), {}, footers.PURPOSE),
        (rows().replace_schema_metadata({PURPOSE_KEY: "training"}), {}, footers.PURPOSE),
        (rows().drop_columns(["tool"]), {}, footers.SCHEMA),
        (rows().append_column("person", rows()["tool"]), {"write_statistics": TABLE.plain}, footers.SCHEMA),
        (rows().slice(0, 0), {}, footers.GROUPS),
    ],
)
def test_what_is_wrong_is_named_and_counted(body: pa.Table, options: dict[str, Any], fault: str) -> None:
    found = footers.faults(footer(body, **options), TABLE)
    assert set(found) == {fault}
    assert all(count > 0 for count in found.values())
