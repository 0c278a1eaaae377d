"""Transcripts from files through the whole pipeline: pairs hold what the person made of the proposals.

The first process is killed when Kafka has confirmed its events and it has not remembered that: the worst moment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.pipeline import Pipeline

from redline.settings import as_env
from sinks import reader

if TYPE_CHECKING:
    from redline.settings import Settings

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "claude-code"
EVENTS = 53
KILLED = """
import os, signal
from redline.ingest.memory import Memory
Memory.remember = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from redline.cli import main
main()
"""
WATER = """def water(plant):
    in_pot = plant.get("pot", False)
    return plant["litres"] * (1.2 if in_pot else 1.0)
"""
GARDEN = "# The garden\n\nHow much water it takes, plant by plant, and when it rains.\n"


def ingest(settings: Settings, *start: str) -> subprocess.CompletedProcess[str]:
    command = [*start, "ingest", "claude-code", str(FIXTURE), "--subject", "jo@corp.example", "--json"]
    env = {**os.environ, **as_env(settings)}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, cwd=ROOT, env=env, timeout=300, check=False
    )


def report(settings: Settings) -> dict[str, Any]:
    done = ingest(settings, "-m", "redline")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_transcripts_become_pairs_and_a_kill_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with Pipeline(tmp_path / "data") as pipeline:
        settings = pipeline.settings
        assert ingest(settings, "-c", KILLED).returncode == -9
        again = report(settings)
        assert again["records"] == EVENTS + 2
        assert again["rejects"] == {"not_json": 1, "missing_field": 1}
        assert again["events"]["edit final"] == 2
        assert report(settings)["records"] == 0, "it remembers"
        pipeline.drain()
        assert pipeline.balance().balanced
        identities = {name for name in pipeline.origins().values() if name.startswith("claude-code ")}
    data = tmp_path / "data"
    assert len(identities) == EVENTS
    assert reader.read(data, "interactions", ["record_id"]).num_rows == EVENTS
    rejects = Counter(reader.read(data, "rejects", ["reason"]).column(0).to_pylist())
    assert rejects == {"duplicate": EVENTS, "not_json": 2, "missing_field": 2}, "stand-ins have no identity"
    rows = reader.read(data, "pairs", ["label", "final", "suggestion", "prompt", "language"]).to_pylist()
    assert Counter(row["label"] for row in rows) == {"edited": 2, "accepted": 2, "rejected": 1}
    assert {row["final"] for row in rows if row["label"] == "edited"} == {WATER, GARDEN}
    assert {row["language"] for row in rows} == {"python", "markdown", ""}
    for row in rows:
        assert row["label"] != "accepted" or row["final"] == row["suggestion"]
        assert [turn["role"] for turn in json.loads(row["prompt"])] == ["user"]
