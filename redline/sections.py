"""The sections of the settings, one frozen typed object each. `redline.settings` reads them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from quality.policy import MonitorPolicy
from schemas.verdict import Severity
from streams.connection import Connection, Mechanism, Security
from streams.consent import ConsentMode
from streams.surrogates import Style
from streams.tokens import EndpointTokens, FileTokens

if TYPE_CHECKING:
    from streams.tokens import Tokens

_Natural = Annotated[int, msgspec.Meta(ge=0)]
_Count = Annotated[int, msgspec.Meta(ge=1)]
_Span = Annotated[float, msgspec.Meta(ge=0, le=1e9)]  # the upper bound keeps infinity out
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_HOUR_MS = 3_600_000
SmtpTls = Literal["starttls", "tls", "none"]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section refuses keys it does not know: a typing error must not silently mean the default."""


class Kafka(Section, frozen=True, kw_only=True):
    """Where the broker is. Empty `bootstrap`: the embedded one, from `home` if that is set.

    `registry`: address of a Confluent-compatible schema registry, for producers that frame their records for one.

    `retention_hours` of topics that are not compacted; 0: the broker's own rule (the embedded one keeps everything).

    `raw_retention_hours`: likewise of raw topics; 0: as of the others. `min_insync`: copies that must have a record
    before it is confirmed; 0: one fewer than `replication`, so that one broker may be away.

    `security` to `token_file`: how every client reaches the broker and proves who it is (docs/security.md). `config`:
    more settings of librdkafka, as they are; workers' consumers are of another library and do not read them.
    """

    bootstrap: str = ""
    home: str = ""
    partitions: _Count = 4
    replication: _Count = 1
    registry: str = ""
    security: Security = "plaintext"
    mechanism: Mechanism = "SCRAM-SHA-512"
    user: str = ""
    password: str = ""
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    key_password_file: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    scope: str = ""
    token_file: str = ""
    config: dict[str, str] = {}
    retention_hours: _Natural = 24 * 30
    raw_retention_hours: _Natural = 0
    min_insync: _Natural = 0

    def __post_init__(self) -> None:
        """Raise ValueError where keys contradict each other: half a credential would fail at every single client."""
        if wrong := _contradiction(self):
            raise ValueError(wrong)

    @property
    def retention_ms(self) -> int | None:
        """Of topics that are not compacted; None: the broker's own rule."""
        return self.retention_hours * _HOUR_MS or None

    @property
    def raw_retention_ms(self) -> int | None:
        """Of raw topics; None: as of the others."""
        return self.raw_retention_hours * _HOUR_MS or None

    @property
    def least_in_sync(self) -> int:
        """Copies that must have a record before it is confirmed."""
        return self.min_insync or max(1, self.replication - 1)

    @property
    def connection(self) -> Connection:
        """How to reach the broker: the one value that every client is made of."""
        tokens: Tokens | None = None
        if self.token_file:
            tokens = FileTokens(self.token_file)
        elif self.token_url:
            tokens = _endpoint(self.token_url, self.client_id, self.client_secret_file, self.scope, self.ca_file)
        return Connection(
            self.bootstrap,
            security=self.security,
            mechanism=self.mechanism,
            user=self.user,
            plain_password=self.password,
            password_file=self.password_file,
            ca_file=self.ca_file,
            cert_file=self.cert_file,
            key_file=self.key_file,
            key_password_file=self.key_password_file,
            tokens=tokens,
        )

    @property
    def client(self) -> dict[str, Any]:
        """Settings of a librdkafka client besides `bootstrap.servers`, with the secrets of this moment.

        Raises:
            SettingsError: a file that holds a secret cannot be read.
        """
        return {**self.connection.librdkafka(), **self.config}

    @property
    def embedded(self) -> Kafka:
        """The same for the embedded broker: it listens on loopback, asks for no credentials, and keeps everything.

        No retention by age: a backfill with old record times would be gone before it is read.
        """
        bare = Kafka(retention_hours=0)
        return msgspec.structs.replace(self, **{name: getattr(bare, name) for name in _OF_A_CLUSTER})


