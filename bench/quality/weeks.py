"""`python -m bench.quality.weeks [--weeks N] [--faults N] [--first N] [--only NAME] [--merge]`: simulated weeks.

Clean weeks count false alarms; each planted fault its misses, and how long it took. A look is taken three times an
hour. `--first` is the number of the first week, so that thousands can be done in parts; `--merge` adds to the results
that are there. A week takes under a second of one core.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import record
from bench.quality.company import HISTORY, ORDINARY, TOOLS, Fault, Life, week
from quality.hours import WEEK, Hours, Key
from quality.monitors import judge
from quality.policy import MonitorPolicy
from quality.trials import Looks

if TYPE_CHECKING:
    from quality.breach import Breach

NAME = "quality-weeks"
POLICY = MonitorPolicy()
_A_LOOK = (1 / 3, 2 / 3, 0.999)
_MONDAY_TEN = 10
_ALL_ACCEPTED = {"label_mix": np.array([0.97, 0.01, 0.01, 0.01])}
_GERMAN = {"language_mix": np.array([0.03, 0.03, 0.03, 0.03, 0.85, 0.03])}


# What is planted, and the kinds of breach that find it.
# Weeks without a fault; the second number: one of so many weeks that are asked for.
CLEAN: dict[str, tuple[Life, int]] = {
    "clean": (ORDINARY, 1),
    "clean, noise doubled": (Life(noise=2.0), 1),
    "clean, 10% more every week": (Life(growth=0.1), 6),
    "clean, clocks change": (Life(early=1), 6),
    "clean, a holiday for a third": (Life(holiday=True), 6),
}


def _everywhere(name: str, kinds: set[str], **what: Any) -> tuple[Fault, frozenset[str]]:
    return Fault(name, _MONDAY_TEN, None, **what), frozenset(kinds)


def _of(places: tuple[int, ...], name: str, kinds: set[str], **what: Any) -> list[tuple[Fault, frozenset[str]]]:
    return [(Fault(f"{name}: {TOOLS[n]}", _MONDAY_TEN, n, **what), frozenset(kinds)) for n in places]


FAULTS: tuple[tuple[Fault, frozenset[str]], ...] = (
    *_of((0, 3, 5, 6), "stops", {"silence", "volume"}, times=0.0),
    _everywhere("everything stops", {"silence", "volume"}, times=0.0),
    (Fault("everything stops, on Saturday", 5 * 24 + 10, None, 0.0), frozenset({"silence", "volume"})),
    *_of((0, 3, 5, 6), "doubles", {"volume"}, times=2.0),
    *_of((0,), "halves", {"volume"}, times=0.5),
    _everywhere("a type changes: 1% of all events", {"rejects"}, reasons={"wrong_type": 0.01}),
    _everywhere("a type changes: 5% of all events", {"rejects"}, reasons={"wrong_type": 0.05}),
    *_of((0, 3, 6), "another language", {"language_mix"}, mixes=_GERMAN),
    *_of((0, 3, 6), "accepts everything", {"label_mix", "match_rate"}, mixes=_ALL_ACCEPTED),
    *_of((1,), "a clock a day off", {"late_events"}, late=1.0),
    *_of((1,), "findings triple", {"findings"}, found=3.0),
    *_of((1,), "findings end", {"findings"}, found=0.05),
    _everywhere("tenfold burst", {"burst"}, times=10.0),
)


def looked_at(hours: Hours, policy: MonitorPolicy = POLICY) -> list[list[Breach]]:
    """The breaches of every look of the last week, as the quality process would see them."""
    found: list[list[Breach]] = []
    for day in range(HISTORY, HISTORY + WEEK, 24):
        firing = frozenset(one.key for one in found[-1]) if found else frozenset()
        places = np.repeat(np.arange(day, day + 24), len(_A_LOOK))
        looks = Looks(places, np.tile(_A_LOOK, 24), policy.settle_s / 3600, replay=True)
        found += judge(hours, looks, policy, firing)
    return found


def alerts(looks: list[list[Breach]]) -> list[tuple[int, Breach]]:
    """What a person would be told of: each breach when it begins, with the look's number."""
    told, before = [], frozenset[tuple[str, str, str]]()
    for number, look in enumerate(looks):
        told += [(number, one) for one in look if one.key not in before]
        before = frozenset(one.key for one in look)
    return told


def clean(first: int, weeks: int, life: Life) -> dict[str, Any]:
    """False alarms of weeks without a fault."""
    kinds: Counter[str] = Counter()
    by_week: Counter[int] = Counter()
    for number in range(first, first + weeks):
        told = alerts(looked_at(week(np.random.default_rng([7, number]), life=life)))
        kinds.update(one.kind for _, one in told)
        by_week[len(told)] += 1
    return {"weeks": weeks, "alerts": kinds.total(), "by_kind": dict(kinds), "weeks_with_so_many": _named(by_week)}


