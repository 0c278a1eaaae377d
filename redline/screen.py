"""The live view: one look as a screen, or as one line (the only import of rich).

What is wrong comes first, so that it is there in the smallest window; what does not fit is cut off at the bottom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from redline.meter import EVERY_S
from schemas import metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from redline.overview import Firing, Overview, Process, Stage, Store
    from redline.rates import Rates

STALE_S = 10 * EVERY_S
_ALERTS = 4  # at the top; the others are counted
_KEYED = frozenset({"join", "session", "threads", "collaboration"})
_STYLES = {"critical": "bold red", "error": "red", "warning": "yellow"}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
_MEGABYTE = 1_000_000


def screen(overview: Overview, rates: Rates, *, waited_s: float = 0.0) -> RenderableType:
    """Everything, for a terminal. `waited_s`: for how long there has been no newer look."""
    parts: list[RenderableType] = [_title(overview, waited_s), *_wrong(overview, rates)]
    if overview.stages:
        parts += [Text(), _stages(overview.stages, rates), Text(), _tables(overview.stores, rates)]
    parts += [Text(), *_sums(rates), *_processes(overview)]
    return Group(*parts)


def line(overview: Overview, rates: Rates) -> str:
    """The most of it in one line, for a log."""
    parts = [overview.utc()]
    if not overview.stages:
        parts.append("no lags")
    parts += [f"{s.stage} {_rate(_done(rates, s.stage))}/s lag {s.lag:,}" for s in overview.stages]
    parts += [f"{s.table} {_rate(_published(rates, s.table))}/s lag {s.lag:,}" for s in overview.stores]
    parts.append(f"alerts {len(overview.firing)}")
    parts += [f"HALTED {halt.table}" for halt in overview.halted]
    parts += [f"STALE {one.name}" for one in overview.processes if one.age_s > STALE_S]
    return _plain("  ".join(parts))


def _title(overview: Overview, waited_s: float) -> Text:
    where = f"broker {overview.broker}" if overview.broker else overview.why
    late = f"no answer for {waited_s:.0f} s  " if waited_s > STALE_S else ""
    return _line((late, "bold red"), ("redline", "bold"), f"  {overview.utc()}  {where}")


def _wrong(overview: Overview, rates: Rates) -> Iterable[Text]:
    for halt in overview.halted:
        yield _line(
            ("HALTED ", "bold red"),
            f"{halt.table} since {halt.since[:19]} ({', '.join(halt.expectations)}): redline release {halt.table}",
        )
    for why in ("retry", "failed"):
        tables = [s.table for s in overview.stores if rates.gauge(metrics.SINK_HELD, table=s.table, why=why)]
        if tables:
            yield _line(("STANDS STILL ", "bold red"), f"({why}) {', '.join(tables)}: see the log of the sink")
    for one in overview.processes:
        if one.age_s > STALE_S:
            yield _line(("STALE ", "bold red"), f"{one.name} last wrote {_ago(one.age_s)} ago: gone, or it hangs")
    if overview.unread:
        yield _line(("alerts cannot be read ", "bold red"), overview.unread)
    for alert in overview.firing[:_ALERTS]:
        yield _alert(alert, overview.at)
    more = len(overview.firing) - _ALERTS
    if more > 0:
        yield _line(f"and {more:,} more alerts: redline alerts list")
    owed = ", ".join(f"{channel} {count:,}" for channel, count in sorted(overview.owed.items()) if count)
    if owed:
        yield _line(("notices that wait ", "yellow"), owed)


def _alert(alert: Firing, now: float) -> Text:
    about = ", ".join(part for part in (alert.table, alert.subject) if part)
    state = "" if alert.state == "firing" else f" ({alert.state})"
    return _line(
        (f"{alert.severity.upper()} ", _STYLES.get(alert.severity, "")),
        f"{alert.kind}{f' in {about}' if about else ''} for {_ago(now - alert.since)}{state}: {alert.command}",
    )


def _stages(stages: Iterable[Stage], rates: Rates) -> Table:
    table = _grid(("stage", "reads"), ("records/s", "lag", "rejects/s", "batch s", "waiting"))
    for stage in stages:
        name = stage.stage
        held = rates.gauge(metrics.KEYED_OPEN if name in _KEYED else metrics.STAGE_QUEUE, stage=name)
        table.add_row(
            name,
            stage.reads,
            _rate(_done(rates, name)),
            _lag(stage.lag),
            _rate(rates.rate(metrics.STAGE_REJECTS, stage=name)),
            _seconds(rates.mean(metrics.STAGE_SECONDS, stage=name)),
            "" if held is None else f"{held:,.0f}",
        )
    return table


def _tables(stores: Iterable[Store], rates: Rates) -> Table:
    table = _grid(("table",), ("rows/s", "lag", "quarantined", "batches", "failed", "commit s", "gate s"))
    for store in stores:
        name = store.table
        verdicts = rates.by(metrics.SINK_VERDICTS, "verdict", table=name)
        failed = verdicts.total() - verdicts["passed"]
        table.add_row(
            name,
            _rate(_published(rates, name)),
            _lag(store.lag),
            _marked(int(rates.total(metrics.SINK_ROWS, table=name, outcome="quarantined"))),
            f"{rates.total(metrics.SINK_COMMIT_SECONDS, 'count', table=name):,.0f}",
            _marked(failed),
            _seconds(rates.mean(metrics.SINK_COMMIT_SECONDS, table=name)),
            _seconds(rates.mean(metrics.SINK_GATE_SECONDS, table=name)),
        )
    return table


def _sums(rates: Rates) -> Iterable[Text]:
    rows = rates.by(metrics.SINK_ROWS, "table", outcome="published")
    fates = [("read", int(rates.total(metrics.STAGE_RECORDS, stage="scrub"))), *sorted(rows.items())]
    reasons = rates.by(metrics.STAGE_REJECTS, "reason").most_common()
    failed = rates.by(metrics.SINK_FAILED_ROWS, "expectation").most_common()
    for title, counts in (("fates", fates), ("rejects", reasons), ("gates", failed)):
        told = ", ".join(f"{name} {count:,}" for name, count in counts if count)
        yield _line((f"{title:9}", "bold"), told or "none", whole=True)


def _processes(overview: Overview) -> Iterable[Text]:
    told = ", ".join(_process(one) for one in overview.processes)
    yield _line(("processes", "bold"), f" {told or 'none writes metrics'}", whole=True)


def _process(one: Process) -> str:
    return f"{one.name} {one.resident // _MEGABYTE} MB" if one.age_s <= STALE_S else f"{one.name} STALE"


def _done(rates: Rates, stage: str) -> float:
    return rates.rate(metrics.STAGE_RECORDS, stage=stage)


def _published(rates: Rates, table: str) -> float:
    return rates.rate(metrics.SINK_ROWS, table=table, outcome="published")


def _grid(left: Iterable[str], right: Iterable[str]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for name in left:
        table.add_column(name, no_wrap=name != "reads", overflow="ellipsis")  # it gives way in a narrow window
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _line(*parts: str | tuple[str, str], whole: bool = False) -> Text:
    """Cut off at the end of the line, or `whole`, over several."""
    styled = [(part, "") if isinstance(part, str) else part for part in parts]
    return Text.assemble(*((_plain(text), style) for text, style in styled), no_wrap=not whole, overflow="ellipsis")


def _plain(text: str) -> str:
    """Without what a terminal would obey: names of tables and expectations may be a user's own."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _lag(count: int) -> Text:
    return Text(f"{count:,}", "yellow" if count else "")


def _marked(count: int) -> Text:
    return Text(f"{count:,}", "red" if count else "")


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or not value else f"{value:.1f}"  # noqa: PLR2004 - below, tenths count


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _ago(seconds: float) -> str:
    for span, unit in _UNITS:
        if seconds >= span:
            return f"{seconds // span:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