_OF_A_CLUSTER = (
    "retention_hours",
    "raw_retention_hours",
    "min_insync",
    "security",
    "mechanism",
    "user",
    "password",
    "password_file",
    "ca_file",
    "cert_file",
    "key_file",
    "key_password_file",
    "token_url",
    "client_id",
    "client_secret_file",
    "scope",
    "token_file",
)


@functools.cache
def _endpoint(url: str, client_id: str, secret_file: str, scope: str, ca_file: str) -> EndpointTokens:
    """One per process: its clients share a token."""
    return EndpointTokens(url, client_id, secret_file, scope=scope, ca_file=ca_file)


def _contradiction(kafka: Kafka) -> str:
    """What does not fit together, by the names of the keys; empty if nothing."""
    sasl, tls = kafka.security.startswith("sasl"), kafka.security in ("tls", "sasl_tls")
    oauth = sasl and kafka.mechanism == "OAUTHBEARER"
    rules = (
        (kafka.min_insync > kafka.replication, "min_insync: needed at most replication, or nothing could be written"),
        (kafka.password and kafka.password_file, "password and password_file: needed one of them, came both"),
        (kafka.token_url and kafka.token_file, "token_url and token_file: needed one of them, came both"),
        (oauth and not (kafka.token_url or kafka.token_file), "mechanism OAUTHBEARER needs token_url or token_file"),
        (
            kafka.token_url and not (kafka.client_id and kafka.client_secret_file),
            "token_url needs client_id and client_secret_file",
        ),
        (
            kafka.token_url and not kafka.token_url.startswith(("https://", "http://")),
            "token_url: needed http or https",
        ),
        (
            sasl and not oauth and not (kafka.user and (kafka.password or kafka.password_file)),
            f"security {kafka.security} with {kafka.mechanism} needs user, and password or password_file",
        ),
        (bool(kafka.cert_file) != bool(kafka.key_file), "cert_file and key_file: needed both or none, came one"),
        (not tls and (kafka.ca_file or kafka.cert_file), "ca_file and cert_file need security tls or sasl_tls"),
        (
            not sasl and (kafka.user or kafka.password_file),
            "user and password need security sasl_plaintext or sasl_tls",
        ),
    )
    return next((text for wrong, text in rules if wrong), "")


class Worker(Section, frozen=True, kw_only=True):
    """One worker process. `scrub_processes` 0: one per core. `folder`: of its state; empty: in the data folder."""

    count: _Natural = 1
    scrub_processes: _Natural = 0
    batch: _Count = 500
    stuck_s: _Span = 60.0
    session_timeout_s: _Span = 10.0
    commit_interval_s: _Span = 0.5
    ticks: bool = True
    folder: str = ""


class Scrub(Section, frozen=True, kw_only=True):
    """Scrubbing: score from which a finding counts, limits, surrogates, and what else knows people.

    `text_limit`, `event_limit`: most code points of one text, and of all texts of an event; beyond, it is `too_large`.
    `directory`: the compiled directory; empty: the one in the state folder, if it is there. `models`: the user's own,
    `spacy:FOLDER`, `transformers:FOLDER` or `gliner:FOLDER`, several by commas.
    """

    threshold: _Share = 0.5
    timeout_s: _Span = 5.0
    text_limit: _Count = 1_000_000
    event_limit: _Count = 4_000_000
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
    rotate_days: _Natural = 0
    overlap_hours: _Span = 48.0


class Privacy(Section, frozen=True, kw_only=True):
    """What is published of small groups, and which promises may be weakened.

    `k`: fewest people of a released cell. `columns`: `cells` publishes surface, language, model, tool and task as far
    as k people share them; `full` also how long a decision took; `coarse` none of these. `close_hours` after its end a
    UTC day is decided. `accept_weaker`: names of the settings that may weaken a promise, several by commas;
    `redline.weaker` knows which do.
    """

    k: _Count = 10
    columns: Literal["full", "cells", "coarse"] = "cells"
    close_hours: _Span = 48.0
    accept_weaker: str = ""

    @property
    def accepted(self) -> tuple[str, ...]:
        """Settings that may weaken a promise."""
        return names_in(self.accept_weaker)


