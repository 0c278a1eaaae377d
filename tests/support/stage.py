"""What a stage is given by the runtime, in memory: state, outputs, and a death at any point of a write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from schemas import rows
from streams.state import Overlay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.delivery import Out


class DiedError(Exception):
    """The process is gone; what was sent or applied before stays."""


class Store(dict[bytes, bytes]):
    """What an overlay asks of RocksDB."""

    def items(self, from_key: bytes) -> Iterator[tuple[bytes, bytes]]:  # type: ignore[override]
        return iter(sorted((key, value) for key, value in super().items() if key >= from_key))


class Commit:
    """Writes at once, and keeps what was said. `dies_in`: steps until it dies; a write has three."""

    def __init__(self, dies_in: int | None = None) -> None:
        self.generation = 1
        self.store = Store()
        self.overlay = Overlay(self.store)
        self.outs: list[Out] = []
        self.dies_in = dies_in

    def state(self, partition: int) -> Overlay:
        return self.overlay

    async def write(self, outs: Sequence[Out]) -> None:
        self._step()
        self.outs += outs
        self._step()
        for key, value in self.overlay.take_changes().items():
            if value is None:
                self.store.pop(key, None)
            else:
                self.store[key] = value
        self.overlay = Overlay(self.store)
        self._step()

    def _step(self) -> None:
        if self.dies_in is None:
            return
        self.dies_in -= 1
        if self.dies_in < 0:
            self.overlay = Overlay(self.store)
            self.dies_in = None
            raise DiedError

    def said(self, topic: str, row: type[Any]) -> list[Any]:
        return [msgspec.convert(rows.decode_map(out.value), row) for out in self.outs if out.topic == topic]
