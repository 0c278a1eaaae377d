"""A Kafka cluster of two in this process: one broker that answers, and one that is dead.

It knows what asking for the ends of partitions takes, in early versions of the protocol
(https://kafka.apache.org/protocol): ApiVersions 0, Metadata 1, ListOffsets 1.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

END = 7
"""The end of every partition."""
_LIST_OFFSETS, _METADATA, _API_VERSIONS = 2, 3, 18
_NEWEST = {_LIST_OFFSETS: 1, _METADATA: 1, _API_VERSIONS: 0}
_UNSUPPORTED = 35
_ALIVE, _DEAD = 1, 2


class TwoBrokers:
    """Used as a context. `dead_leads`: which of the two the other one calls the leader of everything."""

    def __init__(self, topics: Mapping[str, int]) -> None:
        """`topics`: how many partitions each has."""
        self.dead_leads = False
        self._topics = topics
        self._server = _server(self._answer)
        self._dead = socket.socket()  # it has a port, and does not listen: connections are refused

    def __enter__(self) -> Self:
        self._dead.bind(("127.0.0.1", 0))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._dead.close()

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def _answer(self, client: socketserver.StreamRequestHandler) -> None:
        while head := client.rfile.read(4):
            request = _Request(client.rfile.read(*struct.unpack(">i", head)))
            key, version, number = request.numbers("hhi")
            request.text()  # the client's name
            if key == _API_VERSIONS:
                answer = _versions(_UNSUPPORTED if version > _NEWEST[key] else 0)
            else:
                answer = self._metadata() if key == _METADATA else _ends(request)
            client.wfile.write(struct.pack(">ii", len(answer) + 4, number) + answer)

    def _metadata(self) -> bytes:
        leader = _DEAD if self.dead_leads else _ALIVE
        places = {_ALIVE: self._server.server_address, _DEAD: self._dead.getsockname()}
        brokers = [
            struct.pack(">i", one) + _text("127.0.0.1") + struct.pack(">ih", port, -1)
            for one, (_host, port) in places.items()
        ]
        copies = _array(struct.pack(">i", one) for one in places)
        topics = [
            struct.pack(">h", 0)
            + _text(name)
            + b"\0"
            + _array(struct.pack(">hii", 0, index, leader) + copies + copies for index in range(count))
            for name, count in self._topics.items()
        ]
        return _array(brokers) + struct.pack(">i", _ALIVE) + _array(topics)


class _Request:
    """What a client sent, read from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def numbers(self, form: str) -> tuple[int, ...]:
        found = struct.unpack_from(f">{form}", self._data, self._at)
        self._at += struct.calcsize(f">{form}")
        return found

    def text(self) -> str:
        (length,) = self.numbers("h")
        self._at += max(0, length)
        return self._data[self._at - max(0, length) : self._at].decode()


def _server(serve: Callable[[socketserver.StreamRequestHandler], None]) -> socketserver.TCPServer:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            serve(self)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


def _versions(error: int) -> bytes:
    return struct.pack(">h", error) + _array(struct.pack(">hhh", key, 0, newest) for key, newest in _NEWEST.items())


def _ends(request: _Request) -> bytes:
    topics = []
    _replica, count = request.numbers("ii")
    for _ in range(count):
        name, (partitions,) = request.text(), request.numbers("i")
        asked = [request.numbers("iq") for _ in range(partitions)]
        topics.append(_text(name) + _array(struct.pack(">ihqq", index, 0, -1, END) for index, _time in asked))
    return _array(topics)


def _array(items: Iterable[bytes]) -> bytes:
    items = list(items)
    return struct.pack(">i", len(items)) + b"".join(items)


def _text(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()
