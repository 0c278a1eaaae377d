"""Passwords and certificates that are replaced while a process runs: it ends in order, and starts again with the new.

A login that stands is not touched by a rotation at the broker; a new connection needs the new secret. librdkafka takes
its certificates once, so no client of it can be given others; what ends a process for a deployment (SIGTERM: drain,
commit, leave the group) ends it for this, and whoever supervises it starts it again. Tokens are not meant: they are
fetched anew all the time.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import signal
import threading
from typing import TYPE_CHECKING

from schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.connection import Connection

log = logging.getLogger("redline.rotation")
LOOK_S = 5.0
# Processes that share a secret must not all be away at once.
SPREAD_S = 20.0


class Rotation:
    """Looks at the files of a connection, and calls `on_change` once what they hold is other, whole and stays so."""

    def __init__(
        self,
        connection: Connection,
        on_change: Callable[[], None],
        *,
        look_s: float = LOOK_S,
        spread_s: float = SPREAD_S,
    ) -> None:
        self._connection = connection
        self._on_change = on_change
        self._look_s, self._spread_s = look_s, spread_s
        self._first = digest(connection)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="rotation", daemon=True)

    def start(self) -> None:
        """Look from now on. Without a file there is nothing to look at."""
        if self._first:
            self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _follow(self) -> None:
        last = self._first
        while not self._stopped.wait(self._look_s):
            try:
                now = digest(self._connection)
                self._connection.ssl_context()  # a certificate beside another's key is half a rotation
            except SettingsError as error:
                log.warning("a rotation is not finished, we go on with what we had: %s", error)
                continue
            if now not in (self._first, last):
                last = now
                continue  # another look: several files are not replaced in one step
            last = now
            if now != self._first and not self._stopped.wait(random.uniform(0, self._spread_s)):  # noqa: S311 - spread
                log.warning("password or certificate of kafka was replaced: ending, to be started with the new one")
                self._on_change()
                return


def restarting(connection: Connection) -> Rotation:
    """A rotation that ends this process as SIGTERM does."""
    return Rotation(connection, lambda: os.kill(os.getpid(), signal.SIGTERM))


def digest(connection: Connection) -> str:
    """What the connection's files hold now, as a digest; empty if it has none.

    Raises:
        SettingsError: one of them cannot be read.
    """
    held = [connection.certificates()]
    if connection.sasl is not None and connection.password_file:
        held.append(connection.password)
    return hashlib.sha256("\0".join(held).encode()).hexdigest() if any(held) else ""
