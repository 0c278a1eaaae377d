"""The main job with its tables in an object store, as a user starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from broker.test_main_job import SEED, as_planted
from support.objects import serving

from redline import check, scan
from redline.company import write_jsonl
from redline.demo import _START_US

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Command

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]


def test_raw_events_to_checked_tables_in_a_store(redline: Callable[..., Command], tmp_path: Path) -> None:
    planted = write_jsonl(tmp_path / "events.jsonl", SEED, 100, _START_US)
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
        for name in ("interactions", "pairs"):
            assert check._files(local, name, scan.count(local, name)) == []
            assert check._footers(local, name) == []
