"""What no batch's gate can see, found in tables on a real disk."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from support import rows as make
from support.folder import day, publish, told

from redline.check import check
from redline.settings import Settings
from schemas.errors import InputError, SinkError
from schemas.records import Partition
from schemas.verdict import Failure, Severity
from sinks import halts, reader
from sinks.audit_table import append
from sinks.batch import Range

NOW_US = 1_767_700_000_000_000
MAIL = "jane.doe@initech.com"


def settings(folder: Path) -> Settings:
    return Settings(data=str(folder))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    day(3, 20).publish(folder)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


def test_tables_as_the_pipeline_writes_them_pass(folder: Path) -> None:
    text, passed = check(settings(folder))
    assert passed, text
    assert re.search(r"check passed: \d+ rows of \d tables", text)


def test_only_the_tables_that_were_named_are_looked_at(folder: Path) -> None:
    text, passed = check(settings(folder), ["pairs"])
    assert passed
    assert "of 1 tables" in text
    assert "interactions" not in text


def test_another_name_is_refused(folder: Path) -> None:
    with pytest.raises(SinkError, match="needed one of interactions, pairs"):
        check(settings(folder), ["pears"])


def test_without_tables_it_says_which_command_makes_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`redline run` makes them"):
        check(settings(tmp_path / "nothing"))


def test_personal_data_that_slipped_through_fails_with_the_row_and_without_the_value(folder: Path) -> None:
    leak = told("edit", 1, offset=7_000, text=f"mail {MAIL}")
    publish(folder, "interactions", [leak])
    text, passed = check(settings(folder), ["interactions"])
    assert not passed
    assert re.search(rf"interactions +no_personal_data_left +{leak.record_id}", text)
    assert MAIL not in text


def test_a_file_that_shows_texts_in_its_metadata_fails(folder: Path) -> None:
    path = Path(reader.files(folder, "pairs")[0])
    pq.write_table(pq.ParquetFile(path).read(), path, compression="zstd")
    text, passed = check(settings(folder), ["pairs"])
    assert not passed
    assert re.search(r"pairs +column chunks with a text in their statistics +\d+", text)


def test_the_audit_table_is_checked_with_the_others(folder: Path) -> None:
    for number in range(3):
        append(folder, b"k" * 32, now_us=NOW_US, who="root", action="run", details=f'{{"n": {number}}}')
    text, passed = check(settings(folder))
    assert passed, text
    assert re.search(r"audit +1 +3 +0 +0 +0", text)
    append(folder, b"k" * 32, now_us=NOW_US, who="root", action="run", details=f'{{"mail": "{MAIL}"}}')
    text, passed = check(settings(folder), ["audit"])
    assert not passed
    assert re.search(r"audit +no_personal_data_left +1 rows", text)
    assert MAIL not in text


def test_a_malformed_id_is_not_printed(folder: Path) -> None:
    row = msgspec.structs.replace(told("edit", 1, offset=7_000, text="x"), record_id=MAIL)
    publish(folder, "interactions", [row])
    text, passed = check(settings(folder), ["interactions"])
    assert not passed
    assert "not an id" in text
    assert MAIL not in text


def test_an_id_in_two_files_is_found_though_each_batch_was_right(folder: Path) -> None:
    before = reader.files(folder, "pairs")
    publish(folder, "pairs", [make.pair(1)])
    [added] = set(reader.files(folder, "pairs")) - set(before)
    shutil.copy(before[0], added)
    text, passed = check(settings(folder), ["pairs"])
    assert not passed
    assert re.search(r"pairs +rows whose record_id stands in the table already", text)


def test_a_pair_of_events_that_nobody_knows_is_found(folder: Path) -> None:
    lost = msgspec.structs.replace(make.pair(1), sources=[make.Source(make.EVENTS, 3, 99_999)], label="edited")
    publish(folder, "pairs", [lost])
    text, passed = check(settings(folder), ["pairs"])
    assert not passed
    assert re.search(r"pairs +events that are not in interactions +1 +redline ledger", text)


def test_events_in_quarantine_are_known(folder: Path) -> None:
    event = told("edit", 1, offset=99_999, text="x")
    publish(folder, "interactions", [event], gate=make.failing("record_id", {event.record_id}))
    publish(folder, "pairs", [msgspec.structs.replace(make.pair(1), sources=event.sources)])
    text, _ = check(settings(folder), ["pairs"])
    assert "not in interactions" not in text


def test_a_file_that_no_commit_names_is_found(folder: Path) -> None:
    live = Path(reader.files(folder, "pairs")[0])
    shutil.copy(live, live.with_name("orphan--sink-0--0123456789ab.parquet"))
    text, passed = check(settings(folder), ["pairs"])
    assert not passed
    assert re.search(r"pairs +files that no commit names \(a crash left them\) +1 ", text)


def test_a_halted_table_is_told_with_its_offsets_and_its_command_and_is_no_failure(folder: Path) -> None:
    failure = Failure("no_personal_data_left", "leaks", Severity.CRITICAL, (3, 4))
    halts.record(folder, "pairs", (failure,), {Partition("redline.pairs", 2): Range(10, 15)})
    text, passed = check(settings(folder), ["pairs"])
    assert passed
    assert "HALTED since" in text
    assert re.search(r"redline\.pairs/2 +10 +14", text)
    assert re.search(r"no_personal_data_left +leaks +critical +2", text)
    assert "redline release pairs" in text
