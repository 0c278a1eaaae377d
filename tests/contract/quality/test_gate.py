"""The gate with the real Great Expectations: one good batch of every table, then one fault at a time."""

from __future__ import annotations

import copy
import datetime as dt
import gc
import logging
import warnings
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from support.batches import DAY, NOON, arrow, good, head

from quality.facts import Facts
from quality.gate import Gate, _engine
from quality.suites import SUITES
from schemas.evolution import later
from schemas.tables import AUDIT, QUALITY_HISTORY, TABLES
from schemas.verdict import Severity


@pytest.fixture(scope="session")
def gates() -> dict[str, Gate]:
    return {name: Gate(table) for name, table in TABLES.items()}


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_good_batch_passes_the_screen_and_the_whole_suite(gates: dict[str, Gate], table: str) -> None:
    batch = arrow(table, good(table))
    whole = Gate(TABLES[table], audit_every=1)
    for gate in (gates[table], gates[table], whole):
        verdict = gate(batch)
        assert verdict.failures == ()
        assert (verdict.table, verdict.rows, verdict.expectations) == (table, 12, len(SUITES[table]))


GERMAN = "Wir haben die Rechnung erhalten und werden sie nicht bezahlen, weil sie nicht zu dem Vertrag passt."


def accepted(text: str) -> dict[str, Any]:
    return {"suggestion": text, "final": text, "kept_spans": [{"start": 0, "end": len(text)}]}


