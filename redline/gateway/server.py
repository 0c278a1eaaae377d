"""The only import of aiohttp: sockets, signals, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING

from aiohttp import web

from redline.gateway.exchange import Refused, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from redline.gateway.service import Gateway

_PIECE = 1 << 16
_END_S = 15.0  # longer than Kafka is waited for
_KEEP_ALIVE_S = 75.0
_HEADER_BYTES = 16_384


class Server:
    """Listens and hands requests to the service.

    aiohttp must not inflate bodies: it would do so without an end. Its own logger is silent, as it may quote a request.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.on_response_prepare.append(_nameless)
        silent = logging.getLogger("redline.gateway.aiohttp")
        silent.disabled = True
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=silent,
            auto_decompress=False,
            keepalive_timeout=_KEEP_ALIVE_S,
            max_field_size=_HEADER_BYTES,
            max_line_size=_HEADER_BYTES,
            shutdown_timeout=_END_S,
        )

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, which the system chooses for 0.

        Raises:
            OSError: the address is not free, or not ours.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Take no more requests, answer those that are here."""
        self._gateway.stopping = True
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        asked = Request(
            method=request.method,
            path=request.path,
            headers=tuple((name.lower(), value) for name, value in request.headers.items()),
            query=request.query_string,
            body=_pieces(request),
        )
        answer = await self._gateway.answer(asked)
        headers = {"Content-Type": answer.content_type, **dict(answer.headers)}
        return web.Response(status=answer.status, body=answer.body, headers=headers)


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    broken = False
    try:
        async for piece in request.content.iter_chunked(_PIECE):
            yield piece
    except (ConnectionError, web.RequestPayloadError):
        broken = True
    if broken:
        raise Refused(400, "needed the whole body, it broke off")


async def _nameless(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "redline"


async def serve(gateway: Gateway, host: str, port: int, *, started: Callable[[int], None]) -> None:
    """Listen until SIGTERM or SIGINT, then answer what is here and return."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    server = Server(gateway)
    try:
        started(await server.start(host, port))
        await stopping.wait()
    finally:
        await server.close()
