"""What is not tested but compared: lag that grows look after look, dead letters near the end of retention. Pure."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from quality import measures
from quality.breach import Breach
from quality.policy import EXPECTED
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quality.measures import Point
    from quality.policy import MonitorPolicy

_HOUR_US = measures.HOUR_S * measures.US


def levels(points: Iterable[Point], now_us: int, policy: MonitorPolicy) -> list[Breach]:
    """What is not tested but compared: lag that grows look after look, and dead letters near the end of retention."""
    found: list[Breach] = []
    seen: defaultdict[tuple[str, str, str], list[Point]] = defaultdict(list)
    for one in points:
        if one.at_us <= now_us and one.series in {measures.LAG.name, measures.DEAD_LETTER_AGE.name}:
            seen[one.series, one.table, one.source].append(one)
    for (series, table, source), group in sorted(seen.items()):
        group.sort(key=lambda one: one.at_us)
        latest = group[-1]
        if now_us - latest.end_us > _HOUR_US:
            continue
        if series == measures.DEAD_LETTER_AGE.name:
            left = latest.weight - latest.value
            if latest.weight > 0 and left <= policy.retention_warning_h:
                severity = Severity.ERROR if left <= policy.retention_warning_h / 4 else Severity.WARNING
                since = latest.at_us - int(max(policy.retention_warning_h - left, 0.0) * _HOUR_US)
                got = {"hours_left": round(left, 1), "retention": latest.weight}
                found.append(Breach("dead_letter_age", table, "", severity, since, EXPECTED["dead_letter_age"], got))
            continue
        last = group[-policy.lag_looks :]
        grew = all(one.value <= after.value for one, after in pairwise(last))
        if len(last) == policy.lag_looks and grew and latest.value >= max(policy.lag_minimum, 2 * last[0].value):
            got = {"lag": latest.value, "before": last[0].value}
            # Stages are ours: their names may be told.
            found.append(
                Breach("lag", table, source, Severity.WARNING, last[0].at_us, EXPECTED["lag"], got, source=source)
            )
    return found
