"""Dead letters of real tables and a real journal of replays: those that were sent again no longer wait."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.folder import publish

from redline.quality.letters import Letters
from redline.quality.read import new_rows
from redline.replay.journal import Place, opened
from schemas.rows import Reject, Source
from schemas.tables import TABLES
from schemas.topics import EVENTS
from sinks import reader
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quality.measures import Point


def letters(folder: Path, numbers: Iterable[int], *, fate: str = "dead_lettered") -> None:
    rows = [
        Reject(
            record_id=f"{number:032x}",
            scrub_version="1",
            sources=[Source(EVENTS, number % 2, number)],
            event_date="2026-01-05",
            stage="scrub",
            fate=fate,
            reason="not_json",
        )
        for number in numbers
    ]
    publish(folder, "rejects", rows)


def send_again(folder: Path, numbers: Iterable[int]) -> None:
    with opened(folder / "state") as journal:
        places = [Place(number % 2, number) for number in numbers]
        journal.begin(places, {0: 100, 1: 100})
        journal.finish({place: 100 + place.offset for place in places})


class Looking:
    """Looks at new files as the process does, and adds up their points."""

    def __init__(self, folder: Path) -> None:
        (folder / "state").mkdir(exist_ok=True)
        self._folder = folder
        self._letters = Letters(folder, folder / "state")
        self._read: dict[str, int] = {}
        self._points: list[Point] = []

    def waiting(self) -> float:
        for new in new_rows(self._folder, self._read.get, show=(self._letters.take,)):
            self._read[new.name] = new.version
            self._points += new.points
        return sum(one.value for one in self._letters.waiting(self._points))


def test_letters_that_were_sent_again_no_longer_wait(tmp_path: Path) -> None:
    letters(tmp_path, range(6))
    letters(tmp_path, range(6, 8), fate="dropped")
    looking = Looking(tmp_path)
    assert looking.waiting() == 6
    send_again(tmp_path, [0, 1, 2])
    assert looking.waiting() == 3
    letters(tmp_path, [9])  # such as a copy that failed again
    assert looking.waiting() == 4
    send_again(tmp_path, [3, 4, 5])
    assert looking.waiting() == 1
    assert Looking(tmp_path).waiting() == 1  # a process that starts now
    send_again(tmp_path, [9])
    assert looking.waiting() == 0


@pytest.mark.parametrize(("again", "left"), [(range(3), 4), (range(4), 0)])
def test_of_letters_in_a_file_that_was_written_anew_all_wait_or_none(
    tmp_path: Path, again: Iterable[int], left: int
) -> None:
    """Nobody knows any more in which hour they came."""
    letters(tmp_path, range(4))
    (first := Looking(tmp_path)).waiting()
    rewrite(tmp_path, TABLES["rejects"], lambda rows: rows, merge=True)
    send_again(tmp_path, again)
    assert first.waiting() == left


def test_a_table_that_cannot_be_read_lets_letters_wait(tmp_path: Path) -> None:
    letters(tmp_path, range(2))
    looking = Looking(tmp_path)
    assert looking.waiting() == 2
    send_again(tmp_path, range(2))
    [file] = map(Path, reader.files(tmp_path, "rejects"))
    held = file.read_bytes()
    file.write_bytes(b"PAR1")
    assert looking.waiting() == 2
    file.write_bytes(held)
    assert looking.waiting() == 0
