"""Rows into points: against a plain count of the same rows, and against hostile ones."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality import measures
from quality.languages import NONE, looks_like
from quality.measures import HOUR_S, US, Point, merge
from quality.points import (
    AHEAD_S,
    BEHIND_S,
    COLUMNS,
    MOST_TOOLS,
    few_tools,
    of_quarantine,
    of_rows,
    of_sources,
    of_unread,
)
from schemas.sources.drift import Seen
from schemas.tables import TABLES

AT = 1_795_000_000 * US
YEAR_US = 365 * 86_400 * US
TOOLS = st.sampled_from(["", "code/1", "code/2", "chat/1"])
PAIRS = st.lists(
    st.fixed_dictionaries(
        {
            "label": st.sampled_from(["accepted", "edited", "rejected", "ignored"]),
            "similarity": st.floats(0, 1) | st.just(float("nan")),
            "decision_ms_bucket": st.sampled_from(["none", "<1s", "withheld"]),
            "language": st.sampled_from(["python", "de", ""]),
            "tool": TOOLS,
            "suggestion": st.text(max_size=40),
        }
    ),
    max_size=40,
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "event_time": st.sampled_from([0, 1, -1, BEHIND_S * US + 1, -AHEAD_S * US - 1, YEAR_US, -YEAR_US]).map(
                lambda before: AT - before
            ),
            "tool": TOOLS,
            "data": st.text(max_size=30) | st.just('{"text":"the name of the file is not in this list"}'),
            "findings": st.lists(
                st.fixed_dictionaries({"entity": st.sampled_from(["PERSON", "IP"]), "count": st.integers(1, 5)}),
                max_size=3,
            ),
        }
    ),
    max_size=30,
)


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    fields = [TABLES[name].schema.field(column) for column in COLUMNS[name]]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def found(points: list[Point], series: measures.Series, tool: str = "", name: str | None = None) -> Point | None:
    held = [one for one in merge(points) if one.series == series.name and one.tool == tool]
    held = [one for one in held if name is None or one.table == name]
    assert len(held) <= 1
    return held[0] if held else None


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_pairs_are_counted_as_one_would_by_hand(rows: list[dict[str, Any]]) -> None:
    points = of_rows("pairs", table("pairs", rows), AT)
    assert all(one.at_us == AT - AT % (HOUR_S * US) for one in points)
    for tool in ("", "code/1", "code/2", "chat/1"):
        own = [row for row in rows if tool in {"", row["tool"]}]
        volume = found(points, measures.VOLUME, tool)
        assert (volume.value if volume else 0) == len(own)
        if not own:
            continue
        latest, labels = found(points, measures.FRESHNESS, tool), found(points, measures.LABEL_MIX, tool)
        assert latest is not None
        assert labels is not None
        assert latest.value == AT
        assert labels.bins == Counter(row["label"] for row in own)
        match = found(points, measures.MATCH_RATE, tool)
        assert match is not None
        assert match.ratio == sum(row["label"] != "ignored" for row in own) / len(own)
        kept = [
            r["similarity"] for r in own if r["label"] in {"accepted", "edited"} and r["similarity"] == r["similarity"]
        ]
        similar = found(points, measures.SIMILARITY, tool)
        assert (similar.bins if similar else {}) == Counter(measures.SIMILARITY.bin_of(one) for one in kept)
        assert (similar.value if similar else 0) == pytest.approx(sum(kept))
        lengths = found(points, measures.TEXT_LENGTH, tool)
        assert lengths is not None
        assert lengths.value == sum(len(row["suggestion"]) for row in own)
        assert lengths.bins == Counter(measures.TEXT_LENGTH.bin_of(len(row["suggestion"])) for row in own)


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_events_are_counted_as_one_would_by_hand(rows: list[dict[str, Any]]) -> None:
    """An event time that is a year off is one late event, and nothing else moves."""
    points = of_rows("interactions", table("interactions", rows), AT)
    for tool in ("", "code/1", "chat/1"):
        own = [row for row in rows if tool in {"", row["tool"]}]
        if not own:
            continue
        late = found(points, measures.LATE_RATE, tool)
        assert late is not None
        behind = sum(AT - row["event_time"] > BEHIND_S * US for row in own)
        ahead = sum(row["event_time"] - AT > AHEAD_S * US for row in own)
        assert late.value == behind + ahead
        assert late.weight == len(own)
        assert late.bins == {name: n for name, n in (("behind", behind), ("ahead", ahead)) if n}
        findings = found(points, measures.FINDINGS, tool)
        entities: Counter[str] = Counter()
        for row in own:
            for one in row["findings"]:
                entities[one["entity"]] += one["count"]
        if findings is not None:
            assert findings.bins == entities
            assert findings.value == entities.total()
            assert findings.weight == pytest.approx(sum(len(row["data"]) for row in own) / 1_000)
    rejected = found(points, measures.REJECT_RATE)
    assert (rejected.weight if rejected else 0) == len(rows)


def test_rejects_and_events_make_one_share() -> None:
    rows = [{"reason": "late", "fate": "dropped"}] * 2 + [{"reason": "not_json", "fate": "dead_lettered"}]
    event = {"event_time": AT, "tool": "t/1", "data": "{}", "findings": []}
    points = [
        *of_rows("rejects", table("rejects", rows), AT),
        *of_rows("interactions", table("interactions", [event] * 9), AT),
    ]
    share = found(points, measures.REJECT_RATE)
    dead = found(points, measures.DEAD_LETTERS)
    assert share is not None
    assert dead is not None
    assert share.ratio == 3 / 12
    assert share.bins == {"late": 2.0, "not_json": 1.0}
    assert (dead.value, dead.bins) == (1.0, {"not_json": 1.0})


def test_quarantine_is_a_share_of_what_came() -> None:
    held = pa.table({"quarantine_reason": ["in_set:label", "in_set:label", "unique:record_id"]})
    points = [*of_quarantine("pairs", held, AT), *of_unread("pairs", 9, AT)]
    share = found(points, measures.QUARANTINE_GROWTH)
    assert share is not None
    assert share.ratio == 3 / 12
    assert share.bins == {"in_set:label": 2.0, "unique:record_id": 1.0}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_no_rows_are_no_points(name: str) -> None:
    assert of_rows(name, table(name, []), AT) == []
    assert of_unread(name, 0, AT) == []


def test_invented_tools_are_counted_together_and_none_is_lost() -> None:
    known: dict[int, set[str]] = {}
    rows = [{"tool": f"tool-{n:04}/1"} for n in range(500)]
    points = few_tools(of_rows("trajectories", table("trajectories", rows), AT), known)
    points += few_tools(of_rows("trajectories", table("trajectories", [{"tool": "later/1"}]), AT), known)
    volumes = [one for one in merge(points) if one.series == measures.VOLUME.name and one.tool]
    assert len(volumes) == MOST_TOOLS + 1
    assert sum(one.value for one in volumes) == 501
    assert not any(one.tool == "later/1" for one in volumes)


def test_what_readers_did_not_know_is_a_share_by_reader_and_version() -> None:
    seen = [
        Seen(day="2026-01-05", source="tabby", version="1", events=90, faults=10, drift={"field x": 4}),
        Seen(day="2026-01-05", source="tabby", version="2", events=100, drift={"field x": 50}),
    ]
    points = of_sources(seen, AT)
    whole, new = found(points, measures.UNKNOWN_FIELDS), found(points, measures.UNKNOWN_FIELDS, "2")
    assert whole is not None
    assert new is not None
    assert (whole.ratio, new.ratio) == (54 / 200, 0.5)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Please run the tests again, it is not clear that they pass with this change", "en"),
        ("Bitte behebe den Fehler in der Datei, die Tests sind noch nicht grün", "de"),
        ("Le fichier est dans le dossier et les tests ne sont pas bons pour nous", "fr"),
        ("El archivo no está en la carpeta y los tests que son de este módulo", "es"),
        ("Пожалуйста, исправьте ошибку в этом файле", "ru"),
        ("请修复这个文件中的错误", "zh"),
        ("このファイルのエラーを直してください", "ja"),
        ("def area(r): return 3.14 * r ** 2", NONE),
        ("", NONE),
        ("\x00\ufffd\U0001f600" * 50, NONE),
    ],
)
def test_a_language_is_told_by_script_or_small_words(text: str, language: str) -> None:
    assert looks_like(text) == language


@settings(deadline=None)
@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert 2 <= len(looks_like(text)) <= len(NONE)
