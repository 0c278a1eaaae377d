"""`redline keys destroy`: the key of an epoch is gone, and its rows lead nowhere any more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from redline import audit, private_file, scan
from redline.key_ring import file, rotation, source
from redline.key_ring.traces import Spanning, Traces, spanning, unknown_now
from redline.lock import DataLock
from redline.published import seal_of
from schemas.errors import InputError, SettingsError
from schemas.tables import TABLES
from sinks.destroyed import DestroyedRows
from sinks.layout import Layout
from sinks.rewrite import rewrite
from streams.epochs import Epoch, KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

    from redline.settings import Settings
    from schemas.tables import Table
    from sinks.offering import Change

_SINK = "keys-destroy"
_KINDS = ("dataset", "quarantine")
_COLUMNS = ["event_type", "interaction_key", "session_key", "key_epoch"]
STEPS = 5


class _Journal(msgspec.Struct):
    epoch: int
    spanning: Spanning
    done: list[str] = []


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What was done: files that were written anew, and the rows in them."""

    epoch: int
    files: dict[str, int]
    spanning: int


def refusal(ring: KeyRing, epoch: int, now_us: int, *, own: bool) -> str | None:
    """Why the epoch may not be destroyed now; None if it may, or if its key is gone already. Pure.

    Not before the overlap after its end: until then its events are still being joined. Oldest first: an event of a
    later epoch may have been joined under an earlier one, never the other way round.
    """
    place = next((i for i, one in enumerate(ring.epochs) if one.number == epoch), None)
    if place is None:
        return f"epoch {epoch}: needed one of {', '.join(str(one.number) for one in ring.epochs)}"
    if ring.epochs[place].destroyed:
        return None
    if not own:
        return f"epoch {epoch}: its key is still in keys.source; set it to null there, then run this again"
    if place == len(ring.epochs) - 1:
        return f"epoch {epoch} is the newest: run `redline keys rotate` first"
    earlier = [one.number for one in ring.epochs[:place] if not one.destroyed]
    if earlier:
        return f"epoch {epoch}: needed the earlier ones to be destroyed first, epoch {earlier[0]} is not"
    left_s = (ring.epochs[place + 1].starts_us + ring.overlap_us - now_us) / 1_000_000
    if left_s > 0:
        return (
            f"epoch {epoch} is in use for {left_s / 3600:.1f} hours more: events that began in it are still being"
            " joined (keys.overlap_hours)"
        )
    return None


def destroy(settings: Settings, epoch: int, *, crash: Callable[[int], None] = lambda _step: None) -> Destroyed:
    """Destroy the key of an epoch, and whatever leads from its rows to others. Run again after a kill, it goes on.

    1. What is intended is recorded: in the audit table, and with the interactions that the epoch shares with another
       in a journal.
    2. The key leaves the key file, which is forced to the disk. From here on there is no way back.
    3. The epoch's rows leave `subjects`. Before a row of any table goes or changes, it is noted where it came from.
    4. Rows of the other tables get random ids; marks, variants and coordinates of published rows go.
    5. The journal goes.

    Raises:
        InputError: the epoch may not be destroyed (now); nothing was done.
        LockedError: another command changes the keys.
        SettingsError: the keys cannot be read.
        SinkError: a table cannot be rewritten; the key is gone, run it again.
    """
    own = source.is_file(settings)
    with DataLock(settings.state, name=rotation.LOCK):
        ring = source.read(settings)
        journal = _open(settings, epoch)
        if journal is None:
            if (why := refusal(ring, epoch, time.time_ns() // 1000, own=own)) is not None:
                raise InputError(why)
            found = spanning(scan.parts(settings.data_dir, "interactions", _COLUMNS), epoch)
            audit.record(settings, "keys.destroy", {"epoch": epoch, "spanning": len(found.interactions)})
            journal = _Journal(epoch, found)
            _note(settings, journal)
        crash(1)
        if own and any(one.number == epoch and not one.destroyed for one in ring.epochs):
            left = tuple(Epoch(e.number, e.starts_us, None if e.number == epoch else e.surrogate) for e in ring.epochs)
            file.replace(settings.state / file.NAME, KeyRing(ring.identity, left, ring.overlap_us))
            source.read(settings)  # remembers that it is destroyed: a copy of the file does not bring it back
        crash(2)
        files = _rows(settings, journal, crash)
        _journal(settings).unlink()
        crash(5)
    return Destroyed(epoch, files, len(journal.spanning.interactions) + len(journal.spanning.sessions))


def unfinished(settings: Settings) -> int | None:
    """The epoch of a destruction that was interrupted, or None."""
    try:
        return msgspec.json.decode(_journal(settings).read_bytes(), type=_Journal).epoch
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def _rows(settings: Settings, journal: _Journal, crash: Callable[[int], None]) -> dict[str, int]:
    traces = Traces(journal.epoch, journal.spanning)
    changes: dict[str, Any] = {
        "subjects": traces.subjects,
        "interactions": traces.interactions,
        "pairs": traces.published,
        "trajectories": traces.published,
        "revisions": traces.published,
    }
    files: dict[str, int] = {}
    for step, (name, change) in enumerate(changes.items()):
        for kind in _KINDS:
            if f"{name}/{kind}" in journal.done:
                continue
            note = {"destroyed_epoch": journal.epoch}
            noted = _noted(settings, TABLES[name], change)
            done = rewrite(settings.data_dir, TABLES[name], noted, kind=kind, name=_SINK, note=note)
            files[name] = files.get(name, 0) + done.files
            journal.done.append(f"{name}/{kind}")
            _note(settings, journal)
        crash(3 if step == 0 else 4)
    return files


def _noted(settings: Settings, table: Table, change: Change) -> Change:
    """The change, which first says durably where the rows came from that nobody will know by their ids any more.

    A worker may be doing an event of the epoch again: what it makes of it, sinks know by these places.
    """
    places, seal = DestroyedRows(Layout(settings.data_dir), table.name), seal_of(settings)

    def noted(rows: pa.Table) -> pa.Table | None:
        answer = change(rows)
        if answer is not None:
            lost = unknown_now(rows, answer)
            opened = seal.open(rows.select(["record_id", "sources"]).filter(lost), table)
            places.add(source for sources in opened.column("sources").to_pylist() for source in sources)
        return answer

    return noted


def _open(settings: Settings, epoch: int) -> _Journal | None:
    path = _journal(settings)
    try:
        journal = msgspec.json.decode(path.read_bytes(), type=_Journal)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        raise SettingsError(f"{path}: needed the journal of a destruction, came something else") from None
    if journal.epoch != epoch:
        raise InputError(
            f"the destruction of epoch {journal.epoch} is not finished: run `redline keys destroy {journal.epoch}`"
        )
    return journal


def _journal(settings: Settings) -> Path:
    return settings.state / "keys-destroy.json"


def _note(settings: Settings, journal: _Journal) -> None:
    private_file.write(_journal(settings), msgspec.json.encode(journal))
