"""Real edits of real texts through the main job: the pairs that people made, in whatever order and however often.

What a text must read is computed by the same scrubber over the expected side. Four runs, about two minutes.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from redline.keys import keys_of
from redline.settings import Settings
from schemas import topics
from schemas.codec import DEFAULT_LIMITS, decode
from schemas.records import Coordinate, Record
from schemas.rows import Interaction, decode_interaction
from schemas.sources.cloudevents import STRUCTURED_HEADERS
from sinks import reader
from streams.epochs import KeyRing, Keys
from streams.identity import keyed_id
from streams.keyed import derived_id
from streams.marks import Hashes, Union
from streams.privacy.pool import ScrubPool
from streams.scrub import Job, Scrubbed

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "human-edits"

pytestmark = [
    pytest.mark.broker,
    pytest.mark.shared,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not (DATA / "events.jsonl").exists(), reason=f"needs the real edits in {DATA}"),
]

Texts = dict[str, dict[str, str]]


def lines() -> list[str]:
    return (DATA / "events.jsonl").read_text("utf-8").splitlines()


def expected() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / "expected-pairs.jsonl").read_text("utf-8").splitlines()]


def redline_run(out: Path, *files: Path) -> None:
    """The command as a user types it; it must end with 0, and what it prints must say that the ledger balances."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "redline",
            "run",
            *map(str, files),
            "--out",
            str(out),
            "--consent",
            "opt-out",
            "--accept-weaker",
            "consent.mode",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "REDLINE_WORKER_SCRUB_PROCESSES": "1"},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "ledger balances" in done.stderr


def write(path: Path, events: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in events), "utf-8")
    return path


def scrubbed(keys: Keys) -> Texts:
    """interaction_id -> raw text -> the same text scrubbed, with the names that any event of the interaction told."""
    jobs = []
    for number, line in enumerate(lines()):
        record = Record(Coordinate(topics.EVENTS, 0, number), None, line.encode(), STRUCTURED_HEADERS)
        jobs.append(Job(decode(record, DEFAULT_LIMITS), record.coordinate, "opt-out"))

    async def run() -> list[Any]:
        async with ScrubPool(0, KeyRing.of(keys)) as pool:
            return list(await pool.run(jobs))

    events: dict[str, list[tuple[Job, Interaction]]] = defaultdict(list)
    for job, result in zip(jobs, asyncio.run(run()), strict=True):
        assert isinstance(result, Scrubbed)
        if (interaction := getattr(job.event.data, "interaction_id", None)) is not None:
            events[interaction].append((job, decode_interaction(result.interaction)))
    found: Texts = defaultdict(dict)
    for interaction, members in events.items():
        union = Union([row for _, row in members], Hashes(keys.identity))
        for job, row in members:
            data, repaired = json.loads(row.data), union.of(row)
            for name in ("text", "before"):
                if isinstance(raw := getattr(job.event.data, name, None), str):
                    clean = repaired(data[name])
                    assert found[interaction].setdefault(raw, clean) == clean, "equal texts are equal afterwards"
    return found


def check(out: Path) -> None:
    """Exactly the pairs that people made: label, the three texts."""
    keys = keys_of(Settings(data=str(out)))
    texts = scrubbed(keys)
    wanted = {}
    for pair in expected():
        name = pair["interaction_id"]
        row = derived_id("pair", keyed_id(keys.identity, "interaction", name).encode())
        wanted[row] = (pair["label"], *(texts[name][pair[part]] for part in ("before", "suggestion", "final")))
    assert len(wanted) == 46
    columns = ["record_id", "label", "before", "suggestion", "final"]
    rows = reader.read(out, "pairs", columns).to_pylist()
    assert len(rows) == 46
    assert {r["record_id"]: (r["label"], r["before"], r["suggestion"], r["final"]) for r in rows} == wanted


def rejects(out: Path) -> Counter[str]:
    return Counter(reader.read(out, "rejects", ["reason"]).column(0).to_pylist())


def test_the_file_as_it_is_gives_exactly_the_pairs_that_people_made(tmp_path: Path) -> None:
    out = tmp_path / "out"
    redline_run(out, DATA / "events.jsonl")
    check(out)
    assert not rejects(out)


def test_shuffled_cut_in_the_middle_doubled_and_run_again_gives_the_same_pairs(tmp_path: Path) -> None:
    out = tmp_path / "out"
    shuffled = lines()
    random.Random(3).shuffle(shuffled)  # noqa: S311 - an order, no secret
    half = len(shuffled) // 2
    first, second = write(tmp_path / "1.jsonl", shuffled[:half]), write(tmp_path / "2.jsonl", shuffled[half:])
    redline_run(out, first)
    assert not rejects(out)
    before = reader.read(out, "pairs", ["record_id", "revision"]).to_pylist()
    assert before, "half of the events make some pairs already"
    assert {row["revision"] for row in before} == {0}

    redline_run(out, second, DATA / "events.jsonl")
    check(out)
    assert rejects(out) == {"duplicate": len(shuffled)}
    pairs = reader.read(out, "pairs").sort_by("record_id")
    assert max(pairs.column("revision").to_pylist()) == 1, "what the first run did not know was amended"

    redline_run(out, DATA / "events.jsonl")
    assert rejects(out) == {"duplicate": 2 * len(shuffled)}
    assert reader.read(out, "pairs").sort_by("record_id").equals(pairs), "copies change nothing"