# Table, row, what is wrong with it, the expectation that must say so; all rows that it must name, if not that one.
LINKED = "steps_point_to_steps_of_their_row"
LONG_STEP, LONG_VARIANT = "steps_are_not_unusually_long", "variants_fit"
FAULTS: list[tuple[str, int, dict[str, Any], str]] = [
    ("pairs", 3, {"record_id": "xyz"}, "record_id_is_32_hex_digits"),
    ("pairs", 3, {"record_id": "0" * 31 + "3\n"}, "record_id_is_32_hex_digits"),
    ("pairs", 3, {"sources": []}, "sources_are_present"),
    ("pairs", 3, {"sources": [{"topic": "", "partition": 0, "offset": 1}]}, "sources_are_coordinates"),
    ("pairs", 3, {"sources": [{"topic": "t", "partition": 0, "offset": -1}]}, "sources_are_coordinates"),
    ("pairs", 3, {"schema_version": 99}, "schema_version_in_range"),
    ("pairs", 3, {"scrub_version": ""}, "scrub_version_fits"),
    ("pairs", 3, {"event_date": dt.date(1970, 1, 1)}, "event_date_is_after_2000_01_01"),
    ("pairs", 3, {"label": "maybe"}, "label_is_known"),
    ("pairs", 3, {"surface": "fax"}, "surface_is_known"),
    ("pairs", 3, {"task": ""}, "task_is_known"),
    ("pairs", 3, {"prompt": "hello"}, "prompt_is_a_json_list"),
    ("pairs", 3, {"similarity": 1.01}, "similarity_in_range"),
    ("pairs", 3, {"similarity": float("nan")}, "similarity_is_a_number"),
    ("pairs", 3, {"no_revert": -0.1}, "no_revert_in_range"),
    ("pairs", 0, {"final": "another"}, "accepted_is_the_suggestion"),
    ("pairs", 1, {"final": "return 1 + é"}, "edited_is_not_the_suggestion"),
    ("pairs", 3, {"final": "another"}, "ignored_is_the_text_before"),
    ("pairs", 2, {"final": "return 2 + é"}, "rejected_is_not_the_suggestion"),
    ("pairs", 3, {"kept_spans": [{"start": 0, "end": 99}]}, "kept_spans_lie_in_suggestion"),
    ("pairs", 3, {"edited_spans": [{"start": 3, "end": 2}]}, "edited_spans_lie_in_final"),
    ("pairs", 1, {"kept_spans": [{"start": 4, "end": 9}, {"start": 0, "end": 7}]}, "kept_spans_lie_in_suggestion"),
    ("pairs", 0, {"kept_spans": []}, "spans_make_up_final"),
    ("pairs", 1, {"edited_spans": [{"start": 1, "end": 4}]}, "spans_make_up_final"),
    ("pairs", 0, {"similarity": 0.99}, "similarity_of_1_is_equality"),
    ("pairs", 1, {"similarity": 1.0}, "similarity_of_1_is_equality"),
    ("collaboration", 3, {"people": 11}, "people_is_coarse"),
    ("collaboration", 3, {"sources": [{"topic": "t", "partition": 0, "offset": 1}]}, "leads_to_no_event"),
    ("collaboration", 3, {"hour": 24}, "hour_in_range"),
    ("revisions", 3, {"sources": []}, "sources_are_present"),
    ("revisions", 3, {"similarity": 1.01}, "similarity_in_range"),
    ("revisions", 3, {"kept_spans": [{"start": 2, "end": 9}]}, "kept_spans_lie_in_before"),
    ("revisions", 3, {"inserted_spans": [{"start": 12, "end": 20}]}, "inserted_spans_lie_in_after"),
    ("revisions", 3, {"inserted_spans": []}, "spans_make_up_after"),
    ("revisions", 3, {"after": "one é 3", "inserted_spans": []}, "something_was_edited"),
    ("pairs", 2, {"decision_ms_bucket": "none"}, "rejected_has_a_decision"),
    ("pairs", 3, {"decision_ms_bucket": "<1s"}, "ignored_has_no_decision"),
    ("pairs", 0, {"language": "en", **accepted(GERMAN)}, "language_is_that_of_suggestion"),
    ("pairs", 0, {"language": "ru", **accepted(GERMAN)}, "language_is_that_of_suggestion"),
    ("pairs", 3, {"key_epoch": -1}, "key_epoch_in_range"),
    ("pairs", 3, {"licence": "MIT"}, "licence_is_known"),
    ("pairs", 1, {"edit_kind": "improved"}, "edit_kind_is_known"),
    ("pairs", 0, {"edit_kind": "polished"}, "edit_kind_is_of_what_was_kept"),
    ("pairs", 1, {"edit_kind": "none"}, "edit_kind_is_of_what_was_kept"),
    ("pairs", 3, {"edit_kind": "rewrote"}, "edit_kind_is_of_what_was_kept"),
    ("pairs", 3, {"words": {"kept": -1, "inserted": 0, "deleted": 0}}, "words_are_counts"),
    ("pairs", 3, {"segments": {"kept": 0, "inserted": 1, "deleted": 0, "moved": 1}}, "segments_are_counts"),
    ("pairs", 3, {"kept_segments": [{"start": 0, "end": 99}]}, "kept_segments_lie_in_suggestion"),
    ("pairs", 3, {"edited_segments": [{"start": 3, "end": 2}]}, "edited_segments_lie_in_final"),
    ("pairs", 3, {"identifier_match": 1.1}, "identifier_match_in_range"),
    ("pairs", 3, {"edit_rate": -0.1}, "edit_rate_in_range"),
    ("pairs", 3, {"model": ""}, "model_is_named"),
    ("pairs", 3, {"model": "m" * 600}, "model_fits"),
    ("pairs", 0, {"before": "x" * 200_001}, "before_is_not_unusually_long"),
    ("interactions", 3, {"event_type": "redline.other.v1"}, "event_type_is_known"),
    ("interactions", 3, {"data": "[]"}, "data_is_a_json_object"),
    ("interactions", 3, {"findings": [{"entity": "PERSON", "count": 0}]}, "findings_are_counts"),
    *(
        (
            "interactions",
            3,
            {"marks": [{"words": "0" * 16, "surrogate": "kelokvan", "how": "any", **bad}]},
            "marks_are_hashes_and_surrogates",
        )
        for bad in (
            {"words": "Jane"},
            {"words": "0" * 16 + " Jane"},
            {"surrogate": "Jane Doe, jane@corp.com"},
            {"surrogate": ""},
            {"how": "Jane"},
            {"how": None},
        )
    ),
    ("interactions", 3, {"event_date": dt.date(2026, 1, 6)}, "event_date_is_the_day_of_event_time"),
    ("interactions", 3, {"sources": head(1)["sources"] * 2}, "comes_from_one_record"),
    ("trajectories", 3, {"closed_by": "force"}, "closed_by_is_known"),
    ("trajectories", 3, {"steps": []}, "steps_are_present"),
    ("trajectories", 3, {"sources": []}, "sources_are_present"),
    ("trajectories", 3, {"part": 2, "parts": 2}, "part_is_one_of_its_session"),
    *(
        ("trajectories", 3, {"steps": [{**good("trajectories")[0]["steps"][0], **bad}]}, LINKED)
        for bad in ({"parent": 1}, {"corrects": -1}, {"call_id": "toolu_01"}, {"agent": "Jane"})
    ),
    ("trajectories", 3, {"steps": [{**good("trajectories")[0]["steps"][0], "outcome": "x" * 200_001}]}, LONG_STEP),
    (
        "interactions",
        3,
        {"variants": [{"key_epoch": 1, "tool": "", "data": "x" * 4_194_305, "marks": []}]},
        LONG_VARIANT,
    ),
    ("rejects", 3, {"reason": "because"}, "reason_is_known"),
    ("rejects", 3, {"stage": "sink"}, "stage_is_known"),
    ("rejects", 3, {"fate": "lost"}, "fate_is_known"),
    ("rejects", 3, {"path": "data.text"}, "path_is_a_json_path"),
    ("subjects", 3, {"pseudonym": "Bob"}, "pseudonym_is_hex"),
]


