"""A person, an assistant and a real git repository: what ends up as a final edit, and what must not."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from redline.capture import append
from redline.capture.committed import capture
from redline.capture.spool import Spool
from redline.client import Client
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD = "def area(r):\n    return 3 * r * r\n"
NEW = "def area(r):\n    return math.pi * r ** 2\n"
REJECTED = "(rejected)"
START = f"import math\n\n{OLD}\nprint(area(1))\n"


class Scene:
    """A repository, an assistant that proposes into its files, and a person who commits."""

    def __init__(self, folder: Path) -> None:
        self.spool = folder / "spool"
        self.repository = folder / "repo"
        self._environment = {**os.environ, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
        self._calls = 0
        self.git("init", "-q", "-b", "main", str(self.repository), here=False)
        self.git("config", "user.name", "A")
        self.git("config", "user.email", "a@example.com")
        self.write("a.py", START)
        self.commit("start")

    def git(self, *arguments: str, here: bool = True, check: bool = True) -> str:
        where = ["-C", str(self.repository)] if here else []
        answer = subprocess.run(
            ["git", *where, *arguments], capture_output=True, text=True, check=check, env=self._environment
        )
        return answer.stdout.strip()

    def write(self, name: str, text: str) -> None:
        path = self.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="")

    def hook(self, name: str, **more: Any) -> None:
        body = {"session_id": "s", "hook_event_name": name, "cwd": str(self.repository), **more}
        append.append(str(self.spool), "claude-code", json.dumps(body).encode())

    def propose(self, name: str, before: str, text: str, *, taken: bool = True) -> str:
        """The assistant changes a file, as Claude Code's Edit and Write do and tell."""
        self._calls += 1
        path, call = self.repository / name, f"toolu_{self._calls}"
        if before:
            arguments = {"file_path": str(path), "old_string": before, "new_string": text}
        else:
            arguments = {"file_path": str(path), "content": text}
        told = {"tool_name": "Edit" if before else "Write", "tool_input": arguments, "tool_use_id": call}
        self.hook("PreToolUse", **told)
        if taken:
            old = path.read_text() if path.exists() else ""
            self.write(name, old.replace(before, text, 1) if before else text)
            self.hook("PostToolUse", **told, tool_response={"filePath": str(path)})
        return call

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.repository / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def captured(self, commit: str = "HEAD") -> dict[str, str]:
        """What one commit adds to the spool: final text by interaction."""
        known = len(list(Spool(self.spool).frames()))
        added = capture(self.spool, self.repository, commit)
        said = [json.loads(f.body) for f in list(Spool(self.spool).frames())[known:]]
        assert len(said) == added
        edits = [e for e in said if e["type"] == "redline.edit.v1"]
        assert all((e["data"]["final"], e["data"]["origin"]) == (True, "commit") for e in edits)
        others = [e["data"] for e in said if e not in edits]
        assert all(data["verdict"] == "rejected" for data in others)
        finals = {e["data"]["interaction_id"]: e["data"]["text"] for e in edits}
        return finals | {data["interaction_id"]: REJECTED for data in others}


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_proposal_that_is_changed_and_committed_has_the_committed_text(scene: Scene) -> None:
    call = scene.propose("a.py", OLD, NEW)
    scene.change("a.py", "r ** 2", "r * r")
    scene.commit("area")
    assert scene.captured() == {call: NEW.replace("r ** 2", "r * r")}
    assert scene.captured() == {}  # once


def test_a_proposal_that_is_committed_as_it_was_is_kept_as_it_was(scene: Scene) -> None:
    call, new = scene.propose("a.py", OLD, NEW), scene.propose("pkg/b.py", "", "x = 1\n")
    scene.write("a.py", "# a head that a person has written\n" + (scene.repository / "a.py").read_text())
    scene.commit("both")
    assert scene.captured() == {call: NEW, new: "x = 1\n"}


def test_only_what_is_in_the_commit_is_judged_and_the_rest_waits(scene: Scene) -> None:
    first, second = scene.propose("a.py", OLD, NEW), scene.propose("b.py", "", "y = 2\n")
    scene.git("add", "b.py")
    scene.git("commit", "-q", "-m", "b")
    assert scene.captured() == {second: "y = 2\n"}
    scene.commit("a")
    assert scene.captured() == {first: NEW}


