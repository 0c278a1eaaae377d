"""`redline status --watch`: look, again and again, until Ctrl-C.

A look may take as long as a broker does not answer, so a thread looks, and the screen goes on: it is drawn twice a
second, at the size the window has by then, and says since when there was no newer look.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Self

import msgspec
from rich.console import Console
from rich.live import Live
from rich.text import Text

from redline.overview import Looker, Overview
from redline.rates import Rates
from redline.screen import line, screen
from schemas.errors import RedlineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from redline.settings import Settings

_DRAW_S = 0.5
_END_S = 2.0  # a look that waits for a broker is not waited for


class _Looking:
    """Looks in a thread of its own; `newest` is what it saw last, and when."""

    def __init__(self, settings: Settings, every_s: float) -> None:
        self._looker = Looker(settings)
        self._every_s = every_s
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._newest: tuple[Overview, float] | None = None
        self._failed = ""
        self.rates = Rates()
        self._thread = threading.Thread(target=self._keep_looking, name="look", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(_END_S)

    def drawn(self) -> RenderableType:
        """The screen as it is now."""
        with self._lock:
            if self._newest is None:
                return Text(self._failed or "looking ...")
            overview, at = self._newest
            return screen(overview, self.rates, waited_s=max(0.0, time.monotonic() - at - self._every_s))

    def _keep_looking(self) -> None:
        try:
            while not self._stopped.is_set():
                began = time.monotonic()
                self._look()
                self._stopped.wait(max(0.0, self._every_s - (time.monotonic() - began)))
        finally:
            self._looker.close()

    def _look(self) -> None:
        try:
            overview = self._looker.look()
        except (RedlineError, OSError) as error:  # a table that is just rewritten, say: the next look will do
            self._failed = str(error) if isinstance(error, RedlineError) else type(error).__name__
            return
        with self._lock:
            self.rates.add(self._looker.samples)
            self._newest = overview, time.monotonic()


def watch(settings: Settings, *, every_s: float) -> None:
    """Show what there is until Ctrl-C, on a terminal; elsewhere one line for each look."""
    console = Console()
    if not console.is_terminal:
        _repeat(settings, every_s, line)
        return
    with (
        _Looking(settings, every_s) as looking,
        Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live,
    ):
        try:
            while True:
                live.update(looking.drawn(), refresh=True)
                time.sleep(_DRAW_S)
        except KeyboardInterrupt:
            return


def follow(settings: Settings, *, every_s: float) -> None:
    """One line of JSON for each look, until Ctrl-C."""
    _repeat(settings, every_s, lambda overview, _: msgspec.json.encode(overview).decode())


def _repeat(settings: Settings, every_s: float, told: Callable[[Overview, Rates], str]) -> None:
    looker, rates = Looker(settings), Rates()
    try:
        while True:
            began = time.monotonic()
            overview = looker.look()
            rates.add(looker.samples)
            sys.stdout.write(told(overview, rates) + "\n")
            sys.stdout.flush()
            time.sleep(max(0.0, every_s - (time.monotonic() - began)))
    except (KeyboardInterrupt, BrokenPipeError):
        return
    finally:
        looker.close()
