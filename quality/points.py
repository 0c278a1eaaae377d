"""Rows of a table into points, vectorised and pure: of each tool its own, and of all tools together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality import measures
from quality.by_tool import Tools, ints
from quality.languages import looks_like
from quality.measures import OTHER, US, Point, point

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from quality.measures import Series
    from schemas.sources.drift import Seen

    Numbers = npt.NDArray[Any]

# What is read of a table's rows; other columns stay on the disk.
COLUMNS: dict[str, tuple[str, ...]] = {
    "interactions": ("event_time", "tool", "data", "findings"),
    "pairs": ("label", "similarity", "decision_ms_bucket", "language", "tool", "suggestion"),
    "trajectories": ("tool",),
    "revisions": ("tool",),
    "collaboration": (),
    "rejects": ("reason", "fate"),
    "subjects": (),
}
QUARANTINED = ("quarantine_reason",)
MOST_TOOLS = 64  # of one window; those that come later are counted together
SAMPLE = 64  # rows of one part whose language is looked at
# Far from its arrival: behind by more than a busy pipeline is, ahead by more than a clock is off.
BEHIND_S, AHEAD_S = 3_600, 300
_KEPT = ("accepted", "edited")
_TEXTS = frozenset({"text", "content", "before", "after", "accepted_text", "prompt"})


def of_rows(table: str, rows: pa.Table, at_us: int) -> list[Point]:
    """Points of new rows that became visible at `at_us`. `rows` has at least the columns that `COLUMNS` names."""
    if not rows.num_rows:
        return []
    tools = Tools(rows.column("tool")) if "tool" in rows.column_names else Tools.none(rows.num_rows)
    found = _came(table, tools, at_us)
    match table:
        case "interactions":
            found += _interactions(rows, tools, at_us)
        case "pairs":
            found += _pairs(rows, tools, at_us)
        case "rejects":
            found += _rejects(rows, at_us)
        case _:
            pass
    return found


def of_unread(table: str, rows: int, at_us: int) -> list[Point]:
    """Points of new rows of which only the number is known: their file was replaced before it was read."""
    return _came(table, Tools.none(rows), at_us) if rows else []


def of_quarantine(table: str, rows: pa.Table, at_us: int) -> list[Point]:
    """Points of rows that came into a table's quarantine; they have the columns of `QUARANTINED`."""
    if not rows.num_rows:
        return []
    reasons, count = _counts(rows.column("quarantine_reason")), float(rows.num_rows)
    return [point(measures.QUARANTINE_GROWTH, at_us, table, value=count, weight=count, bins=reasons)]


def of_sources(seen: Iterable[Seen], at_us: int) -> list[Point]:
    """Points of what readers of foreign formats did not know, by reader and the product's version."""
    return [
        point(
            measures.UNKNOWN_FIELDS,
            at_us,
            "",
            source=one.source,
            tool=version,
            value=float(sum(one.drift.values())),
            weight=float(one.events + one.faults + one.skipped),
            bins=dict(one.drift),
        )
        for one in seen
        for version in ("", one.version)
    ]


def few_tools(points: Iterable[Point], known: dict[int, set[str]]) -> list[Point]:
    """Points of at most `MOST_TOOLS` tools a window; `known`, by window, is filled on the way. The rest is `other`."""
    found = []
    for one in points:
        tools = known.setdefault(one.at_us, set())
        if one.tool and one.tool not in tools:
            if len(tools) >= MOST_TOOLS:
                found.append(
                    Point(
                        one.series, one.at_us, one.span_s, one.table, one.source, OTHER, one.value, one.weight, one.bins
                    )
                )
                continue
            tools.add(one.tool)
        found.append(one)
    return found


def _came(table: str, tools: Tools, at_us: int) -> list[Point]:
    counts = tools.sums()
    found = tools.points(measures.VOLUME, at_us, table, value=counts, weight=counts)
    found.append(point(measures.QUARANTINE_GROWTH, at_us, table, weight=float(counts[-1])))
    latest = np.full(len(counts), float(at_us))
    return found + tools.points(measures.FRESHNESS, at_us, table, value=latest, weight=counts)


def _interactions(rows: pa.Table, tools: Tools, at_us: int) -> list[Point]:
    all_rows = np.arange(rows.num_rows)
    counts = tools.sums()
    times = ints(rows.column("event_time").cast(pa.int64()).combine_chunks())
    off = np.where(at_us - times > BEHIND_S * US, 1, np.where(times - at_us > AHEAD_S * US, 2, 0))
    bins = tools.bins(("", "behind", "ahead"), off, all_rows)
    found = tools.points(
        measures.LATE_RATE,
        at_us,
        "interactions",
        value=tools.sums(off > 0),
        weight=counts,
        labels=("behind", "ahead"),
        bins=bins[:, 1:],
    )
    found.append(point(measures.REJECT_RATE, at_us, "rejects", weight=float(rows.num_rows)))
    lengths = ints(pc.fill_null(pc.utf8_length(rows.column("data")), 0).combine_chunks())
    found += _lengths("interactions", lengths, tools, at_us)
    column = rows.column("findings").combine_chunks()
    parents, findings = ints(pc.list_parent_indices(column)), pc.list_flatten(column)
    entities = pc.struct_field(findings, "entity").dictionary_encode()
    names = entities.dictionary.to_pylist()
    amounts = ints(pc.fill_null(pc.struct_field(findings, "count"), 0)).astype(np.float64)
    found += tools.points(
        measures.FINDINGS,
        at_us,
        "interactions",
        value=tools.sums(amounts, parents),
        weight=tools.sums(lengths / 1_000),
        labels=names,
        bins=tools.bins(names, ints(entities.indices), parents, amounts) if names else None,
    )
    return found + _languages(rows, tools, at_us)


