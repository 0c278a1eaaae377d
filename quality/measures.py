"""What is measured over time: a number about one window of one series. Points of one window add up. Pure.

A window is an hour (`HOUR_S`) of UTC in which rows became visible in their table, whatever their event times are: an
alert is about what happens now. Levels are looked at, not counted; their windows are a minute (`MINUTE_S`).
"""

from __future__ import annotations

import bisect
import hashlib
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# count: `value` things. share: `value` of `weight` things. rate: `value` things in `weight` units.
# mix: `weight` things by label in `bins`. distribution: likewise by the histogram's lower edges; `value` is their sum.
# latest: the highest `value` of `weight` things. level: the highest `value` that was seen.
Kind = Literal["count", "share", "rate", "mix", "distribution", "latest", "level"]

HOUR_S = 3_600
MINUTE_S = 60
US = 1_000_000
OTHER = "other"
# Labels of one point: a producer that invents names must not fill the history.
MOST_LABELS = 64


@dataclass(frozen=True, slots=True)
class Series:
    """One thing that is measured. `edges`: lower edges of a distribution's bins, rising."""

    name: str
    kind: Kind
    meaning: str
    span_s: int = HOUR_S
    edges: tuple[float, ...] = ()

    def bin_of(self, number: float) -> str:
        """The name of the bin a number is in: its lower edge. What is below the first edge is in the first bin."""
        return f"{self.edges[max(0, bisect.bisect_right(self.edges, number) - 1)]:g}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all bins of a distribution, in order."""
        return tuple(f"{edge:g}" for edge in self.edges)


_TENTHS = tuple(n / 10 for n in range(11))  # exactly 1 is a bin of its own: the text was kept as it is
_DOUBLING = (0.0, *(float(2**n) for n in range(4, 21)))

VOLUME = Series("volume", "count", "rows that came into a table")
FRESHNESS = Series("freshness", "latest", "when the last row came, in microseconds since 1970; weight: rows")
LATE_RATE = Series("late_rate", "share", "events whose own time is far from their arrival; bins: behind, ahead")
REJECT_RATE = Series("reject_rate", "share", "rejects of all events that came to a fate; bins: by reason")
MATCH_RATE = Series("match_rate", "share", "pairs with an outcome, of all pairs (one for each suggestion)")
LABEL_MIX = Series("label_mix", "mix", "pairs by label")
SIMILARITY = Series(
    "similarity", "distribution", "similarity of suggestion and final, of accepted and edited pairs", edges=_TENTHS
)
DECISION_TIME = Series("decision_time", "mix", "pairs by the bucket of their time to the decision")
FINDINGS = Series("findings", "rate", "findings that were replaced, per 1,000 characters; bins: by entity")
LANGUAGE_MIX = Series("language_mix", "mix", "pairs by language, as their producer says")
TEXT_LANGUAGE = Series("text_language", "mix", "events of a sample by the language their words look like")
TEXT_LENGTH = Series(
    "text_length", "distribution", "characters of an event's data, or of a pair's suggestion", edges=_DOUBLING
)
UNKNOWN_FIELDS = Series(
    "unknown_fields", "share", "unknown names seen, of units read from a foreign source; bins: by name"
)
LAG = Series("lag", "level", "records that a stage (source) or a table's sink has still to do", span_s=MINUTE_S)
QUARANTINE_ROWS = Series("quarantine_rows", "level", "rows that wait in quarantine for a decision")
QUARANTINE_GROWTH = Series(
    "quarantine_growth", "share", "rows that went to quarantine, of all that came; bins: by reason"
)
DEAD_LETTERS = Series("dead_letters", "count", "dead letters; bins: by reason")
DEAD_LETTER_AGE = Series(
    "dead_letter_age",
    "level",
    "hours since the oldest dead letter that the raw topic still holds and that was not sent again; "
    "weight: the topic's retention in hours",
)

