"""Writes what is made from `schemas.metrics`: Grafana's dashboards, and the tables of docs/metrics.md.

    python -m deploy.generate

A test runs it and compares, so that no dashboard asks for a metric or a label that is not there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from schemas import metrics as m
from schemas.metrics import METRICS, Kind, Metric

ROOT = Path(__file__).parents[1]
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_BEGIN, _END = "<!-- made by deploy/generate.py: begin -->", "<!-- made by deploy/generate.py: end -->"
_WIDTH, _HEIGHT, _COLUMNS = 8, 7, 3


@dataclass(frozen=True, slots=True)
class Query:
    """One line of a panel: an expression of one metric, and what tells its lines apart."""

    metric: Metric
    expression: str
    by: tuple[str, ...]
    name: str = ""

    @property
    def legend(self) -> str:
        """What a line is called."""
        return " ".join([*([self.name] if self.name else []), *(f"{{{{{label}}}}}" for label in self.by)])


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture. Its description is that of its metrics."""

    title: str
    queries: tuple[Query, ...]
    unit: str = "short"


def _known(metric: Metric, labels: tuple[str, ...]) -> str:
    strange = set(labels) - {*metric.labels, m.PROCESS}
    if strange:
        raise ValueError(f"{metric.name}: needed one of its labels, came {', '.join(sorted(strange))}")
    return f" by ({', '.join(labels)})" if labels else ""


def _where(metric: Metric, **labels: str) -> str:
    _known(metric, tuple(labels))
    named = "".join(f', {name}="{value}"' for name, value in labels.items())
    return f'{{process=~"$process"{named}}}'


def per_second(metric: Metric, *by: str, name: str = "", **labels: str) -> Query:
    """A counter's rate."""
    text = f"sum{_known(metric, by)} (rate({metric.name}{_where(metric, **labels)}[$__rate_interval]))"
    return Query(metric, text, by, name)


def in_an_hour(metric: Metric, *by: str, **labels: str) -> Query:
    """What a counter gained in the last hour, for what is rare."""
    return Query(metric, f"sum{_known(metric, by)} (increase({metric.name}{_where(metric, **labels)}[1h]))", by)


def now(metric: Metric, *by: str, how: str = "sum", **labels: str) -> Query:
    """A gauge."""
    return Query(metric, f"{how}{_known(metric, by)} ({metric.name}{_where(metric, **labels)})", by)


def age(metric: Metric, *by: str) -> Query:
    """Seconds since a moment."""
    return Query(metric, f"time() - max{_known(metric, by)} ({metric.name}{_where(metric)})", by)


def left(metric: Metric, *by: str) -> Query:
    """Seconds until a moment."""
    return Query(metric, f"min{_known(metric, by)} ({metric.name}{_where(metric)}) - time()", by)


def quantile(metric: Metric, q: float, *by: str) -> Query:
    """Of a histogram."""
    spread = f"sum{_known(metric, by).replace('by (', 'by (le, ') or ' by (le)'}"
    text = f"histogram_quantile({q:g}, {spread} (rate({metric.name}_bucket{_where(metric)}[$__rate_interval])))"
    return Query(metric, text, by, f"{q:.0%}")


def batches(metric: Metric, *by: str) -> Query:
    """How often a histogram was told something, by the second."""
    text = f"sum{_known(metric, by)} (rate({metric.name}_count{_where(metric)}[$__rate_interval]))"
    return Query(metric, text, by)


