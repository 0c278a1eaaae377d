"""A made-up session with Claude Code: what it writes into its transcript while tools and a person change files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REJECTED = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the"
    " new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to"
    " proceed."
)


@dataclass
class Story:
    """Lines in order, and the files on the disk. Each method writes what the tool would; `person` only the disk."""

    session: str = "s-1"
    version: str = "2.1.38"
    branch: str = "main"
    agent: str = ""
    disk: dict[str, str] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    last: str | None = None
    seconds: int = 0

    def raw(self) -> list[bytes]:
        return [json.dumps(line, ensure_ascii=False).encode() for line in self.lines]

    def text(self) -> bytes:
        return b"".join(line + b"\n" for line in self.raw())

    def line(self, kind: str, parent: str | None = None, **more: Any) -> str:
        """One line of the tree. Returns its uuid."""
        self.seconds += 5
        uuid = f"{self.session}{self.agent}-{len(self.lines)}"
        known: dict[str, Any] = {
            "parentUuid": parent or self.last,
            "isSidechain": bool(self.agent),
            "userType": "external",
            "cwd": "/w",
            "sessionId": self.session,
            "version": self.version,
            "gitBranch": self.branch,
            "type": kind,
            "uuid": uuid,
            "timestamp": (START + timedelta(seconds=self.seconds)).isoformat().replace("+00:00", "Z"),
        }
        if self.agent:
            known["agentId"] = self.agent
        self.lines.append({**known, **more})
        self.last = uuid
        return uuid

    def user(self, content: Any, **more: Any) -> str:
        return self.line("user", message={"role": "user", "content": content}, **more)

    def model(self, *blocks: dict[str, Any], message: str = "", **more: Any) -> str:
        name = message or f"msg-{len(self.lines)}"
        content = {"id": name, "type": "message", "role": "assistant", "model": "claude-x", "content": list(blocks)}
        return self.line("assistant", message=content, **more)

    def says(self, text: str, message: str = "") -> str:
        return self.model({"type": "text", "text": text}, message=message)

    def calls(self, tool: str, message: str = "", **arguments: Any) -> str:
        """A tool call. Returns its id."""
        name = f"toolu-{self.session}{self.agent}-{len(self.lines)}"
        self.model({"type": "tool_use", "id": name, "name": tool, "input": arguments}, message=message)
        return name

    def result(self, call: str, content: Any, result: Any = None, **block: Any) -> None:
        more = {} if result is None else {"toolUseResult": result}
        self.user([{"type": "tool_result", "tool_use_id": call, "content": content, **block}], **more)

    # What happens to files.

    def edit(self, path: str, old: str, new: str, *, every: bool = False) -> str:
        call = self.calls("Edit", file_path=path, old_string=old, new_string=new, replace_all=every)
        self.applies(call, path, old, new, every=every)
        return call

    def applies(self, call: str, path: str, old: str, new: str, *, every: bool = False, **more: Any) -> None:
        """The result of an edit that was let through."""
        before = self.disk.get(path, "")
        self.disk[path] = before.replace(old, new) if every else before.replace(old, new, 1) if old else new
        result = {
            "filePath": path, "oldString": old, "newString": new, "originalFile": before, "structuredPatch": [],
            "userModified": False, "replaceAll": every, **more,
        }  # fmt: skip
        self.result(call, f"The file {path} has been updated.", result)

    def write(self, path: str, text: str) -> str:
        call = self.calls("Write", file_path=path, content=text)
        before = self.disk.get(path)
        self.disk[path] = text
        kind = "create" if before is None else "update"
        result = {"type": kind, "filePath": path, "content": text, "structuredPatch": [], "originalFile": before}
        self.result(call, f"File created successfully at: {path}", result)
        return call

    def read(self, path: str) -> str:
        call = self.calls("Read", file_path=path)
        text = self.disk[path]
        count = text.count("\n") + 1
        file = {"filePath": path, "content": text, "numLines": count, "startLine": 1, "totalLines": count}
        self.result(call, "…", {"type": "text", "file": file})
        return call

    def bash(self, command: str, output: str = "") -> str:
        call = self.calls("Bash", command=command)
        self.result(call, output, {"stdout": output, "stderr": "", "interrupted": False}, is_error=False)
        return call

    def rejects(self, call: str) -> None:
        self.result(call, REJECTED, "User rejected tool use", is_error=True)

    def person(self, path: str, old: str, new: str) -> None:
        """Somebody changes the file on disk; the transcript does not say so."""
        assert old in self.disk[path]
        self.disk[path] = self.disk[path].replace(old, new, 1)

    def noticed(self, path: str, first: int, last: int) -> None:
        """The tool tells the model that a file has changed, with these lines of it."""
        lines = self.disk[path].split("\n")[first - 1 : last]
        snippet = "\n".join(f"{number:>6}→{line}" for number, line in enumerate(lines, first))
        self.line("attachment", attachment={"type": "edited_text_file", "filename": path, "snippet": snippet})
