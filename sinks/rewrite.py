"""A table's live files written anew while sinks go on: for erasure, retention, compaction.

One Delta commit, at exactly the next version, without offsets. A sink's commit in between costs a look at the files it
added, not the work that is done. Files are built in staging and moved into their folders just before the commit, so
that a reader of the plain folders sees both copies of a row for some ten milliseconds only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.errors import LockedError, SinkError
from sinks import location, orphans, store
from sinks.delta import AmbiguousError, ConflictError, TableLog
from sinks.layout import Layout
from sinks.locks import hold
from sinks.offering import Offering
from sinks.parquet import Files, sync_folders
from sinks.quarantine import quarantine_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.tables import Table
    from sinks.offering import Change, Piece
    from sinks.parquet import DataFile

Where = Callable[[Mapping[str, str]], bool]

_ATTEMPTS = 100  # commits of sinks that may come first, one after the other; each try takes some ten milliseconds
_PAUSE_S = 0.01
_HELD_S = 120.0  # how long another rewriting of the same name is waited for
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What was done. `files` were replaced by `added`; rows are counted in those and in what replaced them.

    `version`: every file that was live there has been offered to the change; -1 if there is no table.
    """

    files: int = 0
    added: int = 0
    rows_before: int = 0
    rows_after: int = 0
    version: int = -1


def rewrite(
    data_dir: Path,
    table: Table,
    change: Change,
    *,
    kind: str = "dataset",
    name: str = "rewrite",
    where: Where | None = None,
    only: Container[str] | None = None,
    merge: bool = False,
    fence: bool = False,
    linger: Callable[[], object] | None = None,
    note: Mapping[str, Any] | None = None,
    crash: Callable[[int], None] = lambda _step: None,
) -> Rewritten:
    """Offer the rows of every live file to `change`, and commit what it answers. A kill after any step harms nothing.

    1. The name is held, and what an earlier kill left under it is collected.
    2. Files are read, changed, and their replacements forced to the disk, in staging.
    3. An intent says which files will go.
    4. The new files are moved into their folders and checked.
    5. The log is read again: what was replaced must still be live, and new files are offered too (back to 2).
    6. One Delta commit. Another sink's commit in between: back to 2, keeping what still holds.
    7. The entry is forced to the disk; only then are the replaced files deleted.

    Args:
        data_dir: the data folder.
        table: the dataset's table, also where `kind` is `quarantine`.
        change: gets rows with all columns of the table, and answers with the rows to stand there instead: fewer, of
            other values, of another partition. None: leave them. Must not depend on anything that changes meanwhile.
        kind: `dataset` or `quarantine`.
        name: who does it, as a sink's name; two of one name wait for each other.
        where: which partitions (column -> value as in the folder's name); default all.
        only: which files (paths relative to the table's root); default all, new ones of sinks too.
        merge: offer a whole partition, in chunks of `MERGE_ROWS` rows ordered by `record_id`, each becoming one file
            per partition. Left alone only if every chunk is answered with None.
        fence: commit even if there is nothing to change, so that decisions which sinks made before are made again.
        linger: waits after the commit while replaced files stay where they are, for readers of the version before. Who
            reads the plain folders sees rows twice for so long. The next rewriting of another name ends it.
        note: what the commit says of itself; no content.
        crash: called after each step, for tests that kill.

    Raises:
        SinkError: commits kept coming first, the table cannot be read, or an answer has not the table's columns.
        LockedError: another rewriting of this name goes on for minutes.
        OSError: the disk is full or refuses. The table is as it was, and no file is left.
    """
    layout = Layout(data_dir)
    root = layout.dataset(table.name) if kind == "dataset" else layout.quarantine(table.name)
    if not store.is_table(root):
        return Rewritten()
    own = table if kind == "dataset" else quarantine_of(table)
    with writing(layout, name):
        work = _Work(layout=layout, kind=kind, name=name, table=own, change=change, where=where, only=only, merge=merge)
        crash(1)
        return work.run({"rewrite": name, **(note or {})}, crash, fence=fence, linger=linger)


