"""What a data folder's keys and decisions make of published rows: one place that composes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redline.keys import keys_of
from sinks.decisions import Decisions
from sinks.release import Release
from sinks.seal import Seal

if TYPE_CHECKING:
    from redline.settings import Settings


def seal_of(settings: Settings) -> Seal:
    """What seals and opens raw coordinates in published tables. Raises SettingsError: the keys are gone."""
    return Seal(keys_of(settings).identity)


def release_of(settings: Settings) -> Release:
    """What of a row is published, and when. Raises SettingsError: the keys are gone."""
    return Release(Decisions(settings.data_dir), seal_of(settings))