# Another text, or other spans, break these as well: they tell the same of every text.
IMPLIED = {
    "spans_make_up_final",
    "similarity_of_1_is_equality",
    "edited_spans_lie_in_final",
    "edited_segments_lie_in_final",
    "edit_kind_is_of_what_was_kept",
}


@pytest.mark.parametrize("table", sorted(name for name, table in TABLES.items() if later(table.schema)))
def test_rows_of_an_older_version_pass_without_the_columns_that_came_later(gates: dict[str, Gate], table: str) -> None:
    nothing = dict.fromkeys(later(TABLES[table].schema))
    assert gates[table](arrow(table, [{**row, **nothing} for row in good(table)])).failures == ()


@pytest.mark.parametrize(("table", "row", "wrong", "name"), FAULTS)
def test_a_fault_is_found_in_its_row_and_nowhere_else(
    gates: dict[str, Gate], table: str, row: int, wrong: dict[str, Any], name: str
) -> None:
    rows = good(table)
    rows[row].update(wrong)
    verdict = gates[table](arrow(table, rows))
    found = {f.expectation: f.rows for f in verdict.failures}
    assert found.pop(name) == (row,)
    assert found == dict.fromkeys(IMPLIED & found.keys(), (row,))
    assert not verdict.halts
    warns = all(f.severity is Severity.WARNING for f in verdict.failures)
    assert set(verdict.bad_rows) == (set() if warns else {row})


def entry(n: int) -> dict[str, Any]:
    chain = {"log": "0" * 64, "previous": f"{n:064x}", "hash": f"{n + 1:064x}"}
    return {"seq": n, "at": NOON, "who": "jo@machine.acme.com", "action": "consent.withdraw", "details": "{}", **chain}


def point(n: int) -> dict[str, Any]:
    names = {"series": "volume", "table": "pairs", "source": "", "tool": f"ide/{n}", "day": DAY}
    bins = [{"label": "en", "count": 2.0}]
    return {**names, "at": NOON, "span_s": 3600, "value": 1.0, "weight": 1.0, "bins": bins}


