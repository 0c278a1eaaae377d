from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redline import probe
from redline.kafka_section import Kafka
from redline.probe import SKEW_S, Reading
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Callable

seconds = st.floats(0, 1e6)


@given(sent=seconds, there=st.floats(0, 60), back=st.floats(0, 60), skew=st.floats(-1e5, 1e5))
def test_a_skew_is_never_overstated_and_at_most_the_way_there_and_back_is_missed(
    sent: float, there: float, back: float, skew: float
) -> None:
    found = Reading(1, sent, sent + there + skew, sent + there + back).ahead_s
    slack = 1e-3  # a broker's stamp has milliseconds
    assert abs(found) <= abs(skew) + slack
    assert abs(found) >= abs(skew) - there - back - slack
    assert found * skew >= 0


def answers(*found: Reading) -> Callable[..., list[Reading]]:
    return lambda *_, **__: list(found)


@pytest.mark.parametrize(
    ("ahead_s", "said"),
    [
        (SKEW_S - 1, "not 10 s away"),
        (-SKEW_S + 1, "not 10 s away"),
        (3700.0, "3,700 s ahead of"),
        (-61.0, "61 s behind"),
    ],
)
def test_each_broker_is_told_of_by_itself(monkeypatch: pytest.MonkeyPatch, ahead_s: float, said: str) -> None:
    monkeypatch.setattr(probe, "readings", answers(Reading(1, 0.0, 0.5, 1.0), Reading(7, 0.0, ahead_s, 0.0)))
    good, found = probe.findings(Kafka(bootstrap="b:1"))
    assert (good.what, good.fix, found.what) == ("clock of broker 1", "", "clock of broker 7")
    assert said in found.came
    assert bool(found.fix) == (abs(ahead_s) > SKEW_S)


@pytest.mark.parametrize(
    ("error", "fix"),
    [("topic redline.probe is missing", "redline topics create"), ("no broker answered", "")],
)
def test_what_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch, error: str, fix: str) -> None:
    def refuse(*_: object, **__: object) -> list[Reading]:
        raise BrokerError(error)

    monkeypatch.setattr(probe, "readings", refuse)
    (found,) = probe.findings(Kafka(bootstrap="b:1"))
    assert (found.came, found.fix) == (f"not known: {error}", fix)
