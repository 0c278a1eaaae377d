"""Settings: `redline.toml`, then `REDLINE_*`, then flags; one frozen typed object.

An environment variable is `REDLINE_<SECTION>_<KEY>`, such as `REDLINE_KAFKA_BOOTSTRAP`; `REDLINE_DATA` is the data
folder.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from quality.policy import MonitorPolicy
from schemas.errors import SettingsError
from schemas.verdict import Severity
from streams.consent import ConsentMode
from streams.privacy.limits import Limits as TextLimits
from streams.privacy.options import DIRECTORY, Options
from streams.surrogates import Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ENV = "REDLINE_"
EXPECTATIONS = "quality.toml"
_Natural = Annotated[int, msgspec.Meta(ge=0)]
_Count = Annotated[int, msgspec.Meta(ge=1)]
_Span = Annotated[float, msgspec.Meta(ge=0, le=1e9)]  # the upper bound keeps infinity out
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
SmtpTls = Literal["starttls", "tls", "none"]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section refuses keys it does not know: a typing error must not silently mean the default."""


class Kafka(_Section, frozen=True, kw_only=True):
    """Where the broker is. Empty `bootstrap`: the embedded one, from `home` if that is set.

    `registry`: address of a Confluent-compatible schema registry, for producers that frame their records for one.

    `retention_hours` of topics that are not compacted; 0: the broker's own rule (the embedded one keeps everything).
    """

    bootstrap: str = ""
    home: str = ""
    partitions: _Count = 4
    replication: _Count = 1
    registry: str = ""
    config: dict[str, str] = {}  # librdkafka settings for security, as they are
    retention_hours: _Natural = 24 * 30


class Worker(_Section, frozen=True, kw_only=True):
    """One worker process. `scrub_processes` 0: one per core."""

    count: _Natural = 1
    scrub_processes: _Natural = 0
    batch: _Count = 500
    stuck_s: _Span = 60.0
    session_timeout_s: _Span = 10.0
    commit_interval_s: _Span = 0.5
    ticks: bool = True


class Scrub(_Section, frozen=True, kw_only=True):
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


class ConsentSettings(_Section, frozen=True, kw_only=True):
    """What silence means."""

    mode: ConsentMode = ConsentMode.OPT_IN


class KeySettings(_Section, frozen=True, kw_only=True):
    """Where the keys come from, and how long one epoch of them lasts.

    `source`: empty: the key file of the data folder. `rotate_days` 0: by hand only. `overlap_hours`: how long after the
    start of an epoch an event is also written under the one before.
    """

    source: str = ""
    rotate_days: _Natural = 0
    overlap_hours: _Span = 48.0


class Privacy(_Section, frozen=True, kw_only=True):
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
        return _names(self.accept_weaker)


class Retain(_Section, frozen=True, kw_only=True):
    """How many days the rows of each table are kept; 0: for ever."""

    interactions_days: _Natural = 0
    pairs_days: _Natural = 0
    trajectories_days: _Natural = 0
    rejects_days: _Natural = 0
    subjects_days: _Natural = 0


class AuditSettings(_Section, frozen=True, kw_only=True):
    """`who`: a name for whoever runs a command, such as a ticket or a role; the OS user is recorded in any case."""

    who: str = ""


class JoinSettings(_Section, frozen=True, kw_only=True):
    """Event-time limits of the join and of sessions."""

    window_hours: _Span = 24.0
    grace_s: _Span = 60.0
    keep_days: _Span = 7.0
    session_gap_hours: _Span = 6.0
    lateness_s: _Span = 10.0
    idle_s: _Span = 5.0


class Sink(_Section, frozen=True, kw_only=True):
    """When a batch is full. `quiet_s`: also after that long without a record; 0: not for that reason."""

    count: _Natural = 1
    rows: _Count = 50_000
    bytes: _Count = 64 * 1024 * 1024
    age_s: _Span = 1.0
    quiet_s: _Span = 0.0


class Limits(_Section, frozen=True, kw_only=True):
    """What a raw record may be."""

    max_bytes: _Count = 1024 * 1024
    max_depth: _Count = 64
    max_future_s: _Span = 86_400.0