@pytest.mark.parametrize(
    ("table", "make", "wrong", "name"),
    [
        (AUDIT, entry, {}, None),
        (AUDIT, entry, {"seq": 7}, "entries_follow_each_other"),
        (AUDIT, entry, {"previous": "0" * 64}, "entries_follow_each_other"),
        (AUDIT, entry, {"log": "none"}, "hashes_are_64_hex_digits"),
        (AUDIT, entry, {"action": "Dropped it"}, "action_is_a_name"),
        (AUDIT, entry, {"details": "jo"}, "details_is_a_json_object"),
        (AUDIT, entry, {"details": '{"to": "jo.miller@acme-corp.com"}'}, "no_personal_data_left"),
        (QUALITY_HISTORY, point, {}, None),
        (QUALITY_HISTORY, point, {"series": "moods"}, "series_is_known"),
        (QUALITY_HISTORY, point, {"weight": -1.0}, "weight_in_range"),
        (QUALITY_HISTORY, point, {"value": float("nan")}, "value_is_a_number"),
        (QUALITY_HISTORY, point, {"bins": [{"label": "en", "count": -1.0}]}, "bins_are_counts"),
        (QUALITY_HISTORY, point, {"bins": [{"label": "jo@acme-corp.com", "count": 1.0}]}, "no_personal_data_left"),
        (QUALITY_HISTORY, point, {"day": dt.date(2026, 1, 6)}, "day_is_the_day_of_at"),
    ],
)
def test_tables_of_our_own_have_suites(table: Any, make: Any, wrong: dict[str, Any], name: str | None) -> None:
    rows = [make(n) for n in range(4)]
    rows[3].update(wrong)
    verdict = Gate(table, audit_every=1)(pa.Table.from_pylist(rows, schema=table.schema))
    assert {f.expectation: f.rows for f in verdict.failures} == ({name: (3,)} if name else {})


def test_steps_out_of_order_or_of_an_unknown_kind_are_found(gates: dict[str, Gate]) -> None:
    rows = good("trajectories")
    rows[2]["steps"] = copy.deepcopy(rows[3]["steps"][::-1])
    rows[7]["steps"][0]["role"] = "robot"
    verdict = gates["trajectories"](arrow("trajectories", rows))
    assert {f.expectation: f.rows for f in verdict.failures} == {
        "steps_are_numbered_in_order": (2,),
        "steps_have_known_roles_and_kinds": (7,),
    }


def test_all_rows_that_share_a_record_id_are_named(gates: dict[str, Gate]) -> None:
    rows = good("pairs")
    rows[9]["record_id"] = rows[4]["record_id"]
    [failure] = gates["pairs"](arrow("pairs", rows)).failures
    assert (failure.expectation, failure.rows) == ("record_id_is_unique", (4, 9))


def test_a_null_in_a_required_column_is_quarantined(gates: dict[str, Gate]) -> None:
    rows = good("pairs")
    rows[5]["language"] = None
    schema = pa.schema([field.with_nullable(nullable=True) for field in TABLES["pairs"].schema])
    [failure] = gates["pairs"](pa.Table.from_pylist(rows, schema=schema)).failures
    assert (failure.expectation, failure.rows) == ("required_values_are_present", (5,))


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ("pairs", lambda row, text: row.update(prompt='[{"role":"user","content":"a\\n' + text + '"}]')),
        ("pairs", lambda row, text: row.update(model=text)),
        ("interactions", lambda row, text: row.update(data='{"text":"' + text + '"}')),
        ("interactions", lambda row, text: row["variants"][0].update(data='{"text":"' + text + '"}')),
        ("trajectories", lambda row, text: row["steps"][0].update(arguments='{"to":"' + text + '"}')),
        ("rejects", lambda row, text: row.update(expected=text)),
    ],
)
def test_personal_data_left_anywhere_halts_the_table(gates: dict[str, Gate], table: str, place: Any) -> None:
    rows = good(table)
    place(rows[6], "jo.miller@acme-corp.com")
    verdict = gates[table](arrow(table, rows))
    assert verdict.halts
    [failure] = verdict.failures
    assert (failure.expectation, failure.rows) == ("no_personal_data_left", (6,))


