"""redline.events -> redline.scrubbed: decode, ask consent, scrub. A thin shell with no import of Faust.

What depends on more than the record (consent, keys, the scrubber's luck) may be another answer when the record is read
a second time after a crash. So these rejects go the way of events, and the dedupe stage holds to the first answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas import metrics, rows, topics
from schemas.codec import unit_of
from schemas.errors import DecodeError
from schemas.metrics import NO_METER
from schemas.rows import Reject, Source
from streams.arrival import first
from streams.consent import ConsentBook, Refused
from streams.delivery import Out
from streams.identity import event_id, keyed_id, person_key
from streams.keyed import Emit, reject
from streams.outputs import Committer, out, utc_date
from streams.owners import Tags
from streams.scrub import SCRUB_VERSION, Failed, Job, Scrubbed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from schemas.events import Event
    from schemas.metrics import Meter
    from schemas.records import Record
    from streams.epochs import KeyRing, Keys


class ScrubStage:
    """redline.events -> redline.scrubbed, or a reject. Consent is decided before text is looked at."""

    name = "scrub"
    topic = topics.EVENTS
    table: str | None = None

    def __init__(
        self,
        decode: Callable[[Record], Event],
        book: ConsentBook,
        ring: Callable[[], KeyRing],
        scrub: Callable[[Sequence[Job]], Awaitable[list[Scrubbed | Failed]]],
        on_unknown: Callable[[Event], None],
        *,
        prepare: Callable[[Sequence[Record]], Awaitable[None]] | None = None,
        meter: Meter = NO_METER,
    ) -> None:
        """`prepare` sees a batch before its records are decoded: what decoding needs may have to be asked for."""
        self._decode = decode
        self._book = book
        self._ring = ring
        self._scrub = scrub
        self._on_unknown = on_unknown
        self._prepare = prepare
        self._meter = meter
        self._known: KeyRing | None = None
        self._tags: dict[int, Tags] = {}

    async def handle(self, records: Sequence[Record], commit: Committer) -> None:
        """Decode, ask consent, scrub in the pool, write everything at once."""
        if self._prepare is not None:
            await self._prepare(records)
        self._meter.count(metrics.SCRUB_BYTES, sum(len(record.value or b"") for record in records))
        outs: list[Out] = []
        jobs: list[Job] = []
        tags: list[bytes | None] = []
        for record in records:
            job, tag = self._admit(record)
            if isinstance(job, Job):
                jobs.append(job)
                tags.append(tag)
            else:
                outs.append(job)
        results = await self._scrub(jobs) if jobs else []
        for job, tag, result in zip(jobs, tags, results, strict=True):
            if isinstance(result, Scrubbed):
                outs.append(_scrubbed(job, tag, result))
            else:
                outs.append(self._refused(job.event, _failed(job, result)))
        await commit.write(outs)

    def _admit(self, record: Record) -> tuple[Job, bytes | None] | tuple[Out, None]:
        """The event and the tag of whose it is, or what is said instead."""
        source, ring = Source.of(record.coordinate), self._ring()
        record = first(ring.identity, record)
        try:
            event = self._decode(record)
        except DecodeError as error:
            emit = reject(
                source,
                stage="scrub",
                reason=error.reason,
                event_date=utc_date(record.timestamp_ms * 1000),
                scrub_version=SCRUB_VERSION,
                path=error.path,
                expected=error.expected,
            )
            self._rejected(emit)
            unit = unit_of(record)
            return (out(emit) if unit is None else self._once(unit, emit)), None
        surface = event.data.surface
        person = None if event.subject is None else person_key(ring.identity, event.subject)
        known = self._book.position
        answer = self._book.decide(person, event.time_us, surface, event.source, record.timestamp_ms)
        if isinstance(answer, Refused):
            return self._refused(event, _turned_away(source, event, answer.reason, "a person who has agreed")), None
        keys = ring.at(record.timestamp_ms)
        if keys is None:
            expected = "an event of an epoch whose key is there"
            return self._refused(event, _turned_away(source, event, "key_destroyed", expected, path="$")), None
        if event.unknown:
            self._meter.count(metrics.UNKNOWN_FIELDS, len(event.unknown))
            self._on_unknown(event)
        tag = None
        if person is not None:
            tag = self._tags_of(ring, keys).of(
                person,
                event_us=event.time_us,
                arrived_ms=record.timestamp_ms,
                surface=surface,
                source=event.source,
                consent=known,
            )
        return Job(event, record.coordinate, answer.version, record.timestamp_ms), tag

    def _once(self, unit: str, emit: Emit) -> Out:
        """The reject of a unit that was no event, by the way of events: if it was sent twice, it is a duplicate."""
        headers = (
            (topics.HEADER_ORIGIN, emit.key),
            (topics.HEADER_ONCE, b"1"),
            (topics.HEADER_DATE, emit.row.event_date.encode()),
            (topics.HEADER_TYPE, b""),
        )
        identity = keyed_id(self._ring().identity, "stand-in", unit).encode()
        return Out(topics.SCRUBBED, identity, rows.encode(emit.row), headers)

    def _tags_of(self, ring: KeyRing, keys: Keys) -> Tags:
        if ring is not self._known:
            self._known, self._tags = ring, {}  # nothing may hold on to the key of an epoch that was destroyed
        if keys.epoch not in self._tags:
            self._tags[keys.epoch] = Tags(keys.surrogate, keys.epoch)
        return self._tags[keys.epoch]

    def _refused(self, event: Event, emit: Emit) -> Out:
        """A reject by the way of events: under the identity of the event, with the coordinates of its record."""
        self._rejected(emit)
        headers = ((topics.HEADER_ORIGIN, emit.key), (topics.HEADER_REFUSED, b"1"))
        identity = event_id(self._ring().identity, event.source, event.id).encode()
        return Out(topics.SCRUBBED, identity, rows.encode(emit.row), headers)

    def _rejected(self, emit: Emit) -> None:
        if isinstance(emit.row, Reject):
            self._meter.count(metrics.STAGE_REJECTS, stage=self.name, reason=emit.row.reason)


def _scrubbed(job: Job, tag: bytes | None, result: Scrubbed) -> Out:
    place = job.coordinate
    headers = [
        (topics.HEADER_CLEAN_KEY, result.clean_key),
        (topics.HEADER_ORIGIN, f"{place.topic}/{place.partition}/{place.offset}".encode()),
        (topics.HEADER_DATE, result.event_date.encode()),
        (topics.HEADER_TYPE, job.event.type.encode()),
    ]
    if result.step_key is not None:
        headers.append((topics.HEADER_STEP_KEY, result.step_key))
    if result.subject is not None:
        headers.append((topics.HEADER_SUBJECT, result.subject))
    if tag is not None:
        headers.append((topics.HEADER_PERSON, tag))
    return Out(topics.SCRUBBED, result.identity, result.interaction, tuple(headers))


def _turned_away(source: Source, event: Event, reason: str, expected: str, path: str = "$.subject") -> Emit:
    return reject(
        source,
        stage="scrub",
        reason=reason,
        event_date=utc_date(event.time_us),
        scrub_version=SCRUB_VERSION,
        event_type=event.type,
        path=path,
        expected=expected,
        dropped=True,
    )


def _failed(job: Job, failed: Failed) -> Emit:
    return reject(
        Source.of(job.coordinate),
        stage="scrub",
        reason=failed.reason,
        event_date=utc_date(job.event.time_us),
        scrub_version=SCRUB_VERSION,
        event_type=job.event.type,
        path=failed.path,
        expected=failed.expected,
        dropped=failed.reason == "key_destroyed",
    )
