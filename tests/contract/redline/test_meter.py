"""A process's metrics as others get them: from its file, from its port."""

from __future__ import annotations

import logging
import socket
import urllib.request
from typing import TYPE_CHECKING

import pytest
from support.command import wait

from redline import meter
from redline.meter import FOLDER, Metering, read
from redline.sections import MetricsSettings
from redline.settings import Settings
from schemas import metrics

if TYPE_CHECKING:
    from pathlib import Path


def values(state: Path, process: str, name: str) -> list[float]:
    return [sample.value for sample in read(state)[process] if sample.name == name]


def free_ports() -> int:
    """The first of some ports that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        return str(answer.read().decode())


def test_the_file_is_there_at_once_kept_fresh_and_gone_after_a_clean_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "EVERY_S", 0.05)
    settings = Settings(data=str(tmp_path))
    with Metering(settings, process="sink-1") as metering:
        first = values(settings.state, "sink-1", metrics.PROCESS_WRITTEN.name)
        metering.meter.count(metrics.SINK_RECORDS, 5, table="pairs")
        written = []
        metering.before_write(lambda: written.append(1), every_s=0.0)
        metering.before_write(lambda: 1 / 0, every_s=0.0)  # type: ignore[arg-type, return-value]  # it must not matter
        wait(lambda: len(written) >= 3)
        assert values(settings.state, "sink-1", metrics.SINK_RECORDS.name) == [5.0]
        assert values(settings.state, "sink-1", metrics.PROCESS_WRITTEN.name) > first
        (settings.state / FOLDER / "torn.prom").write_bytes(b"\xff\xfe{{{")
        assert list(read(settings.state)) == ["sink-1"]
    assert list(read(settings.state)) == []


def test_a_process_that_dies_leaves_its_file(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    with pytest.raises(RuntimeError), Metering(settings, process="sink-1"):
        raise RuntimeError
    assert list(read(settings.state)) == ["sink-1"]
    meter.clear(settings.state)
    assert read(settings.state) == {}


def test_processes_share_the_ports_from_one_on(tmp_path: Path) -> None:
    port = free_ports()
    settings = Settings(data=str(tmp_path), metrics=MetricsSettings(port=port))
    with Metering(settings, process="a") as one, Metering(settings, process="b") as other:
        one.meter.count(metrics.STAGE_RECORDS, 3, stage="scrub")
        other.meter.count(metrics.STAGE_RECORDS, 4, stage="scrub")
        said = ""
        for number in range(port, port + 16):
            try:
                said += get(number)
            except OSError:
                continue
        for process, count in (("a", "3.0"), ("b", "4.0")):
            assert f'redline_stage_records_total{{process="{process}",stage="scrub"}} {count}\n' in said


def test_neither_a_disk_that_refuses_nor_an_address_that_is_none_stops_a_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file in the way")
    settings = Settings(data=str(tmp_path), metrics=MetricsSettings(host="203.0.113.1", port=9464))
    with caplog.at_level(logging.WARNING), Metering(settings, process="a") as metering:
        metering.meter.count(metrics.STAGE_RECORDS, stage="scrub")
    assert "could not be written" in caplog.text
    assert "no free port at 203.0.113.1" in caplog.text
