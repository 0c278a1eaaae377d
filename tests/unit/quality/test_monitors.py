"""Points of weeks through the monitors: what is planted is told, once, and a clean week says nothing."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality import measures
from quality.measures import HOUR_S, US, Point
from quality.monitors import evaluate
from quality.policy import EXPECTED, KINDS, MonitorPolicy
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = HOUR_S * US
WEEK = 7 * 24
START = 2_900 * WEEK * HOUR  # some Thursday; the shape below says which hours are work
TOOLS = {"ide/1.0": 300.0, "chat/3": 60.0}
LABELS = {"accepted": 0.3, "edited": 0.4, "rejected": 0.2, "ignored": 0.1}


def work(hour: int) -> float:
    """The share of a full hour's work that an hour of the week has."""
    day, of_day = divmod(hour % WEEK, 24)
    return 0.0 if day in {2, 3} else math.exp(-(((of_day - 13) / 4) ** 2))


def points(hours: int, change: Callable[[int, str, Point], Point | None] = lambda _h, _t, p: p) -> list[Point]:
    """`hours` hours of two tools. `change` sees each point of a tool with its hour, and may change or drop it."""
    rng = np.random.default_rng(20_261_121)
    found = []
    for hour in range(hours):
        for tool, rate in TOOLS.items():
            rows = int(rng.poisson(rate * work(hour)))
            if not rows:
                continue
            labels = rng.multinomial(rows, list(LABELS.values()))
            at = START + hour * HOUR
            common = {"at_us": at, "span_s": HOUR_S, "tool": tool, "weight": float(rows)}
            mix = {name: float(n) for name, n in zip(LABELS, labels, strict=True)}
            made = [
                Point(series="volume", table="interactions", value=float(rows), **common),
                Point(series="volume", table="pairs", value=float(rows), **common),
                Point(series="label_mix", table="pairs", value=float(rows), bins=mix, **common),
                Point(series="match_rate", table="pairs", value=float(rows - labels[-1]), **common),
            ]
            found += [one for p in made if (one := change(hour, tool, p)) is not None]
    return found


CLEAN = points(3 * WEEK)
NOON = 2 * WEEK + 24 + 12  # a working day in the third week


def until(hour: float, held: list[Point]) -> list[Point]:
    now = START + int(hour * HOUR)
    return [p for p in held if p.end_us <= now]


def look(
    hour: float, held: list[Point], firing: frozenset[tuple[str, str, str]] = frozenset()
) -> list[tuple[str, ...]]:
    """Kind, table, first word of the subject, tool."""
    found = evaluate(until(hour, held), START + int(hour * HOUR), firing=firing)
    return [(one.kind, one.table, one.subject.partition(" ")[0].partition(":")[0], one.tool) for one in found]


def test_a_clean_week_says_nothing_at_any_hour() -> None:
    for hour in range(2 * WEEK, 3 * WEEK, 5):
        assert look(hour, CLEAN) == [], hour


def test_nothing_is_said_of_a_history_that_knows_too_little() -> None:
    for hour in (0, 1, 5, 24, 60, 100, 160):
        assert look(hour, CLEAN) == [], hour
    assert evaluate([], START) == []


def test_a_tool_that_stops_is_told_once_and_not_of_every_table() -> None:
    held = [p for p in CLEAN if not (p.tool == "ide/1.0" and p.at_us >= START + NOON * HOUR)]
    assert look(NOON + 2, held) == [("silence", "interactions", "tool", "ide")]


def test_all_that_stops_is_one_alert() -> None:
    held = [p for p in CLEAN if p.at_us < START + NOON * HOUR]
    found = evaluate(held, START + (NOON + 2) * HOUR)
    assert [(one.kind, one.table, one.subject, one.severity) for one in found] == [
        ("silence", "interactions", "", Severity.ERROR)
    ]
    assert found[0].since_us == START + NOON * HOUR
    assert found[0].got["hours"] == 2


def test_a_night_and_a_weekend_are_no_silence() -> None:
    held = [p for p in CLEAN if p.at_us < START + (2 * WEEK + 24 + 22) * HOUR]
    assert look(2 * WEEK + 48 + 3, held) == []


