"""A release or a discard in a process of its own that kills itself after a step. Run by test_quarantine."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from redline.quarantine import run
from redline.quarantine.choice import Choice
from redline.settings import Settings
from schemas.verdict import Failure, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from redline.quarantine.run import Outcome
    from schemas.tables import Table


def every(number: int, severity: Severity = Severity.ERROR) -> Callable[[pa.Table], Verdict]:
    """A gate that every `number`-th id fails."""

    def gate(rows: pa.Table) -> Verdict:
        ids = rows.column("record_id").to_pylist()
        bad = tuple(i for i, name in enumerate(ids) if int(name, 16) % number == 0)
        return Verdict("any", rows.num_rows, 1, (Failure("lucky", "x", severity, bad),) if bad else ())

    return gate


def act(data: Path, action: str, choice: Choice, crash: Callable[[str], None] = lambda _step: None) -> Outcome:
    """Rows whose id is no multiple of 14 pass; of those aside, that is half."""
    settings = Settings(data=str(data))
    if action == "discard":
        return run.discard(settings, choice, crash=crash)

    def gate(_table: Table) -> Callable[[pa.Table], Verdict]:
        return every(14)

    return run.release(settings, choice, gate=gate, refused=frozenset, crash=crash)


def die(data: str, action: str, step: str) -> None:
    """Kill -9 after the first time of this step."""

    def crash(at: str) -> None:
        if at == step:
            os.kill(os.getpid(), signal.SIGKILL)

    act(Path(data), action, Choice(), crash)
