"""What the quality process sees in new files, with the real Presidio over files that a sink's committer wrote."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from support.batches import arrow, good
from support.folder import day, publish, told

from quality import sample
from redline.quality.read import Opened, new_rows
from redline.samples import LEAK, METADATA, Samples
from sinks import reader, store
from streams.privacy import stock
from streams.surrogates import unreserved

if TYPE_CHECKING:
    from collections.abc import Iterable

PHONE = "My phone number is 212-456-7890, call me."


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    day(3, 20).publish(folder)
    return folder


def files(folder: Path, table: str) -> list[Path]:
    return [Path(path) for path in reader.files(folder, table)]


def shown(samples: Samples, table: str, paths: Iterable[Path]) -> None:
    for path in paths:
        with pq.ParquetFile(path) as file:
            samples.take(Opened(path, table, quarantine=False, at_us=0, file=file))


def test_presidio_finds_what_the_scrubber_left_and_not_what_it_put_there() -> None:
    find = stock.finder()
    left = f"{PHONE} Or at jo.miller@acme-corp.com, ssn 536-22-8145."
    assert {one.entity for one in unreserved(left, find(left))} == {"PHONE_NUMBER", "EMAIL_ADDRESS", "US_SSN"}
    put = "phone (212) 555-0143, golden.spruce42@example.com, 203.0.113.9, card 4111 1111 1111 1111 <PERSON_3f9a>"
    assert unreserved(put, find(put)) == []
    assert find("") == []


def test_files_as_the_pipeline_writes_them_raise_nothing(whole: Path) -> None:
    samples = Samples(1_000)
    for table in ("interactions", "pairs", "rejects"):
        shown(samples, table, files(whole, table))
    assert samples.judge() == []


def test_what_was_left_in_a_row_is_told_by_kind_and_number_and_never_by_value(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "data"))
    before = set(files(folder, "interactions"))
    publish(folder, "interactions", [told("edit", 1, offset=7_000, text=PHONE)])
    samples = Samples(8)
    shown(samples, "interactions", set(files(folder, "interactions")) - before)
    [alert] = samples.judge()
    assert (alert.kind, alert.table, alert.got) == (LEAK, "interactions", {"rows": 1, "PHONE_NUMBER": 1})
    assert "456" not in repr(alert)
    assert samples.judge() == []


def test_a_file_of_another_make_is_told(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "data"))
    path, *_ = files(folder, "pairs")
    pq.write_table(pq.ParquetFile(path).read(), path, compression="snappy")
    samples = Samples(0)
    shown(samples, "pairs", [path])
    [alert] = samples.judge()
    assert (alert.kind, alert.table, alert.got["files"]) == (METADATA, "pairs", 1)


def test_new_files_are_opened_once_and_one_that_is_gone_or_none_is_passed_over(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "data"))
    gone, torn = files(folder, "pairs")[0], files(folder, "interactions")[0]
    gone.unlink()
    torn.write_bytes(b"PAR1 and no more")
    opened: list[str] = []
    monkeypatch.setattr(store, "parquet", lambda path: opened.append(str(path)) or pq.ParquetFile(path))
    samples, seen = Samples(1_000), list[str]()
    found = list(new_rows(folder, {}.get, show=(samples.take, lambda one: seen.append(str(one.path)))))
    assert len(opened) == len(set(opened)) == len(seen) + 2
    assert set(opened) - set(seen) == {str(gone), str(torn)}
    assert sum(new.gone for new in found) == 1
    assert samples.judge() == []


def test_the_rows_that_are_looked_at_are_bounded_and_chosen_by_their_ids() -> None:
    seen: list[str] = []
    rows = arrow("pairs", good("pairs", 20)).take(list(range(19, -1, -1)))
    assert sample.choose(rows["record_id"], 3) == [17, 18, 19]
    assert sample.choose(rows["record_id"].slice(0, 0), 3) == []
    assert len(sample.choose(rows["record_id"], 100)) == 20
    found = sample.look(rows.slice(0, 2), "pairs", lambda text: seen.append(text) or ["X"])
    assert [dict(counts) for counts in found] == [{"X": 4}] * 2
    long = arrow("trajectories", good("trajectories", 2)).to_pylist()
    long[0]["steps"][0]["content"] = "x" * 1_000_000
    sample.look(arrow("trajectories", long), "trajectories", lambda text: seen.append(text) or [])
    assert max(map(len, seen)) == sample.LONGEST
