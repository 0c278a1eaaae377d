"""`redline serve`: listens on this machine and prints the address, with its token, once."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from redline.gateway.server import serve
from redline.serve.access import HOSTS, Access
from redline.serve.site import Site
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.settings import Settings

_TOKEN_BYTES = 32
_END_S = 2.0  # readers can come again


def run(settings: Settings, port: int, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. The token is new at every start and stands nowhere but in what is said.

    Raises:
        InputError: there is no such data folder, or the port is taken.
    """
    if not settings.data_dir.is_dir():
        raise InputError(f"{settings.data_dir}: needed a data folder, there is none; --data names it")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    access = Access(token)

    def started(bound: int) -> None:
        access.port = bound
        say(f"http://{HOSTS[0]}:{bound}/?token={token}")
        say("for this machine only, until Ctrl-C; whoever has this address sees the pages")

    try:
        asyncio.run(serve(Site(settings, access), HOSTS[0], port, started=started, end_s=_END_S))
    except OSError as error:
        raise InputError(f"port {port}: needed a free one, came {error.strerror}; --port 0 takes any") from None
