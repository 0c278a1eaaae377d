"""Books made from Arrow tables."""

from __future__ import annotations

import pyarrow as pa

from quality.books import Cause, of_tables
from quality.ledger import Fate, reconcile
from schemas.records import Partition
from schemas.tables import SOURCE

A, B = Partition("redline.events", 0), Partition("otlp_logs", 2)


def table(rows: list[tuple[list[tuple[Partition, int]], dict[str, str]]]) -> pa.Table:
    sources = [[{"topic": p.topic, "partition": p.index, "offset": o} for p, o in places] for places, _ in rows]
    columns = {"sources": pa.array(sources, pa.list_(SOURCE))}
    for name in rows[0][1] if rows else ():
        columns[name] = pa.array([extra[name] for _, extra in rows])
    return pa.table(columns)


def interaction(part: Partition, offset: int, event_type: str) -> tuple[list[tuple[Partition, int]], dict[str, str]]:
    return [(part, offset)], {"event_type": event_type}


def reject(part: Partition, offset: int, *cause: str) -> tuple[list[tuple[Partition, int]], dict[str, str]]:
    return [(part, offset)], dict(zip(Cause._fields, cause, strict=True))


INTERACTIONS = table(
    [
        interaction(A, 0, "redline.suggestion.v1"),
        interaction(A, 1, "redline.edit.v1"),
        interaction(A, 3, "redline.message.v1"),
        interaction(B, 9, "redline.step.v1"),
        interaction(A, 4, "redline.edit.v1"),
    ]
)
REJECTS = table([reject(A, 2, "scrub", "dead_lettered", "not_json"), reject(A, 4, "join", "dropped", "late")])
PAIRS = table([([(A, 0), (A, 1)], {})])
TRAJECTORIES = table([([(B, 9)], {})])
ALL = {"interactions": INTERACTIONS, "rejects": REJECTS, "pairs": PAIRS, "trajectories": TRAJECTORIES}


def test_tables_that_account_for_every_offset_balance() -> None:
    balance = reconcile(of_tables({A: (0, 5), B: (9, 10)}, ALL))
    assert balance.balanced
    assert balance.fates == {
        Fate("dead_lettered", "not_json"): 1,
        Fate("dropped", "late"): 1,
        Fate("joined", "pairs"): 2,
        Fate("joined", "trajectories"): 1,
        Fate("published", "interactions"): 1,
    }


def test_a_pair_row_that_is_gone_leaves_its_sources_missing() -> None:
    balance = reconcile(of_tables({A: (0, 5), B: (9, 10)}, ALL | {"pairs": PAIRS.slice(0, 0)}))
    assert balance.missing == 2
    assert {p.where for p in balance.problems} == {"pairs"}


def test_a_pair_row_in_quarantine_is_accounted_for() -> None:
    books = of_tables({A: (0, 5), B: (9, 10)}, ALL | {"pairs": PAIRS.slice(0, 0)}, quarantine={"pairs": PAIRS})
    assert reconcile(books).fates[Fate("quarantined", "pairs")] == 2


def test_rows_of_a_partition_that_kafka_does_not_know_are_conflicts() -> None:
    assert reconcile(of_tables({A: (0, 5)}, ALL)).conflicting == 1


def test_no_tables_at_all_leave_everything_missing() -> None:
    assert reconcile(of_tables({A: (0, 3)}, {})).missing == 3
