"""Whether a restored folder still owes something: `state/restored/` is there until it has paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from redline.backup.manifest import NAME, Manifest
from schemas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "restored"


def owed(state: Path, taken_us: int) -> bool:
    """True if the folder was made from that backup and has not done all it owes."""
    try:
        return msgspec.json.decode((state / FOLDER / NAME).read_bytes(), type=Manifest).taken_us == taken_us
    except (FileNotFoundError, msgspec.MsgspecError):
        return False


def require_settled(state: Path) -> None:
    """Raises InputError while erasures since the backup are not done again: its rows may be of people who said no."""
    if (state / FOLDER).exists():
        raise InputError(
            f"{state.parent}: needed a restored folder that has done the erasures since its backup again, it has not; "
            f"run the same `redline restore` once more: it goes on from {state / FOLDER}"
        )
