"""Rows of quarantine checked again, by the suite as it is now; what passes goes into its table exactly once.

Of each table, a part at a time:

1. The journal says that the table is at work.
2. Rows that the table holds already, at this or a newer revision, and rows that were erased, need no check. Rows with
   an event of somebody who has said no since stay.
3. The gate is asked about the others. A row that fails an expectation of severity error may pass by name; a critical
   one never does.
4. What passes is published in a commit of its own (`sinks.requeue`).
5. After the last part, all of these leave quarantine in one commit. The journal ends.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from redline.quarantine import journal, members
from redline.quarantine.choice import Choice
from schemas.errors import SinkError
from schemas.verdict import Severity
from sinks.parquet import identities_of
from sinks.requeue import remove, returning

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from schemas.rows import Source
    from schemas.tables import Table
    from schemas.verdict import Failure, Verdict
    from sinks.release import Release
    from sinks.requeue import Returns

    Gate = Callable[[pa.Table], Verdict]

PART = 5_000  # rows: with texts some 10 MB, and enough that the gate's fixed cost does not count
_ATTEMPTS = 5  # a sink may replace a file of quarantine while it is read
_PAUSE_S = 0.5
_READ = frozenset(
    {"interactions", "pairs", "trajectories", "revisions"}
)  # `rejects` and `subjects` hold nothing of what people wrote


class Stays(NamedTuple):
    """Why rows stay in quarantine: what they fail now."""

    expectation: str
    severity: str


_CONSENT = Stays("everybody in it still agrees", Severity.CRITICAL.value)


@dataclass(slots=True)
class Tally:
    """One table's rows: how many were looked at, and what became of them. `accepted` ones are among the released."""

    rows: int = 0
    released: int = 0
    accepted: int = 0
    there: int = 0
    erased: int = 0
    left: int = 0
    why: Counter[Stays] = field(default_factory=Counter)


class _Terms(NamedTuple):
    gate: Gate
    accept: Collection[str]
    refused: Collection[Source]


class _Judged(NamedTuple):
    good: list[int]
    accepted: list[int]
    why: Counter[Stays]


def release(
    data_dir: Path,
    state: Path,
    table: Table,
    choice: Choice,
    *,
    publishing: Release,
    gate: Gate,
    accept: Collection[str] = (),
    refused: Collection[Source] = frozenset(),
    dry: bool = False,
    crash: Callable[[str], None] = lambda _step: None,
) -> Tally:
    """Release what passes of one table's chosen rows; the caller holds the lock of quarantine.

    Args:
        data_dir: the data folder.
        state: its state folder.
        table: the dataset's table.
        choice: which rows.
        publishing: what of a row is published, and the seal of coordinates.
        gate: the table's check, as its sinks have it.
        accept: names of expectations that a row may fail, unless they are critical.
        refused: raw coordinates of events whose people have said no since.
        dry: only count.
        crash: called after each step, for tests that kill.

    Raises:
        SinkError: the gate failed, or the table or its quarantine cannot be read or written.
        OSError: the disk is full or refuses. Run it again.
    """
    tally = Tally()
    if not choice.whole(data_dir, table.name, ["record_id"]).num_rows:
        return tally
    if not dry:
        journal.begin(state, journal.Begun("release", table.name))
        crash("begun")
    gone: dict[str, int | None] = {}
    with returning(data_dir, table, publishing, crash) as back:
        for rows in _parts(data_dir, table, choice, publishing):
            gone |= _part(rows, back, _Terms(gate, accept, refused), tally, dry=dry)
            crash("part")
    if not dry:
        remove(data_dir, table, gone)
        crash("removed")
        journal.end(state)
    return tally


def clear(data_dir: Path, state: Path, table: Table, publishing: Release) -> int:
    """Finish a release that was killed: rows that are in the table leave quarantine; returns how many."""
    own = "revision" if table.amendable else "sources"
    held = Choice().whole(data_dir, table.name, ["record_id", own])
    gone: dict[str, int | None] = {}
    if held.num_rows:
        ids = identities_of(held, amendable=table.amendable)
        with returning(data_dir, table, publishing) as back:
            found = back.decide(ids)
        gone = {ids[i].record_id: ids[i].revision for i in (*found.there, *found.erased)}
        remove(data_dir, table, gone)
    journal.end(state)
    return len(gone)


