"""Files that were made from tables and are out of the tables' reach: a registry knows which rows they hold.

`state/exports.jsonl` has one line per export, in the order they were made: an `Export`. Which record every row of a
file came from stands in a sidecar below `state/exports/`, not beside the file: one id a line, in the order of the rows.
So an export can be handed on, and says nothing that a training file need not say.

A file's rows are dropped by writing the file and its sidecar anew under other names and moving both; after a kill
between the two moves the sidecar is the longer one, and its successor is there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import InputError
from sinks.locks import exclusive
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

REGISTRY, FOLDER = "exports.jsonl", "exports"
FORMATS = ("jsonl", "parquet")


class File(msgspec.Struct, frozen=True):
    """One file of an export. `path` is absolute; `ids` is its sidecar's name below `state/exports/`."""

    path: str
    format: str
    ids: str


class Export(msgspec.Struct, frozen=True):
    """One export: when (UTC, ISO 8601), for which purpose, from which table, into which files."""

    name: str
    at: str
    purpose: str
    table: str
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """An export's file that holds erased rows, how many, and whether they are gone from it now."""

    export: Export
    file: File
    rows: int
    dropped: bool = False
    trouble: str = ""

    def __str__(self) -> str:
        done = "dropped" if self.dropped else self.trouble or "still there: run with --rewrite"
        return f"{self.export.name}: {self.file.path}: {self.rows:,} rows, {done}"


def register(state: Path, export: Export, ids: Sequence[Iterable[str]]) -> None:
    """Note an export, once its files are in place: `ids[i]` are the record ids of the rows of `export.files[i]`.

    Raises:
        InputError: a format that cannot be rewritten.
        OSError: the disk refuses; an export that is not registered must not be handed on.
    """
    if any(file.format not in FORMATS for file in export.files):
        raise InputError(f"export {export.name}: needed files of {' or '.join(FORMATS)}, came another format")
    folder = state / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file, of_rows in zip(export.files, ids, strict=True):
        _write_lines(folder / file.ids, of_rows)
    sync_folder(folder)
    with exclusive(state / f"{REGISTRY}.lock"), (state / REGISTRY).open("ab") as out:
        out.write(msgspec.json.encode(export) + b"\n")
        out.flush()
        os.fsync(out.fileno())


def registered(state: Path) -> list[Export]:
    """Every export. Raises InputError if the registry cannot be read: a list with holes would lie."""
    path = state / REGISTRY
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    try:
        return [msgspec.json.decode(line, type=Export) for line in lines if line.strip()]
    except msgspec.DecodeError:
        pass
    raise InputError(f"{path}: needed one export a line, came a line that is none; repair it and run again")


def holding(state: Path, gone: Collection[str], *, rewrite: bool, only: str = "") -> list[Holding]:
    """Files with rows of these record ids, of all exports or `only` of one; `rewrite` drops the rows. Idempotent.

    Raises:
        InputError: the registry cannot be read.
        OSError: the disk is full or refuses; a file is as it was, or done.
    """
    return list(_holding(state, gone, rewrite=rewrite, only=only))


def _holding(state: Path, gone: Collection[str], *, rewrite: bool, only: str) -> Iterator[Holding]:
    for export in registered(state):
        if only and export.name != only:
            continue
        for file in export.files:
            sidecar = state / FOLDER / file.ids
            if rewrite:
                _finish(Path(file.path), sidecar, file.format)
            ids = _lines(sidecar)
            if ids is None:
                yield Holding(export, file, 0, trouble="which rows it holds is not known: its sidecar is gone")
                continue
            rows = sum(record_id in gone for record_id in ids)
            if not rows:
                continue
            if not rewrite:
                yield Holding(export, file, rows)
                continue
            trouble = _drop(Path(file.path), sidecar, file.format, [record_id not in gone for record_id in ids])
            yield Holding(export, file, rows, dropped=not trouble, trouble=trouble)


def _drop(path: Path, sidecar: Path, form: str, keep: list[bool]) -> str:
    """Write both anew without some rows; says what is in the way, or nothing."""
    if not path.exists():
        return "not where it was written: drop the rows where it went, or delete it there"
    if _count(path, form) != len(keep):
        return "other rows than were exported: make it anew"
    fresh = path.with_name(f".{path.name}.erasing")
    if form == "parquet":
        table = pq.read_table(path)
        with fresh.open("wb") as out:
            pq.write_table(table.filter(pa.array(keep, pa.bool_())), out, compression="zstd")
            out.flush()
            os.fsync(out.fileno())
    else:
        with path.open("rb") as lines, fresh.open("wb") as out:
            out.writelines(line for line, kept in zip(lines, keep, strict=True) if kept)
            out.flush()
            os.fsync(out.fileno())
    ids = _lines(sidecar) or []
    _write_lines(_next(sidecar), (record_id for record_id, kept in zip(ids, keep, strict=True) if kept))
    sync_folder(sidecar.parent)
    fresh.replace(path)
    sync_folder(path.parent)
    _next(sidecar).replace(sidecar)
    sync_folder(sidecar.parent)
    return ""


def _finish(path: Path, sidecar: Path, form: str) -> None:
    """After a kill between the two moves of `_drop`: the file is the new one, its sidecar is not."""
    following = _next(sidecar)
    if following.exists():
        ids = _lines(following) or []
        if path.exists() and _count(path, form) == len(ids):
            following.replace(sidecar)
            sync_folder(sidecar.parent)
        else:
            following.unlink()
    path.with_name(f".{path.name}.erasing").unlink(missing_ok=True)


def _next(sidecar: Path) -> Path:
    return sidecar.with_name(f"{sidecar.name}.next")


def _count(path: Path, form: str) -> int:
    if form == "parquet":
        return int(pq.ParquetFile(path).metadata.num_rows)
    with path.open("rb") as lines:
        return sum(1 for _ in lines)


def _lines(path: Path) -> list[str] | None:
    try:
        return path.read_text("ascii").split()
    except FileNotFoundError:
        return None


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="ascii") as out:
        out.writelines(f"{line}\n" for line in lines)
        out.flush()
        os.fsync(out.fileno())
