"""What a data folder's keys and decisions make of published rows: one place that composes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redline.keys import keys_of
from sinks.seal import Seal

if TYPE_CHECKING:
    from redline.settings import Settings


def seal_of(settings: Settings) -> Seal:
    """What seals and opens raw coordinates in published tables. Raises SettingsError: the keys are gone."""
    return Seal(keys_of(settings).identity)