@pytest.mark.parametrize(("times", "way"), [(3.0, "rise"), (0.05, "fall")])
def test_another_volume_of_one_tool_is_told_of_the_table_it_came_to(times: float, way: str) -> None:
    def change(hour: int, tool: str, p: Point) -> Point:
        changed = hour >= NOON and tool == "ide/1.0" and p.series == "volume"
        return replace(p, value=float(int(p.value * times)), weight=float(int(p.value * times))) if changed else p

    found = look(NOON + 6, points(NOON + 6, change))
    assert ("volume", "interactions", way) in {one[:3] for one in found}
    assert {one[:3] for one in found} == {("volume", "interactions", way)}


def test_a_tool_that_accepts_everything_is_told_by_its_labels() -> None:
    def change(hour: int, tool: str, p: Point) -> Point:
        if hour < NOON or tool != "chat/3":
            return p
        if p.series == "label_mix":
            return replace(p, bins={"accepted": p.weight})
        return replace(p, value=p.weight) if p.series == "match_rate" else p

    found = look(NOON + 2, points(NOON + 2, change))
    assert ("label_mix", "pairs", "tool", "chat") in found


def test_a_new_version_is_compared_with_the_tool_it_belongs_to_and_the_old_one_is_not_missed() -> None:
    def change(hour: int, tool: str, p: Point) -> Point:
        if hour < NOON or tool != "ide/1.0":
            return p
        return replace(p, tool="ide/2.0", bins={"accepted": p.weight} if p.series == "label_mix" else p.bins)

    found = look(NOON + 3, points(NOON + 3, change))
    assert {one[0] for one in found} == {"label_mix"}
    calm = points(NOON + 3, lambda h, t, p: replace(p, tool="ide/2.0") if h >= NOON and t == "ide/1.0" else p)
    assert look(NOON + 3, calm) == []


def test_a_burst_of_everything_is_one_alert_and_shares_stay_on() -> None:
    def change(hour: int, _tool: str, p: Point) -> Point:
        if hour < NOON:
            return p
        bins = {"accepted": p.weight * 10} if p.series == "label_mix" else p.bins
        return replace(p, value=p.value * 10, weight=p.weight * 10, bins=bins)

    held = points(NOON + 26, change)
    held += [replace(p, tool="new/1") for p in held if p.at_us >= START + NOON * HOUR and p.tool == "chat/3"]
    for hours in (1, 4, 25):
        kinds = [one[0] for one in look(NOON + hours, held)]
        assert kinds.count("burst") == 1, hours
        assert "volume" not in kinds
        assert "label_mix" in kinds


def test_what_fires_goes_on_until_it_is_clearly_over() -> None:
    def change(hour: int, tool: str, p: Point) -> Point:
        times = 1.75 if hour >= NOON + 3 else 3.0
        changed = hour >= NOON and tool == "ide/1.0" and p.series == "volume"
        return replace(p, value=float(int(p.value * times))) if changed else p

    held = points(NOON + 30, change)
    first = evaluate(until(NOON + 3, held), START + (NOON + 3) * HOUR)
    keys = frozenset(one.key for one in first)
    assert keys
    later = {one.key for one in evaluate(until(NOON + 5, held), START + (NOON + 5) * HOUR, firing=keys)}
    assert keys <= later


def settled(accepting: Callable[[int], bool] = lambda _hour: False) -> list[Point]:
    """Pairs of three weeks as they come: what nobody decided, and half of what is accepted, comes a day later."""
    rng = np.random.default_rng(7)
    mixes: dict[int, Counter[str]] = {}
    for hour in range(3 * WEEK):
        rows = int(rng.poisson(300 * work(hour)))
        odds = [1.0, 0.0, 0.0, 0.0] if accepting(hour) else list(LABELS.values())
        for name, number in zip(LABELS, rng.multinomial(rows, odds).tolist(), strict=True):
            late = number if name == "ignored" else number // 2 if name == "accepted" else 0
            mixes.setdefault(hour, Counter())[name] += number - late
            mixes.setdefault(hour + 24, Counter())[name] += late
    found = []
    for hour, mix in mixes.items():
        at, rows = START + hour * HOUR, float(sum(mix.values()))
        found.append(Point("label_mix", at, HOUR_S, "pairs", value=rows, weight=rows, bins=dict(mix)))
        found.append(Point("match_rate", at, HOUR_S, "pairs", value=rows - mix["ignored"], weight=rows))
    return found


def test_what_settles_a_day_late_is_no_news_after_a_weekend() -> None:
    held = settled()
    assert {hour: told for hour in range(24, 3 * WEEK, 3) if (told := look(hour, held))} == {}