DASHBOARDS: dict[str, tuple[Panel, ...]] = {
    "overview": (
        Panel("Events per second, by stage", (per_second(m.STAGE_RECORDS, "stage"),), "ops"),
        Panel("Lag of the stages", (now(m.LAG, "stage", how="max"),)),
        Panel("Lag of the tables", (now(m.TABLE_LAG, "table", how="max"),)),
        Panel("Rejects per second, by reason", (per_second(m.STAGE_REJECTS, "reason"),), "ops"),
        Panel("Rows published per second", (per_second(m.SINK_ROWS, "table", outcome="published"),), "ops"),
        Panel("Tables that stand still", (now(m.SINK_HELD, "table", "why", how="max"),)),
        Panel("Breaches in an hour", (in_an_hour(m.QUALITY_BREACHES, "kind", "severity"),)),
        Panel("Alerts raised in an hour", (in_an_hour(m.ALERTS_RAISED, "kind"),)),
        Panel("Seconds since a process wrote its metrics", (age(m.PROCESS_WRITTEN, m.PROCESS),), "s"),
        Panel("Age of the processes", (age(m.PROCESS_START, m.PROCESS),), "s"),
        Panel("Memory of the processes", (now(m.PROCESS_RESIDENT, m.PROCESS, how="max"),), "bytes"),
        Panel("Until a certificate ends", (left(m.CERTIFICATE_ENDS, "certificate"),), "s"),
    ),
    "scrub": (
        Panel("One event in the scrubber", (quantile(m.SCRUB_SECONDS, 0.5), quantile(m.SCRUB_SECONDS, 0.99)), "s"),
        Panel("Raw bytes per second", (per_second(m.SCRUB_BYTES),), "Bps"),
        Panel("Scrubbing processes", (now(m.SCRUB_CHILDREN, m.PROCESS),)),
        Panel("Scrubbing processes given up in an hour", (in_an_hour(m.SCRUB_RESTARTS, "reason"),)),
        Panel("Unknown fields per second", (per_second(m.UNKNOWN_FIELDS),), "ops"),
        Panel("One batch, 99%", (quantile(m.STAGE_SECONDS, 0.99, "stage"),), "s"),
        Panel("Batches per second", (batches(m.STAGE_SECONDS, "stage"),), "ops"),
        Panel("Records that wait for a stage", (now(m.STAGE_QUEUE, "stage", m.PROCESS, how="max"),)),
        Panel("Outputs per second", (per_second(m.STAGE_OUTPUTS, "stage", "topic"),), "ops"),
        Panel("Rejects per second, by stage", (per_second(m.STAGE_REJECTS, "stage", "reason"),), "ops"),
        Panel("Batches dropped in an hour", (in_an_hour(m.STAGE_STALE, "stage"),)),
        Panel("Open keys", (now(m.KEYED_OPEN, "stage"),)),
        Panel("Keys settled per second", (per_second(m.KEYED_SETTLED, "stage", "how"),), "ops"),
        Panel("Ticks per second", (per_second(m.KEYED_TICKS, "stage"),), "ops"),
        Panel("Watermark behind now", (age(m.KEYED_WATERMARK, "stage", m.PROCESS),), "s"),
        Panel("State on disk", (now(m.STATE_BYTES, m.PROCESS),), "bytes"),
        Panel("People with a word on consent", (now(m.CONSENT_PEOPLE, m.PROCESS),)),
        Panel("Consent read up to", (now(m.CONSENT_POSITION, m.PROCESS),)),
        Panel("Gateway: requests per second", (per_second(m.GATEWAY_REQUESTS, "route", "status"),), "ops"),
        Panel("Gateway: events per second", (per_second(m.GATEWAY_EVENTS, "route"),), "ops"),
        Panel("Gateway: faults per second", (per_second(m.GATEWAY_FAULTS, "route", "reason"),), "ops"),
        Panel("Gateway: bytes per second", (per_second(m.GATEWAY_BYTES, "route"),), "Bps"),
        Panel("Gateway: one request, 99%", (quantile(m.GATEWAY_SECONDS, 0.99, "route"),), "s"),
        Panel("Gateway: requests in flight", (now(m.GATEWAY_FLIGHT_REQUESTS, m.PROCESS),)),
        Panel("Gateway: bytes in flight", (now(m.GATEWAY_FLIGHT_BYTES, m.PROCESS),), "bytes"),
    ),
    "sink": (
        Panel("Records per second", (per_second(m.SINK_RECORDS, "table"),), "ops"),
        Panel("Rows per second, by outcome", (per_second(m.SINK_ROWS, "table", "outcome"),), "ops"),
        Panel("Bytes published per second", (per_second(m.SINK_BYTES, "table"),), "Bps"),
        Panel("Files published in an hour", (in_an_hour(m.SINK_FILES, "table"),)),
        Panel("One commit, 99%", (quantile(m.SINK_COMMIT_SECONDS, 0.99, "table"),), "s"),
        Panel("The gate over one batch, 99%", (quantile(m.SINK_GATE_SECONDS, 0.99, "table"),), "s"),
        Panel("Commits per second", (batches(m.SINK_COMMIT_SECONDS, "table"),), "ops"),
        Panel("Verdicts in an hour", (in_an_hour(m.SINK_VERDICTS, "table", "verdict"),)),
        Panel("Rows that failed in an hour", (in_an_hour(m.SINK_FAILED_ROWS, "table", "expectation", "severity"),)),
        Panel("Incidents in an hour", (in_an_hour(m.SINK_INCIDENTS, "table", "kind"),)),
        Panel("Tables that stand still", (now(m.SINK_HELD, "table", "why", how="max"),)),
        Panel("Seconds since the last commit", (age(m.SINK_COMMITTED, "table"),), "s"),
        Panel("Days decided in an hour", (in_an_hour(m.DISCLOSE_DAYS, "table"),)),
        Panel("Rows of days decided in an hour", (in_an_hour(m.DISCLOSE_ROWS, "table"),)),
        Panel("Seconds since days were looked for", (age(m.DISCLOSE_RUN),), "s"),
    ),
    "quality": (
        Panel("Breaches in an hour", (in_an_hour(m.QUALITY_BREACHES, "kind", "severity"),)),
        Panel("Rows in quarantine", (now(m.QUARANTINE_ROWS, "table", how="max"),)),
        Panel("Rows that failed in an hour", (in_an_hour(m.SINK_FAILED_ROWS, "table", "expectation"),)),
        Panel("One look, 99%", (quantile(m.QUALITY_LOOKS, 0.99),), "s"),
        Panel("Seconds since the last look", (age(m.QUALITY_LOOKED),), "s"),
        Panel("Points in an hour, by series", (in_an_hour(m.QUALITY_POINTS, "series"),)),
        Panel("Rows sampled in an hour", (in_an_hour(m.QUALITY_SAMPLED, "table"),)),
        Panel("Alerts raised in an hour", (in_an_hour(m.ALERTS_RAISED, "kind"),)),
        Panel("Notices sent in an hour", (in_an_hour(m.ALERTS_SENT, "channel"),)),
        Panel("Deliveries that failed in an hour", (in_an_hour(m.ALERTS_FAILED, "channel"),)),
        Panel("Notices that wait", (now(m.ALERTS_OWED, "channel"),)),
        Panel("Notices dropped in an hour", (in_an_hour(m.ALERTS_DROPPED),)),
    ),
}


