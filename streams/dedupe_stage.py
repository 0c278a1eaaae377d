"""redline.scrubbed -> redline.clean and redline.steps: one winner per (source, id). A thin shell without Faust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas import metrics, rows, topics
from schemas.metrics import NO_METER
from schemas.rows import Source
from streams import state_format
from streams.delivery import Out
from streams.keyed import Emit, reject
from streams.outputs import Committer, out
from streams.revisions import REVISION, revision
from streams.scrub import SCRUB_VERSION
from streams.threads import MESSAGE, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.metrics import Meter
    from schemas.records import Record

_DUPLICATE = "duplicate"  # of `schemas.rows.REASONS`
_REVISION, _MESSAGE = REVISION.encode(), MESSAGE.encode()
_REFUSED = b"!"  # no topic's name begins with it
_MOST_REFUSED = 8  # copies of one refused event that are known by their places: what a replay can bring again


class DedupeStage:
    """redline.scrubbed -> redline.clean and redline.steps: the first raw record of a (source, id) wins, for ever.

    This is the only place where a duplicate is decided, so that all that follows sees one and the same winner.
    """

    name = "dedupe"
    topic = topics.SCRUBBED
    table: str | None = "dedupe"

    def __init__(self, meter: Meter = NO_METER) -> None:
        self._meter = meter
        self._checked: dict[int, int] = {}  # partition -> generation in which its state was found to be ours

    async def handle(self, records: Sequence[Record], commit: Committer) -> None:
        """Pass winners on (a replay of a winner too: its outputs may never have left), reject the others."""
        outs: list[Out] = []
        duplicates = 0
        for record in records:
            headers = dict(record.headers)
            origin = headers[topics.HEADER_ORIGIN]
            identity = record.key or b""
            partition = record.coordinate.partition
            state = commit.state(partition)
            if self._checked.get(partition) != commit.generation:
                state_format.require(state, f"{self.name}/{partition}")
                self._checked[partition] = commit.generation
            winner = state.get(identity)
            refused = _refused(winner)
            if topics.HEADER_ONCE in headers:
                if winner is None:
                    state.put(identity, origin)
                first = winner is None or winner == origin
                outs.append(Out(topics.REJECTS, origin, record.value) if first else out(_duplicate(origin, headers)))
                duplicates += not first
                continue
            if topics.HEADER_REFUSED in headers:
                if winner == origin:
                    continue  # read a second time, it was refused; the first time it was not, and has gone on
                if (winner is None or refused) and origin not in refused:
                    state.put(identity, _REFUSED + b"\n".join([*refused, origin][-_MOST_REFUSED:]))
                outs.append(Out(topics.REJECTS, origin, record.value))
                continue
            if origin in refused:
                continue  # the other way round: its reject stands
            if winner is None or refused:
                state.put(identity, origin)
            if winner is None or refused or winner == origin:
                outs += _pass_on(record, headers)
            else:
                outs.append(out(_duplicate(origin, headers)))
                duplicates += 1
        await commit.write(outs)
        if duplicates:
            self._meter.count(metrics.STAGE_REJECTS, duplicates, stage=self.name, reason=_DUPLICATE)


def _refused(winner: bytes | None) -> list[bytes]:
    """Origins that were refused under an identity that nobody has won yet."""
    return winner.removeprefix(_REFUSED).split(b"\n") if winner is not None and winner.startswith(_REFUSED) else []


def _pass_on(record: Record, headers: dict[str, bytes]) -> list[Out]:
    """A winner, to whoever has a use for it. What is made of one event alone is made here."""
    tag = headers.get(topics.HEADER_PERSON)
    owner = () if tag is None else ((topics.HEADER_PERSON, tag),)
    outs = [Out(topics.CLEAN, headers[topics.HEADER_CLEAN_KEY], record.value, owner)]
    if topics.HEADER_STEP_KEY in headers:
        outs.append(Out(topics.STEPS, headers[topics.HEADER_STEP_KEY], record.value, owner))
    if topics.HEADER_SUBJECT in headers:
        outs.append(Out(topics.SUBJECTS, record.key, headers[topics.HEADER_SUBJECT]))
    if headers[topics.HEADER_TYPE] == _REVISION:
        outs.append(out(revision(rows.decode_interaction(record.value or b""))))
    if headers[topics.HEADER_TYPE] == _MESSAGE:
        row = plain(rows.decode_interaction(record.value or b""))
        outs.append(Out(topics.THREADS, headers[topics.HEADER_CLEAN_KEY], rows.encode(row), owner))
    return outs


def _duplicate(origin: bytes, headers: dict[str, bytes]) -> Emit:
    topic, partition, offset = origin.decode().rsplit("/", 2)
    return reject(
        Source(topic, int(partition), int(offset)),
        stage="dedupe",
        reason=_DUPLICATE,
        event_date=headers[topics.HEADER_DATE].decode(),
        scrub_version=SCRUB_VERSION,
        event_type=headers[topics.HEADER_TYPE].decode(),
        path="$.id",
        expected="a (source, id) that was not there before",
        dropped=True,
    )
