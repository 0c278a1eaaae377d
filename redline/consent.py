"""Writing the consent topic: grant, withdraw, and import of a list."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from redline.keys import keys_of
from schemas import topics
from streams.consent import Consent, encode
from streams.delivery import Delivery, Out
from streams.identity import person_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redline.settings import Settings


def record(settings: Settings, people: Iterable[str], *, granted: bool, version: str) -> int:
    """Write one consent record per person (named as events' `subject` names them); returns how many.

    The topic holds keyed hashes of the names only. A withdrawal counts from when workers read it.

    Raises:
        DeliveryError: the broker did not confirm them all.
        SettingsError: the key file is missing or open to others.
    """
    keys = keys_of(settings)
    value = encode(Consent(granted=granted, version=version or f"{time.strftime('%Y-%m-%d', time.gmtime())}"))
    outs = [
        Out(topics.CONSENT, person_key(keys.identity, name), value) for person in people if (name := person.strip())
    ]
    delivery = Delivery(settings.kafka.bootstrap, settings.kafka.config)
    try:
        asyncio.run(delivery.send(outs))
    finally:
        delivery.close()
    return len(outs)
