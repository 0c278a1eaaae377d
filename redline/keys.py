"""The keys of a data folder, for whoever needs the key of ids or one epoch's; `redline.key_ring` has the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redline.key_ring import source
from redline.key_ring.source import has_rows

if TYPE_CHECKING:
    from redline.settings import Settings
    from streams.epochs import KeyRing, Keys

__all__ = ["has_rows", "keys_of", "ring_of"]


def ring_of(settings: Settings) -> KeyRing:
    """Every epoch's keys; made on first use.

    Raises:
        SettingsError: the keys are gone, open to others, or do not fit the tables.
    """
    return source.read(settings)


def keys_of(settings: Settings) -> Keys:
    """The key of ids and those of the newest epoch, which may not have started. Raises as `ring_of`."""
    return ring_of(settings).newest
