"""The main job with its tables in an object store, as a user starts it and asks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from broker.test_main_job import SEED, as_planted
from support.objects import serving

from redline.company import write_jsonl
from redline.demo import _START_US

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Command

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]


def test_raw_events_to_checked_tables_in_a_store(redline: Callable[..., Command], tmp_path: Path) -> None:
    planted = write_jsonl(tmp_path / "events.jsonl", SEED, 300, _START_US)
    local = tmp_path / "folder"
    with serving() as objects:
        data = ("--data", objects.url())
        settings = {"REDLINE_LOCAL": str(local)}
        said = redline(
            "run",
            str(tmp_path / "events.jsonl"),
            *data,
            "--consent",
            "opt-out",
            "--accept-weaker",
            "consent.mode",
            **settings,
        ).end(0)
        assert "missing 0, duplicated 0" in said
        assert f"data: {data[1]}/dataset" in said
        as_planted(local, planted)
        assert not (local / "dataset").exists()
        assert "check passed" in redline("check", *data, **settings).end(0)
        counted = redline("sql", "select count(*) as n from pairs", *data, **settings).end(0)
        assert f"{sum(planted.labels.values())}" in counted.split()
        theft = f"select * from read_text('{tmp_path}/events.jsonl')"  # noqa: S608 - it is to be refused
        stolen = redline("sql", theft, *data, **settings).end(2)
        assert "came one that opens something else" in stolen
