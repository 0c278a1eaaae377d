"""The processes of one machine: which there are, and how each is started. `redline run`, `up` and `tend` share it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from redline.gateway import tokens
from redline.settings import Settings, as_env
from redline.supervisor import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_RUN_AGE_S = 5.0
_RUN_QUIET_S = 1.5  # longer than a worker takes from one batch to the next
_GRACE_S = 20.0  # a worker drains its batch, a sink finishes its commit
DISCLOSE_S = 3600.0
_FLEET = "REDLINE_OF_A_FLEET"


def belongs(environ: Mapping[str, str]) -> bool:
    """True in a process of `run` or `up`: they have recorded what there is to record of a start."""
    return _FLEET in environ


def specs(settings: Settings, *, live: bool, extra_env: dict[str, str] | None = None) -> Sequence[Spec]:
    """Workers first (scrubbing is what everything waits for), then sinks. `live` False: no ticks, the caller flushes.

    With the live ones comes what decides days that are over, what looks whether all is as usual, and a gateway once
    somebody has a token for it.

    Settings travel as environment variables, so a child reads no file that may have changed since.

    Raises:
        SettingsError: an expectation of one's own is none: sinks would refuse to start, one after the other.
    """
    if settings.quality.files or settings.quality.canaries:
        from redline.gates import gates_of  # noqa: PLC0415 - pandas and its like, where nobody has asked for it

        gates_of(settings)
    logs = settings.state / "logs"
    logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not live:
        # Nobody queries a bounded run while it goes on: fewer, larger commits, and none waits once it is quiet.
        sink = msgspec.structs.replace(settings.sink, age_s=max(settings.sink.age_s, _RUN_AGE_S), quiet_s=_RUN_QUIET_S)
        settings = msgspec.structs.replace(settings, sink=sink)
    env = as_env(settings) | {"REDLINE_WORKER_TICKS": "true" if live else "false", _FLEET: "1"} | (extra_env or {})
    found = [_spec("worker", number, logs, env) for number in range(1, settings.worker.count + 1)]
    found += [_spec("sink", number, logs, env) for number in range(1, settings.sink.count + 1)]
    if live and (settings.state / tokens.FILE).exists():
        found.append(_spec("gateway", 0, logs, env))
    if live:
        found += _keepers(settings, logs, env)
    return found


def keepers(settings: Settings) -> Sequence[Spec]:
    """What `redline tend` keeps running: what decides days that are over, and what looks. They log where it does."""
    return _keepers(settings, None, as_env(settings) | {_FLEET: "1"})


def retaining(settings: Settings) -> Spec:
    """One run of `redline retain`."""
    return replace(_spec("retain", 0, None, as_env(settings) | {_FLEET: "1"}), restart=False)


def _keepers(settings: Settings, logs: Path | None, env: dict[str, str]) -> list[Spec]:
    return [
        _spec("disclose", 0, logs, env, "--every", str(DISCLOSE_S)),
        _spec("quality", 0, logs, env, "run", "--every", str(settings.quality.every_s)),
    ]


def _spec(part: str, number: int, logs: Path | None, env: dict[str, str], *more: str) -> Spec:
    name = f"{part}-{number}" if number else part
    return Spec(
        name=name,
        argv=(sys.executable, "-m", "redline", part, *(("--name", name) if number else ()), *more),
        log=None if logs is None else logs / f"{name}.log",
        env=env,
        grace_s=_GRACE_S,
    )
