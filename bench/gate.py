"""What the gate costs of a sink's time: whole commits of 5,000 rows, on one core, with and without own expectations.

A sink's work on a batch is what `sinks.loop` does with it but for Kafka: every record into the batcher, then the ten
steps of a commit, files forced to the disk among them. The gate is the third step, with the suite of the table, six
expectations of one's own and a hundred canaries. Both are timed in the same commit, so what else runs on the machine is
in both. The audited batch (the first, and one in 256) is measured by itself.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench import record
from bench.stages import _KEYS, _join
from quality import user_suites
from quality.gate import AUDIT_EVERY, Gate
from redline.company import Company
from schemas import rows, topics
from schemas.codec import decode
from schemas.errors import DecodeError
from schemas.records import Coordinate, Partition, Record
from schemas.tables import TABLES
from sinks.batch import Batcher, BatchPolicy
from sinks.committer import Committer
from sinks.decisions import Decisions
from sinks.release import Release
from sinks.seal import Seal
from streams.privacy.engine import Engine
from streams.scrub import Job, scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from schemas.verdict import Verdict

_EVENTS = 21_000
_ROWS = 5_000
_ROUNDS = 9
_OWN = r"""
import pyarrow.compute as pc
from quality.suites import Expectation
from schemas.verdict import Severity

def kept(rows):
    return pc.or_(pc.less_equal(rows["retention_4gram"], 1.0), pc.is_null(rows["final"]))

EXPECTATIONS = {
    "pairs": [
        Expectation("tools_are_named", "matches", "tool", Severity.WARNING, pattern="^[A-Za-z0-9 ._/-]*$"),
        Expectation("no_nul", "matches", "suggestion", Severity.ERROR, pattern="^(.|\\n){0,3}"),
        Expectation("tasks_of_ours", "in_set", "task", Severity.WARNING,
            values=("completion", "edit", "summary", "reply", "document", "command", "review")),
        Expectation("revisions_are_few", "between", "revision", Severity.WARNING, high=50),
        Expectation("prompts_are_short", "between", "prompt.length", Severity.WARNING, high=100_000),
        Expectation("kept_something", "rule", "final", Severity.WARNING, rule=kept),
    ],
    "interactions": [
        Expectation("tools_are_named", "matches", "tool", Severity.WARNING, pattern="^[A-Za-z0-9 ._/-]*$"),
        Expectation("data_has_no_nul", "matches", "data", Severity.ERROR, pattern=r"\A[^\x{0}]*\z"),
        Expectation("surfaces_of_ours", "in_set", "surface", Severity.WARNING,
            values=("ide", "terminal", "chat", "doc", "agent", "ticket", "mail", "review")),
        Expectation("epochs_are_few", "between", "key_epoch", Severity.WARNING, high=1_000),
        Expectation("few_names", "between", "marks.count", Severity.WARNING, high=1_000),
        Expectation("has_a_session", "rule", "session_key", Severity.WARNING,
            rule=lambda rows: pc.greater(pc.binary_length(rows["session_key"]), 0)),
    ],
}
"""
_CANARIES = tuple(f"quist.{number:04d}@canary.invalid" for number in range(100))


def main() -> None:
    """Measure and write the result."""
    with tempfile.TemporaryDirectory() as folder:
        own_file = Path(folder, "own.py")
        own_file.write_text(_OWN)
        own = user_suites.load([own_file])
        gates: dict[str, Callable[[str], Gate]] = {
            "suite": lambda table: Gate(TABLES[table]),
            "suite_own_and_canaries": lambda table: Gate(TABLES[table], own=own[table], canaries=_CANARIES),
        }
        figures = {
            table: {
                kind: _measured(Path(folder, kind), table, found[:_ROWS], make(table)) for kind, make in gates.items()
            }
            for table, found in payloads().items()
        }
    record.write(
        "gate", {"rows_in_batch": _ROWS, "batches": _ROUNDS, "own_expectations": 6, "canaries": 100, **figures}
    )


def payloads() -> dict[str, list[bytes]]:
    """Rows of two tables, made of a company's events."""
    interactions = _interactions()
    pairs = {row.record_id: row for row in _join(interactions) if isinstance(row, rows.Pair)}
    return {
        "pairs": [rows.encode(row) for row in pairs.values()],
        "interactions": [rows.encode(row) for row in interactions],
    }


