"""Verdicts of a data folder: all of them, as long as they are not too many; then the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redline.verdict_log import VerdictLog, verdicts
from schemas.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path


def test_the_newest_stay_and_the_files_do_not_grow_for_ever(tmp_path: Path) -> None:
    logs = [VerdictLog(tmp_path, name, most=2_000) for name in ("sink-1", "sink-2")]
    for number in range(1_000):
        for log in logs:
            log.add(Verdict("pairs", number, 40, ()))
        rows = [verdict.rows for verdict in verdicts(tmp_path)]
        assert rows.count(number) == 2
        if number < 20:
            assert sorted(rows) == sorted([*range(number + 1)] * 2)
    files = list((tmp_path / "verdicts").iterdir())
    assert sum(file.stat().st_size for file in files) < 2 * 2 * 2_100
    kept = sorted({verdict.rows for verdict in verdicts(tmp_path)})
    assert kept == list(range(kept[0], 1_000))
    assert len(kept) >= 20


def test_a_torn_line_and_no_folder_are_passed_over(tmp_path: Path) -> None:
    assert list(verdicts(tmp_path)) == []
    VerdictLog(tmp_path, "sink-1").add(Verdict("pairs", 7, 40, ()))
    [file] = (tmp_path / "verdicts").iterdir()
    file.write_bytes(file.read_bytes() + b'{"table":"pai')
    assert [verdict.rows for verdict in verdicts(tmp_path)] == [7]
