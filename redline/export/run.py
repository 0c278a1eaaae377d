"""`redline export`, from the tables to a folder that may be handed on.

1. The plan: which version of which tables, which benchmarks; noted before anything is done.
2. The rows that pass the filters, and what of them belongs together: sessions, documents, people; splits.
3. Their texts, once, as examples: unit by unit.
4. Which examples are chosen.
5. The files, one after the other.
6. What `redline.export.publish` does.

Each step keeps what it has done in the work folder. Killed anywhere, the same command goes on there.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections import Counter
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from quality.cohorts import refuse_person_grouping, require_cohort
from redline.backup.owing import require_settled
from redline.crash_hook import crash_hook
from redline.export import pool, progress, render, shards, work, write
from redline.export import rows as row_arrays
from redline.export.fetch import at_hand
from redline.export.files import read_json, write_json
from redline.export.manifest import PARTIAL, Counts, Manifest, NoExample
from redline.export.plan import SHARD_BYTES, Asked, Pinned, Plan
from redline.export.publish import PURPOSE, Finished, publish
from redline.export.scan import scan
from redline.export.select import select
from redline.export.together import together
from redline.export.units import units
from redline.export.where import condition
from redline.export.write import Written, sha256_of
from redline.keys import keys_of
from schemas.errors import InputError, TableHaltedError
from schemas.tables import TABLES
from sinks import halts, purpose, reader
from sinks.export.benchmarks import load
from sinks.export.example import options
from sinks.export.formats import FORMATS
from sinks.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redline.export.progress import Steps
    from redline.export.rows import Rows
    from redline.settings import Settings

CRASH = "REDLINE_CRASH_AT_EXPORT"
_FEW_ROWS = 50_000  # rendered before other processes have come up
_KINDS = 1_000  # more kinds than that are no classes
_GROUPS = ("interactions", "subjects")


class _Scanned(msgspec.Struct, frozen=True):
    """Step 2 is done."""

    counts: dict[str, int]
    cut: dict[str, int]
    components: int
    scrub_versions: tuple[str, ...]
    schema_versions: tuple[int, ...]


class _Selected(msgspec.Struct, frozen=True):
    """Step 4 is done."""

    splits: dict[str, int]
    counts: dict[str, int]
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Export:
    """What every step needs."""

    settings: Settings
    plan: Plan
    name: str
    folder: Path
    target: Path
    steps: Steps
    processes: int
    crash: Callable[[int], None]


def export(
    settings: Settings,
    asked: Asked,
    target: Path,
    *,
    restart: bool = False,
    processes: int = 0,
    steps: Steps = progress.silent,
) -> Manifest:
    """Export into a folder that is empty, or where the same was begun.

    Args:
        settings: of the data folder.
        asked: what is wanted.
        target: the folder.
        restart: forget what was begun there.
        processes: for rendering and writing; 0: one per core.
        steps: told how far it is.

    Raises:
        InputError: something that was asked for is not there, the folder holds something else, or the data folder is
            a restored one that has not done the erasures since its backup.
        PurposeError: the table is not for training, it would group people, or there are too few of them.
        TableHaltedError: a gate halted the table.
        LockedError: an erasure is at work, or another export into the same folder.
        SinkError: a table cannot be read, or was rewritten since this export was begun.
        OSError: the disk is full or refuses. Run it again.
    """
    table = _allowed(settings, asked)
    condition(asked, TABLES[table])
    target = target.resolve()
    if target.is_relative_to(settings.data_dir.resolve()):
        raise InputError(f"{target}: needed a folder outside the data folder, came one inside it")
    folder = work.folder_of(settings.state, target)
    with work.lock_of(folder):
        if restart:
            work.forget(folder)
        page = work.begun(folder)
        plan = plan_of(settings, asked, table)
        if page is None or not page.plan.continues(plan):
            if page is not None:
                raise InputError(f"{target}: another export was begun here: its arguments again, or --restart")
            work.require_empty(target)
            page = work.begin(folder, plan, target)
        (target / PARTIAL).mkdir(parents=True, exist_ok=True)
        crash = crash_hook(os.environ, CRASH, settings.state)
        crash(1)
        this = _Export(settings, page.plan, page.name, folder, target, steps, processes or os.cpu_count() or 1, crash)
        made = _steps(this)
        (target / PARTIAL).rmdir()
        crash(11)
        work.finish(folder)
    return made


def plan_of(settings: Settings, asked: Asked, table: str) -> Plan:
    """What the export would be made from now. Raises SinkError, InputError."""
    data = settings.data_dir
    newest, facts = reader.facts(data, table)
    root = Layout(data.resolve()).dataset(table)
    return Plan(
        asked=msgspec.structs.replace(asked, decontaminate=tuple(str(Path(p).resolve()) for p in asked.decontaminate)),
        table=table,
        versions={table: newest, **{name: reader.facts(data, name)[0] for name in _GROUPS}},
        files=tuple(
            Pinned(str(root / one.path), one.rows, dict(sorted(one.partition.items())))
            for one in sorted(facts, key=lambda one: one.path)
        ),
        benchmarks=tuple(_benchmark(Path(path)) for path in asked.decontaminate),
        redline=version("redline"),
    )


def render_again(settings: Settings, plan: Plan, folder: Path, steps: Steps) -> list[Written]:
    """The files of a plan once more, below `folder`, for comparing them. Raises as `export`."""
    this = _Export(settings, plan, "", folder, folder / "target", steps, os.cpu_count() or 1, lambda _step: None)
    (this.target / PARTIAL).mkdir(parents=True, exist_ok=True)
    this = _at_hand(this)
    rows, _ = _rows(this)
    done = _units(this, rows)
    return _shards(this, _selection(this, rows, done), row_key(settings))


def _steps(this: _Export) -> Manifest:
    pinned, this = this.plan, _at_hand(this)
    rows, scanned = _rows(this)
    this.crash(2)
    done = _units(this, rows)
    chosen = _selection(this, rows, done)
    this.crash(4)
    key = row_key(this.settings)
    reasons: Counter[str] = Counter()
    for one in done:
        reasons.update(one.reasons)
    if not sum(chosen.splits.values()):
        why = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common())
        raise InputError(f"export: no row of the {len(rows):,} that passed the filters gives an example ({why})")
    written = _shards(this, chosen, key)
    total = sum(chosen.splits.values())
    counts = Counts(
        **scanned.counts,
        **chosen.counts,
        cut=scanned.cut,
        components_cut=scanned.components,
        no_example=tuple(NoExample(reason, reasons[reason]) for reason in sorted(reasons)),
        contaminated=sum(one.contaminated for one in done),
        contaminated_by=tuple(map(sum, zip(*(one.contaminated_by for one in done), strict=True))),
        erased_meanwhile=0,
        written=total,
        splits=chosen.splits,
    )
    finished = Finished(
        pinned,
        this.name,
        this.folder,
        this.target,
        rows,
        counts,
        written,
        scanned.scrub_versions,
        scanned.schema_versions,
        key,
    )
    return publish(this.settings, finished, this.crash)


def _at_hand(this: _Export) -> _Export:
    on_files = this.steps("files", len(this.plan.files))
    return replace(this, plan=at_hand(this.plan, this.folder, on_files))


def _allowed(settings: Settings, asked: Asked) -> str:
    """The table that the format is over, if it may be exported."""
    kind = FORMATS.get(asked.format)
    if kind is None:
        raise InputError(f"format: needed one of {', '.join(FORMATS)}; `redline export formats` says what they are")
    if asked.form == "parquet" and kind.schema(options(asked.options)) is None:
        raise InputError(f"{kind.name}: its trainer reads JSONL only; leave --as parquet out")
    if asked.balance and asked.balance not in kind.fields:
        refuse_person_grouping([asked.balance])
        if asked.balance not in TABLES[kind.table].schema.names:
            raise InputError(f"--balance: needed a column of {kind.table} or a field of {kind.name}")
    purpose.require(settings.data_dir, kind.table, PURPOSE)
    require_settled(settings.state)
    if any(halt.table == kind.table for halt in halts.halted(settings.data_dir)):
        raise TableHaltedError(
            f"table {kind.table}: a gate halted it, so nobody knows what is in it; see `redline status`, then "
            f"`redline release {kind.table}`"
        )
    return kind.table


def _rows(this: _Export) -> tuple[Rows, _Scanned]:
    """Step 2."""
    page = read_json(this.folder / "scanned.json", _Scanned)
    if page is not None:
        return row_arrays.load(this.folder / "rows"), page
    plan, settings = this.plan, this.settings
    on_rows = this.steps("reading the table", sum(file.rows for file in plan.files))
    found = scan(plan, condition(plan.asked, TABLES[plan.table]), on_rows)
    if len(found.kinds) > _KINDS:
        raise InputError(f"--balance {plan.asked.balance}: needed a column of at most {_KINDS} values, came more")
    if not len(found.rows):
        raise InputError(
            f"export: no row of {plan.table} passes the filters: {found.counts['read']:,} were read, of "
            f"{found.counts['withheld']:,} a column that is asked for is withheld until their day is decided "
            "(`redline disclose`)"
        )
    this.steps("sessions, documents, people", 1)
    grouped = together(settings.data_dir, plan, found.rows)
    # Nobody at all is too few as well: rows of nobody cannot be told from those of one person.
    require_cohort(max(grouped.people, 1), settings.privacy.k, "the selection")
    rows = found.rows.with_groups(grouped.split, grouped.session)
    rows.save(this.folder / "rows")
    if not (grouped.split >= 0).any():
        raise InputError(
            f"export: every one of {len(rows):,} rows was cut: its session, document or people are in two splits, or "
            "`interactions` does not hold its events any longer; with --splits all=1 nothing is cut"
        )
    page = _Scanned(found.counts, grouped.cut, grouped.components, found.scrub_versions, found.schema_versions)
    write_json(this.folder / "scanned.json", page)
    return row_arrays.load(this.folder / "rows"), page


def _units(this: _Export, rows: Rows) -> list[render.Done]:
    """Step 3."""
    kept = rows.file[rows.split >= 0]
    every = units(this.plan, np.bincount(kept, minlength=len(this.plan.files)).tolist())
    on_rows = this.steps("rendering", len(kept))
    done: dict[int, render.Done] = {}
    for number in range(len(every)):
        page = read_json(this.folder / f"unit-{number:06}.json", render.Done)
        if page is not None:
            done[number] = page
            on_rows(page.rows)
    left = [(number, unit) for number, unit in enumerate(every) if number not in done]
    job = render.Job(this.plan, str(this.folder), tuple(this.plan.asked.splits), bool(this.plan.asked.near_duplicates))
    processes = this.processes if len(kept) > _FEW_ROWS else 1
    for number, one in pool.each(render.renderer, job, left, processes):
        done[number] = one
        on_rows(one.rows)
        this.crash(3)
    return [done[number] for number in range(len(every))]


def _selection(this: _Export, rows: Rows, done: Sequence[render.Done]) -> _Selected:
    """Step 4."""
    page = read_json(this.folder / "selected.json", _Selected)
    if page is not None:
        return page
    on_rows = this.steps("near-duplicates", len(rows)) if this.plan.asked.near_duplicates else lambda _rows: None
    chosen = select(this.plan.asked, rows, this.folder, done, on_rows)
    chosen.selection.save(this.folder / "selection")
    page = _Selected(chosen.splits, chosen.counts, tuple(name for one in done for name in one.runs))
    write_json(this.folder / "selected.json", page)
    return page


def _shards(this: _Export, chosen: _Selected, key: bytes) -> list[Written]:
    """Step 5."""
    asked = this.plan.asked
    selection = shards.load(this.folder / "selection")
    every = shards.shards(
        chosen.splits, selection.size, rows=asked.shard_rows, most_bytes=SHARD_BYTES, suffix=asked.form
    )
    on_rows = this.steps("writing", len(selection))
    done: dict[str, Written] = {}
    for shard in every:
        page = read_json(this.folder / f"{shard.name}.json", Written)
        if page is not None:
            done[shard.name] = page
            on_rows(page.rows)
    left = [(shard,) for shard in every if shard.name not in done]
    job = write.Job(this.plan, str(this.folder), str(this.target / PARTIAL), chosen.runs, key)
    for one in pool.each(write.writer, job, left, this.processes if len(selection) > _FEW_ROWS else 1):
        done[one.name] = one
        on_rows(one.rows)
        this.crash(5)
    return [done[shard.name] for shard in every]


def row_key(settings: Settings) -> bytes:
    """The key of the hashes of exported rows. Raises SettingsError: the keys are gone."""
    return hmac.new(keys_of(settings).identity, b"redline.export", hashlib.sha256).digest()


def _benchmark(path: Path) -> str:
    load([path])  # says what is wrong with it
    return sha256_of(path)
