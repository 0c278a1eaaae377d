"""Looks at real Delta tables: each row counts once, whatever is killed, rewritten, torn or put back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from support import rows as make
from support.folder import key_file, publish

from quality import footers, measures
from quality.breach import Breach
from quality.history import DAY_US, Held, as_rows, of_rows
from quality.measures import HOUR_S, US, Point, merge
from redline.kafka_section import Kafka
from redline.lock import DataLock
from redline.quality.run import LOCK, Look, Looker, keep_looking, once
from redline.quality.show import show
from redline.quality.told import Teller
from redline.sections import Privacy
from redline.settings import Settings
from schemas.errors import InputError, LockedError, SinkError
from schemas.rows import Interaction, Reject, Source
from schemas.tables import QUALITY_HISTORY, TABLES
from schemas.topics import EVENTS
from schemas.verdict import Severity
from sinks import arrivals, delta_table, history, log
from sinks.delta import ConflictError
from sinks.layout import Layout
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from quality.alert import Alert
    from quality.policy import MonitorPolicy

YEAR_S = 365 * 86_400
Firing = Collection[tuple[str, str, str]]


class Killed(BaseException):
    """As if by kill -9: nothing catches it."""


@dataclass
class Told:
    """An alerter that keeps what it is told."""

    raised: list[Alert] = field(default_factory=list)
    cleared: list[tuple[str, str, str]] = field(default_factory=list)

    def raise_(self, alert: Alert) -> None:
        self.raised.append(alert)

    def clear(self, kind: str, table: str = "", subject: str = "") -> None:
        self.cleared.append((kind, table, subject))


def quiet(points: Iterable[Point], now_us: int, policy: MonitorPolicy, firing: Firing) -> list[Breach]:
    del points, now_us, policy, firing
    return []


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(data=str(folder), privacy=Privacy(k=3), **more)


def look(folder: Path, **more: Any) -> Look:
    (folder / "state").mkdir(parents=True, exist_ok=True)
    looker = Looker(settings(folder), Teller(Told()), **{"monitors": quiet, **more})
    try:
        return looker.look()
    finally:
        looker.close()


def points(folder: Path) -> list[Point]:
    return merge(of_rows(history.read(folder)))


def volume(folder: Path, table: str, tool: str = "") -> float:
    """Rows counted in all windows."""
    wanted = (measures.VOLUME.name, table, tool)
    return sum(one.value for one in points(folder) if (one.series, one.table, one.tool) == wanted)


def event(number: int, *, tool: str = "code/1", years: int = 0) -> Interaction:
    row: Interaction = make.interaction(number)
    return msgspec.structs.replace(row, tool=tool, event_time=row.event_time + years * YEAR_S * US)


def reject(number: int, reason: str = "not_json", fate: str = "dead_lettered") -> Reject:
    return Reject(
        record_id=f"{number:032x}",
        scrub_version="1",
        sources=[Source(EVENTS, 0, number)],
        event_date="2026-01-05",
        stage="scrub",
        fate=fate,
        reason=reason,
    )


def fill(folder: Path, first: int = 0, count: int = 6) -> None:
    key_file(folder)
    numbers = range(first, first + count)
    publish(folder, "pairs", [make.pair(n) for n in numbers])
    publish(folder, "interactions", [event(n) for n in numbers])
    publish(folder, "rejects", [reject(n) for n in numbers])
    publish(folder, "subjects", [make.subject(n) for n in numbers], gate=make.failing("record_id", {f"{first:032x}"}))


def assert_counted(folder: Path, count: int, held: int) -> None:
    assert [volume(folder, name) for name in ("pairs", "interactions", "rejects")] == [count] * 3
    assert volume(folder, "pairs", "t/1") == count  # withheld in the table, opened with the keys
    assert volume(folder, "interactions", "code/1") == count
    assert volume(folder, "subjects") == count - held
    grown = merge(one for one in points(folder) if one.series == measures.QUARANTINE_GROWTH.name)
    assert sum(one.value for one in grown) == held
    waiting = max(one.value for one in points(folder) if one.series == measures.QUARANTINE_ROWS.name)
    assert waiting == held


def test_each_row_counts_once_whatever_is_looked_at_again_or_written_anew(tmp_path: Path) -> None:
    fill(tmp_path)
    first = look(tmp_path)
    assert first.rows == 24
    assert_counted(tmp_path, 6, 1)
    assert look(tmp_path).rows == 0
    assert_counted(tmp_path, 6, 1)
    rewrite(tmp_path, TABLES["pairs"], lambda rows: rows)  # as an erasure, a disclosure, a compaction do
    rewrite(tmp_path, TABLES["interactions"], lambda rows: rows, merge=True)
    assert look(tmp_path).rows == 0
    publish(tmp_path, "pairs", [make.pair(0, revision=1)])  # one row amended: its neighbours are copied
    assert look(tmp_path).rows == 1
    assert volume(tmp_path, "pairs") == 7
    fill(tmp_path, 6)
    assert look(tmp_path).rows == 24
    assert volume(tmp_path, "interactions") == 12
    for path in Layout(tmp_path).history.glob("day=*/*.parquet"):
        assert footers.faults(pq.ParquetFile(path).metadata, QUALITY_HISTORY) == {}


@pytest.mark.parametrize("step", [1, 3, 5, 11, 12, -11, -12])
def test_a_kill_after_any_step_counts_nothing_twice_and_leaves_nothing_out(tmp_path: Path, step: int) -> None:
    """Negative steps: the second time they come by, when some tables are done and others are not."""
    fill(tmp_path)
    seen: list[int] = []

    def kill(at: int) -> None:
        seen.append(at)
        if at == abs(step) and (step > 0 or seen.count(at) == 2):
            raise Killed

    with pytest.raises(Killed):
        look(tmp_path, crash=kill)
    look(tmp_path)
    assert_counted(tmp_path, 6, 1)
    fill(tmp_path, 6)
    look(tmp_path)
    assert_counted(tmp_path, 12, 2)
    root = Layout(tmp_path).history
    live = {str(root / path) for path in delta_table.live_files(root)}
    assert {str(path) for path in root.rglob("*.parquet") if "_delta_log" not in path.parts} == live


def test_a_file_that_is_gone_before_it_is_read_counts_by_its_rows(tmp_path: Path) -> None:
    fill(tmp_path)
    rewrite(tmp_path, TABLES["interactions"], lambda rows: rows)
    look(tmp_path)
    assert volume(tmp_path, "interactions") == 6
    assert volume(tmp_path, "interactions", "code/1") == 0


@pytest.mark.parametrize("garbage", [b"", b"PAR1", b"\x00" * 4_096])
def test_a_broken_file_costs_its_numbers_and_no_more(
    tmp_path: Path, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path)
    for path in Layout(tmp_path).dataset("interactions").rglob("*--*.parquet"):
        path.write_bytes(garbage)
    look(tmp_path)
    assert volume(tmp_path, "interactions") == volume(tmp_path, "pairs") == 6
    assert "run `redline doctor`" in caplog.text


def test_a_torn_entry_is_not_there_yet_and_other_tables_go_on(tmp_path: Path) -> None:
    fill(tmp_path)
    root = Layout(tmp_path).dataset("pairs")
    newest = log.entry(root, arrivals.newest(root))
    whole = newest.read_bytes()
    newest.write_bytes(whole[: len(whole) // 2])
    look(tmp_path)
    assert (volume(tmp_path, "pairs"), volume(tmp_path, "interactions")) == (0, 6)
    newest.write_bytes(whole)
    look(tmp_path)
    assert (volume(tmp_path, "pairs"), volume(tmp_path, "interactions")) == (6, 6)


def test_a_hole_in_the_log_is_told_and_other_tables_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fill(tmp_path)
    fill(tmp_path, 6)
    log.entry(Layout(tmp_path).dataset("pairs"), 1).unlink()
    look(tmp_path)
    assert (volume(tmp_path, "pairs"), volume(tmp_path, "interactions")) == (0, 12)
    assert "not measured" in caplog.text


def test_a_table_put_back_from_a_backup_or_made_anew_is_read_from_there(tmp_path: Path) -> None:
    fill(tmp_path)
    backup = tmp_path.with_name("backup")
    shutil.copytree(Layout(tmp_path).dataset("rejects"), backup)
    publish(tmp_path, "rejects", [reject(n) for n in range(6, 9)])
    look(tmp_path)
    assert volume(tmp_path, "rejects") == 9
    shutil.rmtree(Layout(tmp_path).dataset("rejects"))
    shutil.copytree(backup, Layout(tmp_path).dataset("rejects"))
    shutil.rmtree(tmp_path / "state" / "index")
    look(tmp_path)
    assert volume(tmp_path, "rejects") == 9
    publish(tmp_path, "rejects", [reject(n) for n in range(20, 22)])
    look(tmp_path)
    assert volume(tmp_path, "rejects") == 11
    shutil.rmtree(Layout(tmp_path).dataset("rejects"))
    shutil.rmtree(tmp_path / "state" / "index")
    publish(tmp_path, "rejects", [reject(1)])  # another table in the same folder
    look(tmp_path)
    assert volume(tmp_path, "rejects") == 12


def test_a_log_that_begins_with_a_checkpoint_is_read_from_there(tmp_path: Path) -> None:
    key_file(tmp_path)
    root = Layout(tmp_path).dataset("rejects")
    for number in range(6):
        if number == 4:
            DeltaTable(root).create_checkpoint()
        publish(tmp_path, "rejects", [reject(number)])
    for version in range(3):
        log.entry(root, version).unlink()
    look(tmp_path)
    assert volume(tmp_path, "rejects") == 6
    assert look(tmp_path).rows == 0


def test_no_table_no_keys_and_no_broker_are_no_fault(tmp_path: Path) -> None:
    assert look(tmp_path).rows == 0
    publish(tmp_path, "pairs", [make.pair(n) for n in range(4)])
    look(tmp_path)  # keys are missing: tools are what the table says
    assert volume(tmp_path, "pairs", "withheld") == 4


def test_an_event_that_is_a_year_off_moves_its_own_share_only(tmp_path: Path) -> None:
    key_file(tmp_path)
    publish(tmp_path, "interactions", [event(0, years=1), event(1, years=-1), event(2)])
    look(tmp_path)
    late = [one for one in points(tmp_path) if one.series == measures.LATE_RATE.name and not one.tool]
    assert sum(one.weight for one in late) == 3
    assert len({one.at_us for one in points(tmp_path) if one.span_s == HOUR_S}) <= 2  # an hour may have ended meanwhile


def test_a_clock_that_jumps_back_and_forth_loses_and_doubles_nothing(tmp_path: Path) -> None:
    fill(tmp_path)
    asked: list[int] = []

    def asks(held: Iterable[Point], now_us: int, policy: MonitorPolicy, firing: Firing) -> list[Breach]:
        del policy, firing
        asked.append(now_us)
        assert all(one.at_us <= now_us for one in held)
        return []

    real = time.time_ns() // 1_000
    for now_us in (real, real + YEAR_S * US, real - YEAR_S * US, 1, real):
        look(tmp_path, monitors=asks, now_us=partial(int, now_us))
    assert len(asked) == 5
    assert volume(tmp_path, "pairs") == 6


def test_two_processes_do_not_look_at_once(tmp_path: Path) -> None:
    fill(tmp_path)
    with DataLock(tmp_path / "state", name=LOCK), pytest.raises(LockedError):
        once(settings(tmp_path), say=lambda _text: None)


def test_what_fails_at_one_look_is_tried_again_at_the_next(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fill(tmp_path)
    look(tmp_path)
    fill(tmp_path, 6)
    root = Layout(tmp_path).history
    newest = log.entry(root, arrivals.newest(root))
    whole = newest.read_bytes()
    newest.write_bytes(whole[:20])  # a power cut
    waits: list[float] = []

    def mended_after_two(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 2:
            newest.write_bytes(whole)
        return len(waits) == 3

    keep_looking(settings(tmp_path), 5.0, mended_after_two)
    assert waits == [5.0] * 3
    assert caplog.text.count("a look failed") == 2
    assert "came a torn entry" in caplog.text
    assert_counted(tmp_path, 12, 2)


def test_a_second_writer_without_the_lock_is_found(tmp_path: Path) -> None:
    one, other = history.History(tmp_path), history.History(tmp_path)
    other.append(QUALITY_HISTORY.schema.empty_table(), {"x": 1})
    with pytest.raises(ConflictError):
        one.append(QUALITY_HISTORY.schema.empty_table(), {"x": 2})
    assert history.History(tmp_path).position("x") == 1


def test_many_looks_become_few_files_and_old_days_go(tmp_path: Path) -> None:
    fill(tmp_path)
    now_us = time.time_ns() // 1_000
    old = measures.point(measures.VOLUME, now_us - 200 * DAY_US, "pairs", value=5.0)
    one = measures.point(measures.VOLUME, now_us - DAY_US, "pairs", value=1.0)
    table = history.History(tmp_path)
    table.append(as_rows([old]), {})
    for _ in range(30):
        table.append(as_rows([one]), {})
    look(tmp_path)
    assert len(delta_table.live_files(Layout(tmp_path).history)) <= 1 + 24
    counted = {one.at_us: one.value for one in points(tmp_path) if one.series == "volume" and one.table == "pairs"}
    assert counted.pop(one.at_us) == 30
    assert old.at_us not in counted
    assert sum(counted.values()) == 6  # looked at just now


def test_dead_letters_grow_old_until_the_raw_topic_has_dropped_them(tmp_path: Path) -> None:
    key_file(tmp_path)
    publish(tmp_path, "rejects", [reject(0), reject(1, "late", "dropped")])
    now_us = time.time_ns() // 1_000
    ages: list[list[Point]] = []
    for hours in (0, 50, 200):
        later = now_us + hours * HOUR_S * US
        kept = settings(tmp_path, kafka=Kafka(retention_hours=100))
        Looker(kept, Teller(Told()), monitors=quiet, now_us=partial(int, later)).look()
        at = measures.window(later)
        ages.append([one for one in points(tmp_path) if one.series == "dead_letter_age" and one.at_us == at])
    assert 50 <= ages[1][0].value < 52
    assert ages[1][0].weight == 100
    assert ages[2] == []


def test_a_breach_is_told_while_it_lasts_and_cleared_once(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "state").mkdir(exist_ok=True)
    told, answers = Told(), [1, 1, 0, 0]
    breach = Breach("silence", "pairs", "s", Severity.ERROR, 5 * US, "rows", {"hours": 3.0})
    fired: list[Collection[Any]] = []

    def asks(held: Iterable[Point], now_us: int, policy: MonitorPolicy, firing: Firing) -> list[Breach]:
        del held, now_us, policy
        fired.append(set(firing))
        return [breach] * answers.pop(0)

    looker = Looker(settings(tmp_path), Teller(told), monitors=asks)
    for _ in range(4):
        looker.look()
    assert [(one.kind, one.table, one.subject, one.since) for one in told.raised] == [
        ("silence", "pairs", "s", 5.0)
    ] * 2
    assert told.cleared == [("silence", "pairs", "s")]
    assert fired == [set(), {breach.key}, {breach.key}, set()]


def test_what_is_shown_names_no_tool_of_few_events(tmp_path: Path) -> None:
    key_file(tmp_path)
    publish(tmp_path, "interactions", [event(n, tool="rare/1" if n < 2 else "some/2") for n in range(9)])
    assert "nothing was measured" in show(settings(tmp_path), hours=24)
    look(tmp_path)
    text = show(settings(tmp_path), ("volume",), hours=24)
    assert "some/2" in text
    assert "rare/1" not in text
    with pytest.raises(InputError, match="came another name"):
        show(settings(tmp_path), ("volumes",), hours=24)
    named = {name: measures.hidden("tool", name) for name in ("some", "some/2", "rare", "rare/1")}
    for name, of in named.items():
        assert ("some/2" in show(settings(tmp_path), hours=24, of=of)) is name.startswith("some")
        assert "rare/1" not in show(settings(tmp_path), hours=24, of=of)
    with pytest.raises(InputError, match="came something else"):
        show(settings(tmp_path), hours=24, of="some/2")


def test_a_history_of_another_version_is_refused(tmp_path: Path) -> None:
    shutil.copytree(_made(tmp_path / "other"), Layout(tmp_path).history)
    with pytest.raises(SinkError, match="another version"):
        look(tmp_path)


def _made(folder: Path) -> Path:
    publish(folder, "rejects", [reject(0)])
    return Layout(folder).dataset("rejects")


def test_a_long_history_is_held_in_bounded_memory() -> None:
    """Of what is kept in memory only the last days, and of minutes only the last hours."""
    held = Held()
    for minute in range(3 * 24 * 60):
        now_us = minute * 60 * US
        held.add([measures.point(measures.LAG, now_us, "", source="s", value=1.0)])
        if minute % 60 == 0:
            held.keep(now_us, days=2)
    assert len(held) <= 2 * 24 + 1 + 8 * 60
