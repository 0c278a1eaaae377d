"""redline.scrubbed -> redline.clean and redline.steps: one winner per (source, id). A thin shell without Faust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas import topics
from schemas.rows import Source
from streams.delivery import Out
from streams.keyed import Emit, reject
from streams.outputs import Committer, out
from streams.scrub import SCRUB_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.records import Record


class DedupeStage:
    """redline.scrubbed -> redline.clean and redline.steps: the first raw record of a (source, id) wins, for ever.

    This is the only place where a duplicate is decided, so that all that follows sees one and the same winner.
    """

    topic = topics.SCRUBBED
    table: str | None = "dedupe"

    async def handle(self, records: Sequence[Record], commit: Committer) -> None:
        """Pass winners on (a replay of a winner too: its outputs may never have left), reject the others."""
        outs: list[Out] = []
        for record in records:
            headers = dict(record.headers)
            origin = headers[topics.HEADER_ORIGIN]
            identity = record.key or b""
            state = commit.state(record.coordinate.partition)
            winner = state.get(identity)
            if winner is None:
                state.put(identity, origin)
            if winner is None or winner == origin:
                outs += _pass_on(record, headers)
            else:
                outs.append(out(_duplicate(origin, headers)))
        await commit.write(outs)


def _pass_on(record: Record, headers: dict[str, bytes]) -> list[Out]:
    outs = [Out(topics.CLEAN, headers[topics.HEADER_CLEAN_KEY], record.value)]
    if topics.HEADER_STEP_KEY in headers:
        outs.append(Out(topics.STEPS, headers[topics.HEADER_STEP_KEY], record.value))
    if topics.HEADER_SUBJECT in headers:
        outs.append(Out(topics.SUBJECTS, record.key, headers[topics.HEADER_SUBJECT]))
    return outs


def _duplicate(origin: bytes, headers: dict[str, bytes]) -> Emit:
    topic, partition, offset = origin.decode().rsplit("/", 2)
    return reject(
        Source(topic, int(partition), int(offset)),
        stage="dedupe",
        reason="duplicate",
        event_date=headers[topics.HEADER_DATE].decode(),
        scrub_version=SCRUB_VERSION,
        event_type=headers[topics.HEADER_TYPE].decode(),
        path="$.id",
        expected="a (source, id) that was not there before",
        dropped=True,
    )
