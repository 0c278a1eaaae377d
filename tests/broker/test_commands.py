"""The commands as a person types them: over what a run left, and beside a broker that lives."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest
from support.command import wait as until
from support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.broker

_LONGEST_S = 240.0
COMMON = {"session_id": "s-1", "surface": "mail", "tool": "mailer/2"}


def redline(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "redline", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False, env=environ())


def environ() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith("REDLINE_") or name == "REDLINE_CACHE"
    }


def lines(interactions: range, *, only: str = "") -> str:
    """Events of interactions that end edited; `only`: those of one type."""
    found = []
    for number in interactions:
        story: list[tuple[str, dict[str, object]]] = [
            ("suggestion", {"task": "reply", "prompt": "Answer.", "text": f"We ship on Monday, take {number}."}),
            ("decision", {"verdict": "accepted"}),
            ("edit", {"text": f"We ship on Tuesday, take {number}.", "final": True, "origin": "send"}),
        ]
        for place, (kind, data) in enumerate(story):
            event = {
                "specversion": "1.0",
                "id": f"{number}-{place}",
                "source": "/mail",
                "type": f"redline.{kind}.v1",
                "time": f"2026-01-05T09:{number:02}:{place:02}Z",
                "subject": "jo@corp.example",
                "data": {**COMMON, "interaction_id": f"i-{number}", **data},
            }
            if only in {"", kind}:
                found.append(json.dumps(event))
    return "\n".join(found) + "\n"


@contextmanager
def lasting(*arguments: str, ready: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs until it is told to stop; it is up once it has said `ready`."""
    command = [sys.executable, "-m", "redline", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ()) as process:
        try:
            heard(process, ready)
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=_LONGEST_S)


def heard(process: subprocess.Popen[str], word: str) -> None:
    """Read on until the process has said `word`."""
    said = ""
    while word not in said:
        line = process.stderr.readline() if process.stderr is not None else ""
        assert line, said
        said += line


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ran")
    (folder / "events.jsonl").write_text(lines(range(8)) + "no event\n")
    done = redline(
        "run",
        str(folder / "events.jsonl"),
        "--out",
        str(folder / "data"),
        "--consent",
        "opt-out",
        "--accept-weaker",
        "consent.mode",
    )
    assert done.returncode == 0, done.stderr
    return folder / "data"


def test_what_a_run_left_can_be_rebuilt_checked_and_accounted_for(ran: Path) -> None:
    rebuilt = redline("rebuild", "pairs", "--data", str(ran))
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    assert "8 pairs rebuilt, 0 differ" in rebuilt.stdout
    checked = redline("check", "--data", str(ran))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    ledger = redline("ledger", "--data", str(ran))
    assert ledger.returncode == 0, ledger.stdout + ledger.stderr
    assert "ledger balances: 25 offsets" in ledger.stdout
    asked = redline("sql", "--data", str(ran), "select label, count(*) as n from pairs group by 1")
    assert re.search(r"edited +8", asked.stdout)


def test_a_missing_pair_is_a_difference_although_a_broker_can_be_asked(ran: Path, tmp_path: Path) -> None:
    """Its state says that the interaction was published as it stands, so nothing excuses the table."""
    copy = tmp_path / "data"
    subprocess.run(["cp", "-a", str(ran), str(copy)], check=True)
    for path in (copy / "dataset" / "pairs").iterdir():
        subprocess.run(["rm", "-r", str(path)], check=True)
    done = redline("rebuild", "pairs", "--data", str(copy))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "8 differ" in done.stdout


