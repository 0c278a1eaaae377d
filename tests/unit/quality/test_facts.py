"""Facts about the rows of a batch."""

from __future__ import annotations

import pyarrow as pa

from quality.facts import schema_faults
from quality.suites import SUITES
from schemas.tables import AUDIT, PAIRS, QUALITY_HISTORY, TABLES


def test_every_table_has_a_suite_whose_names_are_unique() -> None:
    assert set(SUITES) == {*TABLES, AUDIT.name, QUALITY_HISTORY.name}
    for suite in SUITES.values():
        assert len({e.name for e in suite}) == len(suite)


def test_missing_unknown_and_mistyped_columns_are_schema_faults() -> None:
    empty = PAIRS.schema.empty_table()
    assert schema_faults(empty, PAIRS) == 0
    assert schema_faults(empty.select(list(reversed(empty.column_names))), PAIRS) == 0
    assert schema_faults(empty.drop_columns(["final"]), PAIRS) == 1
    assert schema_faults(empty.append_column("person", pa.array([], pa.string())), PAIRS) == 1
    place = empty.schema.get_field_index("similarity")
    assert schema_faults(empty.set_column(place, "similarity", pa.array([], pa.string())), PAIRS) == 1
