"""redline.events -> redline.scrubbed: decode, ask consent, scrub. A thin shell with no import of Faust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas import topics
from schemas.errors import DecodeError
from schemas.rows import Source
from streams.consent import ConsentBook, Refused
from streams.delivery import Out
from streams.identity import person_key
from streams.keyed import Emit, reject
from streams.outputs import Committer, out, utc_date
from streams.scrub import SCRUB_VERSION, Failed, Job, Keys, Scrubbed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from schemas.events import Event
    from schemas.records import Record


class ScrubStage:
    """redline.events -> redline.scrubbed, or a reject. Consent is decided before text is looked at."""

    topic = topics.EVENTS
    table: str | None = None

    def __init__(
        self,
        decode: Callable[[Record], Event],
        book: ConsentBook,
        keys: Keys,
        scrub: Callable[[Sequence[Job]], Awaitable[list[Scrubbed | Failed]]],
        on_unknown: Callable[[Event], None],
        *,
        prepare: Callable[[Sequence[Record]], Awaitable[None]] | None = None,
    ) -> None:
        """`prepare` sees a batch before its records are decoded: what decoding needs may have to be asked for."""
        self._decode = decode
        self._book = book
        self._keys = keys
        self._scrub = scrub
        self._on_unknown = on_unknown
        self._prepare = prepare

    async def handle(self, records: Sequence[Record], commit: Committer) -> None:
        """Decode, ask consent, scrub in the pool, write everything at once."""
        if self._prepare is not None:
            await self._prepare(records)
        outs: list[Out] = []
        jobs: list[Job] = []
        for record in records:
            job = self._admit(record)
            if isinstance(job, Job):
                jobs.append(job)
            else:
                outs.append(out(job))
        results = await self._scrub(jobs) if jobs else []
        for job, result in zip(jobs, results, strict=True):
            outs.append(_scrubbed(job, result) if isinstance(result, Scrubbed) else out(_failed(job, result)))
        await commit.write(outs)

    def _admit(self, record: Record) -> Job | Emit:
        source = Source.of(record.coordinate)
        try:
            event = self._decode(record)
        except DecodeError as error:
            return reject(
                source,
                stage="scrub",
                reason=error.reason,
                event_date=utc_date(record.timestamp_ms * 1000),
                scrub_version=SCRUB_VERSION,
                path=error.path,
                expected=error.expected,
            )
        person = None if event.subject is None else person_key(self._keys.identity, event.subject)
        answer = self._book.decide(person, event.time_us)
        if isinstance(answer, Refused):
            return reject(
                source,
                stage="scrub",
                reason=answer.reason,
                event_date=utc_date(event.time_us),
                scrub_version=SCRUB_VERSION,
                event_type=event.type,
                path="$.subject",
                expected="a person who has agreed",
                dropped=True,
            )
        if event.unknown:
            self._on_unknown(event)
        return Job(event, record.coordinate, answer.version)


def _scrubbed(job: Job, result: Scrubbed) -> Out:
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
    return Out(topics.SCRUBBED, result.identity, result.interaction, tuple(headers))


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
    )