SERIES: dict[str, Series] = {
    series.name: series
    for series in (
        VOLUME,
        FRESHNESS,
        LATE_RATE,
        REJECT_RATE,
        MATCH_RATE,
        LABEL_MIX,
        SIMILARITY,
        DECISION_TIME,
        FINDINGS,
        LANGUAGE_MIX,
        TEXT_LANGUAGE,
        TEXT_LENGTH,
        UNKNOWN_FIELDS,
        LAG,
        QUARANTINE_ROWS,
        QUARANTINE_GROWTH,
        DEAD_LETTERS,
        DEAD_LETTER_AGE,
    )
}


class PointKey(NamedTuple):
    """What tells two points apart."""

    series: str
    at_us: int
    span_s: int
    table: str
    source: str
    tool: str


@dataclass(frozen=True, slots=True)
class Point:
    """A number about one window of one series.

    `at_us` is the window's start in microseconds since 1970 UTC, `span_s` its length. An empty `source` or `tool`
    means all of them. What `value`, `weight` and `bins` are, the series' kind says.
    """

    series: str
    at_us: int
    span_s: int
    table: str
    source: str = ""
    tool: str = ""
    value: float = 0.0
    weight: float = 0.0
    bins: Mapping[str, float] = field(default_factory=dict)

    @property
    def key(self) -> PointKey:
        """Points of one key are about the same thing and add up."""
        return PointKey(self.series, self.at_us, self.span_s, self.table, self.source, self.tool)

    @property
    def end_us(self) -> int:
        """The end of the window; it belongs to the next one."""
        return self.at_us + self.span_s * US

    @property
    def ratio(self) -> float:
        """`value` by `weight`: a share, a rate, a mean. Not a number where there is no weight."""
        return self.value / self.weight if self.weight else math.nan


def window(at_us: int, span_s: int = HOUR_S) -> int:
    """Start of the window a time is in."""
    return at_us - at_us % (span_s * US)


def point(
    series: Series,
    at_us: int,
    table: str,
    *,
    source: str = "",
    tool: str = "",
    value: float = 0.0,
    weight: float = 0.0,
    bins: Mapping[str, float] | None = None,
) -> Point:
    """A point of the window that `at_us` is in."""
    return Point(
        series.name, window(at_us, series.span_s), series.span_s, table, source, tool, value, weight, _few(bins or {})
    )


def hidden(what: str, name: str) -> str:
    """A name that producers gave, as a short hash: alerts hold no text of events. `quality show --of` has the name."""
    return f"{what}:{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}" if name else ""


def merge(points: Iterable[Point]) -> list[Point]:
    """One point for each key, in the order of their keys. Of numbers that add up, the sum; else the highest.

    Merging in parts, in any order, gives the same, up to `MOST_LABELS` labels. Points of series that this version does
    not know are added.
    """
    found: dict[PointKey, Point] = {}
    for one in points:
        key = one.key
        found[key] = _sum(found[key], one) if key in found else one
    return [replace(found[key], bins=_few(found[key].bins)) for key in sorted(found)]


def _sum(one: Point, other: Point) -> Point:
    series = SERIES.get(one.series)
    kind = series.kind if series is not None else "count"
    highest = kind in {"latest", "level"}
    bins = dict(one.bins)
    for label, count in other.bins.items():
        bins[label] = max(bins.get(label, 0.0), count) if kind == "level" else bins.get(label, 0.0) + count
    return replace(
        one,
        value=max(one.value, other.value) if highest else one.value + other.value,
        weight=max(one.weight, other.weight) if kind == "level" else one.weight + other.weight,
        bins=bins,
    )


def _few(bins: Mapping[str, float]) -> Mapping[str, float]:
    """The most frequent labels; the rest is one of them."""
    if len(bins) <= MOST_LABELS:
        return bins
    most = sorted((label for label in bins if label != OTHER), key=lambda label: (-bins[label], label))
    kept = {label: bins[label] for label in most[: MOST_LABELS - 1]}
    return kept | {OTHER: sum(bins.values()) - sum(kept.values())}