class Retain(Section, frozen=True, kw_only=True):
    """How many days the rows of each table are kept; 0: for ever."""

    interactions_days: _Natural = 0
    pairs_days: _Natural = 0
    trajectories_days: _Natural = 0
    revisions_days: _Natural = 0
    collaboration_days: _Natural = 0
    rejects_days: _Natural = 0
    subjects_days: _Natural = 0


class AuditSettings(Section, frozen=True, kw_only=True):
    """`who`: a name for whoever runs a command, such as a ticket or a role; the OS user is recorded in any case."""

    who: str = ""


class JoinSettings(Section, frozen=True, kw_only=True):
    """Event-time limits of the join and of sessions. `part_steps`, `part_bytes`: most of one row of a session."""

    window_hours: _Span = 24.0
    grace_s: _Span = 60.0
    keep_days: _Span = 7.0
    session_gap_hours: _Span = 6.0
    part_steps: _Count = 2_000
    part_bytes: _Count = 8 * 1024 * 1024
    lateness_s: _Span = 10.0
    idle_s: _Span = 5.0


class Sink(Section, frozen=True, kw_only=True):
    """When a batch is full. `quiet_s`: also after that long without a record; 0: not for that reason."""

    count: _Natural = 1
    rows: _Count = 50_000
    bytes: _Count = 64 * 1024 * 1024
    age_s: _Span = 1.0
    quiet_s: _Span = 0.0


class Limits(Section, frozen=True, kw_only=True):
    """What a raw record may be."""

    max_bytes: _Count = 1024 * 1024
    max_depth: _Count = 64
    max_future_s: _Span = 86_400.0


class Alerts(Section, frozen=True, kw_only=True):
    """Where alerts go besides the log, and how often. An empty address: that channel is not used.

    `webhook`, `alertmanager`, `smtp_password`, `pagerduty_key`: secrets; each may be `file:PATH`, which is read at
    every use. `instance`: what this Redline is called in alerts; empty: the data folder. `runbook`: where
    docs/runbook.md can be read. `window_s`: what is over and comes back within so long was not over. `stale_s`: what
    nobody has seen for so long is over. `page_from`: the least severity that PagerDuty is told of.
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
    timeout_s: _Span = 10.0
    window_s: _Span = 300.0
    group_s: _Span = 10.0
    repeat_hours: _Span = 4.0
    per_hour: _Natural = 60
    stale_s: _Span = 1800.0
    reject_ratio: _Share = 0.2
    reject_minimum: _Natural = 1000


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
    sample_rows: _Natural = 48
    history_days: Annotated[int, msgspec.Meta(ge=1)] = 180
    reference_weeks: Annotated[int, msgspec.Meta(ge=1, le=26)] = 4
    error_rate: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 1e-3
    minimum: _Count = 30
    psi: Annotated[float, msgspec.Meta(gt=0, le=100)] = 0.25
    volume_factor: Annotated[float, msgspec.Meta(gt=1, le=1e6)] = 1.7
    burst_factor: Annotated[float, msgspec.Meta(gt=1, le=1e6)] = 4.0
    lag_minimum: _Count = 1000
    retention_warning_hours: _Span = 48.0

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
    port: _Natural = 4318  # OTLP/HTTP's own: exporters on this machine need no address
    max_body_bytes: _Count = 4 * 1024 * 1024
    max_inflated_bytes: _Count = 16 * 1024 * 1024
    max_events: _Count = 10_000
    in_flight_requests: _Count = 256
    in_flight_bytes: _Count = 64 * 1024 * 1024
    body_wait_s: _Span = 30.0
    kafka_wait_s: _Span = 10.0
    access_log: bool = True


class MetricsSettings(Section, frozen=True, kw_only=True):
    """`GET /metrics` of each process, on the first free one of sixteen ports from `port` on; 0: no port is opened."""

    host: str = "127.0.0.1"
    port: _Natural = 0


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
