"""The only import of aiohttp: sockets, signals, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from redline.gateway.exchange import Refused, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from redline.gateway.exchange import Answer, Service

_PIECE = 1 << 16
_END_S = 15.0  # how long answers may take once it is told to stop
_HEAD_S = 30.0  # for the head of the first request; bodies have a setting
_KEEP_ALIVE_S = 75.0
_HEADER_BYTES = 16_384
_FAULT = 500  # from here on it is not the request's


class Server:
    """Listens and hands requests to the service.

    aiohttp must not inflate bodies: it would do so without an end. Its own logger is silent, and its own answers to
    what is no HTTP are replaced: both quote the request.
    """

    def __init__(self, service: Service, *, end_s: float = _END_S, head_s: float = _HEAD_S) -> None:
        self._service = service
        self._end_s = end_s
        self._head_s = head_s
        self._runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, which the system chooses for 0.

        Raises:
            OSError: the address is not free, or not ours.
        """
        silent = logging.getLogger("redline.gateway.aiohttp")
        silent.disabled = True
        listener = _Listener(
            self._handle,
            access_log=None,
            logger=silent,
            auto_decompress=False,
            keepalive_timeout=_KEEP_ALIVE_S,
            max_field_size=_HEADER_BYTES,
            max_line_size=_HEADER_BYTES,
        )
        listener.broken = self._service.broken
        listener.head_s = self._head_s
        self._runner = web.ServerRunner(listener, shutdown_timeout=self._end_s)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Take no more requests, answer those that are here."""
        self._service.stopping = True
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        asked = Request(
            method=request.method,
            path=request.path,
            headers=tuple((name.lower(), value) for name, value in request.headers.items()),
            query=request.query_string,
            body=_pieces(request),
        )
        return _response(await self._service.answer(asked))


class _Listener(web.Server):
    """Makes a protocol for each connection: ours."""

    broken: Callable[[int], Answer]
    head_s: float

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, self._kwargs)


class _Protocol(web.RequestHandler):
    """One connection, whose errors quote nothing, and whose first request must come soon.

    Between requests aiohttp has a time-out; before the first it has none.
    """

    __slots__ = ("_broken", "_head_s", "_head_timer")

    def __init__(self, listener: _Listener, kwargs: dict[str, Any]) -> None:
        super().__init__(listener, loop=asyncio.get_running_loop(), **kwargs)
        self._broken = listener.broken
        self._head_s = listener.head_s
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._head_timer = asyncio.get_running_loop().call_later(self._head_s, self._expect_head)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Wait no more."""
        if self._head_timer is not None:
            self._head_timer.cancel()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if not self._request_count:
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = _FAULT,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The last answer of this connection, to what is no HTTP."""
        del exc, message
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun")
        response = _response(self._broken(status))
        response.force_close()
        return response


def _response(answer: Answer) -> web.Response:
    headers = {"Content-Type": answer.content_type, "Server": "redline", **dict(answer.headers)}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


async def _pieces(request: web.BaseRequest) -> AsyncIterator[bytes]:
    """The body, once somebody wants it: only then is the client told to go on that waits for it."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    broken = False
    try:
        async for piece in request.content.iter_chunked(_PIECE):
            yield piece
    except (ConnectionError, web.RequestPayloadError):
        broken = True
    if broken:
        raise Refused(400, "needed the whole body, it broke off")


async def serve(service: Service, host: str, port: int, *, started: Callable[[int], None], end_s: float) -> None:
    """Listen until SIGTERM or SIGINT, then answer what is here, for `end_s` seconds at most, and return."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    server = Server(service, end_s=end_s)
    try:
        started(await server.start(host, port))
        await stopping.wait()
    finally:
        await server.close()
