"""References of new rows on real, sealed tables: asked once their events had the time to come, and told with places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from support import rows as make
from support.folder import key_file, publish

from redline.lag import Progress
from redline.published import release_of
from redline.quality.lineage import KIND, Lineage, of_missing
from redline.quality.read import new_rows
from redline.settings import Settings
from schemas.records import Partition
from schemas.rows import Interaction, Source
from schemas.tables import TABLES
from schemas.topics import CLEAN, EVENTS
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

AT = Partition(CLEAN, 0)


def event(number: int) -> Interaction:
    row: Interaction = make.interaction(number)
    return msgspec.structs.replace(row, sources=[Source(EVENTS, 0, number)])


def events(folder: Path, numbers: Iterable[int]) -> None:
    publish(folder, "interactions", [event(n) for n in numbers])


class Asking:
    """Looks as the process does them: files first, then the broker, then judging."""

    def __init__(self, folder: Path) -> None:
        key_file(folder)
        self._folder = folder
        self._release = release_of(Settings(data=str(folder)))
        self._lineage = Lineage(folder, self._release)
        self._positions: dict[str, int] = {}

    def look(self, *, end: int, stored: int) -> list[int]:
        """Offsets that are missing, with the end of the clean topic and what of it `interactions` has."""
        show = (self._lineage.take,)
        for new in new_rows(self._folder, self._positions.get, release=self._release, show=show):
            if new.gone:
                self._lineage.missed()
            self._positions[new.name] = new.version
        missing = self._lineage.judge(Progress({AT: end}, {}, {AT: stored}))
        for alert in of_missing(missing):
            assert (alert.kind, alert.table) == (KIND, "pairs")
            assert {place.topic for place in alert.where} == {EVENTS}
            assert alert.got == {"offsets": sum(len(one.offsets) for one in missing)}
        return [offset for one in missing for offset in one.offsets.tolist()]


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    return Asking(tmp_path)


def test_what_is_not_there_is_told_of_once_with_its_place(tmp_path: Path, asking: Asking) -> None:
    events(tmp_path, range(6))
    publish(tmp_path, "pairs", [make.pair(n) for n in range(8)])
    assert asking.look(end=6, stored=6) == []
    assert asking.look(end=6, stored=6) == [6, 7]
    assert asking.look(end=6, stored=6) == []


def test_events_may_come_after_the_pairs_they_make(tmp_path: Path, asking: Asking) -> None:
    publish(tmp_path, "pairs", [make.pair(n) for n in range(4)])
    assert asking.look(end=4, stored=0) == []
    events(tmp_path, range(2))
    assert asking.look(end=4, stored=2) == []
    events(tmp_path, range(2, 4))
    assert asking.look(end=4, stored=4) == []
    assert asking.look(end=4, stored=4) == []


def test_events_in_quarantine_or_in_files_written_anew_are_there(tmp_path: Path, asking: Asking) -> None:
    publish(
        tmp_path,
        "interactions",
        [event(0), event(1)],
        gate=make.failing("record_id", {f"{0:032x}"}),
    )
    publish(tmp_path, "pairs", [make.pair(0)])
    assert asking.look(end=2, stored=2) == []
    assert asking.look(end=2, stored=2) == []
    events(tmp_path, range(2, 5))
    rewrite(tmp_path, TABLES["interactions"], lambda rows: rows, merge=True)  # before the file was read
    publish(tmp_path, "pairs", [make.pair(n) for n in (1, 2, 4, 9)])
    assert asking.look(end=5, stored=5) == []
    assert asking.look(end=5, stored=5) == [9]


def test_without_a_broker_or_keys_nothing_is_asked(tmp_path: Path, asking: Asking) -> None:
    publish(tmp_path, "pairs", [make.pair(0)])
    lineage = Lineage(tmp_path, None)
    assert sum(new.rows for new in new_rows(tmp_path, {}.get, show=(lineage.take,))) == 1
    assert lineage.judge(None) == []
    assert asking.look(end=0, stored=0) == []
