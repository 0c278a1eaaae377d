"""A topic of export requests (`otlp_logs`, `otlp_spans`) -> redline.events. A thin shell with no import of Faust.

One record holds many events of many sessions: each becomes a record of its own, keyed by its interaction or session.
Ids come from the producers, so a batch that is read again, or was sent twice, gives the same events: `duplicate` behind
here. What is no event goes on as an empty stand-in, named after the batch and its place there, and becomes a reject;
its coordinates are those of the stand-in.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from schemas import topics
from schemas.codec import encode_structured, stand_in, unit_name
from schemas.sources.drift import Tally
from schemas.sources.reading import Fault
from streams.delivery import Out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.records import Outgoing, Record
    from schemas.sources.reading import Reading
    from streams.outputs import Committer

MOST_RECORDS = 8  # at a time: a record may be 16 MB, and a watchdog waits for the whole batch
_CHUNK_BYTES = 16 << 20  # of outputs before they are written


class ExplodeStage:
    """Export requests to events. Nothing is acknowledged before every event of it is confirmed."""

    name = "explode"
    table: str | None = None

    def __init__(
        self, topic: str, read: Callable[[bytes], Reading], *, source: str, max_bytes: int, today: Callable[[], str]
    ) -> None:
        """`source` names the counts on `redline.sources`, `max_bytes` bounds one event, `today` is the UTC day."""
        self.topic = topic
        self._read = read
        self._source = source
        self._max_bytes = max_bytes
        self._today = today

    async def handle(self, records: Sequence[Record], commit: Committer) -> None:
        """Read one record after the other, beside the event loop: a large one takes longer than a heartbeat."""
        tally = Tally()
        outs: list[Out] = []
        waiting = 0
        for record in records:
            reading, sent = await asyncio.to_thread(self._exploded, record)
            tally.add(reading, source=self._source, day=self._today())
            outs += sent
            waiting += sum(len(out.value or b"") for out in sent)
            if waiting > _CHUNK_BYTES:
                await commit.write(outs)
                outs, waiting = [], 0
        outs += [_out(topics.SOURCES, seen) for seen in tally.take()]
        await commit.write(outs)

    def _exploded(self, record: Record) -> tuple[Reading, list[Out]]:
        reading = self._read(record.value or b"")
        if record.value is None:
            reading.faults.append(Fault("null_value", "$", "an export request"))
        sent = [encode_structured(event) for event in reading.events]
        small = [outgoing for outgoing in sent if len(outgoing.value or b"") <= self._max_bytes]
        too_large = Fault("too_large", "$", f"at most {self._max_bytes} bytes")
        reading.faults += [too_large] * (len(sent) - len(small))
        outs = [_out(topics.EVENTS, outgoing) for outgoing in small]
        content = record.value or b""
        faults = enumerate(reading.faults)
        return reading, outs + [_out(topics.EVENTS, stand_in(fault, unit_name(content, n))) for n, fault in faults]


def _out(topic: str, outgoing: Outgoing) -> Out:
    return Out(topic, outgoing.key, outgoing.value, outgoing.headers)
