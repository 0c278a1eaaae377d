from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.lease import Lease

SESSION_S = 10.0


def test_nobody_has_a_lease_before_kafka_said_so() -> None:
    assert not Lease(SESSION_S).holds(0.0)


def test_a_lease_holds_for_two_fifths_of_a_session_from_the_question_not_from_the_answer() -> None:
    lease = Lease(SESSION_S)
    lease.renew(100.0)
    assert lease.holds(103.9)
    assert not lease.holds(104.0)


def test_an_answer_that_comes_late_does_not_shorten_a_lease() -> None:
    lease = Lease(SESSION_S)
    lease.renew(100.0)
    lease.renew(97.0)
    assert lease.holds(103.9)


@given(asked=st.lists(st.floats(0, 1e6), min_size=1), waited=st.floats(0, 100))
def test_a_write_begun_under_a_lease_and_its_last_bytes_end_before_the_session_can(
    asked: list[float], waited: float
) -> None:
    lease = Lease(SESSION_S)
    for at in asked:
        lease.renew(at)
    now = max(asked) + waited
    if lease.holds(now):
        assert now + lease.term_s + lease.silent_s <= max(asked) + SESSION_S + 1e-6
