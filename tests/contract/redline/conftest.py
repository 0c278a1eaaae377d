"""A gateway that listens, with a list for Kafka."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from redline.gateway import tokens
from redline.gateway.server import Server
from redline.gateway.service import Gateway, Policy
from schemas.codec import decode
from schemas.records import Coordinate, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.records import Outgoing


class Kafka:
    """Takes what workers could decode."""

    async def send(self, topic: str, records: Sequence[Outgoing]) -> None:
        for record in records:
            decode(Record(Coordinate(topic, 0, 0), record.key, record.value, record.headers, 0))

    async def ready(self) -> bool:
        return True


@pytest.fixture
def kafka() -> Kafka:
    """What the running gateway has, for one of one's own."""
    return Kafka()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a gateway in a thread, and a token for it."""
    path = tmp_path_factory.mktemp("gateway") / tokens.FILE
    token = tokens.add(path, "schemathesis")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = Server(Gateway(Kafka(), topic="t", who=tokens.Tokens(path), policy=Policy()))
    port = asyncio.run_coroutine_threadsafe(server.start("127.0.0.1", 0), loop).result(10)
    yield f"http://127.0.0.1:{port}", token
    asyncio.run_coroutine_threadsafe(server.close(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
