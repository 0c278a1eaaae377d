"""A person's own edit of a document, as a row: what was there, what stands there now, and what is kept of it. Pure.

One event is one row, so no state is needed, nothing is ever late, and a replay gives the same bytes. Saves that an
editor makes by itself stay rows of their own: merging them would need to know that none is still to come. Whether an
edit only repeats what an AI proposed cannot be seen in the event: producers send that as edits of an interaction.
"""

from __future__ import annotations

import msgspec

from schemas import topics
from schemas.rows import Interaction, Revision
from streams import similarity
from streams.alignment import Alignment
from streams.keyed import Emit, derived_id

REVISION = "redline.revision.v1"


class _Payload(msgspec.Struct):
    """What is read of an event's scrubbed data."""

    before: str
    after: str
    language: str = ""


_payload = msgspec.json.Decoder(_Payload).decode


def revision(row: Interaction) -> Emit:
    """The row of one scrubbed `redline.revision.v1` event. Its id is derived from the event's."""
    data = _payload(row.data)
    found = Alignment.of(data.before, data.after)
    kept, inserted = found.spans()
    made = Revision(
        record_id=derived_id("revision", row.record_id.encode()),
        scrub_version=row.scrub_version,
        sources=row.sources,
        event_date=row.event_date,
        surface=row.surface,
        before=data.before,
        after=data.after,
        similarity=similarity.similarity_of(found),
        retention_4gram=similarity.retention_4gram(data.before, data.after),
        kept_spans=kept,
        inserted_spans=inserted,
        language=data.language,
        tool=row.tool,
        key_epoch=row.key_epoch,
    )
    return Emit(topics.REVISIONS, row.record_id.encode(), made)