def test_a_canary_halts_the_table() -> None:
    rows = good("pairs")
    rows[1]["final"] += " thanks, ZELDA quist"
    assert Gate(TABLES["pairs"], canaries=["Zelda Quist"])(arrow("pairs", rows)).halts


def test_another_schema_halts_the_table_without_naming_rows(gates: dict[str, Gate]) -> None:
    batch = arrow("pairs", good("pairs"))
    without = batch.drop_columns(["model"])
    for wrong in (without, without.slice(0, 0), batch.append_column("person", pa.array(["x"] * 12))):
        verdict = gates["pairs"](wrong)
        assert verdict.halts
        assert verdict.bad_rows == {}


def test_an_empty_batch_passes(gates: dict[str, Gate]) -> None:
    assert gates["pairs"](arrow("pairs", [])).failures == ()


def test_slices_and_chunks_are_checked_like_whole_batches(gates: dict[str, Gate]) -> None:
    rows = good("trajectories", 20)
    rows[13]["closed_by"] = "force"
    whole = arrow("trajectories", rows)
    chunked = pa.concat_tables([whole.slice(8, 3), whole.slice(11, 7)])
    assert [f.rows for f in gates["trajectories"](chunked).failures] == [(5,)]
    assert [f.rows for f in gates["trajectories"](whole.slice(10)).failures] == [(3,)]


def test_the_two_ways_disagreeing_halts_the_table(gates: dict[str, Gate], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = good("pairs")
    rows[3]["label"] = "maybe"
    monkeypatch.setattr(_engine(), "ask", lambda asked, frame: [(True, ())] * len(asked))
    verdict = gates["pairs"](arrow("pairs", rows))
    assert verdict.halts
    assert verdict.failures[0].expectation == "both_ways_agree_on_label_is_known"


def test_an_expectation_that_cannot_be_evaluated_halts_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail closed: a column of a type that the question does not fit."""
    real = Facts.column
    gate = Gate(TABLES["pairs"])
    batch = arrow("pairs", good("pairs"))
    gate(batch)
    rows = good("pairs")
    rows[3]["similarity"] = 7.0
    broken = Facts.broken

    def textual(self: Facts, name: str) -> Any:
        column = real(self, name)
        return column.cast(pa.string()) if name == "similarity" else column

    flags = {e.name: broken(Facts(arrow("pairs", rows), TABLES["pairs"]), e) for e in SUITES["pairs"]}
    monkeypatch.setattr(Facts, "broken", lambda self, e: flags[e.name])
    monkeypatch.setattr(Facts, "column", textual)
    assert gate(arrow("pairs", rows)).halts


def test_no_value_reaches_a_log_a_verdict_or_a_warning(
    gates: dict[str, Gate], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = good("pairs")
    rows[3]["label"] = rows[4]["task"] = "Zelda-Quist"
    with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
        warnings.simplefilter("error")
        verdict = gates["pairs"](arrow("pairs", rows))
    out, err = capfd.readouterr()
    assert len(verdict.failures) == 2
    assert "Zelda" not in caplog.text + repr(verdict) + out + err


def test_many_batches_keep_nothing_of_themselves(gates: dict[str, Gate]) -> None:
    batch = arrow("pairs", good("pairs"))
    counts = []
    for _ in range(3):
        for _ in range(5):
            gates["pairs"](batch)
        gc.collect()
        counts.append(sum(isinstance(o, pd.DataFrame) for o in gc.get_objects()))
    assert counts[2] <= counts[0]
