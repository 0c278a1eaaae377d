"""Rows into points into monitors: faults in generated tables, without Kafka. `bench.quality.faults` has a broker."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from quality.measures import HOUR_S, US, Point, merge
from quality.monitors import evaluate
from quality.points import of_rows
from schemas.tables import TABLES

HOUR = HOUR_S * US
DAY = 24 * HOUR
START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) * US
BEGIN = START + 8 * DAY + 10 * HOUR
END = BEGIN + 3 * HOUR
ENGLISH = "please check the table of open orders again and do not book the sum before the weekend"
GERMAN = "bitte die Tabelle der offenen Bestellungen noch einmal prüfen und die Summe nicht vor dem Wochenende buchen"
FAULTY = "plugin/2.1"


def hour_of(at_us: int, fault: str, rng: Random) -> list[Point]:
    """Points of one hour of three tools. The fault, if it has begun, is the plug-in's."""
    found: list[Point] = []
    for tool, rows in ((FAULTY, 60), ("chat/5", 90), ("mail/3", 30)):
        begun = at_us >= BEGIN and tool == FAULTY
        count = round(rows * rng.uniform(0.8, 1.2)) if 8 * HOUR <= at_us % DAY < 18 * HOUR else 0
        if begun and fault == "stops":
            count = 0
        interactions, pairs, reasons = [], [], ["no_consent"] * (count // 20)
        for _ in range(count):
            if begun and fault == "changes a type" and rng.random() < 0.8:
                reasons.append("wrong_type")
                continue
            text = GERMAN if begun and fault == "another language" else ENGLISH
            behind = DAY if begun and fault == "clock off by a day" else 0
            found_here = [{"entity": "PERSON", "count": 1}] if rng.random() < 0.3 else []
            interactions.append(
                {"event_time": at_us - behind, "tool": tool, "data": json.dumps({"text": text}), "findings": found_here}
            )
            if rng.random() < 0.5:
                label = rng.choices(("accepted", "edited", "rejected", "ignored"), (30, 40, 20, 10))[0]
                pairs.append(_pair(tool, "accepted" if begun and fault == "accepts everything" else label, text))
        for table, held in (
            ("interactions", interactions),
            ("pairs", pairs),
            ("rejects", [{"reason": reason, "fate": "dead_lettered"} for reason in reasons]),
        ):
            found += of_rows(table, _table(table, held), at_us + HOUR - US)
    return found


def _pair(tool: str, label: str, text: str) -> dict[str, Any]:
    return {
        "label": label,
        "similarity": 0.7 if label == "edited" else 1.0,
        "decision_ms_bucket": "1-5s",
        "language": "english" if text == ENGLISH else "german",
        "tool": tool,
        "suggestion": text,
    }


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = TABLES[name].schema
    return pa.Table.from_pylist(rows, schema=pa.schema([schema.field(column) for column in rows[0]] if rows else []))


@pytest.fixture(scope="module")
def history() -> list[Point]:
    rng = Random(5)  # noqa: S311 - repeatable
    return merge(point for at in range(START, BEGIN, HOUR) for point in hour_of(at, "", rng))


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ("", set()),
        ("stops", {"silence"}),
        ("changes a type", {"rejects"}),
        ("another language", {"language_mix", "text_language"}),
        ("accepts everything", {"label_mix"}),
        ("clock off by a day", {"late_events"}),
    ],
)
def test_each_fault_is_told_by_the_check_that_is_for_it(fault: str, kinds: set[str], history: list[Point]) -> None:
    rng = Random(7)  # noqa: S311 - repeatable
    since = [point for at in range(BEGIN, END, HOUR) for point in hour_of(at, fault, rng)]
    found = evaluate(merge([*history, *since]), END)
    assert kinds <= {one.kind for one in found}, found
    assert bool(found) == bool(fault)
    assert {one.tool for one in found if one.kind in kinds - {"rejects"}} <= {"plugin"}
