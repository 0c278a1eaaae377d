"""The main job, as a user starts, interrupts and repeats it."""

from __future__ import annotations

import re
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from support.command import Command, nothing_is_left

from redline.company import consent_list, truth, write_jsonl
from redline.demo import _START_US
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from redline.company import Truth

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

SEED = 7


def labels(data: Path) -> Counter[str]:
    return Counter(reader.read(data, "pairs", ["label"]).column(0).to_pylist())


def reasons(data: Path) -> Counter[str]:
    return Counter(reader.read(data, "rejects", ["reason"]).column(0).to_pylist())


def count(data: Path, table: str) -> int:
    return int(reader.read(data, table, ["record_id"]).num_rows)


def as_planted(data: Path, planted: Truth, *, refused: int = 0) -> None:
    """The tables are what the generator says they must be."""
    assert labels(data) == planted.labels
    found = reasons(data)
    assert found.pop("late", 0) == planted.late
    assert found.pop("duplicate", 0) == planted.duplicates
    assert found.pop("no_consent", 0) + found.pop("consent_withdrawn", 0) == refused
    assert found == planted.broken
    assert count(data, "interactions") == sum(planted.events.values())
    assert count(data, "trajectories") == planted.sessions


def fates(said: str) -> dict[tuple[str, str], int]:
    """The ledger's lines of a summary: (fate, detail) -> offsets."""
    found = re.findall(r"^(\w+) +(\w+) +([\d,]+)$", said, re.MULTILINE)
    return {(kind, detail): int(number.replace(",", "")) for kind, detail, number in found}


def test_events_from_standard_input(redline: Callable[..., Command], tmp_path: Path) -> None:
    planted = write_jsonl(tmp_path / "events.jsonl", SEED, 600, _START_US)
    data = tmp_path / "out"
    lines = (tmp_path / "events.jsonl").read_bytes()
    said = redline(
        "run", "-", "--out", str(data), "--consent", "opt-out", "--accept-weaker", "consent.mode", stdin=lines
    ).end(0)
    assert "ledger balances" in said
    as_planted(data, planted)


def test_an_interrupted_run_leaves_nothing_and_the_next_completes_it(
    redline: Callable[..., Command], tmp_path: Path
) -> None:
    events, data = tmp_path / "events.jsonl", tmp_path / "out"
    planted = write_jsonl(events, SEED, 1_000, _START_US)
    run = ("run", str(events), "--out", str(data), "--consent", "opt-out", "--accept-weaker", "consent.mode")

    stopped = redline(*run)
    address = stopped.until(r"127\.0\.0\.1:\d+")
    stopped.until("records on redline.events")
    stopped.process.send_signal(signal.SIGINT)
    assert "Traceback" not in stopped.end(130)
    nothing_is_left(data, address)

    killed = redline(*run)
    address = killed.until(r"127\.0\.0\.1:\d+")
    killed.until("records on redline.events")
    second = redline(*run).end(2)
    assert f"in use by process {killed.process.pid}" in second
    killed.process.kill()
    killed.process.wait()
    nothing_is_left(data, address)

    last = redline(*run)
    address = last.until(r"127\.0\.0\.1:\d+")
    assert "ledger balances" in last.end(0)
    nothing_is_left(data, address)
    found = reasons(data)
    unique = sum(planted.events.values())
    assert found.pop("duplicate") == 3 * (unique + planted.duplicates) - unique
    assert labels(data) == planted.labels
    assert count(data, "interactions") == sum(planted.events.values())


def test_the_demo_is_what_its_company_planted(redline: Callable[..., Command], tmp_path: Path) -> None:
    data = tmp_path / "demo"
    said = redline("demo", "--events", "1500", "--seed", str(SEED), "--out", str(data)).end(0)
    granted = {word.subject for word in consent_list(SEED) if word.granted}
    planted = truth(SEED, 1500, _START_US, consenting=granted)
    as_planted(data, planted, refused=planted.refused)
    assert "complete: 1,500 records" in said
    assert fates(said)["open", "pairs"] == planted.orphans

    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("do not lose me", "utf-8")
    assert "came other data" in redline("demo", "--out", str(other)).end(2)
    assert (other / "thesis.txt").exists()
