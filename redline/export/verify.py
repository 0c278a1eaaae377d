"""`redline export verify`: is a folder what its manifest says, and would the same tables give it again?

A file whose rows were erased is not what the manifest says, and is not broken: the state folder has keyed hashes of
the rows that each file had, and knows how many an erasure left. Without it only the manifest can be asked.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from redline.erasure import exports
from redline.export import work
from redline.export.fetch import is_there
from redline.export.files import read_json
from redline.export.manifest import CARD, NAME, Manifest
from redline.export.plan import Plan
from redline.export.publish import hashes, ids_sha256, plan_page, sidecar
from redline.export.run import render_again
from redline.export.write import DIGEST, row_hashes, rows_of, sha256_of
from schemas.errors import InputError, RedlineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redline.erasure.exports import Export
    from redline.export.progress import Steps
    from redline.export.write import Written
    from redline.settings import Settings

_SHOWN = 10  # rows named


@dataclass(slots=True)
class Verified:
    """What is said; `broken` if something is not as it was written and no erasure explains it."""

    lines: list[str] = field(default_factory=list)
    broken: bool = False
    erased: int = 0

    def fault(self, text: str) -> None:
        """Something that should not be."""
        self.lines.append(f"BROKEN {text}")
        self.broken = True


@dataclass(frozen=True, slots=True)
class _Look:
    """Where files lie, and what is known of them here."""

    state: Path
    target: Path
    known: Export | None
    key: bytes = field(repr=False)

    def had(self, file: str) -> list[bytes] | None:
        """The hashes of the rows that a file had; None if nobody knows."""
        path = hashes(self.state, self.known.name, file) if self.known is not None else None
        return _cut(path.read_bytes()) if path is not None and path.exists() else None

    def left(self, file: str) -> int:
        """How many rows it should have after erasures; -1 if nobody knows."""
        path = self.state / exports.FOLDER / sidecar(self.known.name, file) if self.known is not None else None
        return len(path.read_bytes().split()) if path is not None and path.exists() else -1


def verify(settings: Settings, target: Path, *, key: bytes, render: bool, steps: Steps) -> Verified:
    """Look at everything. `render`: also make the files again, where the tables' files are still there.

    Raises:
        InputError: there is no export, or its pages cannot be read.
        OSError: a file cannot be read.
    """
    target = target.resolve()
    manifest = read_json(target / NAME, Manifest)
    if manifest is None:
        unfinished = work.begun(work.folder_of(settings.state, target)) is not None
        raise InputError(
            f"{target}: needed {NAME}, came none: "
            + (
                "the export was not finished; the same command goes on"
                if unfinished
                else "this is no export of Redline"
            )
        )
    found = Verified()
    known = _known(settings.state, target, manifest)
    for file in manifest.files:
        _file(_Look(settings.state, target, known, key), file, found)
    _beside(target, manifest, found)
    _sums(manifest, found)
    if known is None:
        found.lines.append("this data folder does not know the export: what was erased from it cannot be told here")
    elif not found.erased:
        _ids(settings.state, manifest, known, found)
    if render and known is not None:
        _again(settings, manifest, known, found, steps)
    return found


def _known(state: Path, target: Path, manifest: Manifest) -> Export | None:
    """The registry's entry: by its place, or else by its plan (the folder was moved)."""
    names = {str(target / file.name) for file in manifest.files}
    every = exports.registered(state)
    for export in reversed(every):
        if names <= {file.path for file in export.files}:
            return export
    for export in reversed(every):
        plan = read_json(plan_page(state, export.name), Plan)
        if plan is not None and plan.number == manifest.number:
            return export
    return None


def _file(look: _Look, file: Written, found: Verified) -> None:
    path = look.target / file.name
    if not path.exists():
        found.fault(f"{file.name}: not there")
        return
    if sha256_of(path) == file.sha256:
        return
    had = look.had(file.name)
    if had is None:
        found.fault(f"{file.name}: other bytes than the manifest says")
        return
    unreadable = False
    try:
        has = _cut(row_hashes(look.key, rows_of(path, "parquet" if path.suffix == ".parquet" else "jsonl")))
    except (pa.ArrowException, OSError):
        unreadable = True
    if unreadable:
        found.fault(f"{file.name}: cannot be read")
        return
    gone = _missing(had, has)
    if gone is None:
        first = next((i for i, (a, b) in enumerate(zip(had, has, strict=False)) if a != b), min(len(had), len(has)))
        found.fault(f"{file.name}: row {first + 1:,} is none that was written there, or not in its place")
    elif len(has) != look.left(file.name):
        found.fault(f"{file.name}: rows {_named(gone)} are gone, and no erasure took them out")
    elif not gone:
        found.fault(f"{file.name}: the same rows in other bytes")
    else:
        found.erased += len(gone) if file.split else 0
        found.lines.append(f"{file.name}: {len(gone):,} rows were erased: {_named(gone)}; the others are as they were")


