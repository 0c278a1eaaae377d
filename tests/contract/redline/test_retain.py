"""Old rows leave their tables, as far as the ledger allows, on real tables; Kafka is what it says of its offsets."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support import rows as make
from support.folder import day, key_file, publish
from support.world import IDENTITY

from redline import alert_desk, audit, clock, rebuild
from redline import retain as module
from redline.kafka_section import Kafka
from redline.probe import Reading
from redline.retain import check, gone_before, retain, still_held
from redline.sections import Alerts, Retain
from redline.settings import Settings
from schemas.errors import BrokerError, ClockError, InputError, SettingsError
from schemas.records import Partition
from schemas.tables import SOURCE
from schemas.topics import EVENTS
from sinks import reader
from sinks.layout import Layout
from sinks.seal import Seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = dt.date(2026, 1, 16)
NOW = dt.datetime(2026, 1, 16, 12, tzinfo=dt.UTC)
BACK = Kafka(bootstrap="nowhere:1", retention_hours=24)

OF_PEOPLE = ("interactions_days", "pairs_days", "trajectories_days", "revisions_days")


def settings(data: Path, **days: int) -> Settings:
    return Settings(data=str(data), kafka=BACK, retain=Retain(**days), alerts=Alerts(window_s=0.0, kafka=False))


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> dict[Partition, tuple[int, int]]:
    """What Kafka holds of the raw topic; the test fills it."""
    held: dict[Partition, tuple[int, int]] = {}

    @contextmanager
    def broker(settings: Settings, _say: Any) -> Iterator[Settings]:
        yield settings

    monkeypatch.setattr(module.cluster, "broker", broker)
    monkeypatch.setattr(module.cluster, "prepare_topics", lambda _settings: [])
    monkeypatch.setattr(module, "watermarks", lambda *_args, **_more: held)
    monkeypatch.setattr(module.clock, "newest_record", lambda *_args: None)
    for asks in ("redline.partition_reader", "redline.state_reader"):  # a rebuild asks who is not there what is open
        monkeypatch.setattr(f"{asks}.SILENT_POLLS", 1)
    return held


def days(data: Path, table: str) -> Counter[str]:
    by_log = reader.read(data, table, ["record_id", "event_date"]).to_pylist()
    assert sorted(r["record_id"] for r in by_log) == make.plain_ids(Layout(data).dataset(table))
    return Counter(str(row["event_date"]) for row in by_log)


def fill(data: Path) -> None:
    key_file(data)
    publish(data, "pairs", [make.pair(i, date=f"2026-01-{1 + i % 10:02}") for i in range(100)])
    publish(data, "interactions", [make.interaction(i) for i in range(20)])
    publish(data, "subjects", [make.subject(i) for i in range(20)])


def run(where: Settings, *, dry_run: bool = False) -> str:
    return retain(where, dry_run=dry_run, now=NOW, today=TODAY, say=lambda _line: None)


def test_days_before_the_age_go_and_no_other(tmp_path: Path, kafka: dict[Partition, tuple[int, int]]) -> None:
    fill(tmp_path)
    kafka[Partition(EVENTS, 0)] = (1000, 1000)
    where = settings(tmp_path, pairs_days=10)
    said = run(where, dry_run=True)
    assert "50" in said
    assert sum(days(tmp_path, "pairs").values()) == 100
    said = run(where)
    assert "before 2026-01-06" in said
    assert days(tmp_path, "pairs") == {f"2026-01-{d:02}": 10 for d in range(6, 11)}
    assert sum(days(tmp_path, "interactions").values()) == 20
    assert "50" not in run(where).split("pairs", 1)[1]


def test_rows_whose_raw_records_kafka_holds_stay(tmp_path: Path, kafka: dict[Partition, tuple[int, int]]) -> None:
    fill(tmp_path)
    kafka[Partition(EVENTS, 0)] = (42, 100)
    said = run(settings(tmp_path, pairs_days=1))
    offsets = {
        source["offset"]
        for row in reader.read(tmp_path, "pairs", seal=Seal(IDENTITY)).to_pylist()
        for source in row["sources"]
    }
    assert offsets == set(range(42, 100))
    assert "42" in said
    assert "58" in said


def test_subjects_go_by_their_day_alone(tmp_path: Path, kafka: dict[Partition, tuple[int, int]]) -> None:
    fill(tmp_path)
    kafka[Partition(EVENTS, 0)] = (0, 100)
    run(
        settings(
            tmp_path, subjects_days=10, pairs_days=10, interactions_days=10, trajectories_days=10, revisions_days=10
        )
    )
    assert days(tmp_path, "subjects") == {"2026-01-06": 10}
    assert sum(days(tmp_path, "pairs").values()) == 100  # Kafka holds every one of their raw records
    assert "for ever" in run(settings(tmp_path))


@pytest.mark.parametrize(
    ("kept", "word"),
    [
        ({"pairs_days": 29}, "at least 30"),
        ({"rejects_days": 1}, "at least 30"),
        ({"subjects_days": 30}, "subjects_days"),
        (
            dict.fromkeys(("interactions_days", "pairs_days", "trajectories_days", "revisions_days"), 31)
            | {"subjects_days": 30},
            "subjects",
        ),
    ],
)
def test_what_would_break_the_ledger_or_an_erasure_is_refused(kept: dict[str, int], word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        check(Settings(retain=Retain(**kept)))


def test_what_leaves_everything_working_is_not() -> None:
    check(Settings(retain=Retain(pairs_days=30, interactions_days=30, rejects_days=400)))
    same = dict.fromkeys((*OF_PEOPLE, "subjects_days"), 30)
    check(Settings(retain=Retain(**same)))
    check(Settings(kafka=Kafka(retention_hours=0), retain=Retain(pairs_days=1)))


def test_a_row_is_held_if_one_of_its_records_is() -> None:
    def places(*offsets: tuple[str, int, int]) -> list[dict[str, Any]]:
        return [{"topic": t, "partition": p, "offset": o} for t, p, o in offsets]

    rows = [
        places((EVENTS, 0, 9)),
        places((EVENTS, 0, 10)),
        places((EVENTS, 0, 1), (EVENTS, 1, 5)),
        places((EVENTS, 0, 1), (EVENTS, 1, 4)),
        places(("another", 0, 99)),
        [],
    ]
    table = pa.table({"sources": pa.array(rows, pa.list_(SOURCE))})
    lows = {Partition(EVENTS, 0): 10, Partition(EVENTS, 1): 5}
    assert still_held(table, lows).tolist() == [False, True, True, False, False, False]
    assert still_held(table.slice(0, 0), lows).tolist() == []


@pytest.mark.parametrize("table", ["interactions", "pairs"])
def test_a_rebuild_does_not_ask_for_what_retention_took(
    tmp_path: Path, kafka: dict[Partition, tuple[int, int]], table: str
) -> None:
    made = day(2)
    made.publish(tmp_path)
    kafka[Partition(EVENTS, 0)] = (10_000, 10_000)
    run(settings(tmp_path, **{f"{table}_days": 10}))  # all of it is of 2026-01-05
    assert reader.read(tmp_path, table, ["record_id"]).num_rows == 0
    result = rebuild.pairs(settings(tmp_path))
    assert (result.equal, result.differing) == (True, 0), result.text
    assert re.search(rf"older than a table keeps its rows +{len(made.pairs)}\b", result.text)
    # What is not that old is a difference, and so is what the other table should still have.
    young = replace(made.pairs[0], record_id="f" * 32, event_date="2026-01-06")
    publish(tmp_path, "pairs", [young])
    result = rebuild.pairs(settings(tmp_path))
    assert (result.equal, result.differing) == (False, 1), result.text


def test_what_only_one_side_lost_is_a_difference_if_the_other_was_aged(
    tmp_path: Path, kafka: dict[Partition, tuple[int, int]]
) -> None:
    made = day(2)
    made.publish(tmp_path)
    publish(tmp_path, "pairs", [replace(made.pairs[0], record_id="f" * 32)])
    kafka[Partition(EVENTS, 0)] = (0, 10_000)  # nothing goes
    run(settings(tmp_path, pairs_days=10))
    assert gone_before(tmp_path) == {"pairs": dt.date(2026, 1, 6)}
    result = rebuild.pairs(settings(tmp_path))
    assert "only in the streamed table" in result.text
    assert result.differing == 1


@pytest.mark.parametrize(
    ("record", "row", "by"),
    [
        (dt.timedelta(hours=71), None, True),
        (dt.timedelta(hours=73), None, False),
        (None, dt.timedelta(hours=71), True),
        (None, dt.timedelta(hours=73), False),
        (dt.timedelta(hours=71), dt.timedelta(days=400), True),
        (dt.timedelta(days=400), dt.timedelta(hours=71), True),
        (dt.timedelta(hours=-500), dt.timedelta(days=400), True),  # the clock is behind: rows stay longer
        (None, None, True),
    ],
)
def test_a_clock_is_believed_near_the_newest_record_or_row(
    record: dt.timedelta | None, row: dt.timedelta | None, by: bool
) -> None:
    seen = [None if age is None else NOW - age for age in (record, row)]
    with nullcontext() if by else pytest.raises(ClockError, match="73 hours ahead"):
        clock.require(clock.ahead(NOW, seen), 72)


def test_brokers_elsewhere_are_asked_for_their_time_and_the_last_of_them_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def readings(kafka: Kafka) -> list[Reading]:
        if kafka.bootstrap == "silent:1":
            raise BrokerError("nothing came")
        return [Reading(number, 0.0, NOW.timestamp() + ahead_s, 0.0) for number, ahead_s in ((1, 0.0), (2, 1e9))]

    monkeypatch.setattr(clock.probe, "readings", readings)
    assert clock.of_brokers(Kafka(bootstrap="one:1,two:1")) == NOW, "one that is far ahead makes nobody believe it"
    assert clock.of_brokers(Kafka(bootstrap="silent:1")) is None
    assert clock.of_brokers(Kafka(bootstrap="127.0.0.1:1,localhost:2")) is None, "it is this machine's clock"


SPANS = st.timedeltas(min_value=dt.timedelta(days=-800), max_value=dt.timedelta(days=800))


@given(
    wrong=SPANS,
    quiet=st.timedeltas(min_value=dt.timedelta(), max_value=dt.timedelta(days=30)),
    days=st.integers(1, 999),
)
def test_whatever_the_clock_says_no_row_goes_more_than_these_hours_early(
    wrong: dt.timedelta, quiet: dt.timedelta, days: int
) -> None:
    """`quiet`: how long ago the newest record came, by the true time; `wrong`: how far the clock is ahead of that."""
    record, says = NOW - quiet, NOW + wrong
    try:
        clock.require(clock.ahead(says, [record, None]), 72)
    except ClockError:
        assert says > record + dt.timedelta(hours=72), "a clock that is right is believed unless nothing comes"
        return
    before = says.date() - dt.timedelta(days=days)  # as retain counts
    assert before <= (NOW + dt.timedelta(hours=72)).date() - dt.timedelta(days=days)


def test_a_clock_that_is_ahead_takes_nothing_and_somebody_is_told(
    tmp_path: Path, kafka: dict[Partition, tuple[int, int]]
) -> None:
    fill(tmp_path)  # rows until 2026-01-10, no record in Kafka
    kafka[Partition(EVENTS, 0)] = (1000, 1000)
    where = settings(tmp_path, pairs_days=10)
    tomorrow = TODAY + dt.timedelta(days=1)
    with pytest.raises(ClockError, match="--today"):
        retain(where, dry_run=False, now=NOW, say=lambda _line: None)
    assert sum(days(tmp_path, "pairs").values()) == 100
    assert "clock_ahead" in alert_desk.listing(where)
    with pytest.raises(InputError, match="not to come"):
        retain(where, dry_run=False, now=NOW, today=tomorrow, say=lambda _line: None)
    right = dt.datetime(2026, 1, 12, tzinfo=dt.UTC)
    retain(where, dry_run=False, now=right, say=lambda _line: None)
    assert min(days(tmp_path, "pairs")) == "2026-01-02"
    assert "clock_ahead" not in alert_desk.listing(where)


def test_an_entry_of_an_earlier_version_says_how_many_days_were_kept(tmp_path: Path) -> None:
    key_file(tmp_path)
    assert gone_before(tmp_path) == {}
    entry = audit.record(settings(tmp_path), "retain", {"pairs_days": 10})
    audit.record(settings(tmp_path), "retain", {"pairs_before": "2020-01-01", "rejects_before": "2026-01-02"})
    by_clock = dt.datetime.fromtimestamp(entry.at_us / 1e6, dt.UTC).date() - dt.timedelta(days=10)
    assert gone_before(tmp_path) == {"pairs": by_clock, "rejects": dt.date(2026, 1, 2)}
