"""Rows of `pairs` and `trajectories` that a trainer can learn something from, and their export as files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from rapidfuzz.distance import Indel

from schemas.tables import STEP
from sinks.export.example import Options
from sinks.export.formats import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

SPANS = pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64())]))
NAMES = ["invoice", "parser", "budget", "naïve 😀 café", "release", "search"]


def pair(number: int) -> dict[str, Any]:
    """A person who makes long proposals short, and polite ones plain."""
    name = NAMES[number % len(NAMES)]
    suggestion = f"I am very happy to tell you that the {name} number {number} is certainly done!"
    final = f"The {name} number {number} is done."
    label = ("edited", "rejected", "accepted")[number % 3]
    if label == "accepted":
        suggestion = final
    kept, edited = _aligned(suggestion, final)
    return {
        "label": label,
        "task": "reply",
        "prompt": json.dumps([{"role": "user", "content": f"What of the {name}?"}]),
        "before": f"draft {number}" if number % 2 else "",
        "suggestion": suggestion,
        "final": final,
        "retention_4gram": 0.3,
        "kept_spans": kept,
        "edited_spans": edited,
    }


def _aligned(suggestion: str, final: str) -> tuple[list[dict[str, int]], list[dict[str, int]]]:
    codes = Indel.opcodes(suggestion, final)
    kept = [{"start": c.src_start, "end": c.src_end} for c in codes if c.tag == "equal"]
    return kept, [{"start": c.dest_start, "end": c.dest_end} for c in codes if c.tag == "insert"]


def session(number: int) -> list[dict[str, Any]]:
    """A question, a call whose arguments differ from session to session, its answer, a report."""
    arguments = {"path": f"f{number}.py"} if number % 2 else {"query": "x", "limit": number}
    steps: list[dict[str, Any]] = [
        {"role": "user", "kind": "message", "content": f"Look at number {number}."},
        {"role": "assistant", "kind": "tool_call", "tool_name": "read", "arguments": json.dumps(arguments)},
        {"role": "tool", "kind": "tool_result", "tool_name": "read", "content": f"it says {number}"},
        {"role": "assistant", "kind": "message", "content": f"It is number {number}."},
    ]
    blank = {"content": "", "tool_name": "", "arguments": "", "outcome": ""}
    return [{**blank, **step, "index": index} for index, step in enumerate(steps)]


def batch(name: str, count: int) -> pa.Table:
    """Rows of the table that this format reads."""
    if FORMATS[name].table == "trajectories":
        return pa.table({"steps": pa.array([session(number) for number in range(count)], pa.list_(STEP))})
    rows = [pair(number) for number in range(count)]
    kinds = {"kept_spans": SPANS, "edited_spans": SPANS}
    return pa.table({column: pa.array([row[column] for row in rows], kinds.get(column)) for column in rows[0]})


def examples(name: str, count: int = 48, **chosen: Any) -> list[dict[str, Any]]:
    """Examples of this format."""
    found = FORMATS[name].rows(batch(name, count), Options(**chosen))
    return [example for outcome in found if not isinstance(outcome, str) for example in outcome]


def exported(folder: Path, name: str, form: str = "jsonl", count: int = 48, **chosen: Any) -> Path:
    """The examples as a file, and beside it what the trainer wants."""
    made = examples(name, count, form=form, **chosen)
    path = folder / f"train.{form}"
    if form == "parquet":
        schema = FORMATS[name].schema(Options(**chosen))
        pq.write_table(pa.Table.from_pylist(made, schema=schema), path)
    else:
        path.write_bytes(b"".join(msgspec.json.encode(example) + b"\n" for example in made))
    for beside, content in FORMATS[name].extra_files({"train": [path.name]}).items():
        (folder / beside).write_bytes(content)
    return path
