"""The next epoch: added to the key file a little before it starts, so that every worker has read it by then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from redline import audit
from redline.key_ring import file, source
from redline.lock import DataLock
from schemas.errors import InputError
from streams.epochs import Epoch, KeyRing

if TYPE_CHECKING:
    from redline.settings import Settings

LEAD_S = 60.0  # workers look at the file every second; a minute is for those that the machine has stopped meanwhile
LEAST_LEAD_S = 5.0
LOCK = "keys.lock"
_SECOND_US = 1_000_000
_DAY_US = 86_400 * _SECOND_US


def rotate(settings: Settings, *, after_s: float = LEAD_S, due_only: bool = False) -> Epoch | None:
    """Add an epoch that starts `after_s` seconds from now; None if `due_only` and it is not due.

    Raises:
        InputError: the last epoch has not started yet, or the keys are not this folder's to change.
        LockedError: another command changes the keys.
        SettingsError: the key file cannot be used.
    """
    _own(settings)
    with DataLock(settings.state, name=LOCK):
        ring, now_us = source.read(settings), time.time_ns() // 1000
        last = ring.epochs[-1]
        if due_only and not is_due(settings, ring, now_us):
            return None
        if last.starts_us > now_us:
            wait = (last.starts_us - now_us) / _SECOND_US
            raise InputError(f"epoch {last.number} starts in {wait:.0f} s: needed one that has started")
        epoch = Epoch(last.number + 1, now_us + int(max(after_s, LEAST_LEAD_S) * _SECOND_US), file.new_key())
        audit.record(settings, "keys.rotate", {"epoch": epoch.number, "by_schedule": due_only})
        file.replace(settings.state / file.NAME, KeyRing(ring.identity, (*ring.epochs, epoch), ring.overlap_us))
        source.read(settings)  # remembers the epoch
    return epoch


def is_due(settings: Settings, ring: KeyRing, now_us: int) -> bool:
    """True if the schedule asks for another epoch. One whose start nobody noted began when its file was written."""
    days = settings.keys.rotate_days
    if not days or not source.is_file(settings):
        return False
    started = ring.epochs[-1].starts_us
    if started == 0:
        started = (settings.state / file.NAME).stat().st_mtime_ns // 1000
    return now_us >= started + days * _DAY_US


def _own(settings: Settings) -> None:
    if not source.is_file(settings):
        raise InputError(
            "keys.source says that the keys come from elsewhere: rotate and destroy them there. A new epoch is one more"
            " object in `epochs`, with a start a few minutes ahead; a destroyed one has null for its key. Then run"
            " `redline keys list`; for a destroyed one `redline keys destroy` does the rest (docs/keys.md)."
        )