class Alerts(_Section, frozen=True, kw_only=True):
    """Where alerts go besides the log, and how often. An empty address: that channel is not used.

    `webhook`, `alertmanager`, `smtp_password`, `pagerduty_key`: secrets; each may be `file:PATH`, which is read at
    every use. `instance`: what this Redline is called in alerts; empty: the data folder. `runbook`: where
    docs/alerts.md can be read. `window_s`: what is over and comes back within so long was not over. `stale_s`: what
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
    runbook: str = "docs/alerts.md"
    timeout_s: _Span = 10.0
    window_s: _Span = 300.0
    group_s: _Span = 10.0
    repeat_hours: _Span = 4.0
    per_hour: _Natural = 60
    stale_s: _Span = 1800.0
    reject_ratio: _Share = 0.2
    reject_minimum: _Natural = 1000


class QualitySettings(_Section, frozen=True, kw_only=True):
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
        return tuple(Path(name) for name in _names(self.expectations))


class GatewaySettings(_Section, frozen=True, kw_only=True):
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


class MetricsSettings(_Section, frozen=True, kw_only=True):
    """`GET /metrics` of each process, on the first free one of sixteen ports from `port` on; 0: no port is opened."""

    host: str = "127.0.0.1"
    port: _Natural = 0


class Sources(_Section, frozen=True, kw_only=True):
    """Topics that the OpenTelemetry Collector writes, several by commas; empty: none is read."""

    otlp_logs: str = ""
    otlp_spans: str = ""

    @property
    def logs(self) -> tuple[str, ...]:
        """Topics of log batches."""
        return _names(self.otlp_logs)

    @property
    def spans(self) -> tuple[str, ...]:
        """Topics of span batches."""
        return _names(self.otlp_spans)


class Settings(_Section, frozen=True, kw_only=True):
    """Everything Redline can be told."""

    data: str = "redline-data"
    kafka: Kafka = Kafka()
    worker: Worker = Worker()
    scrub: Scrub = Scrub()
    consent: ConsentSettings = ConsentSettings()
    keys: KeySettings = KeySettings()
    privacy: Privacy = Privacy()
    retain: Retain = Retain()
    audit: AuditSettings = AuditSettings()
    join: JoinSettings = JoinSettings()
    sink: Sink = Sink()
    limits: Limits = Limits()
    alerts: Alerts = Alerts()
    quality: QualitySettings = QualitySettings()
    gateway: GatewaySettings = GatewaySettings()
    metrics: MetricsSettings = MetricsSettings()
    sources: Sources = Sources()

    @property
    def data_dir(self) -> Path:
        """The data folder as a path."""
        return Path(self.data)

    @property
    def dataset(self) -> Path:
        """The published and restricted tables."""
        return self.data_dir / "dataset"

    @property
    def state(self) -> Path:
        """Everything that is not a table: broker, RocksDB, indexes, keys, logs."""
        return self.data_dir / "state"

    @property
    def scrub_options(self) -> Options:
        """What a scrubbing process is told."""
        scrub = self.scrub
        return Options(
            threshold=scrub.threshold,
            directory=scrub.directory or str(self.state / DIRECTORY),
            models=_names(scrub.models),
            style=scrub.style,
        )

    @property
    def scrub_limits(self) -> TextLimits:
        """How much text is scrubbed at all."""
        return TextLimits(self.scrub.text_limit, self.scrub.event_limit)

    @property
    def scrub_processes(self) -> int:
        """Scrubber processes of one worker."""
        return self.worker.scrub_processes or max(1, os.cpu_count() or 1)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


SECRETS: frozenset[str] = frozenset(
    {
        "alerts.webhook",
        "alerts.alertmanager",
        "alerts.smtp_password",
        "alerts.pagerduty_key",
        "kafka.config",
        "kafka.registry",
        "keys.source",
    }
)


def load(path: Path | None, environ: Mapping[str, str], flags: Mapping[str, Any]) -> Settings:
    """The effective settings. `flags` maps `section.key` to a value; None means not given.

    Raises:
        SettingsError: a file that cannot be read, an unknown key, or a value of the wrong type (never its content).
    """
    tree: dict[str, Any] = {}
    source = path or Path("redline.toml")
    if source.exists():
        try:
            tree = tomllib.loads(source.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise SettingsError(f"{source}: needed a readable TOML file, came {type(error).__name__}") from None
    elif path is not None:
        raise SettingsError(f"{path}: no such file; `redline settings` shows the defaults")
    for name, _ in _leaves(Settings()):
        if (variable := _variable(name)) in environ:
            _put(tree, name, environ[variable])
    for name, value in flags.items():
        if value is not None:
            _put(tree, name, value)
    return _beside(_convert(tree), source)


def _beside(settings: Settings, source: Path) -> Settings:
    """Settings with the file of expectations that lies beside the settings' own, unless others are named."""
    found = source.with_name(EXPECTATIONS)
    if settings.quality.expectations or not found.is_file():
        return settings
    return msgspec.structs.replace(settings, quality=msgspec.structs.replace(settings.quality, expectations=str(found)))


def _convert(tree: dict[str, Any]) -> Settings:
    try:
        if isinstance(tree.get("kafka"), dict) and isinstance(tree["kafka"].get("config"), str):
            tree["kafka"]["config"] = msgspec.json.decode(tree["kafka"]["config"], type=dict[str, str])
        return msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        where = str(error).rpartition(" - at `")[2].strip("`") if " - at `" in str(error) else "$"
        what = str(error).split(" - at ")[0]
        if "Invalid enum value" in what:
            what = "a value that is not one of the allowed ones"
        raise SettingsError(f"settings at {where}: {what}; `redline settings` shows every key and its type") from None
    except msgspec.DecodeError:
        raise SettingsError(
            "settings at kafka.config: needed a JSON object of strings in REDLINE_KAFKA_CONFIG"
        ) from None


def _put(tree: dict[str, Any], name: str, value: Any) -> None:
    section, _, key = name.rpartition(".")
    target = tree.setdefault(section, {}) if section else tree
    if isinstance(target, dict):  # else the file has a value for the section's name: refused when it is converted
        target[key] = value


def _variable(name: str) -> str:
    return _ENV + name.replace(".", "_").upper()


def _leaves(settings: Settings) -> Iterator[tuple[str, Any]]:
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if isinstance(value, _Section):
            for key in value.__struct_fields__:
                yield f"{name}.{key}", getattr(value, key)
        else:
            yield name, value


def as_env(settings: Settings) -> dict[str, str]:
    """The effective settings as environment variables, for child processes."""
    return {_variable(name): _text(value) for name, value in _leaves(settings)}


def no_settings(environ: Mapping[str, str]) -> list[str]:
    """Variables that read like a setting and are none. They are not refused: Kubernetes makes some for its services."""
    known = {_variable(name) for name, _ in _leaves(Settings())}
    sections = tuple(f"{_ENV}{name.upper()}_" for name in Settings.__struct_fields__)
    return sorted(name for name in environ if name.startswith(sections) and name not in known)


def shown(settings: Settings) -> list[tuple[str, str]]:
    """Every setting and its value, secrets hidden."""
    return [
        (name, "(hidden)" if name in SECRETS and value else _text(value) or '""') for name, value in _leaves(settings)
    ]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
