"""What is said of an unexpected error: its type and place. Its text and its traceback may quote an event."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

_FRAMES = 6  # from the inside: ours and the library's that it went through


def told(error: BaseException) -> str:
    """One line: type, then places as folder/file:line, innermost first."""
    return _told(type(error), error.__traceback__)


def _told(kind: type[BaseException], at: TracebackType | None) -> str:
    frames = [frame for frame, _ in traceback.walk_tb(at)][-_FRAMES:]
    lines = [line for _, line in traceback.walk_tb(at)][-_FRAMES:]
    files = [Path(frame.f_code.co_filename) for frame in frames]
    places = [f"{file.parent.name}/{file.name}:{line}" for file, line in zip(files, lines, strict=True)]
    return kind.__name__ + (" at " + " < ".join(reversed(places)) if places else "")


class Formatter(logging.Formatter):
    """Log lines whose exceptions are told by type and place."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """The exception of a record in one line."""
        kind, _, at = ei
        return "no exception" if kind is None else _told(kind, at)


def log_to_stderr() -> None:
    """Warnings and worse to standard error, without what exceptions quote; for every thread of this process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # Some of its modules set a level of their own, and its errors quote values: it has no voice.
    silent = logging.getLogger("great_expectations")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    threading.excepthook = _of_thread


def _of_thread(hook: threading.ExceptHookArgs) -> None:
    name = hook.thread.name if hook.thread is not None else "a thread"
    logging.getLogger("redline").error("%s ended: %s", name, _told(hook.exc_type, hook.exc_traceback))
