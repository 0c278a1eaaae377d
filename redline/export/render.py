"""One unit of rows as examples: read the texts, render them, note what is in benchmarks, and write sorted runs.

Runs in a process of its own where there is much to do: it is given paths and numbers, and gives back what it counted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from redline.export import rows as row_arrays
from redline.export import runs
from redline.export.compared import columns, questions_and_answers
from redline.export.files import write_json
from redline.export.plan import Plan
from redline.export.scan import gone, unreadable
from schemas.tables import TABLES
from sinks.export.benchmarks import Benchmarks, load
from sinks.export.example import Options, options
from sinks.export.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from redline.export.units import Piece, Unit
    from sinks.export.example import Example, Format

_BATCH = 2048  # rows of the table that are Python objects at a time, where they are small
_BATCH_BYTES = 16 << 20
_RUN_BYTES = 64 << 20  # lines held before they are sorted and written
_encode = msgspec.json.Encoder().encode


class Done(msgspec.Struct, frozen=True):
    """What became of a unit's rows: `reasons` of those without an example, by reason; `runs` are its files.

    `contaminated_by`: how many hold a prompt of each benchmark file; a row may hold some of several.
    """

    rows: int
    examples: int
    reasons: dict[str, int]
    contaminated: int
    contaminated_by: tuple[int, ...]
    runs: tuple[str, ...]
    kinds: tuple[str, ...]


class Job(msgspec.Struct, frozen=True):
    """All that rendering needs to know. `texts`: also keep what near-duplicates are found by."""

    plan: Plan
    folder: str
    splits: tuple[str, ...]
    texts: bool


@dataclass(slots=True)
class _Held:
    """Lines that are not on disk yet, and rows of this unit."""

    keys: list[int] = field(default_factory=list)
    part: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    size: int = 0


class Renderer:
    """Renders units of one plan."""

    def __init__(self, job: Job) -> None:
        """Raises InputError: a benchmark file or an option is not what it should be."""
        self._plan, self._folder, self._splits, self._texts = job.plan, Path(job.folder), job.splits, job.texts
        asked = job.plan.asked
        self._table = TABLES[job.plan.table]
        self._format: Format = FORMATS[asked.format]
        self._options: Options = replace(options(asked.options), form=asked.form)
        self._rows = row_arrays.load(self._folder / "rows")
        self._by_place, self._by_file = row_arrays.load_places(self._folder / "rows")
        self._columns = tuple(dict.fromkeys([*self._format.columns, *columns(job.plan.table)]))
        self._benchmarks: Benchmarks | None = (
            load([Path(path) for path in asked.decontaminate]) if asked.decontaminate else None
        )
        self._kind = asked.balance if asked.balance in self._format.fields else ""

    def render(self, number: int, unit: Unit) -> Done:
        """Render a unit and write its runs, then its page, which says that it is done.

        Raises:
            SinkError: a file is gone, or cannot be read.
            OSError: the disk is full or refuses.
        """
        counts: Counter[str] = Counter()
        held = _Held()
        names: list[str] = []
        kinds: dict[str, int] = {}
        keys: list[npt.NDArray[np.uint64]] = []
        digests: list[bytes] = []
        texts = _Texts(self._folder / f"unit-{number:06}.texts") if self._texts else None
        contaminated = seen = written = 0
        by_file = np.zeros(len(self._plan.asked.decontaminate), np.int64)
        for batch, at in self._batches(unit):
            seen += len(at)
            rendered = self._rendered(batch, at)
            counts.update(one for one in rendered if isinstance(one, str))
            good = np.array([i for i, one in enumerate(rendered) if not isinstance(one, str)], np.intp)
            asked, answered = questions_and_answers(batch.take(good), self._plan.table)
            held_by = self._held_by(asked, answered)
            by_file += held_by.sum(axis=0)
            clean: npt.NDArray[np.bool_] = ~np.logical_or.reduce(held_by, axis=1)
            contaminated += len(good) - int(clean.sum())
            of_rows = self._rows.keys[at[good]]
            keys.append(of_rows[clean])
            for i, key, question, answer, fine in zip(
                good.tolist(), of_rows.tolist(), asked, answered, clean.tolist(), strict=True
            ):
                if fine:
                    digests.append(_digest(question, answer))
                    self._hold(held, key, rendered[i], kinds)
            if texts is not None:
                texts.add(of_rows[clean], _those(asked, clean), _those(answered, clean))
            if held.size >= _RUN_BYTES:
                written += len(held.lines)
                names.append(self._flush(held, number, len(names)))
                held = _Held()
        if held.lines:
            written += len(held.lines)
            names.append(self._flush(held, number, len(names)))
        if texts is not None:
            texts.close()
        np.savez(
            self._folder / f"unit-{number:06}.npz",
            keys=np.concatenate([np.empty(0, np.uint64), *keys]),
            digests=np.frombuffer(b"".join(digests), ">u8").astype(np.uint64),
        )
        done = Done(seen, written, dict(counts), contaminated, tuple(by_file.tolist()), tuple(names), tuple(kinds))
        write_json(self._folder / f"unit-{number:06}.json", done)
        return done

    def _held_by(self, asked: list[str], answered: list[str]) -> npt.NDArray[np.bool_]:
        """Which rows hold a prompt of which benchmark file."""
        if self._benchmarks is None:
            return np.zeros((len(asked), 0), np.bool_)
        return self._benchmarks.by_file([f"{a}\n{b}" for a, b in zip(asked, answered, strict=True)])

    def _hold(self, held: _Held, key: int, examples: Any, kinds: dict[str, int]) -> None:
        for part, example in enumerate(examples):
            line = _encode(example)
            kind = -1
            if self._kind:
                kind = kinds.setdefault(str(example[self._kind]).lower(), len(kinds))
            held.keys.append(key)
            held.part.append(part)
            held.kind.append(kind)
            held.lines.append(line)
            held.size += len(line)

    def _flush(self, held: _Held, unit: int, run: int) -> str:
        name = f"unit-{unit:06}-{run:03}"
        runs.write(
            self._folder / name,
            runs.Examples(
                np.array(held.keys, np.uint64),
                np.array(held.part, np.uint16),
                np.array([len(line) for line in held.lines], np.uint32),
                np.array(held.kind, np.int16),
            ),
            held.lines,
        )
        return name

    def _rendered(self, batch: pa.Table, at: npt.NDArray[np.intp]) -> list[list[Example] | str]:
        """Each row as the examples of its split."""
        split = self._rows.split[at]
        if len(set(self._splits)) == 1 or not len(at):
            return self._format.rows(batch, replace(self._options, split=self._splits[0]))
        out: list[list[Example] | str] = [""] * len(at)
        for number in np.unique(split).tolist():
            inside = np.flatnonzero(split == number)
            of_split = replace(self._options, split=self._splits[number])
            for i, one in zip(inside.tolist(), self._format.rows(batch.take(inside), of_split), strict=True):
                out[i] = one
        return out

    def _batches(self, unit: Unit) -> Iterator[tuple[pa.Table, npt.NDArray[np.intp]]]:
        """The wanted rows of a unit, and their places in `Rows`."""
        for piece in unit:
            pinned = self._plan.files[piece.file]
            start, stop = self._by_file[piece.file : piece.file + 2].tolist()
            of_file = self._by_place[start:stop].astype(np.intp)
            places = self._rows.place[of_file].astype(np.int64) - piece.first
            inside = slice(*np.searchsorted(places, [0, piece.rows]).tolist())
            yield from self._of_piece(piece, Path(pinned.path), pinned.partition, of_file[inside], places[inside])

    def _of_piece(
        self,
        piece: Piece,
        path: Path,
        partition: dict[str, str],
        rows: npt.NDArray[np.intp],
        places: npt.NDArray[np.int64],
    ) -> Iterator[tuple[pa.Table, npt.NDArray[np.intp]]]:
        if not len(rows):
            return
        failure = ""
        try:
            with pq.ParquetFile(path, pre_buffer=False) as file:
                inside = [name for name in self._columns if name in file.schema_arrow.names]
                sizes = [file.metadata.row_group(group).total_byte_size for group in piece.groups]
                most = max(1, min(_BATCH, piece.rows * _BATCH_BYTES // max(1, sum(sizes))))
                first = 0
                for batch in file.iter_batches(most, row_groups=list(piece.groups), columns=inside):
                    here = slice(*np.searchsorted(places, [first, first + batch.num_rows]).tolist())
                    wanted = places[here] - first
                    first += batch.num_rows
                    if len(wanted):
                        yield self._whole(pa.Table.from_batches([batch]).take(wanted), partition), rows[here]
        except FileNotFoundError:
            failure = "gone"
        except (pa.ArrowException, OSError) as error:
            failure = "gone" if not path.exists() else type(error).__name__
        if failure:
            raise gone(self._plan.table) if failure == "gone" else unreadable(path, failure)

    def _whole(self, part: pa.Table, partition: dict[str, str]) -> pa.Table:
        """With the columns that stand in the folder's name, and nulls for those that the file is too old to have."""
        columns = []
        for name in self._columns:
            kind = self._table.schema.field(name).type
            if name in part.schema.names:
                columns.append(part.column(name).cast(kind))
            elif name in partition:
                columns.append(pa.repeat(pa.scalar(partition[name]), part.num_rows).cast(kind))
            else:
                columns.append(pa.nulls(part.num_rows, kind))
        return pa.table(columns, names=list(self._columns))


