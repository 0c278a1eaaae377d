"""How people and agents of a unit work together, hour by hour: counts that say nothing of anybody. Pure.

The facts of a unit's UTC day (`streams.threads`) become one row for each hour in which k people or more wrote. The
other hours are taken together as one row of the day, if there were k people in them; else they are left out. A message
is in one row at most, so no row can be got by subtracting others, and a day is counted once.

Nobody weighs more than `MOST` messages of a row, and counts are multiples of `STEP`, rounded down: that one person was
away moves a count by one step at most, and how often one follows another by two. Times and sizes are told as medians
and ninetieth percentiles, in coarse buckets; times of answers only if k people answered.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from schemas import topics
from schemas.rows import Collaboration as Row
from schemas.rows import Interaction
from streams.days import DAY_US, HOUR_US, Days
from streams.keyed import Emit, Members, Settlement, derived_id, reject
from streams.threads import MESSAGE, STAGE, UNMEASURED, fact_of, unit_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.threads import Fact, Said

MOST = 10  # messages of one person, or of one thread where no person is known, that count in a row
STEP = 10
NONE, FEW = "none", "few"
ID_DIGITS, KIN_DIGITS = 32, 24
# Lower bounds and names: seconds to an answer; messages, levels and answers.
_WAITS = ((0, "<1m"), (60, "1-5m"), (300, "5-15m"), (900, "15-60m"), (3600, "1-4h"), (14_400, ">4h"))
_SIZES = ((0, "0"), (1, "1"), (2, "2"), (3, "3-4"), (5, "5-8"), (9, "9-16"), (17, ">16"))
_MEDIAN, _NINETY = 0.5, 0.9

BUCKETS: tuple[str, ...] = (*(name for _, name in (*_WAITS, *_SIZES)), NONE, FEW)
WINDOWS: tuple[str, ...] = ("hour", "day")


@dataclass(frozen=True, slots=True)
class CollaborationPolicy:
    """`k`: fewest people of a row. Event-time limits in microseconds, after the end of the UTC day."""

    k: int = 10
    close_us: int = 48 * HOUR_US
    keep_us: int = 7 * DAY_US


class _Heard(NamedTuple):
    """One message in its thread; `thread` is a number within the day."""

    thread: int
    fact: Fact
    said: Said


class Collaboration(Days):
    """`KeyedLogic` for the days of units, over the facts that `Threads` gives."""

    name = "collaboration"

    def __init__(self, policy: CollaborationPolicy | None = None) -> None:
        policy = policy or CollaborationPolicy()
        super().__init__(policy.close_us, policy.keep_us)
        self._k = policy.k

    def key_of(self, row: Interaction) -> bytes | None:
        """The unit and the UTC day."""
        return unit_key(fact_of(row.data).unit, row.event_date)

    def end_of(self, row: Interaction) -> int:
        """A fact stands at the end of its day."""
        return row.event_time

    def counted(self, key: bytes, members: list[Interaction], end_us: int) -> tuple[Emit, ...]:
        """The day's rows."""
        del key, end_us
        return tuple(rows_of(members, self._k))

    def forgotten(self, row: Interaction) -> tuple[Emit, ...]:
        """Every message of the fact is late."""
        return tuple(
            reject(
                source,
                stage=STAGE,
                reason="late",
                event_date=row.event_date,
                scrub_version=row.scrub_version,
                event_type=MESSAGE,
                expected="a message before its day was counted",
                dropped=True,
            )
            for source in row.sources
        )

    def drop(self, header: bytes, members: list[Interaction], reason: str) -> Settlement:
        """Facts have no owner, so nobody asks for it."""
        del members, reason
        return Settlement(header, Members.KEEP)


def window_id(key: bytes, window: str = "") -> str:
    """The id of a window's row; those of one unit's day share their first `KIN_DIGITS` digits."""
    return (
        derived_id("collaboration", key)[:KIN_DIGITS]
        + derived_id("collaboration", key, window.encode())[: ID_DIGITS - KIN_DIGITS]
    )


