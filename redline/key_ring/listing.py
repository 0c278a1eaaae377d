"""The epochs of a ring for people: numbers and times, nothing of the keys."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from quality import report
from redline.key_ring import destruction, source

if TYPE_CHECKING:
    from redline.settings import Settings
    from streams.epochs import KeyRing


def listing(settings: Settings) -> str:
    """A table of the epochs, and what is not finished. Raises SettingsError."""
    if source.is_unmade(settings):
        return "no keys yet: made at the first run"
    text = shown(source.read(settings), time.time_ns() // 1000)
    left = destruction.unfinished(settings)
    if left is not None:
        text += f"\n\nThe destruction of epoch {left} was interrupted: run `redline keys destroy {left}`."
    return text


def shown(ring: KeyRing, now_us: int) -> str:
    """The epochs at this time. Pure."""
    here = ring.place(now_us)
    beside = {keys.epoch for keys in ring.beside(now_us // 1000)}
    rows = []
    for place, epoch in enumerate(ring.epochs):
        if epoch.destroyed:
            state = "destroyed"
        elif place == here:
            state = "in use"
        elif place > here:
            state = "not begun"
        else:
            state = "overlap" if epoch.number in beside else "kept"
        starts = datetime.fromtimestamp(epoch.starts_us / 1e6, UTC)
        rows.append((f"{epoch.number}", f"{starts:%F %T}" if epoch.starts_us else "the beginning", state))
    return report.table(("epoch", "starts (UTC)", "state"), rows)
