"""A worker to which partitions are being handed out, and how long that may take."""

from __future__ import annotations

from itertools import pairwise

from streams.pulse import Pulse

STUCK_S = 60.0


def still(pulse: Pulse, now: float, *, resting: bool, restored: int) -> float:
    return pulse.look(now, {"join": 7}, busy=(), behind=True, resting=resting, joined=not resting, restored=restored)


def test_state_may_be_restored_for_hours_as_long_as_it_gets_on() -> None:
    pulse = Pulse(STUCK_S)
    assert all(still(pulse, now, resting=True, restored=now) == 0 for now in range(0, 7_200, 5))


def test_a_recovery_that_has_ended_without_a_word_is_not_waited_for_for_ever() -> None:
    pulse = Pulse(STUCK_S)
    found = [still(pulse, now, resting=True, restored=3) for now in range(0, 600, 5)]
    ends = next(5 * number for number, seconds in enumerate(found) if seconds > STUCK_S)
    assert ends == 305
    assert all(later > earlier for earlier, later in pairwise(found[61:]))


def test_one_handing_out_after_another_is_no_standstill() -> None:
    pulse = Pulse(STUCK_S)
    for begin in range(0, 3_000, 300):
        assert all(still(pulse, now, resting=True, restored=3) == 0 for now in range(begin, begin + 290, 5))
        assert still(pulse, begin + 295, resting=False, restored=3) <= 10