def rows_of(members: Sequence[Interaction], k: int) -> list[Emit]:
    """The rows of one unit's day: hours of k people or more, and the other hours together."""
    windows, _ = _windows(members, k)
    head = min(members, key=lambda row: row.record_id, default=None)
    return [] if head is None else [_row(head, hour, _capped(heard), k) for hour, heard in windows]


def left_out(members: Sequence[Interaction], k: int) -> int:
    """How many messages of one unit's day are in no row: too few people wrote in their hours."""
    return len(_windows(members, k)[1])


def _windows(members: Sequence[Interaction], k: int) -> tuple[list[tuple[int | None, list[_Heard]]], list[_Heard]]:
    """The windows that are told, None for the hours taken together; and what is in none."""
    hours: dict[int, list[_Heard]] = defaultdict(list)
    for number, row in enumerate(sorted(members, key=lambda row: row.record_id)):
        fact = fact_of(row.data)
        for said in fact.said:
            hours[said.hour].append(_Heard(number, fact, said))
    told: list[tuple[int | None, list[_Heard]]] = []
    rest: list[_Heard] = []
    for hour, heard in sorted(hours.items()):
        if _people(heard) >= k:
            told.append((hour, heard))
        else:
            rest += heard
    return (told, rest) if _people(rest) < k else ([*told, (None, rest)], [])


def _people(heard: Sequence[_Heard]) -> int:
    return len({one.said.who for one in heard if one.said.who and not one.said.agent})


def _capped(heard: Sequence[_Heard]) -> list[_Heard]:
    """The first `MOST` messages of everybody; of a thread where nobody is known."""
    count: Counter[str | int] = Counter()
    kept = []
    for one in heard:
        whose = one.said.who or one.thread
        count[whose] += 1
        if count[whose] <= MOST:
            kept.append(one)
    return kept


def _row(head: Interaction, hour: int | None, heard: Sequence[_Heard], k: int) -> Emit:
    unit = heard[0].fact.unit
    turns = Counter(one.said.turn for one in heard)
    waits = [one for one in heard if one.said.wait_s != UNMEASURED]
    threads = [fact for _, fact in sorted({one.thread: one.fact for one in heard}.items())]
    enough = _people(waits) >= k
    window = "day" if hour is None else f"{hour:02d}"
    row = Row(
        record_id=window_id(unit_key(unit, head.event_date), window),
        scrub_version=head.scrub_version,
        sources=[],
        event_date=head.event_date,
        unit=unit,
        window="day" if hour is None else "hour",
        hour=hour,
        people=_coarse(_people(heard)),
        messages=_coarse(len(heard)),
        threads=_coarse(len(threads)),
        channels=_coarse(len({one.said.channel for one in heard if one.said.channel})),
        agent_messages=_coarse(sum(one.said.agent for one in heard)),
        person_to_person=_coarse(turns["pp"]),
        person_to_agent=_coarse(turns["pa"]),
        agent_to_person=_coarse(turns["ap"]),
        reply_p50=_bucket(_WAITS, [one.said.wait_s for one in waits], _MEDIAN) if enough else FEW,
        reply_p90=_bucket(_WAITS, [one.said.wait_s for one in waits], _NINETY) if enough else FEW,
        length_p50=_bucket(_SIZES, [fact.length for fact in threads], _MEDIAN),
        length_p90=_bucket(_SIZES, [fact.length for fact in threads], _NINETY),
        depth_p50=_bucket(_SIZES, [fact.depth for fact in threads], _MEDIAN),
        depth_p90=_bucket(_SIZES, [fact.depth for fact in threads], _NINETY),
        breadth_p90=_bucket(_SIZES, [fact.breadth for fact in threads], _NINETY),
    )
    return Emit(topics.COLLABORATION, row.record_id.encode(), row)


def _coarse(count: int) -> int:
    return count - count % STEP


def _bucket(buckets: Sequence[tuple[int, str]], values: Sequence[int], share: float) -> str:
    """The bucket of a quantile: of the least value that so large a share does not exceed."""
    if not values:
        return NONE
    value = sorted(values)[max(0, -(-round(share * 100) * len(values) // 100) - 1)]
    return buckets[max(0, bisect_right([low for low, _ in buckets], value) - 1)][1]
