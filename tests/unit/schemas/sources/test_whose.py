"""Whose an event is: a caller speaks for one person and for nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Event, Session
from schemas.sources.reading import Reading
from schemas.sources.whose import bound, is_same, whose

JO, AL = "jo@corp.example", "al@corp.example"
NAMES = st.none() | st.sampled_from([JO, AL, "", " ", "7c0d-installation", " JO@Corp.example"]) | st.text(max_size=9)


def event(subject: str | None) -> Event:
    data = Session(session_id="s", surface="ide", tool="t", state="started")
    return Event(source="x", id="1", type="redline.session.v1", time_us=1, subject=subject, data=data)


@pytest.mark.parametrize(
    ("named", "caller", "person"),
    [
        (None, None, None),
        (AL, None, AL),
        ("7c0d", None, "7c0d"),
        (AL, "", AL),
        (None, JO, JO),
        ("", JO, JO),
        ("7c0d", JO, JO),
        (" JO@Corp.example ", JO, JO),
        (AL, JO, AL),
    ],
)
def test_the_caller_s_or_the_format_s(named: str | None, caller: str | None, person: str | None) -> None:
    assert whose(named, caller) == person
    reading = bound(Reading(events=[event(named)]), caller)
    if caller and not is_same(person, caller):
        assert [(fault.reason, fault.path) for fault in reading.faults] == [("bad_value", "$.subject")]
        assert not reading.events
        assert AL not in str(reading.faults)
    else:
        assert [one.subject for one in reading.events] == [person]


@given(names=st.lists(NAMES), caller=NAMES)
def test_nothing_passes_a_caller_under_another_name_and_nothing_is_lost(
    names: list[str | None], caller: str | None
) -> None:
    reading = bound(Reading(events=[event(name) for name in names]), caller)
    assert len(reading.events) + len(reading.faults) == len(names)
    if caller:
        assert {one.subject for one in reading.events} <= {caller}
    else:
        assert [one.subject for one in reading.events] == names