def renderer(job: Job) -> Callable[[int, Unit], tuple[int, Done]]:
    """What renders units, by number, wherever it runs."""
    own = Renderer(job)
    return lambda number, unit: (number, own.render(number, unit))


class _Texts:
    """What the rows of a unit are compared by, on disk until all units are done."""

    SCHEMA = pa.schema([("key", pa.uint64()), ("question", pa.large_string()), ("answer", pa.large_string())])

    def __init__(self, path: Path) -> None:
        self._out = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._out, self.SCHEMA, options=pa.ipc.IpcWriteOptions(compression="lz4"))

    def add(self, keys: npt.NDArray[np.uint64], asked: Sequence[str], answered: Sequence[str]) -> None:
        """Take in rows."""
        columns = [pa.array(keys), pa.array(asked, pa.large_string()), pa.array(answered, pa.large_string())]
        self._writer.write_batch(pa.record_batch(columns, schema=self.SCHEMA))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
        self._out.close()


def _those(texts: list[str], wanted: npt.NDArray[np.bool_]) -> list[str]:
    return [texts[i] for i in np.flatnonzero(wanted).tolist()]


def _digest(question: str, answer: str) -> bytes:
    asked = question.encode("utf-8", "surrogatepass")
    both = hashlib.blake2b(len(asked).to_bytes(8, "big"), digest_size=8)
    both.update(asked)
    both.update(answer.encode("utf-8", "surrogatepass"))
    return both.digest()
