from __future__ import annotations

from pathlib import Path

import pytest

from schemas.records import Partition
from sinks.layout import Layout, is_sink_name, owner


def test_the_writer_of_a_file_stands_in_its_name() -> None:
    assert owner("redline.pairs-0-12-400--sink-0--0123456789ab.parquet") == "sink-0"
    assert owner("redline.my--topic-0-12-400--sink-0--0123456789ab.parquet") == "sink-0"


@pytest.mark.parametrize("name", ["part-0.parquet", "x--sink-0--xyz.parquet", "0010.checkpoint.parquet"])
def test_files_of_others_have_no_writer(name: str) -> None:
    assert owner(name) is None


@pytest.mark.parametrize(
    ("name", "fits"), [("sink-0", True), ("a.b_c-d", True), ("a--b", False), ("", False), ("a/b", False), ("-a", False)]
)
def test_a_sink_name_can_be_found_again_in_a_file_name(name: str, fits: bool) -> None:
    assert is_sink_name(name) is fits
    assert (owner(f"t-0-0-1--{name}--0123456789ab.parquet") == name) is fits


def test_staging_is_no_part_of_the_tables() -> None:
    layout = Layout(Path("/data"))
    for table in (layout.dataset("pairs"), layout.quarantine("pairs")):
        assert table not in layout.staging("sink-0", "dataset", "pairs").parents


@pytest.mark.parametrize("partition", [Partition("redline.pairs", 0), Partition("a/b", 12)])
def test_an_app_id_names_its_partition(partition: Partition) -> None:
    assert Partition.of_app_id(partition.app_id) == partition


@pytest.mark.parametrize("other", ["", "redline/x", "redline//1", "spark/t/1", "redline/t/-1", "redline/t/x"])
def test_another_app_id_names_none(other: str) -> None:
    assert Partition.of_app_id(other) is None
