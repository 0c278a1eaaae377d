"""`make demo`: the main job over a generated company, then rows to look at."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from quality.report import table
from redline.company import Company, consent_list
from redline.emit import EmitResult, emit_records
from redline.lock import DataLock
from redline.sql import query
from schemas import topics
from schemas.errors import SettingsError
from sinks import location

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.run import Emit
    from redline.settings import Settings

_MARKER = "this-is-a-demo"
_START_US = 1_767_600_000_000_000  # Monday 2026-01-05, 08:00 UTC: a past week, as a backfill would be


def prepare(settings: Settings) -> None:
    """An empty folder for the demo: an older demo is removed, anything else is left alone.

    Raises:
        SettingsError: the folder holds data that no demo made.
        LockedError: another demo runs in it.
    """
    folder = settings.data_dir
    if not isinstance(location.tables(folder), Path):
        raise SettingsError(
            "demo: needed a local folder, came one whose tables are in an object store; use --out OTHER"
        )
    if folder.exists() and any(folder.iterdir()):
        if not (settings.state / _MARKER).exists():
            raise SettingsError(f"{folder}: needed an empty folder or an older demo, came other data; use --out OTHER")
        with DataLock(settings.state):
            pass  # a running demo would hold it
        shutil.rmtree(folder)
    settings.state.mkdir(parents=True, mode=0o700)
    (settings.state / _MARKER).touch()


def source(seed: int, events: int) -> tuple[Emit, list[str]]:
    """What `run` emits, and the people of the company who have agreed."""

    def emit(settings: Settings, progress: Callable[[int], None]) -> EmitResult:
        return emit_records(
            Company(seed, events, _START_US),
            bootstrap=settings.kafka.bootstrap,
            topic=topics.EVENTS,
            kafka_config=settings.kafka.client,
            progress=progress,
        )

    return emit, [word.subject for word in consent_list(seed) if word.granted]


def sample(settings: Settings) -> str:
    """A few rows of the pairs, cut to the width of a terminal."""
    header, rows = query(
        settings.data_dir,
        "select label, surface, task, round(similarity, 2) as similarity,"
        " replace(left(suggestion, 44), chr(10), ' ') as suggestion, replace(left(final, 44), chr(10), ' ') as final"
        " from (select *, row_number() over (partition by label order by record_id) as n"
        " from pairs where suggestion <> '')"
        " where n <= 3 order by label, n",
    )
    return table([str(name) for name in header], [list(row) for row in rows])
