"""The last answer of the ledger, as counts: so that a report can tell it without a broker."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from redline import private_file

if TYPE_CHECKING:
    from quality.ledger import Balance
    from redline.settings import Settings

FILE = "ledger.json"


class LedgerNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the ledger said, and when (Unix seconds). `fates` are (fate, where or why, offsets)."""

    at_s: float
    offsets: int
    fates: tuple[tuple[str, str, int], ...]
    missing: int
    duplicated: int
    conflicting: int

    @property
    def balanced(self) -> bool:
        """Every offset had one fate."""
        return not (self.missing or self.duplicated or self.conflicting)


def write(settings: Settings, answer: Balance) -> None:
    """Keep an answer. Raises OSError."""
    note = LedgerNote(
        at_s=time.time(),
        offsets=answer.offsets,
        fates=tuple((fate.kind, fate.detail, count) for fate, count in answer.fates.items()),
        missing=answer.missing,
        duplicated=answer.duplicated,
        conflicting=answer.conflicting,
    )
    private_file.write(settings.state / FILE, msgspec.json.encode(note))


def read(settings: Settings) -> LedgerNote | None:
    """The last answer; None if there is none, or it cannot be read."""
    try:
        return msgspec.json.decode((settings.state / FILE).read_bytes(), type=LedgerNote)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
