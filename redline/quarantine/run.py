"""A release or a discard, from the lock to the last entry of the audit table."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality import report
from redline import audit
from redline.lock import DataLock
from redline.published import release_of
from redline.quarantine import discard as discarding
from redline.quarantine import journal
from redline.quarantine import release as releasing
from redline.quarantine.choice import Choice
from schemas.errors import InputError
from schemas.tables import TABLES
from sinks import store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from redline.audit import Detail
    from redline.quarantine.release import Gate
    from redline.settings import Settings
    from schemas.rows import Source
    from schemas.tables import Table

LOCK = "quarantine.lock"
_NAME = re.compile(r"[\w.:+-]{1,200}", re.ASCII)
# What others stand on goes last: a reject or a pair is discarded before the events it was made from.
_DISCARDED = ("pairs", "trajectories", "revisions", "collaboration", "rejects", "interactions", "subjects")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to say, and how many of the chosen rows are still in quarantine."""

    text: str
    left: int


def release(
    settings: Settings,
    choice: Choice,
    *,
    gate: Callable[[Table], Gate],
    refused: Callable[[], Collection[Source]],
    accept: Sequence[str] = (),
    dry: bool = False,
    crash: Callable[[str], None] = lambda _step: None,
) -> Outcome:
    """Check the chosen rows again, and let what passes into its table.

    Args:
        settings: of the data folder.
        choice: which rows.
        gate: a table's check, as its sinks have it.
        refused: raw coordinates of events whose people have said no since, as of now.
        accept: expectations that a row may fail, unless they are critical; recorded.
        dry: only say what would be done.
        crash: called after each step, for tests that kill.

    Raises:
        InputError: `accept` is no name of an expectation.
        LockedError: another release or discard is at work.
        SettingsError: the keys are gone.
        SinkError, OSError: a table cannot be read or written; run it again.
    """
    if not all(_NAME.fullmatch(name) for name in accept):
        raise InputError("--accept: needed names of expectations, as the reasons in `redline quarantine list` begin")
    with _deciding(settings, dry=dry):
        _record(settings, "quarantine.release", {**choice.told(), "accept": list(accept)}, dry=dry)
        no = refused()
        tallies = {
            name: releasing.release(
                settings.data_dir,
                settings.state,
                TABLES[name],
                choice,
                publishing=release_of(settings),
                gate=gate(TABLES[name]),
                accept=accept,
                refused=no,
                dry=dry,
                crash=crash,
            )
            for name in choice.tables
        }
        counts: dict[str, Detail] = {}
        for name, one in tallies.items():
            if one.rows:
                counts |= {f"{name}.released": one.released, f"{name}.accepted": one.accepted, f"{name}.left": one.left}
        _record(settings, "quarantine.release.done", counts, dry=dry)
    return _released(tallies, dry=dry)


def discard(
    settings: Settings,
    choice: Choice,
    *,
    dry: bool = False,
    crash: Callable[[str], None] = lambda _step: None,
) -> Outcome:
    """Take the chosen rows out of quarantine for good; see `redline.quarantine.discard`.

    Raises:
        LockedError: another release or discard is at work.
        SettingsError: the keys are gone.
        SinkError, OSError: a table cannot be read or written; run it again.
    """
    with _deciding(settings, dry=dry):
        publishing = release_of(settings)
        _record(settings, "quarantine.discard", choice.told(), dry=dry)
        late = 0 if dry else discarding.late(settings.data_dir, settings.state, publishing)
        tallies = {
            name: discarding.discard(
                settings.data_dir,
                settings.state,
                TABLES[name],
                choice,
                publishing=publishing,
                dry=dry,
                crash=crash,
            )
            for name in _DISCARDED
            if name in choice.tables
        }
        counts: dict[str, Detail] = {"late_offsets": late}
        for name, one in tallies.items():
            if one.rows:
                counts |= {f"{name}.discarded": one.discarded, f"{name}.offsets": one.offsets}
        _record(settings, "quarantine.discard.done", counts, dry=dry)
    return _discarded(tallies, late, dry=dry)


@contextmanager
def _deciding(settings: Settings, *, dry: bool) -> Iterator[None]:
    """One at a time; what an earlier one left half done is finished first."""
    if not store.has(settings.dataset):
        raise InputError(f"{settings.dataset}: needed tables, there are none; --data names the folder")
    with DataLock(settings.state, name=LOCK):
        if not dry and (begun := journal.load(settings.state)) is not None:
            _finish(settings, begun)
        yield


def _finish(settings: Settings, begun: journal.Begun) -> None:
    if begun.table not in TABLES:
        raise InputError(
            f"{settings.state / journal.FOLDER}: needed a table of this version in the journal, came another"
        )
    table, publishing = TABLES[begun.table], release_of(settings)
    audit.record(
        settings, "quarantine.finish", {"action": begun.action, "table": begun.table, "discarded": len(begun.ids)}
    )
    if begun.action == "release":
        releasing.clear(settings.data_dir, settings.state, table, publishing)
        return
    only = Choice((begun.table,), ids=tuple(begun.ids))
    if begun.ids:
        discarding.discard(settings.data_dir, settings.state, table, only, publishing=publishing, decided=True)
    journal.end(settings.state)


def _record(settings: Settings, action: str, details: Mapping[str, Detail], *, dry: bool) -> None:
    if not dry:
        audit.record(settings, action, details)


def _released(tallies: Mapping[str, releasing.Tally], *, dry: bool) -> Outcome:
    seen = {name: one for name, one in tallies.items() if one.rows}
    left = sum(one.left for one in seen.values())
    if not seen:
        return Outcome("quarantine holds no such rows", 0)
    header = ("table", "rows", "would go" if dry else "released", "accepted", "there already", "erased", "stay")
    lines = [(n, t.rows, t.released, t.accepted, t.there, t.erased, t.left) for n, t in seen.items()]
    parts = [report.table(header, lines)]
    why = [(name, stays.expectation, stays.severity, n) for name, one in seen.items() for stays, n in one.why.items()]
    if why:
        parts.append(report.table(("table", "what they fail now", "severity", "rows"), sorted(why)))
        parts.append(
            "Mend the suite or discard them; --accept NAME passes rows that fail NAME, if it is no critical one"
        )
    return Outcome("\n\n".join(parts), left)


def _discarded(tallies: Mapping[str, discarding.Tally], late: int, *, dry: bool) -> Outcome:
    seen = {name: one for name, one in tallies.items() if one.rows}
    said = [f"{late:,} events had come to rows discarded earlier: they are rejects now"] if late else []
    if not seen:
        return Outcome("\n\n".join([*said, "quarantine holds no such rows"]), 0)
    header = (
        "table",
        "rows",
        "would go" if dry else "discarded",
        "a newer one is published",
        "older ones too",
        "offsets",
    )
    lines = [(n, t.rows, t.discarded, t.there, t.older, t.offsets) for n, t in seen.items()]
    said.append(report.table(header, lines))
    why = [(name, reason, n) for name, one in seen.items() for reason, n in one.why.items()]
    if why:
        said.append(report.table(("table", "what keeps the others", "rows"), sorted(why)))
    return Outcome("\n\n".join(said), sum(sum(one.why.values()) for one in seen.values()))
