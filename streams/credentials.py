"""A connection's credentials as Faust and aiokafka take them (runtime.py says who imports faust)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka.abc import AbstractTokenProvider
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials

from streams.connection import OAUTH

if TYPE_CHECKING:
    from streams.connection import Connection
    from streams.tokens import Tokens


class _TokenProvider(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka ships no types
    """aiokafka asks for a token at every new connection, in the event loop: it is fetched in a thread."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def token(self) -> str:
        """The text of a token that still holds."""
        return (await asyncio.to_thread(self._tokens.fetch)).text


def credentials(connection: Connection) -> Any:
    """Faust's form of a connection's credentials; None without security.

    Raises:
        SettingsError: a file cannot be read.
    """
    context = connection.ssl_context()
    if connection.sasl is None:
        return None if context is None else SSLCredentials(context)
    if connection.tokens is not None and connection.sasl == OAUTH:
        return OAuthCredentials(oauth_cb=_TokenProvider(connection.tokens), ssl_context=context)
    return SASLCredentials(
        username=connection.user, password=connection.password, ssl_context=context, mechanism=connection.sasl
    )
