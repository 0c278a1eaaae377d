"""The sections of the settings, a frozen typed object each; the broker's: `kafka_section`. `settings` reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from quality.policy import MonitorPolicy
from redline.section import Count, Natural, Section, Share, Span
from schemas.verdict import Severity
from streams.consent import ConsentMode
from streams.surrogates import Style

SmtpTls = Literal["starttls", "tls", "none"]


class Worker(Section, frozen=True, kw_only=True):
    """One worker process. `scrub_processes` 0: one per core. `folder`: of its state; empty: in the data folder.

    `standbys`: how many workers besides its owner keep a copy of each partition's state.
    """

    count: Natural = 1
    scrub_processes: Natural = 0
    batch: Count = 500
    stuck_s: Span = 60.0
    session_timeout_s: Span = 10.0
    commit_interval_s: Span = 0.5
    ticks: bool = True
    folder: str = ""
    standbys: Natural = 0


class Scrub(Section, frozen=True, kw_only=True):
    """Scrubbing: score from which a finding counts, limits, surrogates, and what else knows people.

    `text_limit`, `event_limit`: most code points of one text, and of all texts of an event; beyond, it is `too_large`.
    `directory`: the compiled directory; empty: the one in the state folder, if it is there. `models`: the user's own,
    `spacy:FOLDER`, `transformers:FOLDER` or `gliner:FOLDER`, several by commas.
    """

    threshold: Share = 0.5
    timeout_s: Span = 5.0
    text_limit: Count = 1_000_000
    event_limit: Count = 4_000_000
    style: Style = "natural"
    directory: str = ""
    models: str = ""


class ConsentSettings(Section, frozen=True, kw_only=True):
    """What silence means."""

    mode: ConsentMode = ConsentMode.OPT_IN


class KeySettings(Section, frozen=True, kw_only=True):
    """Where the keys come from, and how long one epoch of them lasts.

    `source`: empty: the key file of the data folder. `rotate_days` 0: by hand only. `overlap_hours`: how long after the
    start of an epoch an event is also written under the one before.
    """

    source: str = ""
    rotate_days: Natural = 0
    overlap_hours: Span = 48.0


class Privacy(Section, frozen=True, kw_only=True):
    """What is published of small groups, and which promises may be weakened.

    `k`: fewest people of a released cell. `columns`: `cells` publishes surface, language, model, tool and task as far
    as k people share them; `full` also how long a decision took; `coarse` none of these. `close_hours` after its end a
    UTC day is decided. `accept_weaker`: names of the settings that may weaken a promise, several by commas;
    `redline.weaker` knows which do.
    """

    k: Count = 10
    columns: Literal["full", "cells", "coarse"] = "cells"
    close_hours: Span = 48.0
    accept_weaker: str = ""

    @property
    def accepted(self) -> tuple[str, ...]:
        """Settings that may weaken a promise."""
        return names_in(self.accept_weaker)


class Retain(Section, frozen=True, kw_only=True):
    """How many days the rows of each table are kept; 0: for ever.

    `clock_hours`: how far the clock may be ahead of the newest raw record and row; beyond, nothing is removed.
    """

    interactions_days: Natural = 0
    pairs_days: Natural = 0
    trajectories_days: Natural = 0
    revisions_days: Natural = 0
    collaboration_days: Natural = 0
    rejects_days: Natural = 0
    subjects_days: Natural = 0
    clock_hours: Count = 72  # a weekend


class AuditSettings(Section, frozen=True, kw_only=True):
    """`who`: a name for whoever runs a command, such as a ticket or a role; the OS user is recorded in any case."""

    who: str = ""


class JoinSettings(Section, frozen=True, kw_only=True):
    """Event-time limits of the join and of sessions. `part_steps`, `part_bytes`: most of one row of a session."""

    window_hours: Span = 24.0
    grace_s: Span = 60.0
    keep_days: Span = 7.0
    session_gap_hours: Span = 6.0
    part_steps: Count = 2_000
    part_bytes: Count = 8 * 1024 * 1024
    lateness_s: Span = 10.0
    idle_s: Span = 5.0


class Sink(Section, frozen=True, kw_only=True):
    """When a batch is full. `quiet_s`: also after that long without a record; 0: not for that reason."""

    count: Natural = 1
    rows: Count = 50_000
    bytes: Count = 64 * 1024 * 1024
    age_s: Span = 1.0
    quiet_s: Span = 0.0


class Limits(Section, frozen=True, kw_only=True):
    """What a raw record may be."""

    max_bytes: Count = 1024 * 1024
    max_depth: Count = 64
    max_future_s: Span = 86_400.0


class Alerts(Section, frozen=True, kw_only=True):
    """Where alerts go besides the log, and how often. An empty address: that channel is not used.

    `webhook`, `alertmanager`, `smtp_password`, `pagerduty_key`: secrets; each may be `file:PATH`, which is read at
    every use. `instance`: what this Redline is called in alerts; empty: the data folder. `runbook`: where
    docs/runbook.md can be read. `window_s`: what is over and comes back within so long was not over. `stale_s`: what
    nobody has seen for so long is over. `page_from`: the least severity that PagerDuty is told of. `certificate_days`,
    `certificate_critical_days`: how long before its end a certificate is told of, and as critical.
    """

    webhook: str = ""
    kafka: bool = True
    alertmanager: str = ""
    smtp: str = ""
    smtp_tls: SmtpTls = "starttls"
    smtp_ca: str = ""
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_from: str = ""
    smtp_to: str = ""
    pagerduty: str = "https://events.pagerduty.com/v2/enqueue"
    pagerduty_key: str = ""
    page_from: Severity = Severity.ERROR
    instance: str = ""
    runbook: str = "docs/runbook.md"
    timeout_s: Span = 10.0
    window_s: Span = 300.0
    group_s: Span = 10.0
    repeat_hours: Span = 4.0
    per_hour: Natural = 60
    stale_s: Span = 1800.0
    reject_ratio: Share = 0.2
    reject_minimum: Natural = 1000
    certificate_days: Span = 21.0
    certificate_critical_days: Span = 3.0


class QualitySettings(Section, frozen=True, kw_only=True):
    """What batches are checked for beyond our own suites.

    `expectations`: files with expectations of one's own, `.toml` or `.py`, several by commas; empty: `quality.toml`
    beside `redline.toml`, if it is there. `canaries`: a file of identities that somebody planted, one a line.
    `every_s`: how often `redline up` looks at what came; `sample_rows`: how many rows of it with another detector.
    `history_days`: how long what was measured is kept. The rest is the policy of the checks over time:
    `quality.policy.MonitorPolicy` says what each means.
    """

    expectations: str = ""
    canaries: str = ""
    every_s: Annotated[float, msgspec.Meta(ge=1, le=86_400)] = 60.0
    sample_rows: Natural = 48
    history_days: Annotated[int, msgspec.Meta(ge=1)] = 180
    reference_weeks: Annotated[int, msgspec.Meta(ge=1, le=26)] = 4
    error_rate: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 1e-3
    minimum: Count = 30
    psi: Annotated[float, msgspec.Meta(gt=0, le=100)] = 0.25
    volume_factor: Annotated[float, msgspec.Meta(gt=1, le=1e6)] = 1.7
    burst_factor: Annotated[float, msgspec.Meta(gt=1, le=1e6)] = 4.0
    lag_minimum: Count = 1000
    retention_warning_hours: Span = 48.0

    @property
    def monitors(self) -> MonitorPolicy:
        """The policy of the checks over time."""
        return MonitorPolicy(
            reference_weeks=self.reference_weeks,
            error_rate=self.error_rate,
            minimum=self.minimum,
            psi=self.psi,
            volume_factor=self.volume_factor,
            burst_factor=self.burst_factor,
            lag_minimum=self.lag_minimum,
            retention_warning_h=self.retention_warning_hours,
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of expectations."""
        return tuple(Path(name) for name in names_in(self.expectations))


