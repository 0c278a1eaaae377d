"""What an export says of itself: `manifest.json`. Nothing in it says whose rows these are, or where they lay. Pure."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from redline.export.plan import Asked
from redline.export.write import Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redline.export.plan import Plan

NAME = "manifest.json"
CARD = "README.md"
PARTIAL = ".partial"


class NoExample(msgspec.Struct, frozen=True):
    """Rows that give no example, for one reason."""

    reason: str
    rows: int


class Benchmark(msgspec.Struct, frozen=True):
    """A file of prompts that no row may hold: its name and SHA-256."""

    name: str
    sha256: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows at every step, in the order of the steps; then examples, of which a row may give several.

    `withheld`: a column that was asked for is not decided yet. `cut`: connected to two splits, by what connects them,
    or of unknown origin. `components_cut`: groups of connected sessions that were too large for one split. `same_key`:
    see `redline.export.rows`. `contaminated_by`: in the order of the benchmark files; a row may count for several.
    `erased_meanwhile`: examples of people who were erased while it ran.
    """

    read: int
    withheld: int
    filtered_out: int
    same_key: int
    cut: dict[str, int]
    components_cut: int
    no_example: tuple[NoExample, ...]
    contaminated: int
    contaminated_by: tuple[int, ...]
    exact_duplicates: int
    near_duplicates: int
    over_cap: int
    examples: int
    unbalanced: int
    over_max_rows: int
    erased_meanwhile: int
    written: int
    splits: dict[str, int]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One export. `record_ids_sha256` is over the lines of record ids, file by file, which the state folder keeps.

    `versions` are Delta's. `extra` are files beside the examples, with the SHA-256 of each.
    """

    manifest: int = 1
    format: str
    table: str
    purpose: str
    number: str
    asked: Asked
    versions: dict[str, int]
    benchmarks: tuple[Benchmark, ...]
    redline: str
    scrub_versions: tuple[str, ...]
    schema_versions: tuple[int, ...]
    counts: Counts
    files: tuple[Written, ...]
    record_ids_sha256: str
    extra: dict[str, str]


def public(plan: Plan) -> Asked:
    """What was asked for, without where the asker's files lie."""
    return msgspec.structs.replace(
        plan.asked, decontaminate=tuple(PurePath(path).name for path in plan.asked.decontaminate)
    )


def benchmarks(plan: Plan) -> tuple[Benchmark, ...]:
    """The benchmark files by name and hash."""
    names: Sequence[str] = public(plan).decontaminate
    return tuple(Benchmark(name, sha) for name, sha in zip(names, plan.benchmarks, strict=True))
