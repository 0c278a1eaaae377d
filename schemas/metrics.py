"""Every metric of every stage: one list, each with its kind, its labels, what it means and what to do.

No label ever holds a value from an event, the name of a source or of a tool included. What may stand in one: names of
our processes, stages, topics, tables, routes and channels, reasons and kinds of ours, names of expectations. Every
series also has the label `process`, which the meter adds. docs/metrics.md is made from this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

TEXT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Media type of Prometheus's text."""


PROCESS: Final = "process"
"""The label that every series has: which of our processes speaks."""


class Kind(Enum):
    """What Prometheus calls a metric's type."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, eq=False)  # a metric is itself: looked up on hot paths
class Metric:
    """One metric. `action`: what to do when it moves; empty: nothing, it is there to look at."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str
    action: str = ""
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram."""


class Meter(Protocol):
    """Where stages put what they count. Cheap enough for every batch, not for every byte."""

    def count(self, metric: Metric, n: float = 1, /, **labels: str) -> None:
        """Add to a counter."""

    def set(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Say what a gauge is now."""

    def observe(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Add one value to a histogram."""


class _NoMeter:
    """Counts nothing."""

    def count(self, metric: Metric, n: float = 1, /, **labels: str) -> None:
        """Nothing."""

    def set(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Nothing."""

    def observe(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Nothing."""


NO_METER: Final[Meter] = _NoMeter()

# An answer to a request, a batch of a stage, a look: from a moment to what somebody would wait for.
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# One event in the scrubber: a short one takes half a millisecond, the limit is scrub.timeout_s (5 s).
_EVENT_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def _counter(name: str, labels: tuple[str, ...], meaning: str, action: str = "") -> Metric:
    return Metric(f"redline_{name}_total", Kind.COUNTER, labels, meaning, action)


def _gauge(name: str, labels: tuple[str, ...], meaning: str, action: str = "") -> Metric:
    return Metric(f"redline_{name}", Kind.GAUGE, labels, meaning, action)


def _histogram(
    name: str, labels: tuple[str, ...], meaning: str, action: str = "", buckets: tuple[float, ...] = _SECONDS
) -> Metric:
    return Metric(f"redline_{name}", Kind.HISTOGRAM, labels, meaning, action, buckets)


# Every process.

PROCESS_START: Final = _gauge("process_start_timestamp_seconds", (), "When the process began, in seconds since 1970.")
PROCESS_WRITTEN: Final = _gauge(
    "process_written_timestamp_seconds",
    (),
    "When the process last wrote its metrics, in seconds since 1970; it does every 2 s.",
    "Older than 30 s: the process is gone or stuck. Look at its log in state/logs, then run `redline doctor`.",
)
PROCESS_RESIDENT: Final = _gauge(
    "process_resident_bytes",
    (),
    "Memory of the process itself, without its children.",
    "Growing for hours: report it; until then restart the process, nothing is lost.",
)
CERTIFICATE_ENDS: Final = _gauge(
    "certificate_ends_timestamp_seconds",
    ("certificate",),
    "When what a process uses ends, in seconds since 1970: ca_file, cert_file, broker (the first of them to end).",
    "Within weeks: renew it. It is an alert too; `redline doctor` says which one.",
)

# Stages of a worker. Names of stages: explode, scrub, dedupe, join, session.

STAGE_RECORDS: Final = _counter(
    "stage_records",
    ("stage",),
    "Records a stage has read and acknowledged.",
    "Still while there is lag: the worker hangs, and ends itself after worker.stuck_s.",
)
STAGE_OUTPUTS: Final = _counter(
    "stage_outputs", ("stage", "topic"), "Records a stage has written, confirmed by the broker, by topic."
)
STAGE_REJECTS: Final = _counter(
    "stage_rejects",
    ("stage", "reason"),
    "Events a stage has rejected, by reason.",
    "`redline rejects` says which path and type; a new reason is a producer that has changed.",
)
STAGE_SECONDS: Final = _histogram(
    "stage_batch_seconds",
    ("stage",),
    "From a batch's first record in hand to its acknowledgement. Its count is the number of batches.",
    "Above worker.stuck_s the worker ends itself. Look at the broker's disk first, then at redline_scrub_seconds.",
)
STAGE_QUEUE: Final = _gauge(
    "stage_queue_records",
    ("stage",),
    "Records that waited for a stage when it took its last batch.",
    "Always at worker.batch: this stage is what holds the others up; start another worker.",
)
STAGE_STALE: Final = _counter(
    "stage_stale_batches",
    ("stage",),
    "Batches dropped because partitions were handed out anew meanwhile; they are read again.",
    "Several a minute: workers come and go; look at their logs.",
)

# The scrub stage.

SCRUB_BYTES: Final = _counter("scrub_bytes", (), "Bytes of raw records read.")
SCRUB_SECONDS: Final = _histogram(
    "scrub_seconds",
    (),
    "Time of one event in the scrubber.",
    "The slowest hundredth near scrub.timeout_s: events will be dead letters; lower limits, or raise the timeout.",
    _EVENT_SECONDS,
)
SCRUB_CHILDREN: Final = _gauge(
    "scrub_children",
    (),
    "Scrubbing processes that are ready.",
    "Below worker.scrub_processes for minutes: memory is short, or a model does not load; see the worker's log.",
)
SCRUB_RESTARTS: Final = _counter(
    "scrub_restarts",
    ("reason",),
    "Scrubbing processes that were given up, because one event took too long (scrub_timeout) or they died.",
    "`redline rejects` counts what was lost with them; scrub_failed by the dozen is short memory.",
)
UNKNOWN_FIELDS: Final = _counter(
    "unknown_fields",
    (),
    "Fields of events that no schema of ours knows; they are kept out.",
    "A producer has changed: `redline sources`, and the worker's log names the fields.",
)

# Keyed stages: join and session.

KEYED_OPEN: Final = _gauge(
    "keyed_open",
    ("stage",),
    "Keys that wait for their time, over this worker's partitions.",
    "Growing for days: watermarks stand; see redline_keyed_watermark_timestamp_seconds.",
)
KEYED_SETTLED: Final = _counter(
    "keyed_settled", ("stage", "how"), "Keys that were settled: final, flushed (stay open) or dropped (consent)."
)
KEYED_TICKS: Final = _counter(
    "keyed_ticks",
    ("stage",),
    "Tick records read; they carry the watermark.",
    "Still while events come: nothing closes; look at the worker's log for `ticker`.",
)
KEYED_WATERMARK: Final = _gauge(
    "keyed_watermark_timestamp_seconds",
    ("stage",),
    "The watermark of the partition that is furthest behind, in seconds since 1970 of event time.",
    "Far behind now while events come: a partition gets old events only (a backlog, or a clock that is wrong).",
)
STATE_BYTES: Final = _gauge("state_bytes", (), "Disk a worker's state takes.", "Watch it against the disk's size.")

# Consent.

CONSENT_PEOPLE: Final = _gauge("consent_people", (), "People whose last word on consent this worker knows.")
CONSENT_POSITION: Final = _gauge(
    "consent_position",
    (),
    "Offset of the last consent record this worker has read.",
    "Workers differ for more than seconds: one of them does not follow; restart it.",
)

# Sinks.

SINK_RECORDS: Final = _counter("sink_records", ("table",), "Records of committed batches, ticks excepted.")
SINK_ROWS: Final = _counter(
    "sink_rows",
    ("table", "outcome"),
    "Rows of committed batches: published, quarantined, replays (dropped), conflicts, replaced, erased (dropped).",
    "quarantined: `redline check`. conflicts: `redline ledger`. The others are as it should be.",
)
SINK_COMMIT_SECONDS: Final = _histogram(
    "sink_commit_seconds",
    ("table",),
    "Time of one commit, gate included. Its count is the number of commits.",
    "Near a minute: the disk is slow, or batches are too large (sink.rows).",
)
SINK_GATE_SECONDS: Final = _histogram(
    "sink_gate_seconds",
    ("table",),
    "Time of the gate over one batch.",
    "More than a tenth of the commit: your own expectations are dear; see bench/.",
)
SINK_VERDICTS: Final = _counter(
    "sink_verdicts",
    ("table", "verdict"),
    "Batches by verdict: passed, failed (rows to quarantine, or a warning), halts.",
    "halts: see redline_sink_held. failed: `redline check`.",
)
SINK_FAILED_ROWS: Final = _counter(
    "sink_failed_rows",
    ("table", "expectation", "severity"),
    "Rows that did not meet an expectation; a batch as a whole counts as one.",
    "`redline check` shows where it is broken.",
)
SINK_HELD: Final = _gauge(
    "sink_held",
    ("table", "why"),
    "1 while a table stands still: retry (until the next try), halted (by its gate), failed (until a restart).",
    "halted: `redline status`, then `redline release`. failed: the sink's log says what to repair.",
)
SINK_INCIDENTS: Final = _counter(
    "sink_incidents",
    ("table", "kind"),
    "What a sink reports: fenced, sink_retry, bad_row, offset_gap, offset_hole, conflict, gate_failed, gate_halt.",
    "Each is an alert too, with its command.",
)
SINK_BYTES: Final = _counter("sink_bytes", ("table",), "Bytes of Parquet published.")
SINK_FILES: Final = _counter(
    "sink_files",
    ("table",),
    "Parquet files published.",
    "Thousands a day per table: raise sink.age_s, or compact.",
)
SINK_COMMITTED: Final = _gauge(
    "sink_committed_timestamp_seconds",
    ("table",),
    "When a sink last committed, in seconds since 1970.",
    "Old while its topic grows: see redline_sink_held and redline_table_lag_records.",
)

# The gateway.

GATEWAY_REQUESTS: Final = _counter(
    "gateway_requests",
    ("route", "status"),
    "Requests by route and status.",
    "401: a producer lost its token. 400: ask its faults. 503: look at Kafka.",
)
GATEWAY_EVENTS: Final = _counter("gateway_events", ("route",), "Events that Kafka has confirmed, by route.")
GATEWAY_FAULTS: Final = _counter(
    "gateway_faults",
    ("route", "reason"),
    "Units that were no event, by route and reason.",
    "A producer has changed: `redline sources`.",
)
GATEWAY_BYTES: Final = _counter("gateway_bytes", ("route",), "Bytes of bodies as they came, by route.")
GATEWAY_SECONDS: Final = _histogram(
    "gateway_seconds",
    ("route",),
    "From the first byte to the answer, by route.",
    "Seconds: Kafka is slow to confirm.",
)
GATEWAY_FLIGHT_REQUESTS: Final = _gauge(
    "gateway_in_flight_requests", (), "Requests that wait for their answer.", "At gateway.in_flight_requests: 429."
)
GATEWAY_FLIGHT_BYTES: Final = _gauge(
    "gateway_in_flight_bytes",
    (),
    "Bytes that wait for Kafka.",
    "At gateway.in_flight_bytes requests are refused with 429: start another gateway, or look at Kafka.",
)

# What decides days that are over.

DISCLOSE_DAYS: Final = _counter("disclose_decided", ("table",), "Days that were decided.")
DISCLOSE_ROWS: Final = _counter("disclose_rows", ("table",), "Rows of days that were decided.")
DISCLOSE_RUN: Final = _gauge(
    "disclose_run_timestamp_seconds",
    (),
    "When it last looked for days to decide, in seconds since 1970.",
    "Older than two hours: it hangs on a day; see its log.",
)

# The quality process: what it sees of everything, and its looks.

LAG: Final = _gauge(
    "lag_records",
    ("stage",),
    "Records before a stage that workers have not done.",
    "Growing: start more workers (`worker.count`), or look why one is slow: redline_stage_queue_records.",
)
TABLE_LAG: Final = _gauge(
    "table_lag_records",
    ("table",),
    "Records whose table does not have them yet.",
    "Growing: see redline_sink_held, then start another sink.",
)
QUARANTINE_ROWS: Final = _gauge(
    "quarantine_rows",
    ("table",),
    "Rows in quarantine.",
    "Growing: `redline quarantine list` says by which expectation.",
)
QUALITY_LOOKS: Final = _histogram(
    "quality_look_seconds",
    (),
    "Time of one look at the tables. Its count is the number of looks.",
    "Longer than the time between looks: looks fall behind; give it a longer `--every`.",
)
QUALITY_LOOKED: Final = _gauge(
    "quality_look_timestamp_seconds",
    (),
    "When the last look ended, in seconds since 1970.",
    "Older than ten minutes: nobody watches the data; see state/logs/quality.log.",
)
QUALITY_POINTS: Final = _counter("quality_points", ("series",), "Points added to the history, by series.")
QUALITY_BREACHES: Final = _counter(
    "quality_breaches",
    ("kind", "severity"),
    "Breaches that monitors have found, each look anew.",
    "Each is an alert too: `redline alerts list`.",
)
QUALITY_SAMPLED: Final = _counter(
    "quality_sampled_rows", ("table",), "Rows that the independent detector has looked at."
)

# Alerts, in every process that can raise one.

ALERTS_RAISED: Final = _counter("alerts_raised", ("kind",), "Alerts raised, those that were grouped or silenced too.")
ALERTS_SENT: Final = _counter("alerts_sent", ("channel",), "Notices that a channel has taken.")
ALERTS_FAILED: Final = _counter(
    "alerts_failed",
    ("channel",),
    "Attempts to deliver a notice that failed; they are repeated.",
    "`redline alerts test` tries each channel.",
)
ALERTS_OWED: Final = _gauge(
    "alerts_owed",
    ("channel",),
    "Notices that wait for a channel.",
    "Growing: the channel is down; `redline alerts test`.",
)
ALERTS_DROPPED: Final = _counter(
    "alerts_dropped",
    (),
    "Notices pushed out of a full outbox, undelivered.",
    "Mend the channel; raise what is critical.",
)

METRICS: Final[tuple[Metric, ...]] = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
