"""Hooks into the settings of Claude Code and of a git repository, and out again.

What is there stays: other hooks, other keys, the order of keys. Pure but for `write` and `hooks_file`. Sources: Claude
Code's documentation, `hooks.md` (a list of groups per event, each with a matcher and commands); git's
documentation, `githooks`.
"""

from __future__ import annotations

import difflib
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from redline import private_file
from redline.capture import append
from schemas.errors import InputError

_TOOLS = ("PreToolUse", "PostToolUse", "PostToolUseFailure")
_SHIPPING = ("Stop", "SessionEnd")
EVENTS = ("SessionStart", "UserPromptSubmit", *_TOOLS, "SubagentStop", *_SHIPPING)
_TIMEOUT_S = 5  # SessionEnd has 1.5 s for all hooks together; ours needs a fiftieth of that
_OURS = "redline/capture/append.py"
_BEGIN, _END = "# >>> redline capture >>>", "# <<< redline capture <<<"
_BLOCK = re.compile(rf"{re.escape(_BEGIN)}\n.*?{re.escape(_END)}\n", re.DOTALL)
_SHELL = re.compile(r"#!\s*(?:/usr/bin/env\s+|/\S*/)(?:ba|da|z|k)?sh\b.*\n")


def hook_command(folder: Path, *, ship: bool = False) -> str:
    """What Claude Code runs for an event: Python without its site packages, as that is what takes the time."""
    words = [sys.executable, "-I", "-S", str(Path(append.__file__)), str(folder), "claude-code"]
    return shlex.join([*words, "--ship"] if ship else words)


def claude_code(settings: str, folder: Path, *, remove: bool = False) -> str:
    """The settings file with our hooks, once, or without them. `settings` is its text, empty where there is none.

    Raises:
        InputError: it is no JSON object, or its hooks are not where the documentation says; nothing may be changed.
    """
    tree = _tree(settings)
    hooks = tree.get("hooks", {})
    if not isinstance(hooks, dict) or not all(isinstance(groups, list) for groups in hooks.values()):
        raise InputError("hooks: needed an object of lists, as Claude Code documents it; put it right by hand")
    hooks = {event: kept for event, groups in hooks.items() if (kept := _without_ours(groups)) or not groups}
    for event in () if remove else EVENTS:
        group: dict[str, Any] = {"matcher": "*"} if event in _TOOLS else {}
        command = hook_command(folder, ship=event in _SHIPPING)
        group["hooks"] = [{"type": "command", "command": command, "timeout": _TIMEOUT_S}]
        hooks[event] = [*hooks.get(event, []), group]
    if hooks:
        tree["hooks"] = hooks
    else:
        tree.pop("hooks", None)
    if not tree and not settings.strip():
        return settings
    indent = re.search(r"\n([ \t]+)\S", settings)
    return json.dumps(tree, indent=indent[1] if indent else 2, ensure_ascii=False) + "\n"


def post_commit(script: str, folder: Path, *, remove: bool = False) -> str:
    """The repository's post-commit hook with our block, once, or without it. The block returns at once.

    Raises:
        InputError: there is a hook that is no shell script.
    """
    script = _BLOCK.sub("", script)
    if remove:
        return "" if re.fullmatch(r"#![^\n]*\s*", script) else script
    shebang = _SHELL.match(script)
    if script and shebang is None:
        raise InputError("post-commit: needed a shell script to add to, came another program; call ours from it")
    run = shlex.join([sys.executable, "-m", "redline", "capture", "git", "--folder", str(folder)])
    block = f'{_BEGIN}\n( {run} --commit "$(git rev-parse HEAD)" </dev/null >/dev/null 2>&1 & )\n{_END}\n'
    head = shebang[0] if shebang else "#!/bin/sh\n"
    return head + block + script[shebang.end() if shebang else 0 :]


def hooks_file(repository: Path) -> Path:
    """Where git looks for this repository's post-commit hook, `core.hooksPath` included.

    Raises:
        InputError: no repository, or no git.
    """
    command = ["git", "-C", str(repository), "rev-parse", "--path-format=absolute", "--git-path", "hooks"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - git, by name
    except FileNotFoundError:
        raise InputError("git: needed the program, it is not installed") from None
    if answer.returncode != 0:
        raise InputError(f"{repository}: needed a git repository, git finds none there")
    return Path(answer.stdout.strip()) / "post-commit"


def diff(path: Path, old: str, new: str) -> str:
    """What would change, as a unified diff."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), str(path), f"{path} (new)"
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def write(path: Path, text: str, *, executable: bool = False) -> None:
    """Replace the file in one step; a link stays a link, the mode stays. An empty text removes the file."""
    path = path.resolve()
    if not text:
        path.unlink(missing_ok=True)
        return
    mode = path.stat().st_mode & 0o777 if path.exists() else private_file.OWNER_ONLY
    private_file.write(path, text.encode(), mode=mode | 0o111 if executable else mode)


def _tree(settings: str) -> dict[str, Any]:
    try:
        tree = json.loads(settings) if settings.strip() else {}
    except ValueError:
        tree = None
    if not isinstance(tree, dict):
        raise InputError("settings: needed a JSON object, came something else; nothing was changed")
    return tree


def _without_ours(groups: list[Any]) -> list[Any]:
    kept = []
    for group in groups:
        if not (isinstance(group, dict) and isinstance(group.get("hooks"), list)):
            kept.append(group)
            continue
        others = [hook for hook in group["hooks"] if not (isinstance(hook, dict) and _OURS in str(hook.get("command")))]
        if others or not group["hooks"]:
            kept.append({**group, "hooks": others})
    return kept
