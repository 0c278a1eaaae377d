"""Every command of the README is run as it is written."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def shown() -> list[tuple[str, list[str]]]:
    """Each command, and the lines that the README shows as its output."""
    found: list[tuple[str, list[str]]] = []
    for line in (line for block in BLOCKS for line in block.splitlines()):
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        elif line != "…":
            found[-1][1].append(line)
    return found


COMMANDS = [command for command, _ in shown()]
MAKE = [command.split()[1] for command in COMMANDS if command.startswith("make ")]
LASTING = "redline up "  # runs until Ctrl-C
_START_S = 120.0

PERSON = "jo@corp.example"
COMMON = {"session_id": "s-1", "surface": "mail", "tool": "mailer/2", "interaction_id": "i-1"}
EVENTS: list[tuple[str, dict[str, object]]] = [
    ("redline.suggestion.v1", {"task": "reply", "prompt": "Answer.", "text": "Dear all, we ship on Monday."}),
    ("redline.decision.v1", {"verdict": "accepted"}),
    ("redline.edit.v1", {"text": "Dear all, we ship on Tuesday.", "final": True, "origin": "send"}),
]


def test_the_readme_has_commands_and_nothing_left_to_fill_in() -> None:
    assert len(COMMANDS) > 8
    assert "-OUTPUT" not in README


def test_every_line_of_a_console_block_that_is_a_command_starts_with_a_known_one() -> None:
    assert {command.split()[0] for command in COMMANDS} <= {"make", "redline", "echo"}


@pytest.mark.parametrize("target", MAKE)
def test_make_has_the_target(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with what the README takes for granted: the demo's data (a small one), events, and a list of people."""
    lines = [
        json.dumps(
            {
                "specversion": "1.0",
                "id": f"e-{n}",
                "source": "/mail",
                "type": kind,
                "subject": PERSON,
                "time": f"2026-01-05T09:00:0{n}Z",
                "data": {**COMMON, **data},
            }
        )
        for n, (kind, data) in enumerate(EVENTS)
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "people.txt").write_text(f"{PERSON}\n", "utf-8")
    (tmp_path / "demo.txt").write_text(shell("redline demo --events 300", tmp_path), "utf-8")
    return tmp_path


def environment() -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REDLINE_")}
    return clean | {"PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"}


def shell(command: str, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout[-3000:]}"
    return done.stdout


def first_words(lines: list[str]) -> set[str]:
    """Figures differ from run to run; what a line begins with does not."""
    return {words[0] for line in lines if (words := re.findall(r"[A-Za-z_]+", line))}


class Lasting:
    """A command that runs until Ctrl-C, as it would in a terminal of its own."""

    def __init__(self, command: str, folder: Path) -> None:
        self._log = folder / "lasting.log"
        with self._log.open("wb") as log:
            # `exec`: the interrupt reaches redline and not a shell around it.
            self._process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=folder,
                env=environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + _START_S
        while "up: broker" not in self._log.read_text("utf-8"):
            assert self._process.poll() is None, self._log.read_text("utf-8")
            assert time.monotonic() < deadline, self._log.read_text("utf-8")
            time.sleep(0.1)

    def interrupt(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(120)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def terminals() -> Iterator[list[Lasting]]:
    opened: list[Lasting] = []
    yield opened
    for one in opened:
        one.kill()


@pytest.mark.broker
@pytest.mark.timeout(900)
def test_every_command_runs_as_written(place: Path, terminals: list[Lasting]) -> None:
    said = {"make demo": (place / "demo.txt").read_text("utf-8")}
    for command in COMMANDS:
        if command.startswith("make "):
            continue
        if command.startswith(LASTING):
            terminals.append(Lasting(command, place))
            terminals[-1].wait_until_up()
        else:
            said[command] = shell(command, place)
    assert [one.interrupt() for one in terminals] == [0]

    for command, lines in shown():
        if lines:
            assert first_words(lines) <= first_words(said[command].splitlines()), command
    sql = next(said[command] for command in said if command.startswith("redline sql"))
    assert {"label", "accepted", "edited"} <= set(sql.split())
    ledger = next(said[command] for command in said if command.startswith("redline ledger"))
    assert "missing 0, duplicated 0" in ledger
    scrubbed = next(said[command] for command in said if "redline scrub" in command)
    assert not {"Lindqvist", PERSON, "212-456-7890"} & set(re.split(r"[\s,]+", scrubbed))
