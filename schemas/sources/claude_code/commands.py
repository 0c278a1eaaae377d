"""Could a shell command have written a file that a person works on? A rule, not a proof: what is not known, could.

A command is harmless if every part of it (between `;`, `&&`, `||`, `|` and line ends) begins with a program that only
reads, or with a test runner, compiler or type checker, and nothing in it redirects into a file, substitutes a command
or asks a program to write. Then a change seen after it is still the person's.
"""

from __future__ import annotations

import re
from typing import Final

from schemas.sources.claude_code.vocabulary import names

_READ: Final = frozenset(
    names(
        """
        [ basename cat cd cmp cut date df diff dirname du echo egrep false fgrep file find grep head hostname id jq ls
        md5sum nl printenv printf ps pwd readlink realpath rg sha256sum sleep sort stat tail test tr tree true type
        uname uniq wc which whoami
        """
    )
)
_RUN: Final = frozenset({"ctest", "mypy", "phpunit", "pyright", "pytest", "rspec", "tsc", "vitest"})
_SECOND: Final = {
    "git": frozenset(
        names(
            """
            blame cat-file describe diff fetch grep log ls-files ls-tree merge-base rev-list rev-parse shortlog show
            show-ref status
            """
        )
    ),
    "cargo": frozenset({"build", "check", "metadata", "test", "tree"}),
    "go": frozenset({"build", "env", "list", "test", "version", "vet"}),
    "mix": frozenset({"compile", "test"}),
    "npm": frozenset({"ls", "outdated", "test", "view"}),
    "pnpm": frozenset({"ls", "outdated", "test"}),
    "yarn": frozenset({"test", "why"}),
    "ruff": frozenset({"check"}),
}
_MODULES: Final = frozenset({"pytest", "unittest", "mypy"})
_WRITES = re.compile(
    r"(?<!\S)(-delete|-exec|-execdir|-ok|-okdir|-fprint\w*|--fix\S*|--write|--in-place\S*|--output\S*|--update\S*|-u|-o\S*"
    r"|--snapshot-update|--accept|--unsafe-fixes)(?!\S)",
    re.ASCII,
)
_NOWHERE = re.compile(r"\d?>>?\s*/dev/null|\d>&\d|&>\s*/dev/null", re.ASCII)
_PARTS = re.compile(r"&&|\|\||[;|\n&]")
_SETTING = re.compile(r"[A-Za-z_]\w*=\S*", re.ASCII)
# A hook is a script with a name of its own; one that is called like this rewrites files.
_FORMATS = re.compile(
    r"fmt|format|prettier|\bblack\b|ruff|lint|isort|autopep8|biome|stylua|pre-commit|--fix|--write|\bsed\b",
    re.IGNORECASE,
)
_LONGEST = 4000  # characters; a longer one is a program


def may_write(command: str) -> bool:
    """False only for a command that reads, tests or compiles by the rule above."""
    if len(command) > _LONGEST:
        return True
    bare = _NOWHERE.sub(" ", command)
    if any(mark in bare for mark in (">", "`", "$(", "<(", "<<")) or _WRITES.search(bare):
        return True
    return not all(_harmless(part) for part in _PARTS.split(bare))


def formats(command: str) -> bool:
    """Whether a hook's command reads like a formatter's."""
    return not command or _FORMATS.search(command[:_LONGEST]) is not None


def _harmless(part: str) -> bool:
    words = part.split()
    while words and (_SETTING.fullmatch(words[0]) or words[0] in {"time", "timeout", "nice"} or words[0].isdigit()):
        words = words[1:]
    if not words or words[0].startswith("#"):
        return True
    program = words[0].rpartition("/")[2]
    if program in _SECOND:
        second = next((word for word in words[1:] if not word.startswith("-")), "")
        return second in _SECOND[program]
    if program.startswith("python"):
        return words[1:2] == ["-m"] and len(words) > 2 and words[2] in _MODULES  # noqa: PLR2004 - the word after -m
    return program in _READ or program in _RUN
