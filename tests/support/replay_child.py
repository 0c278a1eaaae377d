"""A replay in a process of its own that kills itself after a step. Run by test_replay."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from redline.replay.find import Wanted
from redline.replay.run import replay

if TYPE_CHECKING:
    from redline.settings import Settings


def die(settings: Settings, reason: str, step: str) -> None:
    """Kill -9 after the first time of this step."""

    def crash(at: str) -> None:
        if at == step:
            os.kill(os.getpid(), signal.SIGKILL)

    replay(settings, Wanted((reason,)), go=True, say=lambda _text: None, crash=crash)
