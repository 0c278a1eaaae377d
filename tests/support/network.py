"""A network of namespaces on this machine, in which anyone can be cut off. Needs root and Linux's `ip` and `nsenter`.

Nothing is left to a test's luck: names and addresses are drawn, and all of it goes when the network ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

_TRIES = 5


class Network:
    """A bridge, of which this process is a part, and one namespace for each that joins."""

    def __init__(self) -> None:
        self._bridge = ""
        self._subnet = ""
        self._names: list[str] = []

    def __enter__(self) -> Self:
        if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nsenter"):
            pytest.skip("namespaces need root, `ip` and `nsenter`")
        for _ in range(_TRIES):
            self._bridge = f"rl{secrets.token_hex(3)}"
            self._subnet = f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(256)}"
            if self._subnet in _ip("-4", "addr"):
                continue
            try:
                _ip("link", "add", self._bridge, "type", "bridge", "forward_delay", "0")
            except RuntimeError:
                pytest.skip("making a network is not permitted here")
            _ip("addr", "add", f"{self._subnet}.1/24", "dev", self._bridge)
            _ip("link", "set", self._bridge, "up")
            return self
        raise RuntimeError("no free network was found")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for name in self._names:
            with contextlib.suppress(RuntimeError):
                _ip("netns", "del", self._space(name))  # its end of the cable goes with it, and ours with that
        _ip("link", "del", self._bridge)

    def join(self, name: str) -> str:
        """A place of this name; its address."""
        number = len(self._names)
        self._names.append(name)
        _ip("netns", "add", self._space(name))
        _ip("link", "add", self._cable(name), "type", "veth", "peer", "name", "eth0", "netns", self._space(name))
        _ip("link", "set", self._cable(name), "master", self._bridge, "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("addr", "add", f"{self._subnet}.{number + 10}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
        ):
            _ip("-n", self._space(name), *words)
        return self.address(name)

    def address(self, name: str) -> str:
        return f"{self._subnet}.{self._names.index(name) + 10}"

    def inside(self, name: str) -> tuple[str, ...]:
        """What to put before a command, so that it runs there; the process id stays the command's own."""
        return ("nsenter", f"--net=/run/netns/{self._space(name)}", "--")

    def cut(self, name: str) -> None:
        """Nothing comes through to it or from it, and nobody is told."""
        _ip("link", "set", self._cable(name), "nomaster")

    def mend(self, name: str) -> None:
        _ip("link", "set", self._cable(name), "master", self._bridge)

    def part(self, name: str, others: Iterable[str]) -> None:
        """It no longer reaches these others, nor they it; everybody else still does."""
        for other in others:
            _ip("-n", self._space(name), "route", "add", "blackhole", self.address(other))

    def rejoin(self, name: str, others: Iterable[str]) -> None:
        for other in others:
            _ip("-n", self._space(name), "route", "del", "blackhole", self.address(other))

    def _space(self, name: str) -> str:
        return f"{self._bridge}-{name}"

    def _cable(self, name: str) -> str:
        return f"{self._bridge}{self._names.index(name):x}"


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
