"""Settings: `redline.toml`, then `REDLINE_*`, then flags; one frozen typed object.

An environment variable is `REDLINE_<SECTION>_<KEY>`, such as `REDLINE_KAFKA_BOOTSTRAP`; `REDLINE_DATA` is the data
folder.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from redline.kafka_section import Kafka
from redline.section import Section
from redline.sections import (
    Alerts,
    AuditSettings,
    ConsentSettings,
    GatewaySettings,
    JoinSettings,
    KeySettings,
    Limits,
    MetricsSettings,
    Privacy,
    QualitySettings,
    Retain,
    Scrub,
    Sink,
    Sources,
    Worker,
    names_in,
)
from schemas.errors import SettingsError
from streams.privacy.limits import Limits as TextLimits
from streams.privacy.options import DIRECTORY, Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sinks.places import Place

_ENV = "REDLINE_"
EXPECTATIONS = "quality.toml"


class Settings(Section, frozen=True, kw_only=True):
    """Everything Redline can be told.

    `data`: the data folder, or `s3://BUCKET/PREFIX` of its tables; then `local` is where everything else lies.
    """

    data: str = "redline-data"
    local: str = ""
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
    def dataset(self) -> Place:
        """The published and restricted tables: a folder, or a prefix of an object store."""
        from sinks import location  # noqa: PLC0415 - Arrow comes along, and hooks read settings too

        return location.tables(self.data_dir) / "dataset"

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
            models=names_in(scrub.models),
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


SECRETS: frozenset[str] = frozenset(
    {
        "alerts.webhook",
        "alerts.alertmanager",
        "alerts.smtp_password",
        "alerts.pagerduty_key",
        "kafka.config",
        "kafka.password",
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
    return _placed(_beside(_convert(tree), source), environ)


def _beside(settings: Settings, source: Path) -> Settings:
    """Settings with the file of expectations that lies beside the settings' own, unless others are named."""
    found = source.with_name(EXPECTATIONS)
    if settings.quality.expectations or not found.is_file():
        return settings
    return msgspec.structs.replace(settings, quality=msgspec.structs.replace(settings.quality, expectations=str(found)))


def _placed(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Settings with a local data folder: that of the tables, if `data` says that those are in an object store."""
    if not settings.data.startswith("s3:"):
        return settings
    from sinks import location  # noqa: PLC0415 - as above

    base = environ.get("XDG_STATE_HOME") or "~/.local/state"
    name = hashlib.sha256(settings.data.rstrip("/").encode()).hexdigest()[:16]
    folder = Path(settings.local) if settings.local else Path(base).expanduser() / "redline" / name
    location.point(folder, settings.data)
    return msgspec.structs.replace(settings, data=str(folder))


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
        if isinstance(value, Section):
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
