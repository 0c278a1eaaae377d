"""What a connection still holds when it is given up must not arrive later."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.command import wait
from support.network import Network

from streams.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]

SILENT_S = 1.0
_LISTENER = """
import socket, sys
with socket.create_server((sys.argv[1], 9)) as server:
    print("up", flush=True)
    connection = server.accept()[0]
    while piece := connection.recv(100):
        print(piece.decode(), flush=True)
"""


@pytest.fixture
def network() -> Iterator[Network]:
    with Network() as network:
        yield network


def _reachable(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, 9)) == 0


@pytest.mark.parametrize("watched", [False, True])
def test_bytes_that_nobody_acknowledged_die_with_their_connection(
    network: Network, tmp_path: Path, *, watched: bool
) -> None:
    address, log = network.join("other"), tmp_path / "heard"
    with log.open("wb") as out:
        other = subprocess.Popen([*network.inside("other"), sys.executable, "-c", _LISTENER, address], stdout=out)
    try:
        wait(lambda: "up" in log.read_text())
        with socket.create_connection((address, 9)) as ours:
            if watched:
                assert Sockets(SILENT_S).watch() > 0
            ours.sendall(b"before\n")
            wait(lambda: "before" in log.read_text())
            network.cut("other")
            began = time.monotonic()
            ours.sendall(b"under the lease\n")
            if watched:
                with pytest.raises(OSError, match=r"timed out|No route"):
                    ours.recv(1)
                assert time.monotonic() - began < 20 * SILENT_S, "not the minutes that TCP takes by itself"
                network.mend("other")
                wait(lambda: _reachable(address))
                assert "lease" not in log.read_text()
            else:
                network.mend("other")
                wait(lambda: "lease" in log.read_text())
    finally:
        other.kill()
        other.wait()
