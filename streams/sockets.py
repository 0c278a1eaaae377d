"""Connections that end when nobody answers, and with them what they still hold.

A write that was given up may be on its way all the same: the kernel has its bytes and sends them again for as long as
the connection lives, so a network that comes back delivers them, long after the lease. Seen: a worker that was cut off
for 20 s wrote three records over those of the next owner. And a broker that falls silent closes no connection: clients
believe in it for up to 90 s. Neither librdkafka nor aiokafka has a setting for this, so their sockets are looked for.

TCP_USER_TIMEOUT and TCP_KEEPIDLE as in Linux's tcp(7); elsewhere nothing is done.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path

_OPEN = Path("/proc/self/fd")
_PROBES = 3


class Sockets:
    """This process's TCP connections."""

    def __init__(self, silent_s: float) -> None:
        """`silent_s`: how long bytes may stand unacknowledged, and how long a connection is idle before it is asked."""
        self._silent_s = silent_s
        self._known: set[int] = set()

    def watch(self) -> int:
        """Give every new connection its limits; returns how many were new. Call it about once a second."""
        if sys.platform != "linux":
            return 0
        found: dict[int, int] = {}
        for name in os.listdir(_OPEN):  # noqa: PTH208 - numbers
            try:
                status = os.fstat(int(name))
            except OSError:
                continue  # closed meanwhile
            if stat.S_ISSOCK(status.st_mode):
                found[status.st_ino] = int(name)
        fresh = found.keys() - self._known
        self._known = set(found)
        return sum(self._limit(found[inode]) for inode in fresh)

    def _limit(self, descriptor: int) -> bool:
        try:
            copy = socket.socket(fileno=os.dup(descriptor))
        except OSError:
            return False
        with copy:
            if copy.family not in (socket.AF_INET, socket.AF_INET6) or copy.type != socket.SOCK_STREAM:
                return False
            every = max(1, int(self._silent_s / _PROBES))
            copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._silent_s * 1000))
            copy.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, every)
            copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, every)
            copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _PROBES)
        return True
