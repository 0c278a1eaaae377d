"""The tables of a made-up company: pairs with texts of some 500 bytes, and the events and people behind them."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from redline.settings import Settings
from schemas.tables import INTERACTIONS, PAIRS, SUBJECTS
from sinks.delta import TableLog
from sinks.layout import Layout
from sinks.parquet import DataFile
from streams.keyed import derived_id

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.tables import Table

ROWS_PER_FILE = 250_000
PAIRS_PER_SESSION, SESSIONS_PER_PERSON, PER_DOCUMENT = 10, 30, 40
DAYS, SURFACES = 20, ("ide", "doc", "chat", "terminal")
_FIRST = dt.date(2026, 1, 1)
_WORDS, _FRAGMENTS = 20_000, 200_000
_LABELS = np.array(["accepted", "edited", "edited", "rejected", "ignored"])


def make(folder: Path, rows: int) -> Settings:
    """Write pairs, interactions (two events for each pair) and subjects; returns settings for them."""
    draw = np.random.default_rng(20)
    fragments = _fragments(draw)
    state = folder / "state"
    state.mkdir(parents=True)
    keys = state / "keys.json"
    keys.write_text(f'{{"identity":"{"69" * 32}","surrogate":"{"69" * 32}"}}')
    keys.chmod(0o600)
    logs = {
        table.name: TableLog(Layout(folder).dataset(table.name), table) for table in (PAIRS, INTERACTIONS, SUBJECTS)
    }
    for start in range(0, rows, ROWS_PER_FILE):
        numbers = np.arange(start, min(start + ROWS_PER_FILE, rows))
        day = _FIRST + dt.timedelta(days=start // ROWS_PER_FILE % DAYS)
        surface = SURFACES[start // ROWS_PER_FILE % len(SURFACES)]
        events = [[_hash(f"e{n}-{part}") for n in numbers.tolist()] for part in range(2)]
        people = pa.array([f"person{n // (PAIRS_PER_SESSION * SESSIONS_PER_PERSON)}" for n in numbers.tolist()])
        where = {"event_date": day.isoformat(), "surface": surface}
        _add(folder, logs, PAIRS, where, _pairs(draw, fragments, numbers))
        for part, ids in enumerate(events):
            _add(folder, logs, INTERACTIONS, where, _interactions(numbers, ids, part))
            _add(folder, logs, SUBJECTS, where, {"record_id": pa.array(ids), "pseudonym": people})
    return Settings(data=str(folder))


def _pairs(draw: np.random.Generator, fragments: pa.Array, numbers: np.ndarray) -> dict[str, Any]:
    count = len(numbers)

    def text(parts: int) -> pa.Array:
        return pc.binary_join_element_wise(
            *[fragments.take(pa.array(draw.integers(0, _FRAGMENTS, count))) for _ in range(parts)], " "
        )

    label = _LABELS[draw.integers(0, len(_LABELS), count)]
    begin, end, other = text(2), text(1), text(1)
    suggestion = pc.binary_join_element_wise(begin, end, " ")
    edited = pc.binary_join_element_wise(begin, other, " ")
    final = pc.if_else(pa.array(label == "accepted"), suggestion, edited)
    final = pc.if_else(pa.array(np.isin(label, ["rejected", "ignored"])), "", final)
    prompt = pc.binary_join_element_wise('[{"role":"user","content":"', text(2), '"}]', "")
    return {
        "record_id": pa.array([derived_id("pair", f"i{n}".encode()) for n in numbers.tolist()]),
        "scrub_version": pa.repeat("1", count),
        "label": pa.array(label),
        "prompt": prompt,
        "suggestion": suggestion,
        "final": final,
        "similarity": pa.array(draw.random(count).round(3)),
        "retention_4gram": pa.array(draw.random(count).round(3)),
        "task": pa.repeat("completion", count),
        "language": pa.array(np.array(["python", "go", "sql", "other"])[draw.integers(0, 4, count)]),
        "model": pa.repeat("m", count),
        "tool": pa.repeat("t", count),
    }


def _interactions(numbers: np.ndarray, ids: list[str], part: int) -> dict[str, Any]:
    listed = numbers.tolist()
    session = [n // PAIRS_PER_SESSION for n in listed]
    # One event in ten is about a document, which two people have.
    document = [f"d{n // PER_DOCUMENT // 150}-{n % 3}" if n % 10 == 0 else None for n in listed]
    return {
        "record_id": pa.array(ids),
        "event_type": pa.repeat(("redline.suggestion.v1", "redline.edit.v1")[part], len(listed)),
        "session_key": pa.array([f"session{s}" for s in session]),
        "interaction_key": pa.array([f"i{n}" for n in listed]),
        "document_key": pa.array(document, pa.string()),
    }


def _add(folder: Path, logs: dict[str, TableLog], table: Table, where: dict[str, str], columns: dict[str, Any]) -> None:
    count = len(columns["record_id"])
    inside = [field for field in table.stored if field.name not in table.partition_by]
    rows = pa.table(
        [columns[f.name].cast(f.type) if f.name in columns else _empty(f.type, count) for f in inside],
        names=[f.name for f in inside],
    )
    partition = {name: where[name] for name in table.partition_by}
    name = "/".join(
        [*(f"{key}={value}" for key, value in partition.items()), f"{_hash(columns['record_id'][0].as_py())}.parquet"]
    )
    path = Layout(folder).dataset(table.name) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path, compression="zstd")
    log = logs[table.name]
    log.commit(adds=[DataFile(name, path.stat().st_size, count, partition)], removes={}, offsets={}, note={})


def _empty(kind: pa.DataType, count: int) -> pa.Array:
    """What a column says that nobody asks for."""
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(pa.array(np.zeros(count + 1, np.int32)), pa.array([], kind.value_type)).cast(
            kind
        )
    if pa.types.is_string(kind):
        return pa.repeat("", count)
    if pa.types.is_binary(kind) or pa.types.is_struct(kind):
        return pa.nulls(count, kind)
    return pa.array(np.zeros(count, np.int64)).cast(kind)


def _fragments(draw: np.random.Generator) -> pa.Array:
    """Runs of some twelve words."""
    words = np.array([_hash(f"w{i}")[: 3 + i % 7] for i in range(_WORDS)])
    picked = words[draw.integers(0, _WORDS, (_FRAGMENTS, 12))]
    return pa.array([" ".join(row) for row in picked.tolist()])


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
