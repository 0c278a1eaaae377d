"""What is no HTTP, or HTTP in parts: an answer or an end, and never the bytes that came."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from redline.gateway.server import Server
from redline.gateway.service import Gateway, Policy

if TYPE_CHECKING:
    from redline.gateway.delivery import Delivery

HOST = b"Host: localhost\r\n"
POST = b"POST /v1/events HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
LONG = b"XYZZY" * 5_000
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"XYZZY words of a person\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET /healthz HTTP/1.1\r\nXYZZY\xff: a\r\n" + HOST + b"\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nAuthorization: Bearer " + LONG + b"\r\n" + HOST + b"\r\n", 400),
        (b"GET /" + LONG + b" HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (POST + b"Content-Length: XYZZY\r\n\r\n{}", 400),
        (POST + b"Content-Length: 9\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),  # two readings of one request
        (POST + CHUNKED + b"\r\nXYZZY\r\n\r\n", 400),
        (POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}", 401),
        (POST + b"Content-Length: 99999999\r\nExpect: XYZZY\r\nConnection: close\r\n\r\n", 401),
        (b"CONNECT XYZZY:1 HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 404),
        (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 404),
        (b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 405),
        (b"GET /%ff%00XYZZY HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 404),
    ],
)
def test_garbage_is_refused_and_not_quoted(
    running: tuple[str, str], sent: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    place = urlsplit(running[0])
    with (
        caplog.at_level(logging.DEBUG),
        socket.create_connection((place.hostname or "", place.port or 0), timeout=20) as connection,
    ):
        connection.sendall(sent)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    assert answer.split(b" ", 2)[1] == str(status).encode()
    assert b"aiohttp" not in answer
    assert b"XYZZY" not in answer + caplog.text.encode()


def test_a_connection_that_says_nothing_whole_is_ended(kafka: Delivery) -> None:
    async def scene() -> None:
        server = Server(Gateway(kafka, topic="t", who=None, policy=Policy()), head_s=0.2)
        port = await server.start("127.0.0.1", 0)
        for sent in (b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nX: y\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            assert await reader.read() == b""
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
            assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200 OK\r\n")
            await asyncio.sleep(0.3)
        writer.close()
        await server.close()

    asyncio.run(asyncio.wait_for(scene(), 30))


def test_a_client_that_waits_is_told_to_go_on_once_its_body_is_wanted(running: tuple[str, str]) -> None:
    place = urlsplit(running[0])
    head = (
        POST + f"Authorization: Bearer {running[1]}\r\n".encode() + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=20) as connection:
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 400 Bad Request\r\n")
