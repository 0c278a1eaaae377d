"""Days decided on real Delta tables: who counts, what stays withheld, and a kill after every step."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from support import rows as make
from support.folder import day, key_file, publish
from support.world import IDENTITY

from redline import audit, rebuild
from redline.disclose import QUIET_S, disclose, shown
from redline.published import release_of
from redline.sections import Privacy
from redline.settings import Settings
from schemas.errors import SettingsError, SinkError
from schemas.records import Partition
from schemas.rows import Pair, Source, Subject
from schemas.tables import PAIRS
from schemas.topics import EVENTS
from sinks import reader
from sinks.arrow import to_table
from sinks.committer import Committer
from sinks.decisions import COLUMNS, Decisions
from sinks.release import Release
from sinks.seal import Seal

MONDAY = "2026-01-05"
PEOPLE = 24  # a third in each of three languages; three of them have a model of their own each time


def settings(folder: Path, **privacy: Any) -> Settings:
    return Settings(data=str(folder), privacy=Privacy(**{"k": 6, **privacy}))


def pair(number: int, **more: Any) -> Pair:
    fields: dict[str, Any] = {
        "event_date": MONDAY,
        "surface": "ide",
        "language": ("python", "go", "en")[number % 3],
        "model": "claude-4" if number % 8 else f"rare-{number}",
        "tool": f"code/{number % 2}",
    }
    return msgspec.structs.replace(make.pair(number), **{**fields, **more})


def subject(number: int, who: int, *, epoch: int = 1) -> Subject:
    return Subject(
        record_id=f"{number:032x}",
        scrub_version="1",
        sources=[Source(EVENTS, 0, number)],
        event_date=MONDAY,
        pseudonym=f"{who:032x}",
        key_epoch=epoch,
    )


def fill(folder: Path, count: int = 96, *, people: int = PEOPLE) -> None:
    key_file(folder)
    publish(folder, "subjects", [subject(n, n % people) for n in range(count)])
    publish(folder, "pairs", [pair(n) for n in range(count)])


def seen(folder: Path) -> dict[int, tuple[str, ...]]:
    rows = reader.read(folder, "pairs", ["record_id", *COLUMNS]).to_pylist()
    return {int(row["record_id"], 16): tuple(row[name] for name in COLUMNS) for row in rows}


def people_of(cells: dict[int, tuple[str, ...]], people: int = PEOPLE) -> dict[tuple[str, ...], set[int]]:
    found: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, cell in cells.items():
        found[cell].add(number % people)
    return found


def test_what_enough_people_share_is_published_and_the_rest_is_other(tmp_path: Path) -> None:
    fill(tmp_path)
    assert set(seen(tmp_path).values()) == {("withheld",) * 5}
    [done] = disclose(settings(tmp_path))
    cells = seen(tmp_path)
    assert (done.table, done.day, done.rows) == ("pairs", MONDAY, 96)
    assert {len(who) >= 6 for who in people_of(cells).values()} == {True}
    assert "withheld" not in {value for cell in cells.values() for value in cell}
    assert {cell[2] for cell in cells.values()} >= {"claude-4"}
    assert not {cell[2] for cell in cells.values()} & {f"rare-{n}" for n in range(96)}
    assert done.kept["language"] == sum(cell[1] != "other" for cell in cells.values()) > 0
    assert "days decided" in shown([done])
    ids = [row["record_id"] for path in reader.files(tmp_path, "pairs") for row in _rows(path)]
    assert len(ids) == 96
    assert disclose(settings(tmp_path)) == []
    assert shown([]) == "no day to decide"
    assert "disclose" in audit.listing(settings(tmp_path))


def _rows(path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path, partitioning=None, columns=["record_id"]).to_pylist()
    assert [row["record_id"] for row in rows] == sorted(row["record_id"] for row in rows)
    return rows


def test_what_comes_later_goes_where_its_cell_went(tmp_path: Path) -> None:
    fill(tmp_path)
    disclose(settings(tmp_path))
    before = seen(tmp_path)
    late = [pair(1, revision=1), pair(100, language="python", tool="code/0"), pair(101, language="cobol")]
    publish(tmp_path, "pairs", late)
    after = seen(tmp_path)
    assert {n: after[n] for n in before} == before
    known = next(n for n in before if n % 3 == 0 and n % 2 == 0 and n % 8)
    assert after[100] == before[known]
    assert after[101] == ("other",) * 5
    disclose(settings(tmp_path))
    assert seen(tmp_path) == after


@pytest.mark.parametrize("people", [1, 5])
def test_a_day_of_too_few_people_says_nothing(tmp_path: Path, people: int) -> None:
    fill(tmp_path, people=people)
    disclose(settings(tmp_path))
    assert set(seen(tmp_path).values()) == {("other",) * 5}


def test_one_person_under_two_epochs_and_rows_of_nobody_are_no_crowd(tmp_path: Path) -> None:
    key_file(tmp_path)
    publish(tmp_path, "subjects", [subject(n, n, epoch=1 + n // 5) for n in range(10)])
    publish(tmp_path, "pairs", [pair(n, model="m", tool="t", language="go") for n in range(30)])
    disclose(settings(tmp_path))
    assert set(seen(tmp_path).values()) == {("other",) * 5}


def test_a_task_of_few_is_not_told(tmp_path: Path) -> None:
    key_file(tmp_path)
    publish(tmp_path, "subjects", [subject(n, n % PEOPLE) for n in range(96)])
    rare = {5, 29}  # two rows of one person
    tasks = ["review" if n in rare else ("completion", "edit")[n % 2] for n in range(96)]
    publish(tmp_path, "pairs", [pair(n, language="go", model="m", task=task) for n, task in enumerate(tasks)])
    assert {cell[4] for cell in seen(tmp_path).values()} == {"withheld"}
    disclose(settings(tmp_path))
    cells = seen(tmp_path)
    assert not {cell for cell in cells.values() if "review" in cell}
    assert {cell[4] for cell in cells.values()} == {"edit", "other"}, "the smaller cell goes with it"
    assert {len(who) >= 6 for who in people_of(cells).values()} == {True}


def test_coarse_tells_nothing_but_the_day_and_full_the_time_too(tmp_path: Path) -> None:
    for columns, tasks in (("coarse", {"other"}), ("full", {"completion"})):
        data = tmp_path / columns
        key_file(data)
        publish(data, "subjects", [subject(n, n % PEOPLE) for n in range(96)])
        publish(data, "pairs", [quick(n) for n in range(96)])
        disclose(settings(data, columns=columns))
        assert {cell[4] for cell in seen(data).values()} == tasks
        times = {row["decision_ms_bucket"] for row in reader.read(data, "pairs", ["decision_ms_bucket"]).to_pylist()}
        assert times == ({"some", "none"} if columns == "coarse" else {"<1s", "none"})
        assert rebuild_sees(data, columns) == seen(data)


def quick(number: int) -> Pair:
    return pair(number, model="m", decision_ms_bucket=("<1s", "none")[number % 2])


def rebuild_sees(data: Path, columns: str) -> dict[int, tuple[str, ...]]:
    """What `rebuild` makes of true rows, whatever the setting says by now."""
    release = release_of(settings(data, columns="full" if columns == "coarse" else "coarse"))
    rows = [quick(n) for n in range(96)]
    table = to_table([msgspec.to_builtins(row) for row in rows], PAIRS)
    shown = release.shown(table, PAIRS, release.days(PAIRS)).to_pylist()
    return {int(row["record_id"], 16): tuple(row[name] for name in COLUMNS) for row in shown}


def test_a_day_that_is_not_over_or_still_moves_stays_withheld(tmp_path: Path) -> None:
    fill(tmp_path, 8)
    over = 1_767_657_600.0 + 48 * 3600  # 2026-01-06 00:00 UTC, and the hours that are waited
    assert disclose(settings(tmp_path), now_s=lambda: over - 1) == []
    assert disclose(settings(tmp_path), quiet_s=QUIET_S) == []
    assert set(seen(tmp_path).values()) == {("withheld",) * 5}
    [done] = disclose(settings(tmp_path), quiet_s=QUIET_S, now_s=lambda: time.time() + QUIET_S + 1)
    assert done.rows == 8


def test_a_rebuild_is_equal_before_and_after(tmp_path: Path) -> None:
    made = day(2)
    made.publish(tmp_path)
    assert rebuild.pairs(settings(tmp_path)).differing == 0
    publish(tmp_path, "subjects", [subject(n, n % 9) for n in range(len(made.events))])
    [done] = disclose(settings(tmp_path))
    assert done.kept["model"] == len(made.pairs)
    result = rebuild.pairs(settings(tmp_path))
    assert (result.equal, result.rows) == (True, len(made.pairs)), result.text
    assert Counter(cell[0] for cell in seen(tmp_path).values()) == {"ide": len(made.pairs)}


KILLED = """
import os, signal, sys
from redline.disclose import disclose
from redline.published import release_of
from redline.sections import Privacy
from redline.settings import Settings
def crash(step):
    if step == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
