"""Kill -9 after a numbered step, once per data folder: for crash tests only."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SINK = "REDLINE_CRASH_AT_STEP"  # steps of a commit
PURGE = "REDLINE_CRASH_AT_PURGE"  # steps of dropping what consent no longer covers, several by commas


def crash_hook(
    environ: Mapping[str, str], variable: str, state: Path, prefix: str = "crashed"
) -> Callable[[int], None]:
    """What to call after each step: does nothing, but where the variable names the step and nobody has died of it yet.

    Args:
        environ: environment variables.
        variable: the one that names steps.
        state: folder for the marker of who has died, `<prefix>-<step>`.
        prefix: of the marker.
    """
    wanted = {int(step) for step in environ.get(variable, "").split(",") if step}

    def crash(step: int) -> None:
        if step not in wanted:
            return
        try:
            (state / f"{prefix}-{step}").touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    return crash
