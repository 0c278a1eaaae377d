"""Pairs made anew from `interactions` against the streamed table, on real Delta tables."""

from __future__ import annotations

import dataclasses
import re
import stat
from typing import TYPE_CHECKING

import msgspec
import pyarrow.parquet as pq
import pytest
from support import rows as make
from support.folder import NAME, Day, day, key_file, publish, told

from redline import buckets, rebuild
from redline.settings import Settings
from schemas.errors import InputError, LockedError, SettingsError
from schemas.rows import decode_map, encode
from schemas.tables import TABLES
from schemas.verdict import Failure, Severity, Verdict
from sinks.committer import Committer

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


def settings(folder: Path) -> Settings:
    return Settings(data=str(folder))


@pytest.fixture(scope="module")
def monday() -> Day:
    return day(1)


@pytest.mark.parametrize("seed", range(3))
def test_a_rebuild_equals_the_stream_whatever_came_late_or_never(tmp_path: Path, seed: int) -> None:
    made = day(seed)
    made.publish(tmp_path)
    late = {reject.sources[0].offset for reject in made.rejects if reject.reason == "late"}
    assert late
    assert len(made.pairs) > 40
    assert {NAME in pair.suggestion for pair in made.pairs} == {True, False}
    result = rebuild.pairs(settings(tmp_path))
    assert (result.equal, result.rows, result.differing) == (True, len(made.pairs), 0), result.text
    assert "rebuild equals the streamed table" in result.text
    assert re.search(rf"rejected by the join +{len(made.rejects)}\b", result.text)


