"""Rows of a table's quarantine: back into the table, or out of both. Sinks go on meanwhile.

What comes back is decided like a sink's batch, on the newest version: rows that the table holds, or that were erased,
are not doubled; of a published table the days that are decided are, and the rest is withheld. What was put into the
table leaves quarantine afterwards, in a commit of its own: a kill in between leaves a row in both, and the next run
finds it in the table.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import SinkError
from sinks.dedupe import NO_DIGEST, displaced, plan
from sinks.delta import AmbiguousError, ConflictError
from sinks.layout import Layout
from sinks.parquet import identities_of
from sinks.rewrite import rewrite, writing
from sinks.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from schemas.tables import Table
    from sinks.dedupe import Identity
    from sinks.release import Release

NAME, REMOVER = "requeue", "requeue-remove"  # of the writers: as a sink's
_NOTE = {"rewrite": NAME}
_ATTEMPTS = 200  # commits of sinks that may come first, one after the other; each try takes some ten milliseconds
_PAUSE_S = 0.01


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of rows that were to go back: positions among them.

    `there`: the table holds them already, or a newer revision. `conflicts`: it holds another row of that id.
    """

    published: tuple[int, ...] = ()
    there: tuple[int, ...] = ()
    erased: tuple[int, ...] = ()
    conflicts: tuple[int, ...] = ()


class _Entry(NamedTuple):
    """What a commit is to hold, and the decisions it rests on."""

    rests_on: tuple[object, ...]
    rows: Callable[[], pa.Table]
    ids: Sequence[Identity]
    moved: Mapping[str, frozenset[str]]


class Returns:
    """One table, open for rows that come back. Made by `returning`."""

    def __init__(self, shelf: Shelf, release: Release, crash: Callable[[str], None]) -> None:
        self._shelf = shelf
        self.table = shelf.table
        self._release = release
        self._crash = crash

    def decide(self, ids: Sequence[Identity]) -> Returned:
        """What would become of these rows now. Raises SinkError, OSError."""
        self._shelf.refresh()
        return self._decide(ids)

    def publish(self, rows: pa.Table) -> Returned:
        """Put rows of the table's `schema`, which have passed its gate, into the table; those that are not there yet.

        Raises:
            SinkError: other commits kept coming first.
            OSError: the disk is full or refuses; nothing is left.
        """
        ids = identities_of(rows, amendable=self.table.amendable)
        found = Returned()

        def look() -> _Entry | None:
            nonlocal found
            found = self.decide(ids)
            if not found.published:
                return None
            kept = [ids[i] for i in found.published]
            days = self._release.days(self.table)
            new = rows.take(pa.array(found.published))
            return _Entry(
                (found.published, days),
                lambda: self._release.publish(new, self.table, days),
                kept,
                displaced(kept, self._shelf.known(kept)),
            )

        self._commit(look)
        return found

    def withdraw(self, record_ids: Sequence[str]) -> int:
        """Take these rows out of the table, at whatever revision; returns how many were there.

        There is a commit in any case, so that sinks which decided before the tombstones decide again.

        Raises:
            SinkError: other commits kept coming first.
            OSError: the disk is full or refuses.
        """
        count = 0

        def look() -> _Entry:
            nonlocal count
            self._shelf.refresh()
            known = self._shelf.known_ids(record_ids)
            count = len(known)
            files: dict[str, set[str]] = {}
            for record_id, entry in known.items():
                files.setdefault(entry.file, set()).add(record_id)
            moved = {file: frozenset(ids) for file, ids in files.items()}
            return _Entry((), self.table.stored.empty_table, [], moved)

        self._commit(look)
        return count

    def revisions(self, record_ids: Sequence[str]) -> dict[str, int]:
        """The revision of each of these rows that the table holds now."""
        self._shelf.refresh()
        return {record_id: entry.revision for record_id, entry in self._shelf.known_ids(record_ids).items()}

    def _decide(self, ids: Sequence[Identity]) -> Returned:
        known, erased = self._shelf.known(ids), self._shelf.erased(ids)
        keep = plan(ids, known, {}, amendable=self.table.amendable, erased=erased).keep
        found: dict[str, list[int]] = {"there": [], "erased": [], "conflicts": []}
        for place in sorted(set(range(len(ids))) - set(keep)):
            one = ids[place]
            if one.record_id in erased:
                found["erased"].append(place)
            elif self.table.amendable or known[one.record_id].digest in (NO_DIGEST, one.digest):
                found["there"].append(place)
            else:
                found["conflicts"].append(place)
        return Returned(keep, tuple(found["there"]), tuple(found["erased"]), tuple(found["conflicts"]))

    def _commit(self, look: Callable[[], _Entry | None]) -> None:
        """One commit of what `look` says on the version that it has read; again, as long as others come first.

        Files that were made for an attempt are kept for the next one if it still is the same that must be done.
        """
        shelf, staged, made = self._shelf, None, None
        try:
            for attempt in range(_ATTEMPTS):
                entry = look()
                if entry is None:
                    shelf.discard(staged)
                    return
                try:
                    if staged is None or made is None or (made.rests_on, made.moved) != (entry.rests_on, entry.moved):
                        shelf.discard(staged)
                        staged = None
                        staged, made = shelf.stage(entry.rows(), entry.ids, entry.moved, NAME), entry
                        shelf.verify(staged)
                        self._crash("staged")
                    version = shelf.commit(staged, {}, _NOTE)
                except ConflictError:
                    time.sleep(_PAUSE_S * (attempt % 5))
                    continue
                break
            else:
                raise SinkError(  # noqa: TRY301 - the handler below cleans up
                    f"table {self.table.name}: needed a commit, came {_ATTEMPTS} of sinks in a row; "
                    "run the command again"
                )
        except AmbiguousError:
            raise  # the files may be the table's: whoever starts next looks
        except Exception:
            shelf.discard(staged)
            raise
        self._crash("committed")
        shelf.settle(version, staged)
        self._crash("settled")


