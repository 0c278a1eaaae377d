"""Small files merged beside sinks: rows, offsets and readers as before."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from support import rows as make
from support.folder import publish

from redline import sql
from redline.compact import compact, shown
from schemas.errors import InputError
from schemas.tables import TABLES
from sinks import reader
from sinks.layout import Layout
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

BATCHES, EACH = 6, 12


def fill(data: Path, *, batches: int = BATCHES) -> None:
    for number in range(batches):
        publish(data, "pairs", [make.pair(number * EACH + i) for i in range(EACH)])


def rows(data: Path) -> pa.Table:
    return reader.read(data, "pairs").sort_by("record_id")


def by_partition(data: Path) -> list[int]:
    counts: dict[str, int] = {}
    for file in reader.facts(data, "pairs")[1]:
        folder = file.path.rpartition("/")[0]
        counts[folder] = counts.get(folder, 0) + 1
    return sorted(counts.values())


def test_rows_and_offsets_stay_and_each_partition_has_one_file(tmp_path: Path) -> None:
    fill(tmp_path)
    before, offsets = rows(tmp_path), reader.offsets(tmp_path, "pairs")
    partitions = len(by_partition(tmp_path))
    assert by_partition(tmp_path) == [BATCHES] * partitions
    (done,) = compact(tmp_path, linger_s=0)
    assert (done.table, done.partitions) == ("pairs", partitions)
    assert (done.before, done.after, done.rows) == (BATCHES * partitions, partitions, BATCHES * EACH)
    assert by_partition(tmp_path) == [1] * partitions
    assert rows(tmp_path).equals(before)
    assert reader.offsets(tmp_path, "pairs") == offsets
    assert make.plain_ids(Layout(tmp_path).dataset("pairs")) == make.ids(range(BATCHES * EACH))
    assert compact(tmp_path, linger_s=0) == []


def test_what_is_large_or_alone_is_left(tmp_path: Path) -> None:
    fill(tmp_path)
    files = {file.path for file in reader.facts(tmp_path, "pairs")[1]}
    largest = max(file.size for file in reader.facts(tmp_path, "pairs")[1])
    assert compact(tmp_path, good_bytes=2, linger_s=0) == []
    assert compact(tmp_path, fewest=BATCHES + 1, linger_s=0) == []
    assert {file.path for file in reader.facts(tmp_path, "pairs")[1]} == files
    compact(tmp_path, good_bytes=2 * largest + 1, linger_s=0)
    assert by_partition(tmp_path)[-1] == 1


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    fill(tmp_path)
    version, _ = reader.facts(tmp_path, "pairs")
    (done,) = compact(tmp_path, dry_run=True)
    assert (done.before, done.after) == (BATCHES * len(by_partition(tmp_path)), 0)
    assert "would be merged" in shown([done], dry_run=True)
    assert reader.facts(tmp_path, "pairs")[0] == version


def test_a_reader_of_the_version_before_finds_its_files_while_they_linger(tmp_path: Path) -> None:
    fill(tmp_path)
    listed = reader.files(tmp_path, "pairs")
    read: list[int] = []

    def look(step: int) -> None:
        if step == 6:  # committed; nothing removed yet
            read.extend(pq.ParquetFile(path).metadata.num_rows for path in listed)

    compact(tmp_path, linger_s=0, crash=look)
    assert sum(read) == BATCHES * EACH
    assert sql.query(tmp_path, "select count(*) from pairs")[1] == [(BATCHES * EACH,)]


@pytest.mark.parametrize("step", range(1, 8))
def test_killed_after_every_step_and_run_again(tmp_path: Path, step: int) -> None:
    fill(tmp_path, batches=4)
    before = rows(tmp_path)
    kill = (
        "import os, signal, sys; from pathlib import Path; from redline.compact import compact\n"
        f"hit = lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == {step} else None\n"
        "compact(Path(sys.argv[1]), linger_s=0, crash=hit)"
    )
    killed = subprocess.run([sys.executable, "-c", kill, str(tmp_path)], check=False, timeout=120)
    assert killed.returncode == -9
    assert rows(tmp_path).equals(before)
    compact(tmp_path, linger_s=0)
    compact(tmp_path, linger_s=0)
    publish(tmp_path, "pairs", [make.pair(4 * EACH)])
    assert rows(tmp_path).num_rows == 4 * EACH + 1
    assert make.plain_ids(Layout(tmp_path).dataset("pairs")) == make.ids(range(4 * EACH + 1))


def test_an_erasure_does_not_leave_bytes_to_lingering_files(tmp_path: Path) -> None:
    fill(tmp_path)
    gone = make.ids([0])[0]

    def erase(_seconds: float) -> None:  # while merged files linger
        rewrite(
            tmp_path,
            TABLES["pairs"],
            lambda rows: rows.filter(pc.not_equal(rows.column("record_id"), gone)),
            name="erase",
        )
        assert make.plain_ids(Layout(tmp_path).dataset("pairs")) == make.ids(range(1, BATCHES * EACH))

    compact(tmp_path, wait=erase)
    assert rows(tmp_path).num_rows == BATCHES * EACH - 1


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needed some of " + ", ".join(list(TABLES)[:2])):
        compact(tmp_path, ["payroll"])
