"""The commit protocol and rewriting over an object store: what holds on a disk holds there, and its own failures."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from contract.sinks import test_committer as committing
from contract.sinks import test_rewrite as rewriting
from contract.sinks.test_committer import PLACE, Sink, published
from support import rows as make
from support.objects import Objects, fault, serving

from redline import check, scan, sql
from schemas.errors import RedlineError, SettingsError, SinkError
from schemas.records import Partition
from schemas.tables import PAIRS
from sinks import bucket, location, reader, store
from sinks.delta import AmbiguousError
from sinks.layout import Layout
from sinks.locks import hold
from sinks.places import remote
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def objects() -> Iterator[Objects]:
    with serving() as found:
        yield found


@pytest.fixture
def tmp_path(tmp_path: Path, objects: Objects) -> Path:
    """A data folder whose tables are in the store."""
    return objects.folder(tmp_path)


@pytest.mark.parametrize(
    "holds",
    [
        committing.test_every_row_reads_back_as_it_was_written,
        committing.test_a_zombie_with_the_same_start_is_fenced_and_leaves_no_file,
        committing.test_a_higher_revision_replaces_the_row_in_the_same_commit,
        committing.test_bad_rows_go_to_quarantine_with_the_reason,
        rewriting.test_a_row_may_move_to_another_partition_and_a_later_revision_finds_it,
    ],
    ids=lambda test: test.__name__,
)
def test_what_holds_on_a_disk_holds_in_a_store(tmp_path: Path, holds: Callable[[Path], None]) -> None:
    holds(tmp_path)


@pytest.mark.parametrize("step", [7])
def test_another_sinks_commit_between_two_steps_is_harmless(tmp_path: Path, step: int) -> None:
    committing.test_another_sinks_commit_between_any_two_steps_is_harmless(tmp_path, step)


@pytest.mark.parametrize("step", [5, 8])
def test_a_death_after_a_step_loses_and_doubles_nothing(tmp_path: Path, step: int) -> None:
    committing.test_a_death_after_any_step_loses_and_doubles_nothing(tmp_path, step)


@pytest.mark.parametrize("step", [6])
def test_a_rewriting_that_is_killed_is_cleaned_up_by_a_sink(tmp_path: Path, step: int) -> None:
    rewriting.test_a_death_after_any_step_is_cleaned_up_by_whoever_starts_next(tmp_path, step, "sink")


ENTRY, DATA = r"_delta_log/\d+\.json$", r"/dataset/.*--sink-0--.*\.parquet$"


def whole(data: Path, numbers: range | list[int], offset: int) -> None:
    """These rows, once each, up to that offset; no file that the log does not name, none that it names is gone."""
    assert published(data) == make.ids(numbers)
    assert reader.offsets(data, "pairs") == {PLACE: offset}
    root = Layout(data).dataset("pairs")
    assert sorted(f"{root}/{path}" for path in store.parquet_files(root)) == sorted(reader.files(data, "pairs"))


@pytest.mark.parametrize(("what", "path"), [("busy", DATA), ("busy", ENTRY), ("lost", DATA), ("lost", ENTRY)])
def test_a_busy_store_is_asked_again_and_a_lost_answer_doubles_nothing(
    tmp_path: Path, objects: Objects, what: str, path: str
) -> None:
    sink = Sink(tmp_path)
    objects.faults(fault(what, "PUT", path, times=2))
    done = sink.put(make.batch([make.pair(i) for i in range(6)]))
    assert (done.rows, done.version) == (6, 1)
    whole(tmp_path, range(6), 6)


def test_an_upload_that_is_refused_leaves_nothing_and_the_batch_can_be_tried_again(
    tmp_path: Path, objects: Objects
) -> None:
    sink = Sink(tmp_path)
    batch = make.batch([make.pair(i) for i in range(6)])
    objects.faults(fault("late", "PUT", DATA))
    with pytest.raises(OSError, match="needed the object store to answer"):
        sink.put(batch)
    assert published(tmp_path) == []
    assert sink.put(batch).rows == 6
    assert objects.land() == ["200 OK"]  # the upload that was given up
    assert len(make.plain_ids(Layout(tmp_path).dataset("pairs"))) > 6
    sink.committer.close()
    assert Sink(tmp_path).committer.orphans == 1
    whole(tmp_path, range(6), 6)


def test_a_commit_that_was_given_up_cannot_land_later(tmp_path: Path, objects: Objects) -> None:
    sink = Sink(tmp_path)
    objects.faults(fault("late", "PUT", ENTRY))
    done = sink.put(make.batch([make.pair(i) for i in range(6)]))
    assert done.version == 2  # the first version after the creation was burnt
    assert objects.land() == ["412 PRECONDITION FAILED"]
    whole(tmp_path, range(6), 6)


def test_a_commit_of_which_nobody_knows_is_left_alone_and_may_land(tmp_path: Path, objects: Objects) -> None:
    sink = Sink(tmp_path)
    batch = make.batch([make.pair(i) for i in range(6)])
    objects.faults(fault("late", "PUT", ENTRY, times=2))  # the fence too
    with pytest.raises(AmbiguousError):
        sink.put(batch)
    assert objects.land() == ["200 OK", "412 PRECONDITION FAILED"]
    whole(tmp_path, range(6), 6)
    sink.committer.close()
    again = Sink(tmp_path)
    assert again.committer.orphans == 0
    again.put(make.batch([make.pair(6)], start=6))
    whole(tmp_path, range(7), 7)


def test_a_dead_sinks_commit_cannot_land_once_its_files_are_collected(tmp_path: Path, objects: Objects) -> None:
    dead = Sink(tmp_path)
    objects.faults(fault("late", "PUT", ENTRY, times=2))
    batch = make.batch([make.pair(i) for i in range(6)])
    with pytest.raises(AmbiguousError):
        dead.put(batch)
    dead.committer.close()
    heir = Sink(tmp_path)
    assert heir.committer.orphans > 0
    assert set(objects.land()) == {"412 PRECONDITION FAILED"}
    assert heir.put(batch).rows == 6
    whole(tmp_path, range(6), 6)


def test_a_store_that_is_away_fails_in_words_and_what_is_there_stays(tmp_path: Path, objects: Objects) -> None:
    sink = Sink(tmp_path)
    sink.put(make.batch([make.pair(i) for i in range(6)]))
    objects.faults(fault("late", "GET", "", times=50))
    with pytest.raises((SinkError, OSError)) as refused:
        reader.read(tmp_path, "pairs")
    objects.faults()
    assert "not-a-secret" not in str(refused.value)
    whole(tmp_path, range(6), 6)


def test_queries_and_checks_see_what_a_local_folder_shows(tmp_path: Path) -> None:
    Sink(tmp_path).put(make.batch([make.pair(i) for i in range(6)]))
    assert sql.query(tmp_path, "select surface, count(*) from pairs group by 1 order by 1")[1] == [
        ("chat", 2),
        ("doc", 2),
        ("ide", 2),
    ]
    assert sql.query(tmp_path, "select count(*) from pairs where event_date = date '2026-01-06'")[1] == [(3,)]
    assert sql.query(tmp_path, "select count(*) from trajectories")[1] == [(0,)]
    theft = f"select * from read_text('{tmp_path}/state/tables.json')"  # noqa: S608 - it is to be refused
    for text in (theft, "select * from interactions"):
        with pytest.raises(RedlineError, match=r"opens something else|restricted"):
            sql.query(tmp_path, text)
    assert scan.count(tmp_path, "pairs") == 6
    assert [part.num_rows for part in scan.parts(tmp_path, "pairs", ["record_id"], day="2026-01-05")] == [3]
    assert check._files(tmp_path, "pairs", 6) == check._footers(tmp_path, "pairs") == []
    stray = Layout(tmp_path).dataset("pairs") / "event_date=2026-01-05" / "stray.parquet"
    bucket.create(remote(str(stray)), b"no commit names it")
    assert [(what, count) for _, what, count, _ in check._files(tmp_path, "pairs", 6)] == [
        ("files that no commit names (a crash left them)", 1)
    ]


def test_sinks_and_a_rewriting_that_commit_at_once_lose_and_double_nothing(tmp_path: Path, objects: Objects) -> None:
    failed: list[BaseException] = []

    def feed(partition: int) -> None:
        lock = hold(Layout(tmp_path).locks, f"sink-{partition}")
        try:
            sink = Sink(tmp_path, name=f"sink-{partition}")
            for at in range(3):
                sink.put(make.batch([make.pair(partition * 100 + at)], start=at, partition=partition))
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            lock.release()

    def renew() -> None:
        try:
            for _ in range(2):
                rewrite(tmp_path, PAIRS, lambda rows: rows)
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    Sink(tmp_path, name="first").committer.close()
    workers: list[Any] = [threading.Thread(target=feed, args=(0,)), threading.Thread(target=feed, args=(1,))]
    workers.append(threading.Thread(target=renew))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failed == []
    assert published(tmp_path) == make.ids([0, 1, 2, 100, 101, 102])
    assert reader.offsets(tmp_path, "pairs") == {PLACE: 3, Partition(make.TOPIC, 1): 3}


def test_tables_have_one_folder_that_writes_and_any_that_read(
    tmp_path_factory: pytest.TempPathFactory, objects: Objects
) -> None:
    url, own, other = objects.url(), tmp_path_factory.mktemp("own"), tmp_path_factory.mktemp("other")
    location.point(own, url)
    location.point(own, url + "/")
    Sink(own).put(make.batch([make.pair(1)]))
    location.point(other, url)
    assert published(other) == make.ids([1])
    with pytest.raises(SinkError, match="another folder"):
        Sink(other)
    with pytest.raises(SettingsError, match="that of other tables"):
        location.point(own, objects.url())
    local = tmp_path_factory.mktemp("local")
    Sink(local).put(make.batch([make.pair(1)]))
    with pytest.raises(SettingsError, match="without tables of its own"):
        location.point(local, url)


@pytest.mark.parametrize(
    "url", ["s3://", "s3://B", "s3:/bucket/x", "s3://bucket/../x", "s3://bucket/a b", "s3://b?x=1"]
)
def test_a_url_that_names_no_prefix_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="needed s3://BUCKET"):
        remote(url)