def test_beside_a_running_broker_every_command_finds_it_and_open_interactions_are_no_difference(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with lasting("broker", "--data", data, ready="Ctrl-C stops"):
        said = [redline("topics", "create", "--data", data).stdout for _ in range(2)]
        assert said == ["created 1: redline.probe\n", "all topics are there\n"]  # no part of the pipeline needs it
        healthy = redline("doctor", "--data", data)
        assert healthy.returncode == 0, healthy.stdout
        assert re.search(r"ok +topics +\d+ there, 4 partitions each", healthy.stdout)
        (tmp_path / "events.jsonl").write_text(lines(range(3), only="suggestion"))
        sent = redline("emit", str(tmp_path / "events.jsonl"), "--data", data)
        assert "3 records confirmed" in sent.stdout
        assert re.search(r"scrub +redline\.events +3 +3\b", redline("status", "--data", data).stdout)
        with (
            lasting_part("worker", "--data", data, "--consent", "opt-out", "--accept-weaker", "consent.mode"),
            lasting_part("sink", "--data", data),
        ):
            until(
                lambda: (
                    re.search(r"^interactions +3 ", redline("status", "--data", data).stdout, re.MULTILINE) is not None
                )
            )
        # No tick can have closed them: their window is a day of event time, and the watermark follows their time.
        status = redline("status", "--data", data)
        assert re.search(r"scrub +redline\.events +3 +0\b", status.stdout), status.stdout
        rebuilt = redline("rebuild", "pairs", "--data", data)
        assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
        assert re.search(r"something new since the last row +3\b", rebuilt.stdout), rebuilt.stdout


def test_up_starts_a_dead_broker_again_at_the_same_address(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (tmp_path / "events.jsonl").write_text(lines(range(1)) + 3 * "no event\n")
    (tmp_path / "redline.toml").write_text("[quality]\nevery_s = 2\n[alerts]\nreject_minimum = 1\n")
    with lasting(
        "--config", str(tmp_path / "redline.toml"), "up", "--data", str(data), ready="Ctrl-C stops"
    ) as process:
        address = (data / "state" / "bootstrap").read_text()
        [java] = [p for p in psutil.Process(process.pid).children(recursive=True) if p.name() == "java"]
        java.kill()
        heard(process, "broker ended with code")
        until(lambda: redline("emit", str(tmp_path / "events.jsonl"), "--data", str(data)).returncode == 0)
        assert (data / "state" / "bootstrap").read_text() == address
        with Terminal("status", "--watch", "--every", "0.5", "--data", str(data)) as terminal:
            terminal.until("no_consent")
            assert f"broker {address}" in terminal.lines()[0]
            assert [line.split()[0] for line in terminal.lines() if "redline." in line] == [
                "scrub", "dedupe", "join", "session", "threads", "collaboration",
            ]  # fmt: skip
            assert terminal.interrupt() == 0
        alive = json.loads(redline("status", "--json", "--data", str(data)).stdout)
        assert {"worker-1", "sink-1", "disclose"} <= {one["name"] for one in alive["processes"]}
        # The quality process lives through it, and sees what came: nobody had agreed, so there are rejects.
        until(lambda: "no_consent" in redline("quality", "show", "--data", str(data)).stdout)
        assert "redline.events" in redline("quality", "show", "--data", str(data), "--series", "lag").stdout
        until(lambda: "reject_rate" in redline("alerts", "list", "--data", str(data)).stdout)
    assert process.returncode == 0
    assert not (data / "state" / "bootstrap").exists()


def test_without_a_broker_a_stale_address_is_not_waited_for(tmp_path: Path) -> None:
    state = tmp_path / "data" / "state"
    state.mkdir(parents=True)
    (state / "bootstrap").write_text("127.0.0.1:1")
    before = time.monotonic()
    done = redline("status", "--data", str(tmp_path / "data"))
    assert done.returncode == 0
    assert "tables only" in done.stderr
    refused = redline("emit", "-", "--data", str(tmp_path / "data"))
    assert refused.returncode == 2
    assert "start `redline up`" in refused.stderr
    assert time.monotonic() - before < 60


@contextmanager
def lasting_part(*arguments: str) -> Iterator[None]:
    command = [sys.executable, "-m", "redline", *arguments]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environ()) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(_LONGEST_S)