def planted(fault: Fault, kinds: frozenset[str], first: int, weeks: int) -> dict[str, Any]:
    """Of weeks with a fault: how many found it, after how long and how many events, and what else was said."""
    minutes, events, also, told_in_all, missed = [], [], Counter[str](), [], 0
    for number in range(first, first + weeks):
        hours = week(np.random.default_rng([11, number]), fault)
        looks = looked_at(hours)
        begin = fault.at * len(_A_LOOK)
        told = [(look, one) for look, one in alerts(looks) if look >= begin]
        told_in_all.append(len(told))
        hit = next((look for look, one in told if one.kind in kinds), None)
        also.update({one.kind for _, one in told} - kinds)
        if hit is None:
            missed += 1
            continue
        place, part = divmod(hit, len(_A_LOOK))
        minutes.append(round((place + _A_LOOK[part] - fault.at) * 60))
        events.append(_events(hours, fault, place, _A_LOOK[part]))
    return {
        "weeks": weeks,
        "missed": missed,
        "minutes": minutes,
        "events": events,
        "also": dict(also),
        "alerts": told_in_all,
    }


def _events(hours: Hours, fault: Fault, place: int, part: float) -> int:
    """Events since the fault began, of the tool it happens to."""
    key = Key("interactions", "", "" if fault.tool is None else TOOLS[fault.tool].partition("/")[0])
    value = hours.of("volume")[key].value
    whole = value[HISTORY + fault.at : HISTORY + place].sum() + part * value[HISTORY + place]
    return int(whole)


def _named(counts: Counter[int]) -> dict[str, int]:
    return {str(number): counts[number] for number in sorted(counts)}


def _added(one: Any, other: Any) -> Any:
    if isinstance(one, dict):
        return {
            key: _added(one[key], other[key]) if key in one and key in other else {**one, **other}[key]
            for key in {**one, **other}
        }
    return one + other


def _interval(count: int, weeks: int) -> list[float]:
    """95% of a Poisson rate per week (exact)."""
    from scipy import stats  # noqa: PLC0415 - seconds to import, and only wanted here

    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return [round(low / weeks, 4), round(stats.chi2.ppf(0.975, 2 * count + 2) / 2 / weeks, 4)]


def _summed_up(raw: dict[str, Any]) -> dict[str, Any]:
    """Rates with intervals; medians and the slowest of delays."""
    figures: dict[str, Any] = {}
    for name, one in raw.get("clean", {}).items():
        per_week = round(one["alerts"] / one["weeks"], 4)
        figures[name] = {**one, "alerts_a_week": per_week, "interval_95": _interval(one["alerts"], one["weeks"])}
    for name, one in raw.get("planted", {}).items():
        times, events = sorted(one["minutes"]), sorted(one["events"])
        figures[name] = {
            "weeks": one["weeks"],
            "missed": one["missed"],
            "minutes_median": times[len(times) // 2] if times else None,
            "minutes_slowest": times[-1] if times else None,
            "events_median": events[len(events) // 2] if events else None,
            "alerts_a_week_median": sorted(one["alerts"])[len(one["alerts"]) // 2],
            "also": one["also"],
        }
        print(f"{name:36} {figures[name]}", flush=True)
    return figures


def main() -> None:
    """Simulate, and write the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality.weeks")
    parser.add_argument("--weeks", type=int, default=100)
    parser.add_argument("--faults", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", action="append", help="a name; without it all")
    parser.add_argument("--merge", action="store_true")
    given = parser.parse_args()
    raw: dict[str, Any] = {"clean": {}, "planted": {}}
    for name, (life, part) in CLEAN.items():
        if (weeks := given.weeks // part) and name in (given.only or CLEAN):
            raw["clean"][name] = clean(given.first, weeks, life)
            print(name, raw["clean"][name], flush=True)
    for fault, kinds in FAULTS if given.faults else ():
        if given.only and fault.name not in given.only:
            continue
        raw["planted"][fault.name] = planted(fault, kinds, given.first, given.faults)
    path = record.RESULTS / f"{NAME}.json"
    if given.merge and path.exists():
        raw = _added(json.loads(path.read_text("utf-8"))["figures"]["raw"], raw)
    record.write(NAME, {"looks_an_hour": len(_A_LOOK), "summary": _summed_up(raw), "raw": raw})


if __name__ == "__main__":
    main()
