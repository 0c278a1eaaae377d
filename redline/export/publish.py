"""Finished files become an export that may be handed on: moved, registered, rid of who was erased meanwhile, described.

1. The audit table says what is about to be.
2. Files are moved from `.partial` into the folder.
3. The registry knows which rows they hold: from here on an erasure finds them.
4. Rows of people who were erased since the export began are dropped.
5. Extra files, card, and last of all the manifest: a folder without one is not finished.

No erasure runs at the same time. Killed anywhere, the export is run again and goes on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from redline import audit
from redline.erasure import exports
from redline.erasure.exports import Export, File, register, registered
from redline.export import manifest as manifests
from redline.export import shards
from redline.export.card import card
from redline.export.files import read_json, write_json, write_whole
from redline.export.manifest import CARD, NAME, PARTIAL, Counts, Manifest
from redline.export.rows import unpacked
from redline.export.write import Written, row_hashes, rows_of, sha256_of
from redline.lock import DataLock
from schemas.errors import LockedError
from sinks import tombstones
from sinks.export.example import REASONS
from sinks.export.formats import FORMATS
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from redline.export.plan import Plan
    from redline.export.rows import Rows
    from redline.settings import Settings

PURPOSE = "training"
_IDS = ".ids"


class Audited(msgspec.Struct, frozen=True):
    """The audit table has its entry."""

    seq: int


@dataclass(frozen=True, slots=True)
class Finished:
    """An export of which all files are written. `name` is the registry's; `key` is that of the rows' hashes."""

    plan: Plan
    name: str
    work: Path
    target: Path
    rows: Rows
    counts: Counts
    written: Sequence[Written]
    scrub_versions: tuple[str, ...]
    schema_versions: tuple[int, ...]
    key: bytes = field(repr=False)


def publish(settings: Settings, finished: Finished, crash: Callable[[int], None]) -> Manifest:
    """Make it an export.

    Raises:
        LockedError: an erasure is at work.
        InputError: the registry cannot be read.
        OSError: the disk is full or refuses. Run it again.
    """
    lock = DataLock(settings.state, name="erase.lock", wait_s=1.0)
    busy = False
    try:
        lock.acquire()
    except LockedError:
        busy = True
    if busy:
        raise LockedError(
            "export: an erasure is at work, so nothing is handed on now: run it again when that has ended"
        )
    try:
        return _publish(settings, finished, crash)
    finally:
        lock.release()


def _publish(settings: Settings, finished: Finished, crash: Callable[[int], None]) -> Manifest:
    plan, name, target = finished.plan, finished.name, finished.target
    written = [*finished.written]
    of_file = _ids_of(finished.rows, shards.load(finished.work / "selection"), written)
    if plan.asked.with_record_ids:
        written += [_id_file(finished, file, list(of_file(file.name))) for file in finished.written]
    if read_json(finished.work / "audited.json", Audited) is None:
        said: dict[str, int | str] = {
            "export": name,
            "format": plan.asked.format,
            "table": plan.table,
            "rows": finished.counts.written,
        }
        entry = audit.record(settings, "export", {**said, "version": plan.versions[plan.table], "number": plan.number})
        write_json(finished.work / "audited.json", Audited(entry.seq))
    crash(6)
    for number, file in enumerate(written):
        partial = target / PARTIAL / file.name
        if partial.exists():
            partial.replace(target / file.name)
        if not number:
            crash(7)
    sync_folder(target)
    crash(8)
    if all(export.name != name for export in registered(settings.state)):
        _keep_for_later(settings.state, finished, written)
        register(settings.state, _export(plan, name, target, written), [of_file(file.name) for file in written])
    crash(9)
    if gone := tombstones.load(settings.data_dir, plan.table):
        exports.holding(settings.state, gone, rewrite=True, only=name)
    # Also what a run dropped that was killed here.
    final = [file if (target / file.name).stat().st_size == file.bytes else _now(target, file) for file in written]
    made = _described(settings, finished, written, final)
    crash(10)
    write_json(target / NAME, made)
    return made


def _described(
    settings: Settings, finished: Finished, written: Sequence[Written], final: Sequence[Written]
) -> Manifest:
    """The manifest, after extra files and card are there."""
    plan, target = finished.plan, finished.target
    left = {split: sum(file.rows for file in final if file.split == split) for split in finished.counts.splits}
    counts = msgspec.structs.replace(
        finished.counts,
        erased_meanwhile=sum(a.rows - b.rows for a, b in zip(written, final, strict=True) if a.split),
        written=sum(left.values()),
        splits=left,
    )
    kind = FORMATS[plan.asked.format]
    extra = kind.extra_files({s: [file.name for file in final if file.split == s] for s in left if left[s]})
    for name, content in sorted(extra.items()):
        write_whole(target / name, content)
    made = Manifest(
        format=plan.asked.format,
        table=plan.table,
        purpose=PURPOSE,
        number=plan.number,
        asked=manifests.public(plan),
        versions=dict(sorted(plan.versions.items())),
        benchmarks=manifests.benchmarks(plan),
        redline=plan.redline,
        scrub_versions=finished.scrub_versions,
        schema_versions=finished.schema_versions,
        counts=counts,
        files=tuple(final),
        record_ids_sha256=ids_sha256(settings.state, finished.name, [file.name for file in final if file.split]),
        extra={},
    )
    write_whole(target / CARD, card(made, kind, REASONS).encode())
    return msgspec.structs.replace(made, extra={one: sha256_of(target / one) for one in sorted([*extra, CARD])})


def sidecar(name: str, file: str) -> str:
    """Name of the list of an exported file's record ids, below `state/exports`."""
    return f"{name}.{file}{_IDS}"


