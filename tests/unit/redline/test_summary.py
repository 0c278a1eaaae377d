from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from support import rows as make
from support.folder import day, publish, told

from quality.ledger import Balance, reconcile
from redline.sections import ConsentSettings
from redline.settings import Settings
from redline.summary import summary
from schemas.records import Partition
from schemas.rows import Finding, Source
from schemas.verdict import Failure, Severity
from sinks import halts
from sinks.batch import Range
from streams.consent import ConsentMode
from streams.keyed import reject

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def nothing() -> Balance:
    return reconcile([])


def settings(folder: Path, mode: ConsentMode = ConsentMode.OPT_IN) -> Settings:
    return Settings(data=str(folder), consent=ConsentSettings(mode=mode))


def refused(offset: int) -> object:
    source = Source(make.EVENTS, 0, offset)
    return reject(
        source, stage="scrub", reason="no_consent", event_date="2026-01-05", scrub_version="1", dropped=True
    ).row


def test_labels_findings_rejects_and_rows_are_counted_from_the_tables(tmp_path: Path, nothing: Balance) -> None:
    made = day(1, 20)
    made.publish(tmp_path)
    found = [Finding("EMAIL_ADDRESS", 2), Finding("PERSON", 1)]
    publish(
        tmp_path, "interactions", [msgspec.structs.replace(told("edit", 1, offset=9_000, text="x"), findings=found)]
    )
    text = summary(settings(tmp_path), nothing)
    for label in {pair.label for pair in made.pairs}:
        assert line(text, label)[-1] == f"{sum(pair.label == label for pair in made.pairs)}"
    assert line(text, "EMAIL_ADDRESS") == ["EMAIL_ADDRESS", "2"]
    assert line(text, "interactions") == ["interactions", f"{len(made.events) + 1}", "restricted"]
    assert f"redline sql --data {tmp_path}" in text
    assert "consent:" not in text


def test_dropping_people_without_consent_is_said_with_what_to_pass(tmp_path: Path, nothing: Balance) -> None:
    publish(tmp_path, "rejects", [refused(n) for n in range(3)])
    text = summary(settings(tmp_path), nothing)
    assert "consent: 3 events were not read" in text
    assert "--consent opt-out" in text
    assert "redline consent import" in text
    assert "--consent opt-out" not in summary(settings(tmp_path, ConsentMode.OPT_OUT), nothing)


def test_a_halted_table_is_said_with_its_commands(tmp_path: Path, nothing: Balance) -> None:
    failure = Failure("no_personal_data_left", "leaks", Severity.CRITICAL)
    halts.record(tmp_path, "pairs", (failure,), {Partition("redline.pairs", 0): Range(0, 5)})
    text = summary(settings(tmp_path), nothing)
    assert "HALTED: pairs" in text
    assert "redline release pairs" in text


def line(text: str, first: str) -> list[str]:
    return next(words for words in map(str.split, text.splitlines()) if words and words[0] == first)