def test_a_rejected_proposal_and_one_nobody_answered_are_nothing(scene: Scene) -> None:
    scene.propose("a.py", OLD, NEW, taken=False)
    scene.change("a.py", "3 *", "3.1 *")
    scene.commit("by hand")
    assert scene.captured() == {}


def test_a_renamed_file_is_followed(scene: Scene) -> None:
    call = scene.propose("a.py", OLD, NEW)
    scene.git("mv", "a.py", "area.py")
    scene.commit("renamed")
    assert scene.captured() == {call: NEW}


def _format(scene: Scene) -> None:
    scene.change("a.py", "    return", "\treturn")


def _delete(scene: Scene) -> None:
    (scene.repository / "a.py").unlink()


def _binary(scene: Scene) -> None:
    (scene.repository / "a.py").write_bytes(b"\0\1\2")


def _latin(scene: Scene) -> None:
    (scene.repository / "a.py").write_bytes("ä".encode("latin-1") * 50)


def _link(scene: Scene) -> None:
    (scene.repository / "a.py").unlink()
    (scene.repository / "a.py").symlink_to("/etc/hostname")


def _line_ends(scene: Scene) -> None:
    scene.write("a.py", (scene.repository / "a.py").read_text().replace("\n", "\r\n"))


@pytest.mark.parametrize("change", [_format, _delete, _binary, _latin, _link, _line_ends])
def test_no_edit_that_nobody_made(scene: Scene, change: Callable[[Scene], None]) -> None:
    call = scene.propose("a.py", OLD, NEW)
    change(scene)
    scene.commit("change")
    assert scene.captured() in ({}, {call: NEW})


def test_what_is_undone_before_it_is_committed_is_rejected_after_all(scene: Scene) -> None:
    call, waits = scene.propose("a.py", OLD, NEW), scene.propose("b.py", "", "y = 2\n")
    scene.write("a.py", START.replace("print", "print  "))
    scene.git("commit", "-q", "-a", "-m", "a person's own change of the same file")
    assert scene.captured() == {call: REJECTED}
    assert scene.captured() == {}
    scene.commit("b")
    assert scene.captured() == {waits: "y = 2\n"}


def test_what_is_undone_in_a_file_that_is_not_in_the_commit_is_rejected_too(scene: Scene) -> None:
    call = scene.propose("a.py", OLD, NEW)
    scene.git("checkout", "-q", "--", "a.py")
    scene.write("b.py", "x = 1\n")
    scene.commit("another file")
    assert scene.captured() == {call: REJECTED}


def _only_staged_elsewhere(scene: Scene) -> None:
    """The proposal is on the disk, and not in the commit."""


def _stashed(scene: Scene) -> None:
    scene.git("stash", "-q")


def _on_another_branch(scene: Scene) -> None:
    """Committed where no hook was installed."""
    scene.git("switch", "-q", "-c", "other")
    scene.git("commit", "-q", "-a", "-m", "not captured")
    scene.git("switch", "-q", "main")


def _edited_by_a_person(scene: Scene) -> None:
    scene.write("a.py", START.replace("3 *", "3.1 *"))


@pytest.mark.parametrize("change", [_only_staged_elsewhere, _stashed, _on_another_branch, _edited_by_a_person])
def test_what_may_come_back_is_not_undone(scene: Scene, change: Callable[[Scene], None]) -> None:
    scene.propose("a.py", OLD, NEW)
    change(scene)
    scene.write("b[1].py", "x = 1\n")
    scene.git("add", "b[1].py")
    scene.git("commit", "-q", "-m", "another file")
    assert scene.captured() == {}


def test_an_older_commit_says_nothing_of_what_was_undone_since(scene: Scene) -> None:
    scene.propose("a.py", OLD, NEW)
    scene.git("checkout", "-q", "--", "a.py")
    for name in ("b.py", "c.py"):
        scene.write(name, "x = 1\n")
        scene.commit(name)
    assert scene.captured("HEAD~1") == {}


