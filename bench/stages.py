"""One stage at a time on one core, in process: what a worker and a sink spend per event. Medians of several passes."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from bench import record
from quality.gate import Gate
from redline.company import Company
from schemas import rows, topics
from schemas.codec import decode
from schemas.errors import DecodeError
from schemas.records import Coordinate, Record
from schemas.tables import TABLES
from sinks.arrow import to_table
from streams.epochs import Keys
from streams.join import Join
from streams.marks import Hashes
from streams.privacy.engine import Engine
from streams.scrub import Job, scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from schemas.events import Event

_PASSES = 3
_EVENTS = 4_000
_KEYS = Keys(identity=b"i" * 32, surrogate=b"s" * 32, epoch=1)


def _timed(work: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(_PASSES):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def main() -> None:
    """Measure decode, scrub, join and gate; write the result."""
    raw = [
        Record(Coordinate(topics.EVENTS, 0, i), o.key, o.value, o.headers)
        for i, o in enumerate(Company(3, _EVENTS, 1_767_600_000_000_000))
    ]
    decoded: list[tuple[Record, Event]] = []
    for one in raw:
        try:
            decoded.append((one, decode(one)))
        except DecodeError:
            continue
    jobs = [Job(event, one.coordinate, "bench") for one, event in decoded]
    characters = sum(len(one.value or b"") for one, _ in decoded)
    start = time.process_time()
    engine = Engine()
    loading = time.process_time() - start
    start = time.process_time()
    scrubbed = [scrub(job, engine.analyze, _KEYS) for job in jobs]
    cold = time.process_time() - start
    interactions = [rows.decode_interaction(s.interaction) for s in scrubbed]
    batch = _pairs(interactions)
    gate = Gate(TABLES["pairs"])
    gate(batch)
    record.write(
        "stages",
        {
            "events": len(decoded),
            "decode_us": round(_timed(lambda: [_decode(one) for one in raw]) / len(raw) * 1e6, 1),
            "engine_load_s": round(loading, 2),
            "scrub_ms_first_pass": round(cold / len(jobs) * 1e3, 3),
            "scrub_kb_per_s_first_pass": round(characters / 1000 / cold),
            "join_us": round(_timed(lambda: _join(interactions)) / len(interactions) * 1e6, 1),
            "pairs_in_gate_batch": batch.num_rows,
            "gate_ms_per_batch": round(_timed(lambda: gate(batch)) * 1e3, 1),
        },
    )


def _decode(one: Record) -> None:
    try:
        decode(one)
    except DecodeError:
        return


def _join(interactions: list[rows.Interaction]) -> list[rows.AnyRow]:
    logic = Join(Hashes(_KEYS.identity))
    headers: dict[bytes, bytes] = {}
    members: dict[bytes, list[rows.Interaction]] = {}
    for row in interactions:
        key = logic.key_of(row)
        if key is not None:
            answer = logic.admit(key, headers.get(key), row, known=False)
            if answer.header is not None:
                headers[key] = answer.header
                members.setdefault(key, []).append(row)
    return [
        emit.row
        for key, header in headers.items()
        for emit in logic.settle(key, header, members[key], final=True).emits
    ]


def _pairs(interactions: list[rows.Interaction]) -> pa.Table:
    made = [row for row in _join(interactions) if isinstance(row, rows.Pair)]
    unique = {row.record_id: row for row in made}
    return to_table([rows.decode_map(rows.encode(row)) for row in unique.values()], TABLES["pairs"])


if __name__ == "__main__":
    main()