def test_many_buckets_give_the_same_rows_in_the_order_of_their_ids(
    tmp_path: Path, monday: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monday.publish(tmp_path)
    rebuild.pairs(settings(tmp_path), tmp_path / "one.parquet")
    monkeypatch.setattr(buckets, "_ROWS", 5)
    result = rebuild.pairs(settings(tmp_path), tmp_path / "many.parquet")
    assert result.equal, result.text
    one, many = (pq.read_table(tmp_path / name) for name in ("one.parquet", "many.parquet"))
    assert one.equals(many)
    assert one["record_id"].to_pylist() == sorted(pair.record_id for pair in monday.pairs)
    assert one["final"].to_pylist().count("much later") == sum(pair.final == "much later" for pair in monday.pairs)


def test_nothing_of_it_stays_in_the_state_folder_and_others_cannot_look_meanwhile(
    tmp_path: Path, monday: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monday.publish(tmp_path)
    modes: list[int] = []
    original = buckets.Side.take

    def watched(side: buckets.Side, bucket: int) -> pa.Table | None:
        modes.append(stat.S_IMODE((tmp_path / "state" / "rebuild").stat().st_mode))
        return original(side, bucket)

    monkeypatch.setattr(buckets.Side, "take", watched)
    rebuild.pairs(settings(tmp_path))
    assert modes[0] == 0o700
    assert not (tmp_path / "state" / "rebuild").exists()


def test_a_crashed_rebuild_is_swept_away_and_a_running_one_is_not(tmp_path: Path, monday: Day) -> None:
    monday.publish(tmp_path)
    left = tmp_path / "state" / "rebuild"
    left.mkdir(parents=True)
    (left / "0.arrow").write_bytes(b"torn")
    assert rebuild.pairs(settings(tmp_path)).equal
    with buckets.Buckets(left, 0), pytest.raises(LockedError):
        rebuild.pairs(settings(tmp_path))


def test_a_row_that_differs_is_named_with_its_columns_and_never_its_text(tmp_path: Path, monday: Day) -> None:
    monday.publish(tmp_path)
    changed = msgspec.structs.replace(monday.pairs[0], final="XYZZY", no_revert=0.125, revision=9)
    publish(tmp_path, "pairs", [changed])
    result = rebuild.pairs(settings(tmp_path))
    assert (result.equal, result.differing) == (False, 1)
    assert f"{changed.record_id}  differs in final, no_revert" in result.text
    assert "XYZZY" not in result.text


def test_a_higher_revision_of_the_same_row_is_no_difference(tmp_path: Path, monday: Day) -> None:
    monday.publish(tmp_path)
    publish(tmp_path, "pairs", [msgspec.structs.replace(monday.pairs[0], revision=9)])
    assert rebuild.pairs(settings(tmp_path)).equal


def test_missing_and_surplus_pairs_are_differences_where_no_state_can_explain_them(tmp_path: Path, monday: Day) -> None:
    key_file(tmp_path)
    publish(tmp_path, "interactions", monday.events)
    publish(tmp_path, "rejects", monday.rejects)
    publish(tmp_path, "pairs", [*monday.pairs[1:], make.pair(5)])
    result = rebuild.pairs(settings(tmp_path))
    assert (result.equal, result.differing) == (False, 2)
    assert f"{monday.pairs[0].record_id}  not in the streamed table" in result.text
    assert f"{5:032x}  only in the streamed table" in result.text
    assert "which keys are open is not known" in result.text


def test_an_interaction_without_its_suggestion_is_open_not_different(tmp_path: Path) -> None:
    key_file(tmp_path)
    publish(tmp_path, "interactions", [told("edit", 5, offset=0, text="mine", final=True)])
    result = rebuild.pairs(settings(tmp_path))
    assert (result.equal, result.rows) == (True, 0)
    assert re.search(r"still open: no suggestion or no kept text yet +1\n", result.text)


def test_what_is_in_quarantine_is_neither_compared_nor_written(tmp_path: Path, monday: Day) -> None:
    bad_pair, touched = monday.pairs[0], monday.pairs[1]
    keep_out = {touched.sources[0].offset}

    def refuse(ids: set[str]) -> object:
        def gate(rows: pa.Table) -> Verdict:
            bad = tuple(i for i, name in enumerate(rows["record_id"].to_pylist()) if name in ids)
            return Verdict("any", rows.num_rows, 1, (Failure("bad", "data", Severity.ERROR, bad),) if bad else ())

        return gate

    key_file(tmp_path)
    publish(tmp_path, "interactions", monday.events, gate=refuse({f"{n:032x}" for n in keep_out}))  # type: ignore[arg-type]
    publish(tmp_path, "pairs", monday.pairs, gate=refuse({bad_pair.record_id}))  # type: ignore[arg-type]
    publish(tmp_path, "rejects", monday.rejects)
    result = rebuild.pairs(settings(tmp_path), tmp_path / "rebuilt.parquet")
    assert result.equal, result.text
    written = set(pq.read_table(tmp_path / "rebuilt.parquet")["record_id"].to_pylist())
    assert written == {pair.record_id for pair in monday.pairs} - {bad_pair.record_id, touched.record_id}


def test_without_the_key_file_it_refuses_for_it_cannot_read_marks(tmp_path: Path, monday: Day) -> None:
    monday.publish(tmp_path)
    (tmp_path / "state" / "keys.json").unlink()
    with pytest.raises(SettingsError, match="needed the key file of these tables"):
        rebuild.pairs(settings(tmp_path))
    assert not (tmp_path / "state" / "keys.json").exists()


def test_a_table_from_before_there_were_marks_is_read_as_one_without(tmp_path: Path, monday: Day) -> None:
    schema = TABLES["interactions"].schema
    old = dataclasses.replace(TABLES["interactions"], schema=schema.remove(schema.get_field_index("marks")))
    rows = [
        msgspec.msgpack.encode({k: v for k, v in decode_map(encode(one)).items() if k != "marks"})
        for one in monday.events
    ]
    sink = Committer(
        data_dir=tmp_path, table=old, sink="sink-0", gate=make.passing, alert=make.no_alert, crash=lambda _step: None
    )
    sink.commit(make.batch(rows, start=0), lambda _offsets: None)
    sink.close()
    publish(tmp_path, "rejects", monday.rejects)
    key_file(tmp_path)
    rebuild.pairs(settings(tmp_path), tmp_path / "rebuilt.parquet")
    rebuilt = pq.read_table(tmp_path / "rebuilt.parquet")
    assert rebuilt.num_rows == len(monday.pairs)
    assert all(NAME in text for text in rebuilt["suggestion"].to_pylist())


def test_without_tables_it_says_which_command_makes_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`redline run` makes them"):
        rebuild.pairs(settings(tmp_path / "nothing"))
    assert not (tmp_path / "nothing").exists()


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path, monday: Day) -> None:
    monday.publish(tmp_path)
    with pytest.raises(InputError, match="needed a file that can be written"):
        rebuild.pairs(settings(tmp_path), tmp_path / "no" / "such" / "file.parquet")
