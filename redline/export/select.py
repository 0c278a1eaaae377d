"""Which examples are written, of all that were rendered: no duplicates, caps, balance, at most so many; all counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from redline.export import runs
from redline.export.compared import PARTS
from redline.export.shards import Selection
from sinks.export import balance
from sinks.export.near_duplicates import NearDuplicates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from redline.export.plan import Asked
    from redline.export.render import Done
    from redline.export.rows import Rows

Bools = npt.NDArray[np.bool_]


class Chosen(NamedTuple):
    """What is written, how many examples each split has, and what the steps took out (rows, but for the last two)."""

    selection: Selection
    splits: dict[str, int]
    counts: dict[str, int]


def select(asked: Asked, rows: Rows, work: Path, done: Sequence[Done], on_rows: Callable[[int], None]) -> Chosen:
    """Decide. What it decides depends on the rows, the request and the seed; on no order of arrival.

    Raises:
        OSError: the disk is full or refuses.
    """
    alive, digests = _rendered(rows, work, len(done))
    counts = {"exact_duplicates": 0, "near_duplicates": 0, "over_cap": 0}
    if asked.dedupe:
        counts["exact_duplicates"] = _drop_equal(alive, digests)
    del digests
    if asked.near_duplicates:
        finder = NearDuplicates(work / "near", asked.seed, asked.near_duplicates, parts=PARTS)
        for number in range(len(done)):
            for batch in _texts(work / f"unit-{number:06}.texts"):
                here = alive[np.searchsorted(rows.keys, batch.column("key").to_numpy())]
                _add(finder, batch.filter(pa.array(here)))
                on_rows(batch.num_rows)
        near = np.searchsorted(rows.keys, finder.dropped())
        counts["near_duplicates"] = int(alive[near].sum())
        alive[near] = False
    if asked.cap_per_session:
        kept = balance.capped(rows.session[alive], asked.cap_per_session)
        counts["over_cap"] = int(len(kept) - kept.sum())
        alive[np.flatnonzero(alive)[~kept]] = False
    names = [name for one in done for name in one.runs]
    every = [runs.examples(work / name) for name in names]
    examples = runs.joined(every)
    run = np.repeat(np.arange(len(every), dtype=np.int32), [len(one) for one in every])
    place = np.concatenate([np.empty(0, np.uint32), *[np.arange(len(one), dtype=np.uint32) for one in every]])
    row = np.searchsorted(rows.keys, examples.keys)
    wanted = np.flatnonzero(alive[row])
    wanted = wanted[np.lexsort((examples.part[wanted], examples.keys[wanted]))]
    split = rows.split[row[wanted]]
    kind = _kinds(asked, rows, done, examples, row)[wanted]
    before = len(wanted)
    if asked.balance:
        stays = balance.balanced(kind, split)
        wanted, split, kind = wanted[stays], split[stays], kind[stays]
    counts["examples"], counts["unbalanced"] = before, before - len(wanted)
    before = len(wanted)
    if asked.max_rows:
        stays = balance.at_most(asked.max_rows, kind, split)
        wanted, split = wanted[stays], split[stays]
    counts["over_max_rows"] = before - len(wanted)
    order = np.argsort(split, kind="stable")
    wanted = wanted[order]
    sizes = np.bincount(split, minlength=len(asked.splits)).tolist()
    return Chosen(
        Selection(run[wanted], place[wanted], examples.size[wanted], row[wanted].astype(np.uint32)),
        dict(zip(asked.splits, sizes, strict=True)),
        counts,
    )


def _rendered(rows: Rows, work: Path, count: int) -> tuple[Bools, npt.NDArray[np.uint64]]:
    """Which rows have an example that is in no benchmark, and the hashes of their texts."""
    alive = np.zeros(len(rows), np.bool_)
    digests = np.zeros(len(rows), np.uint64)
    for number in range(count):
        with np.load(work / f"unit-{number:06}.npz", allow_pickle=False) as held:
            at = np.searchsorted(rows.keys, held["keys"])
            alive[at] = True
            digests[at] = held["digests"]
    return alive, digests


def _drop_equal(alive: Bools, digests: npt.NDArray[np.uint64]) -> int:
    """Of rows with the same texts the first in the export's order stays; returns how many went."""
    at = np.flatnonzero(alive)
    order = np.argsort(digests[at], kind="stable")
    again = np.flatnonzero(np.diff(digests[at][order]) == 0) + 1
    alive[at[order[again]]] = False
    return len(again)


def _add(finder: NearDuplicates, rows: pa.RecordBatch) -> None:
    finder.add(rows.column("key").to_numpy(), rows.column("question").to_pylist(), rows.column("answer").to_pylist())


def _texts(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(path)) as mapped:
        reader = pa.ipc.open_file(mapped)
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)


def _kinds(
    asked: Asked, rows: Rows, done: Sequence[Done], examples: runs.Examples, row: npt.NDArray[np.intp]
) -> npt.NDArray[np.int32]:
    """The number of each example's kind: of the example's own field if the balance is over one, else of its row."""
    if not asked.balance:
        return np.zeros(len(examples), np.int32)
    names = sorted({kind for one in done for kind in one.kinds})
    if not names:
        return np.asarray(rows.kind)[row]
    # Each unit numbered the kinds as they came.
    found = np.empty(len(examples), np.int32)
    start = 0
    for one in done:
        stop = start + one.examples
        codes = np.array([names.index(kind) for kind in one.kinds], np.int32)
        found[start:stop] = codes[examples.kind[start:stop]]
        start = stop
    return found