@pytest.mark.parametrize("day", [0, 1, 4, 5])  # Thursday, Friday; Monday, Tuesday
def test_and_a_change_is_told_on_whatever_day_it_comes(day: int) -> None:
    begin = 2 * WEEK + day * 24 + 11
    held = settled(lambda hour: hour >= begin)
    assert {one[0] for hours in (2, 3, 4, 5) for one in look(begin + hours, held)} & {"label_mix", "match_rate"}


def test_shares_of_rejects_by_reason_and_of_quarantine() -> None:
    held = []
    for hour in range(2 * WEEK):
        bad = 1.0 if hour < 2 * WEEK - 2 else 30.0
        at = START + hour * HOUR
        held.append(
            Point("reject_rate", at, HOUR_S, "rejects", value=bad + 5, weight=205, bins={"wrong_type": bad, "late": 5})
        )
        held.append(Point("quarantine_growth", at, HOUR_S, "pairs", value=bad, weight=100 + bad))
    found = evaluate(held, START + 2 * WEEK * HOUR)
    assert [(one.kind, one.subject, one.severity) for one in found] == [
        ("rejects", "rise wrong_type", Severity.ERROR),
        ("quarantine_growth", "rise", Severity.WARNING),
    ]


def test_lag_that_grows_and_dead_letters_near_their_end() -> None:
    def lag(values: list[float]) -> list[Point]:
        return [Point("lag", START + n * 60 * US, 60, "", source="join", value=v) for n, v in enumerate(values)]

    now = START + 11 * 60 * US
    grows = [1_000.0 * 1.2**n for n in range(10)]
    assert [(b.kind, b.subject) for b in evaluate(lag(grows), now)] == [("lag", "join")]
    assert evaluate(lag([*grows[:-1], 10.0]), now) == []
    assert evaluate(lag([9_000.0] * 10), now) == []
    assert evaluate(lag(grows), now + 5 * HOUR) == []  # an old measure says nothing of now

    def oldest(hours: float) -> list[Severity]:
        one = Point("dead_letter_age", START, 60, "rejects", value=hours, weight=720)
        return [b.severity for b in evaluate([one], START + 60 * US)]

    assert oldest(600) == []
    assert oldest(680) == [Severity.WARNING]
    assert oldest(715) == [Severity.ERROR]
    assert oldest(900) == [Severity.ERROR]


def test_no_name_of_a_tool_or_source_is_in_what_an_alert_takes() -> None:
    name = "Jo-Lindqvist-s-agent"
    held = [replace(p, tool=name) if p.tool == "chat/3" else p for p in CLEAN]
    held = [p for p in held if not (p.tool == name and p.at_us >= START + NOON * HOUR)]
    for one in evaluate(until(NOON + 4, held), START + (NOON + 4) * HOUR):
        assert one.tool == name
        assert "Lindqvist" not in f"{one.kind} {one.table} {one.subject} {one.expected} {dict(one.got)} {one.window}"


def test_a_clock_that_jumps_back_or_far_ahead_is_survived() -> None:
    early = evaluate(CLEAN, START + WEEK * HOUR)
    assert early == evaluate([p for p in CLEAN if p.at_us <= START + WEEK * HOUR], START + WEEK * HOUR)
    assert isinstance(evaluate(CLEAN, START + 60 * WEEK * HOUR), list)


def test_every_kind_says_what_was_expected() -> None:
    assert KINDS.keys() == EXPECTED.keys()


_numbers = st.sampled_from([0.0, 1.0, 3.5, 1e3, 1e9, 1e15, -5.0, math.inf, math.nan])
_garbage = st.builds(
    Point,
    series=st.sampled_from([*measures.SERIES, "of another version"]),
    at_us=st.integers(0, 40).map(lambda n: START + n * HOUR * 20),
    span_s=st.sampled_from([60, HOUR_S]),
    table=st.sampled_from(["interactions", "pairs", ""]),
    source=st.sampled_from(["", "s"]),
    tool=st.sampled_from(["", "t", "t/1", "/", "t/2/3"]),
    value=_numbers,
    weight=_numbers,
    bins=st.dictionaries(st.sampled_from(["a", "0.5", ""]), _numbers, max_size=3),
)


@given(st.lists(_garbage, max_size=40), st.integers(0, 400))
@settings(max_examples=30, deadline=None)
def test_whatever_points_there_are_there_is_an_answer_with_finite_numbers(held: list[Point], hour: int) -> None:
    for one in evaluate(held, START + hour * HOUR, MonitorPolicy()):
        assert one.kind in KINDS
        assert all(math.isfinite(value) for value in one.got.values())
