"""What comes in and what goes out, as values. `repr` shows no body and no token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from schemas.sources.reading import Reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Mapping, Sequence

    from schemas.records import Outgoing
    from schemas.sources.reading import Fault

JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; a name may come twice."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    query: str = field(default="", repr=False)
    body: AsyncIterable[bytes] | None = field(default=None, repr=False)

    def header(self, name: str) -> str:
        """The first header of this name; empty if there is none."""
        return next((value for known, value in self.headers if known == name), "")


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


class Placed(NamedTuple):
    """A fault and which of the request's units has it, from 0."""

    unit: int
    fault: Fault


class Service(Protocol):
    """What a server needs of whatever answers."""

    stopping: bool
    """Set once no more requests are taken."""

    async def answer(self, request: Request) -> Answer:
        """The answer to a request; never raises for what is in it."""

    def broken(self, status: int) -> Answer:
        """The answer to bytes that are no HTTP request."""


class Refused(Exception):  # noqa: N818 - an answer, not a fault of ours
    """The request ends with this status. `detail` is ours: it quotes nothing of the request."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        faults: Sequence[Placed] = (),
        retry_after_s: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = headers
        if retry_after_s is not None:
            self.headers = (*headers, ("Retry-After", str(max(1, retry_after_s))))

    def problem(self) -> Answer:
        """As RFC 9457 wants it."""
        return Answer(self.status, _encode(self._members()), PROBLEM, self.headers)

    def _members(self) -> Mapping[str, object]:
        faults = [{"unit": unit, **fault._asdict()} for unit, fault in self.faults]
        return {"status": self.status, "detail": self.detail, "faults": faults}


class Inbound(NamedTuple):
    """A request that may be read: its body whole and inflated."""

    headers: tuple[tuple[str, str], ...]
    query: str
    media_type: str
    body: bytes
    time_us: int
    """Now, for bodies that do not say when."""
    subject: str | None
    """The person of whom the token speaks, if it is one person's."""

    def __repr__(self) -> str:
        return f"Inbound({self.media_type}, {len(self.body)} bytes)"


class Parcel(NamedTuple):
    """One event on its way to Kafka, with what the token must allow."""

    source: str
    subject: str | None
    outgoing: Outgoing

    def __repr__(self) -> str:
        return "Parcel(…)"


@dataclass(slots=True)
class Intake:
    """What a body came to. `stand_ins` take the place of faulty units where the protocol takes the rest."""

    parcels: list[Parcel] = field(default_factory=list, repr=False)
    faults: list[Placed] = field(default_factory=list)
    stand_ins: list[Outgoing] = field(default_factory=list, repr=False)
    reading: Reading = field(default_factory=Reading, repr=False)


_encode = msgspec.json.Encoder().encode
