"""Rows of the vocabulary for tests of sinks: small, deterministic, with a known place in Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from schemas.records import Coordinate, Partition
from schemas.rows import Interaction, Pair, Source, Subject, encode
from schemas.topics import EVENTS
from schemas.verdict import Failure, Severity, Verdict
from sinks import store
from sinks.batch import Batch, Range
from sinks.seal import Seal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from schemas.events import Event
    from sinks.places import Place

TOPIC = "rows"
SEAL = Seal(bytes(range(32)))
DATES = ("2026-01-05", "2026-01-06")
SURFACES = ("ide", "doc", "chat")


def pair(number: int, *, revision: int = 0, final: str = "kept", date: str | None = None) -> Pair:
    return Pair(
        record_id=f"{number:032x}",
        scrub_version="1",
        sources=[Source(EVENTS, 0, number)],
        event_date=date or DATES[number % len(DATES)],
        revision=revision,
        surface=SURFACES[number % len(SURFACES)],
        task="completion",
        label="edited",
        prompt="[]",
        before="",
        suggestion="proposed",
        final=final,
        similarity=0.5,
        retention_4gram=0.5,
        no_revert=1.0,
        kept_spans=[],
        edited_spans=[],
        decision_ms_bucket="none",
        model="m",
        language="en",
        tool="t/1",
        key_epoch=1,
    )


def subject(number: int, *, source: int | None = None) -> Subject:
    return Subject(
        record_id=f"{number:032x}",
        scrub_version="1",
        sources=[Source(EVENTS, 0, number if source is None else source)],
        event_date=DATES[number % len(DATES)],
        pseudonym="p",
        key_epoch=1,
    )


def interaction(number: int, text: str = "x") -> Interaction:
    return Interaction(
        record_id=f"{number:032x}",
        scrub_version="1",
        sources=[Source(EVENTS, number % 4, number)],
        event_date=DATES[number % len(DATES)],
        event_type="redline.edit.v1",
        event_time=1_767_600_000_000_000 + number,
        surface=SURFACES[number % len(SURFACES)],
        tool="t/1",
        session_key="s",
        interaction_key=f"i{number // 3}",
        data=f'{{"text":"{text}"}}',
        findings=[],
        key_epoch=1,
        consent_version="v",
    )


def of_event(event: Event, number: int, *, after_us: int = 0) -> Interaction:
    """An event as if it had been scrubbed and nothing found; its time is moved by `after_us`."""
    return Interaction(
        record_id=f"{number:032x}",
        scrub_version="0",
        sources=[Source(EVENTS, 0, number)],
        event_date=DATES[0],
        event_type=event.type,
        event_time=event.time_us + after_us,
        surface=event.data.surface,
        tool=event.data.tool,
        session_key=event.data.session_id,
        interaction_key=getattr(event.data, "interaction_id", None),
        data=msgspec.json.encode(event.data).decode(),
        key_epoch=1,
        consent_version="1",
    )


def batch(rows: Sequence[Any], *, start: int = 0, partition: int = 0, end: int | None = None) -> Batch:
    """A batch of one partition whose rows stand at consecutive offsets from `start`."""
    coordinates = tuple(Coordinate(TOPIC, partition, start + i) for i in range(len(rows)))
    payloads = tuple(row if isinstance(row, bytes) else encode(row) for row in rows)
    return Batch({Partition(TOPIC, partition): Range(start, end or start + len(rows))}, coordinates, payloads)


def passing(rows: pa.Table) -> Verdict:
    return Verdict("any", rows.num_rows, 1)


def failing(column: str, values: set[Any], severity: Severity = Severity.ERROR, *, named: bool = True) -> Any:
    """A gate that fails the rows whose column holds one of the values."""

    def gate(rows: pa.Table) -> Verdict:
        bad = tuple(i for i, value in enumerate(rows.column(column).to_pylist()) if value in values)
        if not bad:
            return Verdict("any", rows.num_rows, 1)
        return Verdict("any", rows.num_rows, 1, (Failure("not_in_set", column, severity, bad if named else ()),))

    return gate


def plain_ids(root: Place) -> list[str]:
    """record_ids as any reader of the plain folders sees them."""
    files = [store.parquet(root / path) for path in store.parquet_files(root)]
    return sorted(i for file in files for i in file.read(["record_id"]).column(0).to_pylist())


def ids(numbers: Sequence[int] | range) -> list[str]:
    return sorted(f"{number:032x}" for number in numbers)


def no_alert(_kind: str, _table: str, _detail: Mapping[str, Any]) -> None:
    """Nobody to tell."""
