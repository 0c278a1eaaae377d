"""One thing that `redline doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`came` is what is there; `fix` a command, or words where no command helps; empty if nothing is wrong."""

    what: str
    came: str
    fix: str = ""