def _parts(data_dir: Path, table: Table, choice: Choice, publishing: Release) -> Iterator[pa.Table]:
    """The chosen rows as the gate knows them, each once, although a sink may replace files meanwhile."""
    seen: set[str] = set()
    for attempt in range(_ATTEMPTS):
        try:
            for part in choice.parts(data_dir, table.name, table.schema.names, rows=PART, seal=publishing.seal):
                ids = part["record_id"].to_pylist()
                fresh = part.filter(pa.array([one not in seen for one in ids], pa.bool_()))
                seen.update(ids)
                if fresh.num_rows:
                    yield fresh.select(table.schema.names).cast(table.schema)
        except SinkError:
            if attempt + 1 == _ATTEMPTS:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def _part(rows: pa.Table, back: Returns, terms: _Terms, tally: Tally, *, dry: bool) -> dict[str, int | None]:
    """Release what passes of these rows; returns what leaves quarantine: id and revision."""
    ids = identities_of(rows, amendable=back.table.amendable)
    found = back.decide(ids)
    said_no = _said_no(rows, terms.refused) if back.table.name in _READ else set()
    candidates = [i for i in found.published if i not in said_no]
    judged = _judge(terms.gate, rows.take(pa.array(candidates, pa.int64())), terms.accept)
    passing = [candidates[i] for i in judged.good]
    if passing and not dry:
        came = back.publish(rows.take(pa.array(passing, pa.int64())))
        settled = [passing[i] for i in (*came.published, *came.there, *came.erased)]
        published = {passing[i] for i in came.published}
        there, erased = len(came.there), len(came.erased)
    else:
        settled, published, there, erased = passing, set(passing), 0, 0
    tally.rows += rows.num_rows
    tally.released += len(published)
    tally.accepted += len(published & {candidates[i] for i in judged.accepted})
    tally.there += len(found.there) + there
    tally.erased += len(found.erased) + erased
    tally.why.update(judged.why)
    if kept := len(found.published) - len(candidates):
        tally.why[_CONSENT] += kept
    if found.conflicts:
        tally.why[Stays("one_row_per_record_id", Severity.ERROR.value)] += len(found.conflicts)
    gone = {ids[i].record_id: ids[i].revision for i in (*settled, *found.there, *found.erased)}
    tally.left += rows.num_rows - len(gone)
    return dict(gone)


def _said_no(rows: pa.Table, refused: Collection[Source]) -> set[int]:
    if not refused:
        return set()
    return {i for i, sources in enumerate(members.sources_of(rows)) if any(one in refused for one in sources)}


def _judge(gate: Gate, rows: pa.Table, accept: Collection[str]) -> _Judged:
    """Positions that may go, those of them that only may because of `accept`, and why the others stay."""
    if not rows.num_rows:
        return _Judged([], [], Counter())
    verdict = _ask(gate, rows)
    serious = [failure for failure in verdict.failures if failure.severity is not Severity.WARNING]
    for failure in serious:
        if not failure.rows:  # nobody knows which rows are good
            return _Judged([], [], Counter({Stays(failure.expectation, failure.severity.value): rows.num_rows}))
    failing: dict[int, list[Failure]] = {}
    for failure in serious:
        for row in failure.rows:
            failing.setdefault(row, []).append(failure)
    accepted: set[int] = set()
    why: Counter[Stays] = Counter()
    for row, failures in failing.items():
        against = [f for f in failures if f.severity is Severity.CRITICAL or f.expectation not in accept]
        if against:
            why[Stays(against[0].expectation, against[0].severity.value)] += 1
        else:
            accepted.add(row)
    good = [row for row in range(rows.num_rows) if row not in failing or row in accepted]
    return _Judged(good, sorted(accepted), why)


def _ask(gate: Gate, rows: pa.Table) -> Verdict:
    failure = ""
    try:
        verdict = gate(rows)
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be published unchecked
        failure = type(error).__name__  # its text may quote a row
    else:
        if verdict.rows == rows.num_rows and all(0 <= i < rows.num_rows for f in verdict.failures for i in f.rows):
            return verdict
        failure = f"a verdict on {verdict.rows} rows"
    raise SinkError(f"quarantine: needed a verdict on {rows.num_rows} rows, came {failure}; run `redline doctor`")
