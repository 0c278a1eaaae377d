"""What a data folder's book of alerts holds, and an alerter that is done with what it was told."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from quality.alerting.book import Book
from quality.alerting.store import BOOK
from redline.alerting import alerter, folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quality.alert import Alert
    from quality.alerts import Alerter
    from redline.settings import Settings

_LONGEST_S = 120.0


@contextmanager
def working(settings: Settings, process: str = "test") -> Iterator[Alerter]:
    """An alerter as processes have it; at the end all it was told is in the book."""
    alerts = alerter(settings, process=process)
    try:
        yield alerts
    finally:
        alerts.close(_LONGEST_S)


def told(settings: Settings) -> list[Alert]:
    """The alerts that fire, as `redline alerts list` has them."""
    path = folder_of(settings) / BOOK
    if not path.exists():
        return []
    book = Book(path)
    try:
        return [entry.alert for entry in book.entries()]
    finally:
        book.close()
