"""Transcripts from files through the whole pipeline: pairs hold what the person made of the proposals.

The first process is killed when Kafka has confirmed its events and it has not remembered that: the worst moment.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.claude_code import Story
from support.command import Command, wait
from support.pipeline import Pipeline

from redline import cluster
from redline.broker import EmbeddedBroker
from redline.kafka_section import Kafka
from redline.published import release_of
from redline.settings import Settings, as_env
from schemas.tables import PAIRS
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "claude-code"
SHARED = ROOT.parent / "shared" / "data"
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


def ingest(settings: Settings, *start: str, paths: tuple[Path, ...] = (FIXTURE,)) -> subprocess.CompletedProcess[str]:
    command = [*start, "ingest", "claude-code", *map(str, paths), "--subject", "jo@corp.example", "--json"]
    env = {**os.environ, **as_env(settings)}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, cwd=ROOT, env=env, timeout=300, check=False
    )


def report(settings: Settings, *paths: Path) -> dict[str, Any]:
    done = ingest(settings, "-m", "redline", paths=paths or (FIXTURE,))
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
    assert rejects == {"duplicate": EVENTS + 2, "not_json": 1, "missing_field": 1}
    rows = reader.read(data, "pairs", ["label", "final", "suggestion", "prompt"]).to_pylist()
    assert Counter(row["label"] for row in rows) == {"edited": 2, "accepted": 2, "rejected": 1}
    assert {row["final"] for row in rows if row["label"] == "edited"} == {WATER, GARDEN}
    withheld = reader.read(data, "pairs", ["record_id", "withheld"])
    told = [values for values in release_of(settings).revealed(withheld, PAIRS) if values is not None]
    assert {language for _surface, language, *_ in told} == {"python", "markdown", ""}
    for row in rows:
        assert row["label"] != "accepted" or row["final"] == row["suggestion"]
        assert [turn["role"] for turn in json.loads(row["prompt"])] == ["user"]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason=f"needs real transcripts in {SHARED}")
def test_every_event_of_the_real_transcripts_is_accounted_for(tmp_path: Path) -> None:
    with Pipeline(tmp_path / "data") as pipeline:
        told = report(pipeline.settings, SHARED / "claude-code", SHARED / "claude-code-synthetic")
        assert (told["files"], told["lines"]) == (7, 196)
        assert told["rejects"] == {"missing_field": 3, "wrong_type": 4}
        events = sum(told["events"].values())
        assert told["records"] == events + 7
        pipeline.drain()
        assert pipeline.balance().balanced
    data = tmp_path / "data"
    rejects = Counter(reader.read(data, "rejects", ["reason"]).column(0).to_pylist())
    # One call is copied from a session into another file: the same id, twice.
    assert rejects == {"missing_field": 3, "wrong_type": 4, "duplicate": 1}
    assert reader.read(data, "interactions", ["record_id"]).num_rows == events - 1
    assert Counter(reader.read(data, "pairs", ["label"]).column(0).to_pylist()) == {"accepted": 2, "ignored": 1}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[str]:
    """The address of a broker that has only the topics of this test: others make ours with other partitions."""
    with EmbeddedBroker(tmp_path / "broker") as broker:
        yield broker.bootstrap


def test_following_reads_what_is_written_until_it_is_told_to_stop(
    redline: Callable[..., Command], own: str, tmp_path: Path
) -> None:
    projects, data = tmp_path / "projects", tmp_path / "data"
    shutil.copytree(FIXTURE, projects)
    settings = Settings(data=str(data), kafka=Kafka(bootstrap=own))
    cluster.prepare_topics(settings)
    follow = redline("ingest", "claude-code", str(projects), "--follow", "--json", **as_env(settings))
    follow.until("following")
    positions = data / "state" / "ingest" / "claude-code" / "files.json"

    def read(path: Path) -> int:
        known = json.loads(positions.read_bytes())["files"].get(str(path))
        return 0 if known is None else int(known["offset"])

    story = Story(session="new", disk={"/w/a": "one\n"})
    story.user("go on")
    fresh = projects / "another" / "new.jsonl"
    fresh.parent.mkdir()
    fresh.write_bytes(story.text())
    wait(lambda: read(fresh) == len(story.text()), 60)
    story.edit("/w/a", "one", "two")
    fresh.write_bytes(story.text() + b'{"half')
    wait(lambda: read(fresh) == len(story.text()), 60)
    second = redline("ingest", "claude-code", str(projects), **as_env(settings)).end(2)
    assert f"in use by process {follow.process.pid}" in second
    follow.process.send_signal(signal.SIGINT)
    told = json.loads(follow.end(0).splitlines()[-1])
    assert told["records"] == EVENTS + 2 + 6
    assert told["events"]["suggestion"] == 6
