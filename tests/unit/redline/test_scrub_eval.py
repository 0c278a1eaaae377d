"""Recall, precision and intervals against counts made by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redline import scrub_eval
from redline.scrub_command import ScrubInputError
from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Sequence


def line(text: str, *spans: tuple[int, int, str]) -> bytes:
    return json.dumps({"text": text, "spans": [{"start": s, "end": e, "type": t} for s, e, t in spans]}).encode()


def finds(*found: tuple[int, int, str]) -> Any:
    def analyze(texts: Sequence[str], subject: str | None) -> list[list[Found]]:
        return [[Found(s, e, kind, 1.0) for s, e, kind in found] for _ in texts]

    return analyze


def test_exact_and_overlap_are_told_apart() -> None:
    gold = [line("x" * 40, (0, 10, "PER"), (20, 30, "PHONE"))]
    report = scrub_eval.evaluate(gold, finds((0, 6, "PERSON"), (20, 30, "PHONE_NUMBER"))).report()
    assert report["exact"]["PERSON"]["recall"][0] == 0
    assert report["overlap"]["PERSON"]["recall"][0] == report["overlap"]["PERSON"]["precision"][0] == 1
    assert report["exact"]["PHONE_NUMBER"]["f1"] == [1, 1, 1]
    assert report["covered_90"][0] == 0.5  # six of ten signs are not covered


def test_a_type_the_file_never_labels_is_listed_and_not_wrong() -> None:
    report = scrub_eval.evaluate([line("x" * 9, (0, 4, "SSN"))], finds((0, 4, "US_SSN"), (5, 9, "URL"))).report()
    assert report["not_labelled"] == {"URL": 1}
    assert list(report["overlap"]) == ["US_SSN"]


def test_a_labelled_type_counts_as_wrong_in_texts_without_it() -> None:
    gold = [line("x" * 9, (0, 4, "SSN")), line("x" * 9)]
    one = scrub_eval.evaluate(gold, finds((0, 4, "US_SSN"))).report()["exact"]["US_SSN"]
    assert (one["recall"][0], one["precision"][0]) == (1, 0.5)


def test_wilsons_interval_is_that_of_the_books() -> None:
    assert scrub_eval._rate(9, 10) == [0.9, 0.5958, 0.9821]
    assert scrub_eval._rate(0, 0) == [None, None, None]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=5), st.integers(0, 25), st.integers(1, 9))
def test_a_share_is_that_of_the_code_points_in_any_other(
    others: list[tuple[int, int]], start: int, length: int
) -> None:
    inside = {at for first, size in others for at in range(first, first + size)}
    share = scrub_eval._share(
        Found(start, start + length, "A", 1.0), [Found(first, first + size, "A", 1.0) for first, size in others]
    )
    assert share == pytest.approx(len(inside & set(range(start, start + length))) / length)


def test_intervals_hold_the_value_and_are_the_same_each_time() -> None:
    gold = [line("x" * 9, *([(0, 4, "IP")] if n % 3 else [])) for n in range(60)]
    first, again = (scrub_eval.evaluate(gold, finds((0, 4, "IP_ADDRESS"))).report() for _ in range(2))
    value, low, high = first["exact"]["IP_ADDRESS"]["f1"]
    assert low < value < high
    assert first["exact"] == again["exact"]


@pytest.mark.parametrize(
    ("name", "ours"), [("per", "PERSON"), ("B-LOC", "LOCATION"), ("Street Address", "LOCATION"), ("IT_VAT", "IT_VAT")]
)
def test_names_of_types_are_read_as_presidios(name: str, ours: str) -> None:
    assert scrub_eval.name_of(name) == ours


@pytest.mark.parametrize(
    "bad",
    [
        b"janesecret",
        b'{"text": 5}',
        b'{"text": "x"}',
        line("x", (0, 2, "A")),
        line("x", (0, 1, "")),
        b'{"text": "x", "spans": [1]}',
    ],
)
def test_a_broken_line_names_its_number_and_not_its_content(bad: bytes) -> None:
    with pytest.raises(ScrubInputError, match="line 2: needed") as refused:
        scrub_eval.evaluate([line("x"), bad], finds())
    assert "janesecret" not in str(refused.value)


def test_the_table_shows_every_labelled_type_and_the_rest_by_name() -> None:
    evaluation = scrub_eval.evaluate([line("x" * 9, (0, 4, "SSN"))], finds((0, 4, "US_SSN"), (5, 9, "URL")))
    shown = scrub_eval.table(evaluation.report())
    assert shown.count("US_SSN") == 2
    assert "not counted as wrong: URL 1" in shown
