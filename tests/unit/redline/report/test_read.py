"""Figures of real Delta tables: what is counted, whose it is, what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from support import rows as make
from support.folder import key_file, publish

from quality.history import as_rows
from quality.measures import US, Point
from redline.disclose import disclose
from redline.report import docs
from redline.report.page import html
from redline.report.read import figures
from redline.report.run import report
from redline.sections import Privacy
from redline.settings import Settings
from schemas.errors import SettingsError, SinkError
from schemas.rows import Finding, Interaction, Pair, Source, Subject
from schemas.tables import TABLES
from schemas.topics import EVENTS
from sinks.history import History

if TYPE_CHECKING:
    from pathlib import Path

MONDAY, TUESDAY = "2026-01-05", "2026-01-06"
NOW_US = 1_767_700_000_000_000
PEOPLE = 12


def settings(folder: Path) -> Settings:
    return Settings(data=str(folder), privacy=Privacy(k=6))


def event(number: int, day: str = MONDAY) -> Interaction:
    verdict = number % 2 == 0
    return msgspec.structs.replace(
        make.interaction(number),
        event_date=day,
        sources=[Source(EVENTS, 0, number)],
        event_type="redline.decision.v1" if verdict else "redline.edit.v1",
        data='{"after_ms":1200}' if verdict else '{"after_ms":"x"}',
        findings=[Finding("PERSON", 2)] + ([Finding("US_SSN", 1)] if number < 3 else []),
    )


def pair(number: int, day: str = MONDAY, **more: Any) -> Pair:
    fields: dict[str, Any] = {"event_date": day, "surface": "ide", "similarity": (number % 10) / 10, **more}
    return msgspec.structs.replace(make.pair(number), **fields)


def subject(number: int, who: int, day: str = MONDAY) -> Subject:
    row = make.subject(number)
    return msgspec.structs.replace(row, event_date=day, pseudonym=f"{who:032x}")


def fill(folder: Path, count: int = 120, people: int = PEOPLE, day: str = MONDAY, first: int = 0) -> None:
    key_file(folder)
    numbers = range(first, first + count)
    publish(folder, "subjects", [subject(n, n % people, day) for n in numbers])
    publish(folder, "interactions", [event(n, day) for n in numbers])
    labels = ("edited", "edited", "accepted")
    publish(folder, "pairs", [pair(n, day, label=labels[n % 3]) for n in numbers])


def test_it_counts_rows_and_the_people_behind_them(tmp_path: Path) -> None:
    fill(tmp_path)
    found = figures(settings(tmp_path), 28, NOW_US)
    assert (found.events, found.people, found.labels.total, found.span) == (120, 10, 120, "day")
    # Accepted ones are of every third row, so of 4 of 12 people: few, and one label alone would follow from the total.
    assert found.labels.counts == {"accepted": None, "edited": None}
    assert found.volume.rows == {"withheld": 120}
    assert found.findings.total == 243
    assert found.findings.counts == {"PERSON": None, "US_SSN": None}
    assert found.decision.counts == {"1 to 5 s": 60}
    assert sum(b.size for b in found.similarity.bins) == 80
    disclose(settings(tmp_path))
    assert figures(settings(tmp_path), 28, NOW_US).volume.rows == {"ide": 120}


def test_a_day_of_few_people_is_left_out_of_everything(tmp_path: Path) -> None:
    fill(tmp_path)
    fill(tmp_path, count=40, people=5, day=TUESDAY, first=1_000)
    found = figures(settings(tmp_path), 28, NOW_US)
    assert (found.events, found.labels.total, found.small_days) == (120, 120, True)
    assert list(found.volume.columns) == [MONDAY]
    only = figures(settings(tmp_path), 1, NOW_US)
    assert (only.events, only.labels.total, only.people) == (0, 0, 0)
    assert "Fewer than 6 people" in html(only)


def test_rows_of_nobody_are_about_nobody(tmp_path: Path) -> None:
    key_file(tmp_path)
    publish(tmp_path, "pairs", [pair(n) for n in range(50)])
    found = figures(settings(tmp_path), 28, NOW_US)
    assert (found.labels.total, found.small_days) == (0, True)
    page = html(found)
    assert "Fewer than 6 people" in page
    assert "No personal data was found" not in page


def test_one_row_and_no_row_make_a_page(tmp_path: Path) -> None:
    tmp_path.joinpath("empty").mkdir()
    assert figures(settings(tmp_path / "empty"), 28, NOW_US).first is None
    fill(tmp_path, count=1)
    [page] = report(settings(tmp_path))
    assert "<h1>" in page.read_text("utf-8")


def test_series_are_told_by_day_of_whole_tables_on_days_of_enough_people(tmp_path: Path) -> None:
    for n, day in enumerate((MONDAY, TUESDAY)):
        fill(tmp_path, day=day, first=1_000 * n)
    start = 1_767_571_200_000_000  # that Monday
    hours = range(0, 72, 6)  # Wednesday had nobody
    points = [
        Point("match_rate", start + hour * 3_600 * US, 3_600, "pairs", tool=tool, value=3.0, weight=4.0)
        for hour in hours
        for tool in ("", "code/1")
    ]
    points += [Point("volume", start + hour * 3_600 * US, 3_600, "pairs", value=1.0) for hour in hours]
    points += [Point("lag", start + hour * 3_600 * US, 60, "", source="scrub", value=float(hour)) for hour in hours]
    History(tmp_path).append(as_rows(points), {"x": 1})
    found = {trend.name: trend.points for trend in figures(settings(tmp_path), 28, NOW_US).trends}
    # Four pairs a day are too few to count; sixteen to be a share of.
    assert found == {
        "match rate, pairs": ((MONDAY, 0.75), (TUESDAY, 0.75)),
        "lag, scrub": ((MONDAY, 18.0), (TUESDAY, 42.0)),
    }


def test_without_keys_nobody_can_be_counted(tmp_path: Path) -> None:
    fill(tmp_path, count=1)
    (tmp_path / "state" / "keys.json").unlink()
    with pytest.raises(SettingsError):
        figures(settings(tmp_path), 28, NOW_US)


def test_what_is_broken_is_passed_over_or_told(tmp_path: Path) -> None:
    fill(tmp_path)
    garbage = ["{", "[]", '{"after_ms":1e400}', '{"after_ms":-5}', '{"after_ms":[7]}', "\\u0000"]
    rows = [msgspec.structs.replace(event(2 * n), record_id=f"{9_000 + n:032x}", data=d) for n, d in enumerate(garbage)]
    publish(tmp_path, "interactions", rows)
    found = figures(settings(tmp_path), 28, NOW_US)
    assert (found.events, found.decision.total) == (126, 60)
    for path in tmp_path.glob("dataset/interactions/**/*.parquet"):
        path.unlink()
    with pytest.raises(SinkError, match="redline doctor"):
        figures(settings(tmp_path), 28, NOW_US)


def test_data_docs_tell_counts_and_load_nothing(tmp_path: Path) -> None:
    fill(tmp_path, count=30)
    publish(tmp_path, "pairs", [pair(5_000, label="who-knows", suggestion="a secret word")])
    pages = {path.name: path.read_text("utf-8") for path in docs.write(settings(tmp_path))}
    assert set(pages) == {"index.html", *(f"{name}.html" for name in TABLES)}
    assert "values must belong to this set" in pages["pairs.html"]
    assert "1 unexpected values found" in pages["pairs.html"]
    for text in pages.values():
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "<script" not in text
        assert "who-knows" not in text
        assert "secret word" not in text