def _interactions() -> list[rows.Interaction]:
    engine = Engine()
    found = []
    for offset, one in enumerate(Company(3, _EVENTS, 1_767_600_000_000_000)):
        raw = Record(Coordinate(topics.EVENTS, 0, offset), one.key, one.value, one.headers)
        try:
            event = decode(raw)
        except DecodeError:
            continue
        found.append(
            rows.decode_interaction(scrub(Job(event, raw.coordinate, "bench"), engine.analyze, _KEYS).interaction)
        )
    return found


class _Timed:
    """A gate, and the CPU seconds and seconds of its last batch."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.spent = (0.0, 0.0)

    def __call__(self, batch: pa.Table) -> Verdict:
        cpu, wall = time.process_time(), time.perf_counter()
        verdict = self._gate(batch)
        self.spent = (time.process_time() - cpu, time.perf_counter() - wall)
        if verdict.failures or batch.num_rows != _ROWS:
            raise SystemExit(f"needed a batch that passes, came {[f.expectation for f in verdict.failures]}")
        return verdict


def _measured(folder: Path, table: str, found: Sequence[bytes], gate: Gate) -> dict[str, Any]:
    gate.warm()
    timed, seal = _Timed(gate), Seal(bytes(32))
    sink = Committer(
        data_dir=folder,
        table=TABLES[table],
        sink="bench",
        gate=timed,
        alert=lambda *_: None,
        crash=lambda _step: None,
        seal=seal,
        release=Release(Decisions(folder), seal),
    )
    partition = Partition("rows", 0)
    batcher = Batcher(BatchPolicy(rows=_ROWS))
    batcher.start(partition, 0)
    maps = [rows.decode_map(payload) for payload in found]
    passes = []
    for number in range(_ROUNDS + 1):
        fresh = [renamed(one, number * _ROWS + place) for place, one in enumerate(maps)]
        cpu, wall = time.process_time(), time.perf_counter()
        for place, payload in enumerate(fresh):
            batcher.add(Coordinate("rows", 0, number * _ROWS + place), payload, 0.0)
        batch = batcher.take()
        if batch is None:
            raise SystemExit("needed a batch, came none")
        sink.commit(batch, lambda _offsets: None)
        passes.append((timed.spent[0], time.process_time() - cpu, timed.spent[1], time.perf_counter() - wall))
    sink.close()
    audited, *usual = passes
    return {
        "gate_share_of_cpu": round(statistics.median(gate / whole for gate, whole, _, _ in usual), 4),
        "gate_share_of_time": round(statistics.median(gate / whole for _, _, gate, whole in usual), 4),
        "gate_cpu_ms_per_batch": round(statistics.median(one[0] for one in usual) * 1e3, 1),
        "gate_cpu_us_per_row": round(statistics.median(one[0] for one in usual) / _ROWS * 1e6, 2),
        "sink_cpu_ms_per_batch": round(statistics.median(one[1] for one in usual) * 1e3, 1),
        "audited_batch_cpu_ms": round(audited[0] * 1e3, 1),
        "audited_one_in": AUDIT_EVERY,
    }


def renamed(row: dict[str, Any], number: int, *, record_id: str = "") -> bytes:
    """The same row as another one."""
    row["record_id"] = f"{record_id or format(number, 'x'):0>32}"[-32:]
    for place, source in enumerate(row["sources"]):
        source["offset"] = number * 100 + place
    return msgspec.msgpack.encode(row)


if __name__ == "__main__":
    main()