def dashboard(name: str) -> str:
    """Grafana's JSON of one dashboard."""
    variables: list[dict[str, Any]] = [
        {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
        {
            "name": "process",
            "type": "query",
            "datasource": _SOURCE,
            "query": f"label_values({m.PROCESS_WRITTEN.name}, process)",
            "definition": f"label_values({m.PROCESS_WRITTEN.name}, process)",
            "includeAll": True,
            "multi": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
            "refresh": 2,
        },
    ]
    tree = {
        "uid": f"redline-{name}",
        "title": f"Redline: {name}",
        "tags": ["redline"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": variables},
        "panels": [_panel(place, panel) for place, panel in enumerate(DASHBOARDS[name])],
    }
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


def _panel(place: int, panel: Panel) -> dict[str, Any]:
    said = dict.fromkeys(f"{q.metric.meaning} {q.metric.action}".strip() for q in panel.queries)
    row, column = divmod(place, _COLUMNS)
    letters = (chr(ord("A") + n) for n in count())
    return {
        "id": place + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": "\n\n".join(said),
        "datasource": _SOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": letter, "datasource": _SOURCE, "expr": query.expression, "legendFormat": query.legend or "all"}
            for letter, query in zip(letters, panel.queries, strict=False)
        ],
    }


def page(before: str) -> str:
    """docs/metrics.md with its table made anew."""
    head, _, rest = before.partition(_BEGIN)
    rows = [
        f"| `{one.name}` | {one.kind.value} | {', '.join(f'`{label}`' for label in one.labels)} "
        f"| {one.meaning} | {one.action} |"
        for one in METRICS
    ]
    made = ["| metric | kind | labels | what it is | what to do |", "|---|---|---|---|---|", *rows]
    return "\n".join([head + _BEGIN, "", *made, "", _END]) + rest.partition(_END)[2]


def files() -> dict[Path, str]:
    """Every file that is made, and what is to be in it."""
    made = {ROOT / "deploy" / "grafana" / f"{name}.json": dashboard(name) for name in DASHBOARDS}
    docs = ROOT / "docs" / "metrics.md"
    return {**made, docs: page(docs.read_text("utf-8"))}


def shown() -> set[Metric]:
    """The metrics that some dashboard shows."""
    return {query.metric for panels in DASHBOARDS.values() for panel in panels for query in panel.queries}


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(content, "utf-8")
    missing = [one.name for one in METRICS if one not in shown() and one.kind is not Kind.HISTOGRAM]
    print(f"{len(files())} files; not shown: {', '.join(missing) or 'none'}")
