"""How far an export is, on standard error; silent where that is no terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Steps(Protocol):
    """Told what is done now, and of how much; gives back whom to tell of what is done of it."""

    def __call__(self, name: str, total: int) -> Callable[[int], None]:
        """A step begins; the one before is at its end."""
        ...


def silent(name: str, total: int) -> Callable[[int], None]:
    """Nobody is told."""
    del name, total
    return lambda _done: None


@contextmanager
def steps() -> Iterator[Steps]:
    """Bars, one a step, as long as the block runs."""
    if not sys.stderr.isatty():
        yield silent
        return
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:

        def begin(name: str, total: int) -> Callable[[int], None]:
            task = shown.add_task(name, total=total)
            return lambda done: shown.advance(task, done)

        yield begin