class GatewaySettings(Section, frozen=True, kw_only=True):
    """`redline gateway`: where it listens, and what a request may be."""

    host: str = "127.0.0.1"
    port: Natural = 4318  # OTLP/HTTP's own: exporters on this machine need no address
    max_body_bytes: Count = 4 * 1024 * 1024
    max_inflated_bytes: Count = 16 * 1024 * 1024
    max_events: Count = 10_000
    in_flight_requests: Count = 256
    in_flight_bytes: Count = 64 * 1024 * 1024
    body_wait_s: Span = 30.0
    kafka_wait_s: Span = 10.0
    access_log: bool = True


class MetricsSettings(Section, frozen=True, kw_only=True):
    """`GET /metrics` of each process, on the first free one of sixteen ports from `port` on; 0: no port is opened."""

    host: str = "127.0.0.1"
    port: Natural = 0


class Sources(Section, frozen=True, kw_only=True):
    """Topics that the OpenTelemetry Collector writes, several by commas; empty: none is read."""

    otlp_logs: str = ""
    otlp_spans: str = ""

    @property
    def logs(self) -> tuple[str, ...]:
        """Topics of log batches."""
        return names_in(self.otlp_logs)

    @property
    def spans(self) -> tuple[str, ...]:
        """Topics of span batches."""
        return names_in(self.otlp_spans)


def names_in(text: str) -> tuple[str, ...]:
    """Names that stand in one text with commas between."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