def hashes(state: Path, name: str, file: str) -> Path:
    """The keyed hashes of the rows that a file had when it was written."""
    return state / exports.FOLDER / f"{name}.{file}.rows"


def plan_page(state: Path, name: str) -> Path:
    """The plan of an export, with the files that it was made from."""
    return state / exports.FOLDER / f"{name}.plan.json"


def ids_sha256(state: Path, name: str, files: Sequence[str]) -> str:
    """SHA-256 over the lists of record ids of these files. Raises OSError."""
    digest = hashlib.sha256()
    for file in files:
        digest.update((state / exports.FOLDER / sidecar(name, file)).read_bytes())
    return digest.hexdigest()


def _keep_for_later(state: Path, finished: Finished, written: Sequence[Written]) -> None:
    for file in written:
        write_whole(hashes(state, finished.name, file.name), (finished.work / f"{file.name}.rows").read_bytes())
    write_json(plan_page(state, finished.name), finished.plan)


def _export(plan: Plan, name: str, target: Path, written: Sequence[Written]) -> Export:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    files = tuple(
        File(str(target / file.name), plan.asked.form if file.split else "jsonl", sidecar(name, file.name))
        for file in written
    )
    return Export(name, at, PURPOSE, plan.table, files)


def _ids_of(rows: Rows, selection: shards.Selection, written: Sequence[Written]) -> Callable[[str], Iterator[str]]:
    """The record ids of a file's rows, in their order."""
    starts, at = {}, 0
    for file in written:
        starts[file.name] = slice(at, at + file.rows)
        at += file.rows

    def ids(name: str) -> Iterator[str]:
        inside = starts[name.removesuffix(_IDS)]
        return iter(unpacked(rows.ids[np.asarray(selection.row[inside])]))

    return ids


def _id_file(finished: Finished, file: Written, ids: Sequence[str]) -> Written:
    """The record ids of a file, for who asked for them: a file like the others, which an erasure reaches too."""
    name = f"{file.name}{_IDS}"
    lines = [one.encode() for one in ids]
    content = b"".join(line + b"\n" for line in lines)
    if not (finished.target / name).exists():  # else it was moved there already
        write_whole(finished.target / PARTIAL / name, content)
        write_whole(finished.work / f"{name}.rows", row_hashes(finished.key, lines))
    return Written(name, "", file.rows, len(content), hashlib.sha256(content).hexdigest())


def _now(target: Path, file: Written) -> Written:
    """A file after rows were dropped from it."""
    path = target / file.name
    rows = sum(1 for _ in rows_of(path, "parquet" if path.suffix == ".parquet" else "jsonl"))
    return Written(file.name, file.split, rows, path.stat().st_size, sha256_of(path))
