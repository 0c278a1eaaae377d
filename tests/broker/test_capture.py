"""A scripted session: an assistant proposes into a git repository, a person changes and commits, the pairs hold it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from redline.capture.ship import Kafka, ship
from redline.capture.spool import Spool
from redline.cli import main
from redline.emit import EmitResult
from redline.run import run
from redline.sections import ConsentSettings, Privacy, Scrub, Worker
from redline.settings import Settings
from schemas.events import Event, Suggestion
from schemas.sources.claude_code.lines import parse
from schemas.sources.claude_code.session import Transcript
from sinks import reader
from streams.consent import ConsentMode

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.broker]

START = "def area(r):\n    return 3 * r * r\n\n\ndef name():\n    return ''\n"
OLD_AREA, NEW_AREA = "    return 3 * r * r\n", "    total = math.pi * r ** 2\n    return total\n"
OLD_NAME, NEW_NAME = "    return ''\n", "    return 'circle'\n"


class Person:
    """Somebody at work, with the hooks installed as the README says."""

    def __init__(self, home: Path) -> None:
        self.spool, self.repository = home / "spool", home / "repo"
        settings = home / "settings.json"
        self._environment = {**os.environ, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
        self._git("init", "-q", "-b", "main", str(self.repository), here=False)
        self._git("config", "user.name", "A")
        self._git("config", "user.email", "a@example.com")
        self.write("a.py", START)
        self._git("add", "-A")
        self._git("commit", "-q", "-m", "start")
        for what in (["claude-code", "--settings", str(settings)], ["git", "--repository", str(self.repository)]):
            command = ["capture", "install", *what, "--folder", str(self.spool), "--subject", "dana", "--yes"]
            assert CliRunner().invoke(main, command).exit_code == 0
        self._hooks = json.loads(settings.read_text())["hooks"]

    def write(self, name: str, text: str) -> None:
        (self.repository / name).write_text(text)

    def tool(self, hook: str, **body: Any) -> None:
        """What Claude Code does at a hook: run the installed command with the body on its standard input."""
        body |= {"session_id": "s-1", "hook_event_name": hook, "cwd": str(self.repository)}
        for group in self._hooks[hook]:
            for command in group["hooks"]:
                subprocess.run(  # noqa: S602 - as the tool does
                    command["command"],
                    shell=True,
                    input=json.dumps(body).encode(),
                    check=True,
                    env=self._environment,
                )

    def propose(self, call: str, name: str, old: str, new: str) -> None:
        path = self.repository / name
        edit = {"file_path": str(path), "old_string": old, "new_string": new}
        told = {"tool_name": "Edit", "tool_use_id": call, "tool_input": edit}
        self.tool("PreToolUse", **told)
        self.write(name, path.read_text().replace(old, new))
        self.tool("PostToolUse", **told, tool_response={"filePath": str(path)})

    def commit(self) -> None:
        """Commit, and wait until the hook in the background has captured both proposals."""
        self._git("add", "-A")
        self._git("commit", "-q", "-m", "work")
        end = time.monotonic() + 60
        while sum(frame.kind == "event" for frame in Spool(self.spool).frames()) < 2:
            assert time.monotonic() < end, "the post-commit hook added nothing"
            time.sleep(0.1)

    def _git(self, *arguments: str, here: bool = True) -> None:
        where = ["-C", str(self.repository)] if here else []
        subprocess.run(["git", *where, *arguments], check=True, env=self._environment)


def transcript(path: Path) -> list[Event]:
    """The first proposal, as the transcript of the same session tells it."""
    events: list[Event] = []
    reader = Transcript(subject="dana")
    edit = {"file_path": str(path), "old_string": OLD_AREA, "new_string": NEW_AREA}
    call = [{"type": "tool_use", "id": "toolu_1", "name": "Edit", "input": edit}]
    lines: list[tuple[str, dict[str, Any]]] = [
        ("user", {"role": "user", "content": "use pi, and name it"}),
        ("assistant", {"role": "assistant", "id": "m", "model": "m-1", "content": call}),
    ]
    parent = None
    for number, (kind, message) in enumerate(lines):
        common = {"sessionId": "s-1", "version": "2.1.200", "cwd": str(path.parent), "isSidechain": False}
        line = {**common, "type": kind, "uuid": f"u{number}", "parentUuid": parent, "userType": "external"}
        parsed = parse(json.dumps({**line, "timestamp": datetime.now(UTC).isoformat(), "message": message}).encode())
        assert parsed.line is not None
        events += reader.feed(parsed.line).events
        parent = f"u{number}"
    return [event for event in events if isinstance(event.data, Suggestion)]


def test_the_pairs_hold_what_was_committed(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.tool("SessionStart", source="startup")
    person.tool("UserPromptSubmit", prompt="use pi, and name it")
    person.propose("toolu_1", "a.py", OLD_AREA, NEW_AREA)
    person.propose("toolu_2", "a.py", OLD_NAME, NEW_NAME)
    text = (person.repository / "a.py").read_text()
    person.write(
        "a.py", "import math\n\n\n" + text.replace("    total = ", "    return ").replace("    return total\n", "")
    )
    person.tool("SessionEnd", reason="logout")
    person.commit()

    told = transcript(person.repository / "a.py")

    def emit(live: Settings, _progress: object) -> EmitResult:
        kafka = Kafka(live.kafka.bootstrap, {})
        done = ship(person.spool, kafka)
        assert not done.refused
        kafka.send(told, [])
        return EmitResult(done.events.total() + len(told), 0, 0)

    settings = Settings(
        data=str(tmp_path / "data"),
        worker=Worker(scrub_processes=1),
        scrub=Scrub(timeout_s=30.0),
        consent=ConsentSettings(mode=ConsentMode.OPT_OUT),
        privacy=Privacy(accept_weaker="consent.mode"),
    )
    outcome = run(settings, emit, consenting=(), say=lambda _line: None)
    assert outcome.ok
    columns = ["label", "before", "suggestion", "final", "prompt"]
    pairs = reader.read(settings.data_dir, "pairs", columns).to_pylist()
    asked = json.dumps([{"role": "user", "content": "use pi, and name it"}], separators=(",", ":"))
    assert sorted(tuple(row[name] for name in columns) for row in pairs) == [
        ("accepted", OLD_NAME, NEW_NAME, NEW_NAME, "[]"),  # hooks of this version do not say under which prompt
        ("edited", OLD_AREA, NEW_AREA, "    return math.pi * r ** 2\n", asked),
    ]
    trajectory = reader.read(settings.data_dir, "trajectories", ["steps"]).to_pylist()
    assert "use pi, and name it" in [step["content"] for row in trajectory for step in row["steps"]]
