from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.cohorts import refuse_person_grouping, require_cohort
from schemas.errors import PurposeError
from schemas.tables import AUDIT, TABLES

# What the published tables may be counted by: all that is left must be refused or be free text and measures.
COUNTED_BY = {"event_date", "surface", "task", "label", "model", "language", "tool", "closed_by", "decision_ms_bucket"}


@given(st.integers(0, 100), st.integers(1, 50))
def test_a_group_is_told_of_from_k_people_on_or_if_it_is_empty(people: int, k: int) -> None:
    if people == 0 or people >= k:
        require_cohort(people, k)
        return
    with pytest.raises(PurposeError) as caught:
        require_cohort(people, k, "pairs by model")
    said = str(caught.value)
    assert said.startswith("pairs by model: needed at least ")
    assert f"came {people}" not in said


@pytest.mark.parametrize("column", ["pseudonym", "subject_mark", "session_key", "thread_key", "record_id", "sources"])
@pytest.mark.parametrize("form", ["{}", '"{}"', " {} ", "interactions.{}", 's."{}"'])
def test_columns_that_tell_people_apart_are_refused_however_they_are_written(column: str, form: str) -> None:
    for name in (column, column.upper()):
        with pytest.raises(PurposeError, match=f"grouping by {column}: refused"):
            refuse_person_grouping(["surface", form.format(name)])


@pytest.mark.parametrize("field", ["subject", "session_id", "data.session_id", "author-email", "User", "who"])
def test_fields_of_events_and_common_names_of_people_are_refused(field: str) -> None:
    with pytest.raises(PurposeError):
        refuse_person_grouping([field])


def test_what_cells_are_made_of_is_not() -> None:
    refuse_person_grouping([])
    refuse_person_grouping(sorted(COUNTED_BY))


def test_every_column_that_ends_like_an_id_is_refused() -> None:
    for table in (*TABLES.values(), AUDIT):
        for name in table.schema.names:
            if name.endswith(("_key", "_id", "_mark", "pseudonym")):
                with pytest.raises(PurposeError):
                    refuse_person_grouping([name])
