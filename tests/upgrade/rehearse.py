"""`make upgrade`: an upgrade and a rollback under load, between a landed commit and this checkout; a few minutes.

The older version runs from a clone of its own with the same locked packages. Sinks are upgraded first and rolled back
last, workers one after the other. At the end every event must have one fate, and every pair must be as a rebuild makes
it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confluent_kafka import Producer

from schemas import topics
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
BEFORE = "4160a8f"  # the landing before state had a format
_PATIENCE_S = 600.0  # a loaded machine
_STAY_S = 20.0  # how long each mixture of versions runs
_PEOPLE = 20


class Version:
    """One version's code; `start` and `type` run its commands over the data folder."""

    def __init__(self, name: str, code: Path, data: Path) -> None:
        self.name, self.code, self.data = name, code, data
        self.env = os.environ | {"PYTHONPATH": str(code), "REDLINE_WORKER_SCRUB_PROCESSES": "1"}

    def start(self, *words: str, log: str) -> subprocess.Popen[bytes]:
        with (self.data.parent / f"{log}-{self.name}.log").open("ab") as out:
            command = [sys.executable, "-m", "redline", *words, "--data", str(self.data)]
            return subprocess.Popen(command, cwd=self.code, env=self.env, stdout=out, stderr=subprocess.STDOUT)

    def type(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "redline", *words, "--data", str(self.data)],
            cwd=self.code,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )
        return done.returncode, done.stdout + done.stderr


class Load:
    """Suggestions and final edits at a rate, until told to stop."""

    def __init__(self, bootstrap: str, rate: float) -> None:
        self._producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
        self._rate, self._over = rate, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        assert self._producer.flush(_PATIENCE_S) == 0
        return self.sent

    def _run(self) -> None:
        number = 0
        while not self._over.wait(2 / self._rate):
            for what, data in (
                ("suggestion", {"text": f"Draft {number} for the team.", "task": "edit", "model": "m"}),
                ("edit", {"text": f"Mine {number} for the team.", "final": True}),
            ):
                self._producer.produce(topics.EVENTS, _event(what, number, data), key=f"s-{number % 50}".encode())
                self.sent += 1
            self._producer.poll(0)
            number += 1


def _event(what: str, number: int, data: Mapping[str, object]) -> bytes:
    fields = {
        "session_id": f"s-{number % 50}",
        "surface": "ide",
        "tool": "t/1",
        "interaction_id": f"i-{number}",
        **data,
    }
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"{what}-{number}",
            "source": "/ide/t",
            "type": f"redline.{what}.v1",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "subject": f"p{number % _PEOPLE}@corp.example",
            "data": fields,
        }
    ).encode()


def main() -> None:
    """Exit 0 if nothing was lost or doubled, 1 with what was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", default=BEFORE, help="the older version: a tag or a commit")
    parser.add_argument("--rate", type=float, default=20.0, help="events a second")
    parser.add_argument("--stay", type=float, default=_STAY_S, help="seconds of each mixture of versions")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="redline-upgrade-") as folder:
        sys.exit(rehearse(Path(folder), asked.before, asked.rate, asked.stay))


def rehearse(folder: Path, before: str, rate: float, stay_s: float) -> int:
    """The whole rehearsal in a folder; the exit code."""
    code, data = folder / "before", folder / "data"
    subprocess.run(["git", "clone", "-q", "--shared", str(ROOT), str(code)], check=True)
    subprocess.run(["git", "-C", str(code), "tag", "-f", "before", before], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["git", "-C", str(code), "checkout", "-q", "before"], check=True)
    old, new = Version("before", code, data), Version("now", ROOT, data)
    running: dict[str, subprocess.Popen[bytes]] = {"broker": old.start("broker", log="broker")}
    try:
        bootstrap = _until(lambda: _address(folder / "broker-before.log"), "the broker's address")
        people = [f"p{number}@corp.example" for number in range(_PEOPLE)]
        _must(old.type("consent", "grant", *people))
        parts = {"sink": ("sink",), "w0": ("worker", "--name", "w0"), "w1": ("worker", "--name", "w1")}
        for name, words in parts.items():
            running[name] = old.start(*words, log=name)
        load = Load(bootstrap, rate)
        load.start()
        _until(lambda: _rows(data), "the first rows")
        steps = [("sink", new), ("w0", new), ("w1", new), ("w1", old), ("w0", old), ("sink", old)]
        for name, version in steps:
            time.sleep(stay_s)
            began, rows = time.monotonic(), _rows(data)
            _end(running.pop(name))
            running[name] = version.start(*parts[name], log=name)
            at = _rows(data)
            _until(lambda at=at: _rows(data) > at, f"rows after {name} is {version.name}")  # type: ignore[misc]
            _say(f"{name} is {version.name}: rows again after {time.monotonic() - began:.1f} s ({rows:,} before)")
        time.sleep(stay_s)
        sent = load.stop()
        _until(lambda: _rows(data) == sent, f"{sent:,} rows of interactions")
        _until(lambda: _rows(data, "pairs") == sent // 2, f"{sent // 2:,} pairs")
        for name in ("w0", "w1", "sink"):
            _end(running.pop(name))
        return _judged(new, sent)
    finally:
        for process in running.values():
            _end(process)


def _judged(new: Version, sent: int) -> int:
    faults = 0
    for words, needed in ((("ledger",), "missing 0, duplicated 0, conflicting 0"), (("rebuild", "pairs"), "0 differ")):
        code, said = new.type(*words)
        _say(said.strip().splitlines()[-1])
        faults += code != 0 or needed not in said
    pairs = reader.read(new.data, "pairs", ["label"]).num_rows
    _say(f"{sent:,} events, {pairs:,} pairs, {faults} faults")
    return 1 if faults else 0


def _rows(data: Path, table: str = "interactions") -> int:
    try:
        return int(reader.read(data, table, ["record_id"]).num_rows)
    except Exception:  # noqa: BLE001 - a table that is being made
        return 0


def _address(log: Path) -> str | None:
    found = re.search(r"127\.0\.0\.1:\d+", log.read_text("utf-8", "replace")) if log.exists() else None
    return found[0] if found else None


def _until(ask: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + _PATIENCE_S
    while not (found := ask()):
        if time.monotonic() > end:
            raise SystemExit(f"needed {what} within {_PATIENCE_S:.0f} s, it did not come")
        time.sleep(0.5)
    return found


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _must(answer: tuple[int, str]) -> None:
    if answer[0]:
        raise SystemExit(answer[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    main()