def _pairs(rows: pa.Table, tools: Tools, at_us: int) -> list[Point]:
    counts = tools.sums()
    labels, which = _coded(rows.column("label"))
    decided = np.isin(which, [place for place, name in enumerate(labels) if name != "ignored"])
    found = tools.points(measures.MATCH_RATE, at_us, "pairs", value=tools.sums(decided), weight=counts)
    all_rows = np.arange(rows.num_rows)
    for series, column in (
        (measures.LABEL_MIX, "label"),
        (measures.DECISION_TIME, "decision_ms_bucket"),
        (measures.LANGUAGE_MIX, "language"),
    ):
        names, codes = _coded(rows.column(column))
        bins = tools.bins(names, codes, all_rows)
        found += tools.points(series, at_us, "pairs", value=counts, weight=counts, labels=names, bins=bins)
    kept = np.flatnonzero(np.isin(which, [place for place, name in enumerate(labels) if name in _KEPT]))
    numbers = np.asarray(rows.column("similarity").to_numpy(), np.float64)[kept]
    kept, numbers = kept[np.isfinite(numbers)], numbers[np.isfinite(numbers)]
    found += _distribution(measures.SIMILARITY, numbers, kept, tools, table="pairs", at_us=at_us)
    lengths = ints(pc.fill_null(pc.utf8_length(rows.column("suggestion")), 0).combine_chunks())
    return found + _lengths("pairs", lengths, tools, at_us)


def _rejects(rows: pa.Table, at_us: int) -> list[Point]:
    count = float(rows.num_rows)
    reasons = _counts(rows.column("reason"))
    dead = rows.filter(pc.equal(rows.column("fate"), "dead_lettered"))
    found = [point(measures.REJECT_RATE, at_us, "rejects", value=count, weight=count, bins=reasons)]
    if dead.num_rows:
        reasons = _counts(dead.column("reason"))
        found.append(point(measures.DEAD_LETTERS, at_us, "rejects", value=float(dead.num_rows), bins=reasons))
    return found


def _lengths(table: str, lengths: Numbers, tools: Tools, at_us: int) -> list[Point]:
    numbers = lengths.astype(np.float64)
    return _distribution(measures.TEXT_LENGTH, numbers, np.arange(len(numbers)), tools, table=table, at_us=at_us)


def _distribution(
    series: Series, numbers: Numbers, rows: Numbers, tools: Tools, *, table: str, at_us: int
) -> list[Point]:
    codes = np.maximum(np.searchsorted(np.asarray(series.edges), numbers, side="right") - 1, 0)
    return tools.points(
        series,
        at_us,
        table,
        value=tools.sums(numbers, rows),
        weight=tools.sums(None, rows),
        labels=series.labels,
        bins=tools.bins(series.labels, codes, rows),
    )


def _languages(rows: pa.Table, tools: Tools, at_us: int) -> list[Point]:
    """Every n-th row: which ones does not depend on what they hold."""
    step = -(-rows.num_rows // SAMPLE)
    picked = np.arange(0, rows.num_rows, step)
    spoken = [looks_like(_text(one)) for one in rows.column("data").take(pa.array(picked)).to_pylist()]
    names = sorted(set(spoken))
    codes = np.asarray([names.index(one) for one in spoken], np.int64)
    counts = tools.sums(None, picked)
    bins = tools.bins(names, codes, picked)
    return tools.points(
        measures.TEXT_LANGUAGE, at_us, "interactions", value=counts, weight=counts, labels=names, bins=bins
    )


def _text(data: str) -> str:
    """The longest text of an event's data."""
    try:
        tree = msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError:
        return ""
    return max((text for name in _TEXTS & tree.keys() for text in _strings(tree[name])), key=len, default="")


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [one["content"] for one in value if isinstance(one, dict) and isinstance(one.get("content"), str)]
    return []


def _coded(column: Any) -> tuple[list[str], Numbers]:
    coded = Tools(column)
    return coded.names, coded.codes


def _counts(column: Any) -> Mapping[str, float]:
    counted = pc.value_counts(column)
    pairs = zip(pc.struct_field(counted, 0).to_pylist(), pc.struct_field(counted, 1).to_pylist(), strict=True)
    return {str(name): float(count) for name, count in pairs}