def _missing(had: Sequence[bytes], has: Sequence[bytes]) -> list[int] | None:
    """Places of rows that are gone; None if what is there is not what is left of what was."""
    gone, at = [], 0
    for place, one in enumerate(had):
        if at < len(has) and has[at] == one:
            at += 1
        else:
            gone.append(place)
    return gone if at == len(has) else None


def _named(places: Sequence[int]) -> str:
    said = ", ".join(f"{place + 1:,}" for place in places[:_SHOWN])
    return said + (f" and {len(places) - _SHOWN:,} more" if len(places) > _SHOWN else "")


def _cut(held: bytes) -> list[bytes]:
    return [held[at : at + DIGEST] for at in range(0, len(held), DIGEST)]


def _beside(target: Path, manifest: Manifest, found: Verified) -> None:
    for name, sha in manifest.extra.items():
        path = target / name
        if not path.exists():
            found.fault(f"{name}: not there")
        elif sha256_of(path) != sha:
            if name == CARD:
                found.lines.append(f"{name}: edited since")
            else:
                found.fault(f"{name}: other bytes than the manifest says")
    ours = {NAME, *manifest.extra, *(file.name for file in manifest.files)}
    others = sorted(path.name for path in target.iterdir() if path.name not in ours)
    if others:
        found.lines.append(f"{len(others):,} files that the manifest does not name: {', '.join(others[:_SHOWN])}")


def _sums(manifest: Manifest, found: Verified) -> None:
    counts = manifest.counts
    for split, count in counts.splits.items():
        if sum(file.rows for file in manifest.files if file.split == split) != count:
            found.fault(f"{NAME}: its files of {split} do not add up to its count")
    left = counts.examples - counts.unbalanced - counts.over_max_rows - counts.erased_meanwhile
    if counts.written != left or counts.written != sum(counts.splits.values()):
        found.fault(f"{NAME}: its counts do not add up")


def _ids(state: Path, manifest: Manifest, known: Export, found: Verified) -> None:
    """The lists by which an erasure finds rows."""
    try:
        same = ids_sha256(state, known.name, [f.name for f in manifest.files if f.split]) == manifest.record_ids_sha256
    except FileNotFoundError:
        same = False
    if not same:
        found.fault(
            "the lists of record ids in the state folder are not those of this export: an erasure may miss rows"
        )


def _again(settings: Settings, manifest: Manifest, known: Export, found: Verified, steps: Steps) -> None:
    plan = read_json(plan_page(settings.state, known.name), Plan)
    if plan is None:
        found.lines.append("not made again: its plan is not in the state folder")
        return
    asked = plan.asked.decontaminate
    gone = sum(not is_there(file.path) for file in plan.files)
    if any(not Path(p).exists() or sha256_of(Path(p)) != s for p, s in zip(asked, plan.benchmarks, strict=True)):
        found.lines.append("not made again: a file of benchmark prompts is not there any more, or another one")
        return
    if gone or plan.redline != version("redline"):
        why = (
            f"{gone:,} of {len(plan.files):,} files of {plan.table}, version {plan.versions[plan.table]}, are gone: it "
            "was rewritten since"
            if gone
            else f"it was made by Redline {plan.redline}"
        )
        found.lines.append(f"not made again: {why}")
        return
    folder = Path(tempfile.mkdtemp(prefix="verify-", dir=settings.state / exports.FOLDER))
    trouble = ""
    try:
        made = {file.name: file for file in render_again(settings, plan, folder, steps)}
    except RedlineError as error:
        trouble = str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if trouble:
        found.lines.append(f"not made again: {trouble}")
        return
    if manifest.counts.erased_meanwhile:
        found.lines.append("made again, but not compared: rows were erased while it was made the first time")
        return
    wrong = [file.name for file in manifest.files if file.split and (file.name not in made or made[file.name] != file)]
    if wrong:
        found.fault(
            f"made again from the same files, {len(wrong):,} come out otherwise, such as {wrong[0]}. If sessions or "
            "people of its rows are known by now that were not then, that is why"
        )
    else:
        found.lines.append(f"made again from the same files: {len(made):,} files, byte for byte the same")
