"""What `redline capture git` asks of a repository: one commit's files, before and after."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

# While one of these is in the git folder, commits are made by git and not by a person who has just edited something.
_UNDER_WAY = (
    "rebase-merge",
    "rebase-apply",
    "sequencer",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "MERGE_HEAD",
    "BISECT_LOG",
)
_REGULAR = ("100644", "100755")
_MOST_BYTES = 1 << 20
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Changed:
    """A text file in a commit. Paths are absolute; texts are raw, line ends as they are committed."""

    path: str
    old_path: str
    before: str = field(repr=False)
    after: str = field(repr=False)


class Repository:
    """A git repository, as its files on disk have it.

    Raises:
        InputError: there is none, or no git.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # A hook is run with the index of the commit in its environment; what we ask is about commits only.
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self._environment["LC_ALL"] = "C"
        self.top = Path(self._ask("rev-parse", "--show-toplevel").decode().rstrip("\n"))
        self._git_dir = Path(self._ask("rev-parse", "--absolute-git-dir").decode().rstrip("\n"))

    def rewriting(self) -> bool:
        """A rebase, cherry-pick, revert or merge is under way."""
        return any((self._git_dir / name).exists() for name in _UNDER_WAY)

    def changed(self, commit: str) -> list[Changed]:
        """The text files that a commit changes, renames followed; none for a merge.

        Links, submodules, binary files, deletions, files that are not UTF-8 and files over 1 MiB are left out.

        Raises:
            InputError: no such commit.
        """
        name = self._ask("rev-parse", "--verify", "--end-of-options", f"{commit}^{{commit}}").decode().strip()
        parents = self._ask("rev-list", "--parents", "-n", "1", name).decode().split()[1:]
        if len(parents) > 1:
            return []
        raw = self._ask("diff-tree", "--root", "--no-commit-id", "-r", "-z", "-M", "--diff-filter=AMR", name)
        found = []
        fields = iter(raw.decode("utf-8", "surrogateescape").split("\0"))
        for head in fields:
            if not head:
                continue
            old_mode, mode, old_blob, blob, status = head.removeprefix(":").split(" ")
            old_path = path = next(fields)
            if status.startswith("R"):
                path = next(fields)
            if mode not in _REGULAR or (status != "A" and old_mode not in _REGULAR):
                continue
            after = self._text(blob)
            before = "" if status == "A" else self._text(old_blob)
            if after is not None and before is not None:
                found.append(Changed(str(self.top / path), str(self.top / old_path), before, after))
        return found

    def unchanged(self, commit: str, paths: Iterable[str]) -> list[Changed]:
        """Of these files those that a commit has as its parent had them, before and after alike; none for a merge."""
        found = []
        parents = self._ask("rev-list", "--parents", "-n", "1", commit).decode().split()[1:]
        for path in paths if len(parents) == 1 else ():
            if not Path(path).is_relative_to(self.top):
                continue
            now, then = (self._entry(one, path) for one in (commit, parents[0]))
            if now and now == then and (text := self._text(now)) is not None:
                found.append(Changed(path, path, text, text))
        return found

    def undone(self, file: Changed, commit: str, since_us: int) -> bool:
        """True if nothing of what was done to a file since then is anywhere but in this commit.

        It is the branch's last one, the file on the disk reads like it, nothing is stashed, and no commit that is not
        behind this one has touched the file.
        """
        name = self._ask("rev-parse", "--verify", "--end-of-options", f"{commit}^{{commit}}")
        if name != self._ask("rev-parse", "--verify", "HEAD") or self._ask("stash", "list"):
            return False
        try:
            on_disk = Path(file.path).read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return False
        if on_disk.replace("\r\n", "\n") != file.after.replace("\r\n", "\n"):
            return False
        since = f"--since={since_us // 1_000_000 - 1}"
        return not self._ask("rev-list", "--all", since, "--max-count=1", "--not", "HEAD", "--", file.path)

    def _entry(self, commit: str, path: str) -> str:
        """The blob of a regular file in a commit; empty if there is none."""
        relative = str(Path(path).relative_to(self.top))
        entry = self._ask("ls-tree", "-z", "--full-tree", commit, "--", relative).decode("utf-8", "surrogateescape")
        mode, kind, blob = (*entry.partition("\t")[0].split(), "", "", "")[:3]
        return blob if mode in _REGULAR and kind == "blob" else ""

    def _text(self, blob: str) -> str | None:
        if int(self._ask("cat-file", "-s", blob)) > _MOST_BYTES:
            return None
        content = self._ask("cat-file", "blob", blob)
        if b"\0" in content:
            return None
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def _ask(self, *arguments: str) -> bytes:
        command = ["git", "--literal-pathspecs", "-C", str(self._folder), *arguments]
        try:
            answer = subprocess.run(  # noqa: S603 - git, by name, no shell
                command, capture_output=True, check=False, env=self._environment, timeout=_TIMEOUT_S
            )
        except FileNotFoundError:
            raise InputError("git: needed the program, it is not installed") from None
        except subprocess.TimeoutExpired:
            raise InputError(f"git {arguments[0]}: needed an answer within {_TIMEOUT_S:.0f} s, came none") from None
        if answer.returncode != 0:
            raise InputError(f"{self._folder}: git {arguments[0]} ended with {answer.returncode}; is it a repository?")
        return answer.stdout
