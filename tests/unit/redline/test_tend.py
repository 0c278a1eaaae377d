from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from redline import meter
from redline.fleet import keepers, retaining, specs
from redline.sections import QualitySettings
from redline.settings import Settings
from redline.tend import asleep, last_done, limits
from schemas import metrics

if TYPE_CHECKING:
    from pathlib import Path

MOST = limits(Settings(quality=QualitySettings(every_s=120.0)))


@pytest.mark.parametrize(
    ("done", "began", "now", "late"),
    [
        ({}, 0.0, 1200.0, ""),  # both have their first time
        ({}, 0.0, 1201.0, "quality"),
        ({"quality": 1000.0}, 0.0, 2000.0, ""),
        ({"quality": 1000.0}, 0.0, 2300.0, "quality"),
        ({"quality": 1000.0}, 2000.0, 2300.0, ""),  # what an earlier one did does not count against this one
        ({"quality": 20_000.0, "disclose": 1000.0}, 0.0, 20_000.0, "disclose"),
        ({"quality": 1e10, "disclose": 1e10}, 0.0, 100.0, ""),  # a clock that went back
    ],
)
def test_it_is_live_while_each_has_done_its_work_lately(
    done: dict[str, float], began: float, now: float, late: str
) -> None:
    assert asleep(done, began, now, MOST).partition(" ")[0] == late


def test_what_was_done_is_read_from_what_they_count(tmp_path: Path) -> None:
    counts = meter.Counts("quality")
    counts.set(metrics.QUALITY_LOOKED, 123.0)
    (folder := tmp_path / meter.FOLDER).mkdir()
    (folder / "quality.prom").write_bytes(counts.text())
    (folder / "disclose.prom").write_bytes(b"\xffnothing of ours\n")
    assert last_done(meter.read(tmp_path)) == {"quality": 123.0}


def test_it_keeps_what_up_keeps_besides_workers_and_sinks(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    settings.state.mkdir()
    kept = keepers(settings)
    assert [(one.name, one.argv) for one in kept] == [
        (one.name, one.argv) for one in specs(settings, live=True) if one.name in MOST
    ]
    assert {one.log for one in kept} == {None}  # where it runs, standard error is what is collected
    assert not retaining(settings).restart