def test_every_tool_of_claude_code_that_writes_is_followed(scene: Scene) -> None:
    path = str(scene.repository / "a.py")
    pieces = [
        {"old_string": "import math\n", "new_string": "from math import pi\n"},
        {"old_string": "3 * r * r", "new_string": "pi * r * r"},
    ]
    multi = {"file_path": path, "edits": pieces}
    every = {"file_path": path, "old_string": "area", "new_string": "circle_area", "replace_all": True}
    notebook = str(scene.repository / "n.ipynb")
    cell = {"notebook_path": notebook, "cell_id": "c1", "new_source": "y = 2"}
    scene.write("n.ipynb", json.dumps({"cells": [{"id": "c1", "source": "y = 1"}]}))
    scene.commit("a notebook")
    calls = {"MultiEdit": multi, "Edit": every, "NotebookEdit": cell}
    for tool, arguments in calls.items():
        told = {"tool_name": tool, "tool_input": arguments, "tool_use_id": tool}
        scene.hook("PreToolUse", **told)
        scene.hook("PostToolUse", **told, tool_response={})
    scene.hook("PreToolUse", tool_name="NotebookEdit", tool_use_id="new", tool_input=cell | {"edit_mode": "insert"})
    scene.hook("PostToolUse", tool_name="NotebookEdit", tool_use_id="new", tool_input=cell | {"edit_mode": "insert"})
    scene.write("a.py", "from math import pi\n\ndef disc_area(r):\n    return pi * r ** 2\n\nprint(disc_area(1))\n")
    scene.write("n.ipynb", json.dumps({"cells": [{"id": "c1", "source": ["y = 2\n", "z = 3"]}]}))
    scene.commit("all of it")
    assert scene.captured() == {
        "MultiEdit": "from math import pi\n\npi * r ** 2",
        "Edit": "disc_area",
        "NotebookEdit": "y = 2\nz = 3",
    }


def test_another_branch_says_nothing_of_a_proposal(scene: Scene) -> None:
    call = scene.propose("a.py", OLD, NEW)
    scene.git("stash", "-q")
    scene.git("switch", "-q", "-c", "other")
    scene.change("a.py", "print(area(1))", "print(area(2))")
    scene.commit("on the other branch")
    assert scene.captured() == {}
    scene.git("switch", "-q", "main")
    scene.git("stash", "pop", "-q")
    scene.commit("back")
    assert scene.captured() == {call: NEW}


def test_a_rebase_a_cherry_pick_and_a_merge_say_nothing(scene: Scene) -> None:
    scene.propose("a.py", OLD, NEW)
    scene.git("switch", "-q", "-c", "topic")
    scene.commit("topic")
    scene.git("switch", "-q", "main")
    scene.change("a.py", "3 *", "4 *")
    scene.commit("conflicts")
    for way in (["rebase", "main", "topic"], ["cherry-pick", "topic"], ["merge", "topic"]):
        scene.git(*way, check=False)
        scene.write("a.py", START.replace("3 *", "5 *"))
        assert scene.captured("topic") == {}
        scene.git(way[0], "--abort")
        scene.git("switch", "-q", "main")
    scene.git("merge", "-q", "-X", "ours", "--no-edit", "topic")
    assert scene.captured() == {}


def test_a_submodule_is_no_file(scene: Scene, tmp_path: Path) -> None:
    call = scene.propose("a.py", OLD, NEW)
    scene.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(scene.repository), "inner")
    scene.commit("with a submodule")
    assert scene.captured() == {call: NEW}


def test_proposals_that_were_shipped_meanwhile_are_still_known(scene: Scene) -> None:
    class Sink:
        def send(self, events: object, faults: object) -> Any:
            from collections import Counter  # noqa: PLC0415

            return Counter()

    from redline.capture.ship import ship  # noqa: PLC0415

    call = scene.propose("a.py", OLD, NEW)
    shipped = ship(scene.spool, Sink())
    assert shipped.events["redline.suggestion.v1"] == 1
    scene.commit("later")
    assert scene.captured() == {call: NEW}


def test_a_tool_of_our_own_client_is_captured_too(scene: Scene) -> None:
    client = Client(tool="editor/1.0", surface="ide", session_id="s", subject="anna", folder=scene.spool)
    name = client.suggest(NEW, before=OLD, path=str(scene.repository / "a.py"))
    scene.change("a.py", OLD, NEW.replace("** 2", "** 2.0"))
    client.decide(name, "accepted", after_ms=5)
    scene.commit("by the client")
    assert scene.captured() == {name: NEW.replace("** 2", "** 2.0")}
    assert client.lost == 0


def test_where_there_is_no_repository_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="repository"):
        capture(tmp_path / "spool", tmp_path, "HEAD")