class _Work:
    """One rewriting of one table."""

    def __init__(
        self,
        *,
        layout: Layout,
        kind: str,
        name: str,
        table: Table,
        change: Change,
        where: Where | None,
        only: Container[str] | None,
        merge: bool,
    ) -> None:
        self._root = root = layout.dataset(table.name) if kind == "dataset" else layout.quarantine(table.name)
        self._staging = staging = layout.staging(name, kind, table.name)
        self._where, self._only, self._merge = where, only, merge
        self._built = staging / orphans.BUILT
        self._files, self._builder = (
            Files(root=to, staging=staging, sink=name, table=table) for to in (root, self._built)
        )
        self._offering = Offering(root, table, self._builder, change, merge=merge)
        location.claim(layout.data_dir)
        self._log = TableLog(root, table)
        self._pieces: list[Piece] = []
        self._intent: Path | None = None
        orphans.collect(root=root, staging=staging, locks=layout.locks, sink=name, table=self._log, files=self._files)

    def run(
        self,
        note: Mapping[str, Any],
        crash: Callable[[int], None],
        *,
        fence: bool,
        linger: Callable[[], object] | None,
    ) -> Rewritten:
        try:
            for attempt in range(_ATTEMPTS):
                self._log.refresh()
                self._look()
                crash(2)
                removes, adds = self._removes(), self._adds()
                if not removes and not fence:
                    return Rewritten(version=self._log.version)
                self._intend(removes)
                crash(3)
                self._place(adds)
                crash(4)
                self._log.refresh()
                if not self._holds():
                    continue
                crash(5)
                try:
                    version = self._log.commit(adds=adds, removes=removes, offsets={}, note=note)
                except ConflictError:
                    time.sleep(_PAUSE_S * (attempt % 5))
                    continue
                break
            else:
                raise SinkError(  # noqa: TRY301 - the handler below cleans up
                    f"{self._root}: needed a commit, came {_ATTEMPTS} of sinks in a row; run the command again"
                )
        except AmbiguousError:
            raise  # the files may be the table's: whoever starts next looks
        except Exception:
            for piece in self._pieces:
                self._discard(piece)
            self._settle_intent()
            raise
        crash(6)
        self._log.sync(version)
        if linger is not None:
            linger()
        self._files.remove(removes)
        self._settle_intent()
        if linger is None:
            orphans.end_lingering(root=self._root, staging=self._staging, table=self._log, files=self._files)
        crash(7)
        changed = [piece for piece in self._pieces if not piece.left]
        return Rewritten(
            files=len(removes),
            added=len(adds),
            rows_before=sum(piece.before for piece in changed),
            rows_after=sum(file.rows for file in adds),
            version=version,
        )

    def _look(self) -> None:
        """Offer every live file that was not offered yet; forget pieces of which a file is gone."""
        for _ in range(_ATTEMPTS):
            live = self._live()
            for piece in [p for p in self._pieces if not p.paths.keys() <= live.keys()]:
                self._pieces.remove(piece)
                self._discard(piece)
            seen = {path for piece in self._pieces for path in piece.paths}
            groups: dict[Any, dict[str, Mapping[str, str]]] = {}
            for path in sorted(live.keys() - seen):
                group = tuple(sorted(live[path].items())) if self._merge else path
                groups.setdefault(group, {})[path] = live[path]
            try:
                for paths in groups.values():
                    self._pieces.append(self._offering.offer(paths))
            except FileNotFoundError:
                self._log.refresh()  # a sink replaced it between its commit and our reading
            else:
                return
        raise SinkError(f"{self._root}: needed every live file to be there, came a missing one; run `redline doctor`")

    def _live(self) -> dict[str, dict[str, str]]:
        return {
            path: values
            for path, values in self._log.live().items()
            if (self._where is None or self._where(values)) and (self._only is None or path in self._only)
        }

    def _holds(self) -> bool:
        return self._live().keys() == {path for piece in self._pieces for path in piece.paths}

    def _removes(self) -> dict[str, Mapping[str, str]]:
        return {path: partition for piece in self._pieces if not piece.left for path, partition in piece.paths.items()}

    def _adds(self) -> list[DataFile]:
        return [file for piece in self._pieces for file in piece.adds]

    def _intend(self, removes: Mapping[str, Any]) -> None:
        before = self._intent
        self._intent = orphans.intend(self._staging, removes)
        if before is not None:
            before.unlink(missing_ok=True)

    def _place(self, adds: list[DataFile]) -> None:
        for file in adds:
            target = self._root / file.path
            if store.size(target) is None:
                store.install(self._built / file.path, target)
        sync_folders(self._root, [file.path for file in adds])
        self._files.verify(adds)

    def _discard(self, piece: Piece) -> None:
        for files in (self._builder, self._files):
            files.remove(file.path for file in piece.adds)

    def _settle_intent(self) -> None:
        if self._intent is not None:
            self._intent.unlink(missing_ok=True)


@contextmanager
def writing(layout: Layout, name: str) -> Iterator[None]:
    """Hold a writer's name, as a sink holds its own; waits for another of the same name. Raises LockedError."""
    deadline = time.monotonic() + _HELD_S
    while True:
        try:
            lock = hold(layout.locks, name)
        except LockedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_S)
        else:
            break
    try:
        yield
    finally:
        lock.release()