@contextmanager
def returning(
    data_dir: Path, table: Table, release: Release, crash: Callable[[str], None] = lambda _step: None
) -> Iterator[Returns]:
    """A table for rows that come back. One at a time: a second one waits.

    Raises:
        SinkError: the table is torn or of another version.
        LockedError: another one goes on for minutes.
        OSError: the disk refuses.
    """
    layout = Layout(data_dir)
    with writing(layout, NAME):
        shelf = Shelf(layout=layout, kind="dataset", table=table, sink=NAME)
        try:
            shelf.collect_orphans()
            yield Returns(shelf, release, crash)
        finally:
            shelf.close()


def remove(data_dir: Path, table: Table, revisions: Mapping[str, int | None], *, fence: bool = False) -> int:
    """Take rows out of a table's quarantine, and their bytes off the disk; returns how many went.

    Args:
        data_dir: the data folder.
        table: the dataset's table.
        revisions: record id -> the highest revision that goes; None: any. A newer one has come meanwhile, and stays.
        fence: commit even if nothing is there to go.

    Raises:
        SinkError, LockedError, OSError: as `sinks.rewrite.rewrite`.
    """
    ids = pa.array(sorted(revisions), pa.string())
    most = np.array([2**62 if (one := revisions[i]) is None else one for i in sorted(revisions)] or [0], np.int64)

    def change(rows: pa.Table) -> pa.Table | None:
        places = pc.fill_null(pc.index_in(rows.column("record_id"), value_set=ids), -1).to_numpy()
        own = rows.column("revision").to_numpy() if table.amendable else np.zeros(rows.num_rows, np.int64)
        hit = (places >= 0) & (own <= most[places])
        return rows.filter(pa.array(~hit)) if hit.any() else None

    done = rewrite(data_dir, table, change, kind="quarantine", name=REMOVER, fence=fence)
    return done.rows_before - done.rows_after
