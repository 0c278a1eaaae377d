"""Batches that pass their suite, row by row: what a test spoils, it names."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

from schemas.tables import TABLES

DAY = dt.date(2026, 1, 5)
NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)


def head(n: int) -> dict[str, Any]:
    sources = [{"topic": "redline.events", "partition": 0, "offset": n}]
    return {
        "record_id": f"{n:032x}",
        "schema_version": 1,
        "scrub_version": "1",
        "sources": sources,
        "event_date": DAY,
    }


def pair(n: int) -> dict[str, Any]:
    label = ("accepted", "edited", "rejected", "ignored")[n % 4]
    suggestion, before = f"return {n} + é", "return 0"
    return {
        **head(n),
        "revision": 0,
        "surface": "ide",
        "task": "completion",
        "label": label,
        "prompt": '[{"role":"user","content":"one\\ntwo"}]',
        "before": before,
        "suggestion": suggestion,
        "final": {"accepted": suggestion, "edited": suggestion + "!"}.get(label, before),
        "similarity": 1.0 if label == "accepted" else 0.5,
        "retention_4gram": 1.0,
        "no_revert": 0.0,
        "kept_spans": [{"start": 0, "end": len(suggestion)}] if label in {"accepted", "edited"} else [],
        "edited_spans": {
            "accepted": [],
            "edited": [{"start": len(suggestion), "end": len(suggestion) + 1}],
        }.get(label, [{"start": 0, "end": len(before)}]),
        "decision_ms_bucket": "none" if label == "ignored" else "1-5s",
        "model": "m-1",
        "language": "python",
        "tool": "ide/1",
        "key_epoch": 0,
        "licence": ("permissive", "unknown", None)[n % 3],
        "edit_kind": {"accepted": "none", "edited": "polished"}.get(label),
        "words": {"kept": 4, "inserted": n % 2, "deleted": 0},
        "segments": {"kept": 0, "inserted": 1, "deleted": 1, "moved": n % 2},
        "kept_segments": [],
        "edited_segments": [{"start": 0, "end": len(before)}],
        "identifier_match": 1.0,
        "edit_rate": None,
    }


def interaction(n: int) -> dict[str, Any]:
    return {
        **head(n),
        "event_type": "redline.edit.v1",
        "event_time": NOON,
        "surface": "doc",
        "tool": "",
        "session_key": "a" * 32,
        "interaction_key": None,
        "thread_key": None,
        "document_key": None,
        "data": '{"text":"a\\nb"}',
        "findings": [{"entity": "PERSON", "count": 2}] * (n % 3),
        "marks": [
            {"words": "0123456789abcdef " * (n % 2) + "0" * 16, "surrogate": "kelokvan", "how": "any", "subject": False}
        ]
        * (n % 3),
        "subject_mark": None,
        "variants": [{"key_epoch": 1, "tool": "", "data": '{"text":"c"}', "marks": []}],
        "key_epoch": 2,
        "consent_version": "1",
    }


def trajectory(n: int) -> dict[str, Any]:
    def step(i: int) -> dict[str, Any]:
        texts = {"content": "do", "tool_name": "sh", "arguments": '{"a":1}', "outcome": "ok"}
        return {"index": i, "role": "assistant", "kind": "tool_call", **texts}

    return {
        **head(n),
        "revision": 0,
        "surface": "agent",
        "tool": "agent/2",
        "closed_by": "ended",
        "steps": [step(i) for i in range(1 + n % 4)],
        "key_epoch": 0,
    }


def revision(n: int) -> dict[str, Any]:
    before, more = f"one é {n}", " and two"
    return {
        **head(n),
        "surface": "doc",
        "before": before,
        "after": before + more,
        "similarity": 0.7,
        "retention_4gram": 1.0,
        "kept_spans": [{"start": 0, "end": len(before)}],
        "inserted_spans": [{"start": len(before), "end": len(before + more)}],
        "language": "",
        "tool": "docs/1",
        "key_epoch": 0,
    }


def collaboration(n: int) -> dict[str, Any]:
    counts = ("people", "messages", "threads", "channels", "agent_messages")
    turns = ("person_to_person", "person_to_agent", "agent_to_person")
    sizes = ("length_p50", "length_p90", "depth_p50", "depth_p90", "breadth_p90")
    return {
        **head(n),
        "sources": [],
        "unit": "all",
        "window": "hour" if n % 4 else "day",
        "hour": n if n % 4 else None,
        **dict.fromkeys((*counts, *turns), 10 * n),
        "reply_p50": "<1m",
        "reply_p90": "few",
        **dict.fromkeys(sizes, "1"),
    }


def reject(n: int) -> dict[str, Any]:
    rest = {"reason": "wrong_type", "path": "$.data.text", "expected": "str", "event_type": ""}
    return {**head(n), "stage": "scrub", "fate": "dead_lettered", **rest}


def subject(n: int) -> dict[str, Any]:
    return {**head(n), "pseudonym": "b" * 32, "key_epoch": 0}


ROWS = {
    "pairs": pair,
    "interactions": interaction,
    "trajectories": trajectory,
    "revisions": revision,
    "collaboration": collaboration,
    "rejects": reject,
    "subjects": subject,
}


def good(table: str, rows: int = 12) -> list[dict[str, Any]]:
    return [ROWS[table](n) for n in range(rows)]


def arrow(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=TABLES[table].schema)
