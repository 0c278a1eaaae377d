"""What is counted a day at a time: a key is a day of something, which closes for good and is then remembered. Pure.

A day closes when it has been over for a while, or at the end of input; what comes later is `late`. It is counted once:
two counts of one day could be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from streams.keyed import Admission, Emit, Members, Settlement

if TYPE_CHECKING:
    from schemas.rows import Interaction

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


class _Header(msgspec.Struct, array_like=True):
    end_us: int
    settled: bool = False


_encode = msgspec.msgpack.Encoder().encode
_header = msgspec.msgpack.Decoder(_Header).decode


def day_end(time_us: int) -> int:
    """The end of the UTC day of a time, both in microseconds since 1970."""
    return (time_us // DAY_US + 1) * DAY_US


class Days:
    """The life of a day, for logics that are a `KeyedLogic` with it: they say what is counted."""

    def __init__(self, close_us: int, keep_us: int) -> None:
        """After the end of the day, in event time: when it closes, and how long it is remembered then."""
        self._close_us = close_us
        self._keep_us = keep_us

    def end_of(self, row: Interaction) -> int:
        """The end of the day that a row belongs to."""
        raise NotImplementedError

    def counted(self, key: bytes, members: list[Interaction], end_us: int) -> tuple[Emit, ...]:
        """What is told of the day that ends then."""
        raise NotImplementedError

    def forgotten(self, row: Interaction) -> tuple[Emit, ...]:
        """A row of a day that has closed."""
        raise NotImplementedError

    def admit(self, key: bytes, header: bytes | None, row: Interaction, *, known: bool) -> Admission:
        """Take a row into its day; if that has closed, it is late."""
        del key
        if known:
            return Admission()
        state = _Header(self.end_of(row)) if header is None else _header(header)
        if state.settled:
            return Admission(emits=self.forgotten(row))
        return Admission(header=_encode(state), keep=True)

    def due(self, header: bytes) -> int:
        """When the day has been over for long enough, or may be forgotten."""
        state = _header(header)
        return state.end_us + self._close_us + (self._keep_us if state.settled else 0)

    def wants_flush(self, header: bytes) -> bool:
        """True for a day that is open."""
        return not _header(header).settled

    def settle(self, key: bytes, header: bytes, members: list[Interaction], *, final: bool) -> Settlement:
        """What the day tells. Also the end of input closes it for good."""
        del final
        state = _header(header)
        if state.settled:
            return Settlement(None, Members.DROP)
        return self.closed(header, self.counted(key, members, state.end_us))

    def closed(self, header: bytes, emits: tuple[Emit, ...]) -> Settlement:
        """The day has closed, whatever is told of it."""
        state = _header(header)
        state.settled = True
        return Settlement(_encode(state), Members.MARK, emits)
