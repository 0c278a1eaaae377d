"""Where the ring comes from: the key file, an environment variable, or a command that asks a key service."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from redline.key_ring import file, form, known
from schemas.errors import SettingsError
from sinks import store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from redline.settings import Settings
    from sinks.places import Place
    from streams.epochs import KeyRing

_ENV, _COMMAND = "env:", "command:"
_ANSWER_S = 20.0  # a key service answers in a second; longer than that, whoever waits should know
_ANSWER_BYTES = 1_000_000
_HOUR_US = 3_600_000_000


def is_file(settings: Settings) -> bool:
    """True if this folder's ring is in its key file, which Redline itself writes."""
    return not settings.keys.source


def is_unmade(settings: Settings) -> bool:
    """True if the key file is still to be made, by whoever needs keys first."""
    state = settings.state
    used = (state / file.NAME).exists() or (state / known.NAME).exists() or has_rows(settings.dataset)
    return is_file(settings) and not used


def read(settings: Settings) -> KeyRing:
    """The ring, checked against what this folder has seen.

    The key file is made if there is none and the tables have no rows yet: a sink makes tables before there are keys.

    Raises:
        SettingsError: there is no ring, it is none, others can read it, or it does not fit the tables.
    """
    source, overlap_us = settings.keys.source, int(settings.keys.overlap_hours * _HOUR_US)
    if not source:
        where = str(settings.state / file.NAME)
        ring = _of_file(settings.state, overlap_us, may_make=lambda: not has_rows(settings.dataset))
    elif source.startswith(_ENV):
        name = source.removeprefix(_ENV)
        where = f"keys.source: environment variable {name}"
        ring = _decoded(os.environ.get(name, "").encode(), overlap_us, where)
    elif source.startswith(_COMMAND):
        where = "keys.source: the answer of the command"
        ring = _decoded(_answer(source.removeprefix(_COMMAND)), overlap_us, where)
    else:
        raise SettingsError("keys.source: needed nothing, env:NAME or command:…, came something else")
    known.check(settings.state, settings.dataset, ring, where)
    return ring


def has_rows(dataset: Place) -> bool:
    """True once any table has a data file."""
    return bool(store.newest(dataset, 1))


def _of_file(state: Path, overlap_us: int, may_make: Callable[[], bool]) -> KeyRing:
    path = state / file.NAME
    if not path.exists():
        if (state / known.NAME).exists() or not may_make():
            raise SettingsError(
                f"{path}: needed the key file of these tables, it is gone."
                " Put it back; a new key would not fit the data."
            )
        file.make(path)
    try:
        return file.read(path, overlap_us)
    except FileNotFoundError:
        raise SettingsError(f"{path}: needed the key file of these tables, it is gone; put it back") from None


def _decoded(text: bytes, overlap_us: int, where: str) -> KeyRing:
    ring = form.decode(text, overlap_us)
    if ring is None:
        raise SettingsError(f"{where}: needed the JSON of a key ring, came {'something else' if text else 'nothing'}")
    return ring


def _answer(command: str) -> bytes:
    """What the command prints. What it says on standard error is not shown: it may be a key."""
    try:
        words = shlex.split(command)
        done = subprocess.run(  # noqa: S603 - the operator's own command, and no shell reads it
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ANSWER_S, check=False
        )
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as error:
        fault = type(error).__name__
    else:
        if done.returncode == 0 and len(done.stdout) <= _ANSWER_BYTES:
            return done.stdout
        fault = f"exit code {done.returncode}"
    raise SettingsError(f"keys.source: needed an answer of the command within {_ANSWER_S:g} s, came {fault}")