disclose(Settings(data=sys.argv[1], privacy=Privacy(k=6)), crash=crash)
"""


@pytest.mark.crash
def test_killed_after_any_step_the_next_run_gives_the_same(tmp_path: Path) -> None:
    calm = tmp_path / "calm"
    fill(calm)
    disclose(settings(calm))
    wanted = seen(calm)
    for step in range(1, 6):
        data = tmp_path / str(step)
        fill(data)
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
        ended = subprocess.run([sys.executable, "-c", KILLED, str(data), str(step)], env=environment, check=False)
        assert ended.returncode == -signal.SIGKILL
        if step < 4:
            publish(data, "pairs", [pair(200, language="cobol")])
        disclose(settings(data))
        found = seen(data)
        assert found.pop(200, ("other",) * 5) == ("other",) * 5
        assert found == wanted, step
        assert disclose(settings(data)) == []


def test_a_lost_decision_of_a_day_that_is_done_stops_everything_that_would_need_it(tmp_path: Path) -> None:
    fill(tmp_path)
    disclose(settings(tmp_path))
    page = tmp_path / "state" / "cells" / "pairs" / f"{MONDAY}.json"
    page.write_bytes(b"{")
    with pytest.raises(SinkError, match="put the file back"):
        publish(tmp_path, "pairs", [pair(100)])
    page.unlink()
    with pytest.raises(SinkError, match="put the file back"):
        publish(tmp_path, "pairs", [pair(100)])


def test_a_row_that_a_sink_withheld_too_late_is_disclosed_all_the_same(tmp_path: Path) -> None:
    fill(tmp_path)
    disclose(settings(tmp_path))
    before = seen(tmp_path)
    blind = Committer(
        data_dir=tmp_path,
        table=PAIRS,
        sink="sink-0",
        gate=make.passing,
        alert=make.no_alert,
        crash=lambda _step: None,
        seal=Seal(IDENTITY),
        release=Release(Decisions(tmp_path / "elsewhere"), Seal(IDENTITY)),
    )
    start = blind.offset(Partition(make.TOPIC, 0)) or 0
    blind.commit(make.batch([pair(100, language="go", tool="code/0")], start=start), lambda _offsets: None)
    blind.close()
    assert seen(tmp_path)[100] == ("withheld",) * 5
    assert [one.day for one in disclose(settings(tmp_path))] == [MONDAY]
    assert seen(tmp_path) == before | {100: before[4]}


def test_without_keys_nothing_is_decided(tmp_path: Path) -> None:
    fill(tmp_path, 8)
    (tmp_path / "state" / "keys.json").unlink()
    with pytest.raises(SettingsError):
        disclose(settings(tmp_path))
    assert not (tmp_path / "state" / "cells").exists()
