"""The spool -> the gateway, or Kafka. Nothing leaves it before it is acknowledged; sent twice is a `duplicate`."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import httpx

from redline.capture import append
from redline.capture.events import read
from redline.capture.proposals import Proposals
from redline.capture.spool import Config, Frame, Spool, config, locked
from redline.emit import Batches
from schemas import codec, topics
from schemas.errors import DeliveryError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.events import Event
    from schemas.sources.reading import Fault

_BATCH_EVENTS = 200
_BATCH_BYTES = 512 << 10
_TIMEOUT_S = 30.0
_TRIES, _WAIT_S, _WAIT_MOST_S = 4, 1.0, 20.0
_BATCH_TYPE = "application/cloudevents-batch+json"
_DAY_US = 86_400_000_000
_OK, _TOO_LARGE, _BAD = range(200, 300), 413, 400
_LATER = frozenset({429, 500, 502, 503, 504})


@dataclass(slots=True)
class Shipped:
    """What one run sent: events by type, what the target or a reader refused, by reason, and frames that were torn."""

    events: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    torn: int = 0
    expired: int = 0


class Refusal(NamedTuple):
    """A fault, and the name of what has it."""

    fault: Fault
    unit: str


class Target(Protocol):
    """Where events go. Returns how many were refused for good, by reason; raises DeliveryError to try another day."""

    def send(self, events: Sequence[Event], faults: Sequence[Refusal]) -> Counter[str]:
        """Send, and return once all of it is acknowledged."""


class Kafka:
    """Straight to the raw topic, through one producer."""

    def __init__(self, bootstrap: str, kafka_config: Mapping[str, str]) -> None:
        self._batches = Batches(bootstrap, topics.EVENTS, kafka_config)

    def send(self, events: Sequence[Event], faults: Sequence[Refusal]) -> Counter[str]:
        """Events and stand-ins of faults, all confirmed."""
        records = [codec.encode_structured(event) for event in events]
        records += [codec.stand_in(fault, unit) for fault, unit in faults]
        refused = self._batches.send(records)
        return Counter({"too_large": refused} if refused else {})


class Gateway:
    """CloudEvents in batches over HTTP. `client` is for tests."""

    def __init__(self, url: str, token: str, client: httpx.Client | None = None) -> None:
        self._url = url.rstrip("/") + "/v1/events"
        self._headers = {"content-type": _BATCH_TYPE, **({"authorization": f"Bearer {token}"} if token else {})}
        self._client = client or httpx.Client(timeout=_TIMEOUT_S)

    def send(self, events: Sequence[Event], faults: Sequence[Refusal]) -> Counter[str]:
        """Halves a batch that is refused until what is wrong stands alone."""
        refused = Counter(fault.reason for fault, _ in faults)
        if events:
            refused += self._send([codec.encode_structured(event).value or b"" for event in events])
        return refused

    def _send(self, values: list[bytes]) -> Counter[str]:
        status = self._post(b"[" + b",".join(values) + b"]")
        if status in _OK:
            return Counter()
        if status not in {_BAD, _TOO_LARGE}:
            raise DeliveryError(
                f"gateway: needed 2xx, came HTTP {status}; check address and token of `redline capture install`"
            )
        if len(values) == 1:
            return Counter({"too_large" if status == _TOO_LARGE else "bad_value": 1})
        middle = len(values) // 2
        return self._send(values[:middle]) + self._send(values[middle:])

    def _post(self, body: bytes) -> int:
        wait, fault = _WAIT_S, ""
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(wait)
                wait = min(_WAIT_MOST_S, 2 * wait)
            try:
                answer = self._client.post(self._url, content=body, headers=self._headers)
            except httpx.TransportError as error:
                fault = type(error).__name__
                continue
            if answer.status_code not in _LATER:
                return answer.status_code
            fault = f"HTTP {answer.status_code}"
            if (after := answer.headers.get("retry-after", "")).isdigit():
                wait = min(_WAIT_MOST_S, float(after))
        raise DeliveryError(f"gateway: needed an answer, came {fault} {_TRIES} times; the spool keeps everything")


def target_of(conf: Config, kafka_config: Mapping[str, str]) -> Target:
    """Where this machine ships to.

    Raises:
        SettingsError: nobody has said where, or the token cannot be read.
    """
    if conf.gateway:
        token = ""
        if conf.token_file:
            path = Path(conf.token_file).expanduser()
            if not path.is_file():
                raise SettingsError(
                    f"{path}: needed the gateway's token, came no file; `redline capture install` names it"
                )
            token = path.read_text("utf-8").strip()
        return Gateway(conf.gateway, token)
    if conf.bootstrap:
        return Kafka(conf.bootstrap, kafka_config)
    raise SettingsError("capture: needed a gateway or a broker; run `redline capture install … --gateway URL`")


def ship(folder: Path, target: Target) -> Shipped:
    """Send all that is in the spool and keep the open proposals; then forget what is over the retention limit.

    Raises:
        LockedError: another process ships.
        DeliveryError: the target did not take it; what was acknowledged is not sent again.
    """
    conf, done = config(folder), Shipped()
    with locked(folder):
        spool = Spool(folder)
        done.expired = append.make_room(str(folder))
        try:
            with Proposals(folder) as proposals:
                proposals.expire(int(time.time() * 1_000_000 - conf.keep_days * _DAY_US))
                _ship(spool, conf, target, proposals, done)
        except sqlite3.Error as error:
            raise DeliveryError(
                f"{folder}: needed its file of proposals, came {type(error).__name__}; remove proposals.sqlite"
            ) from None
        finally:
            spool.save()
        done.torn = spool.torn
    return done


def _ship(spool: Spool, conf: Config, target: Target, proposals: Proposals, done: Shipped) -> None:
    events: list[Event] = []
    faults: list[Refusal] = []
    size, last = 0, None
    prompts = proposals.prompts()

    def send(frame: Frame) -> None:
        nonlocal size
        proposals.remember_prompts(prompts, frame.at_ns // 1000)
        done.refused += target.send(events, faults)
        done.events.update(event.type for event in events)
        spool.shipped(frame)
        spool.save()
        events.clear()
        faults.clear()
        size = 0

    for frame in spool.frames():
        reading = read(frame, subject=conf.subject, prompts=prompts)
        proposals.remember(reading.events)
        done.skipped += reading.skipped
        events += reading.events
        unit = codec.unit_name(frame.body, frame.kind, frame.at_ns)
        faults += [Refusal(fault, unit) for fault in reading.faults]
        size, last = size + len(frame.body), frame
        if len(events) >= _BATCH_EVENTS or size >= _BATCH_BYTES:
            send(frame)
            last = None
    if last is not None:
        send(last)
