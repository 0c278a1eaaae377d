"""The company through the real pipeline, and what is known of its rows: to the attacker, and to the judge.

The attacker reads the data files of published tables and their Delta log, nothing else. The judge (`Row.worker`) knows
whose interaction each row is: its record id is made from the interaction's id and the key of the data folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from redline.keys import keys_of
from redline.published import seal_of
from redline.settings import Settings
from schemas import codec
from schemas.tables import PAIRS, TRAJECTORIES
from sinks import reader
from sinks.decisions import COLUMNS, NEVER, OTHER, TAKEN, TIME
from streams.identity import keyed_id
from streams.keyed import derived_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.privacy.company import Planned
    from sinks.decisions import Columns

_ROOT = Path(__file__).parents[2]
# Small commits, as a stream has them: what is in one file came in at one time. Everything that can be told is: what
# `cells` and `coarse` leave out is left out by `told`, so that one run shows all three.
_STREAM = {
    "REDLINE_WORKER_SCRUB_PROCESSES": "1",
    "REDLINE_SINK_ROWS": "100",
    "REDLINE_PRIVACY_COLUMNS": "full",
    "REDLINE_PRIVACY_ACCEPT_WEAKER": "privacy.columns",
}


@dataclass(slots=True)
class Row:
    """One published row as its file has it, and where it stands. `worker` and `period` are the judge's."""

    worker: int
    period: int
    values: dict[str, Any] = field(repr=False)
    file: int
    place: int
    of: int
    version: int
    committed_ms: int
    raw: dict[str, Any] = field(repr=False)
    """What an unsealed layout shows of it: coordinates, order of arrival, model, language and tool as they came."""


def run(planned: Sequence[Planned], data: Path) -> None:
    """`redline run` over these events, everybody having agreed.

    Raises:
        subprocess.CalledProcessError: the run was not complete.
    """
    data.mkdir(parents=True, exist_ok=True)
    events, people = data.with_suffix(".jsonl"), data.with_suffix(".people")
    with events.open("wb") as file:
        for one in planned:
            file.write((codec.encode_structured(one.event).value or b"") + b"\n")
    people.write_text("".join(f"{name}\n" for name in sorted({str(one.event.subject) for one in planned})), "utf-8")
    command = [sys.executable, "-m", "redline", "run", str(events), "--out", str(data), "--consent-file", str(people)]
    subprocess.run(command, check=True, cwd=_ROOT, env=os.environ | _STREAM)


def published(data: Path, planned: Sequence[Planned]) -> list[Row]:
    """Every row of `pairs`, with its truth."""
    identity = keys_of(Settings(data=str(data))).identity
    owners: dict[str, tuple[int, int]] = {}
    for one in planned:
        if (interaction := getattr(one.event.data, "interaction_id", None)) is not None:
            owners[_pair_id(keyed_id(identity, "interaction", interaction))] = one.worker, one.period
    raw = _unsealed(data)
    commits = _commits(data)
    rows = []
    for number, name in enumerate(sorted(reader.files(data, "pairs"))):
        path = Path(name)
        folders = dict(part.split("=", 1) for part in path.parts if "=" in part)
        version, at_ms = commits[path.name]
        values = pq.ParquetFile(path).read().to_pylist()
        for place, row in enumerate(values):
            worker, period = owners[row["record_id"]]
            shown = {**row, **{column: folders[column] for column in PAIRS.partition_by if column in folders}}
            rows.append(Row(worker, period, shown, number, place, len(values), version, at_ms, raw[row["record_id"]]))
    return rows


def told(rows: Sequence[Row], columns: Columns) -> list[Row]:
    """The rows as another `privacy.columns` publishes them."""
    left = [replace(row, values=row.values | _left_out(row.values, columns)) for row in rows]
    return _one_file_a_day(left) if columns == "coarse" else left


def _one_file_a_day(rows: Sequence[Row]) -> list[Row]:
    """Where rows stand if their surface is not told: no folder divides the rows of a day. Rows stand by their ids."""
    days: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: str(row.values["record_id"])):
        days.setdefault(str(row.values["event_date"]), []).append(row)
    return [
        replace(row, file=number, place=place, of=len(part))
        for number, part in enumerate(days.values())
        for place, row in enumerate(part)
    ]


def _left_out(values: dict[str, Any], columns: Columns) -> dict[str, Any]:
    if columns == "full":
        return {}
    time = {TIME: NEVER if values[TIME] == NEVER else TAKEN} if TIME in values else {}
    cell = dict.fromkeys(COLUMNS, OTHER) if columns == "coarse" else {}
    return {name: value for name, value in (cell | time).items() if name in values}


def sessions(data: Path, planned: Sequence[Planned]) -> list[Row]:
    """Every row of `trajectories`, with its truth. Where it stands is not looked at."""
    identity = keys_of(Settings(data=str(data))).identity
    owners: dict[str, tuple[int, int]] = {}
    for one in planned:
        key = keyed_id(identity, "session", one.event.data.session_id)
        owners[derived_id("trajectory", key.encode())] = one.worker, one.period
    rows = reader.read(data, "trajectories", list(TRAJECTORIES.schema.names), seal=seal_of(Settings(data=str(data))))
    return [Row(*owners[row["record_id"]], row, 0, 0, 1, 0, 0, {}) for row in rows.to_pylist()]


def _pair_id(interaction_key: str) -> str:
    return derived_id("pair", interaction_key.encode())


def _unsealed(data: Path) -> dict[str, dict[str, Any]]:
    """By pair: the coordinates of its first event, and its metadata as it came. From a restricted table."""
    columns = ["interaction_key", "sources", "event_type", "data", "tool", "surface"]
    found: dict[str, dict[str, Any]] = {}
    for row in reader.read(data, "interactions", columns).to_pylist():
        if row["interaction_key"] is None or not row["event_type"].endswith("suggestion.v1"):
            continue
        suggestion = json.loads(row["data"])
        found[_pair_id(row["interaction_key"])] = {
            "partition": row["sources"][0]["partition"],
            "offset": row["sources"][0]["offset"],
            "tool": row["tool"],
            "surface": row["surface"],
            "model": suggestion["model"],
            "language": suggestion["language"],
            "task": suggestion["task"],
        }
    return found


def _commits(data: Path) -> dict[str, tuple[int, int]]:
    """Delta version and commit time by file name, as the table's own log says them."""
    found: dict[str, tuple[int, int]] = {}
    for path in sorted((data / "dataset" / "pairs" / "_delta_log").glob("*.json")):
        actions = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        at_ms = next((int(a["commitInfo"].get("timestamp", 0)) for a in actions if "commitInfo" in a), 0)
        for action in actions:
            if "add" in action:
                found[Path(action["add"]["path"]).name] = (
                    int(path.stem),
                    at_ms or int(action["add"]["modificationTime"]),
                )
    return found
