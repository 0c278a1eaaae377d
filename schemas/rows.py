"""The rows that travel between stages and into tables: msgpack maps on the wire, one struct per table.

A stage's output *is* a table row, so the sink needs no knowledge of stages. Times are UTC; `event_time` is in
microseconds since 1970, `event_date` is `YYYY-MM-DD`. `record_id` is 32 hex digits and derived, never random: a replay
yields the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from schemas.records import Coordinate

# 2: pairs and steps of trajectories have columns more; see `schemas.evolution`.
SCHEMA_VERSION = 2

# Why an event was dropped or dead-lettered. `redline ledger` and the summary print these words.
REASONS: tuple[str, ...] = (
    "not_json",  # the value is not JSON, or has a duplicate key
    "null_value",  # a tombstone on the raw topic
    "invalid_utf8",
    "too_large",  # over the byte limit
    "too_deep",  # over the nesting limit
    "missing_field",
    "wrong_type",
    "bad_value",  # right type, not allowed: an unknown surface, an empty id, a time that is none
    "unknown_schema",  # framed with an id that the schema registry does not hold, or holds for another kind
    "unknown_type",  # an event type or version this Redline does not know
    "future_time",  # event time further ahead of the broker's than the limit
    "no_consent",
    "consent_withdrawn",
    "out_of_scope",  # the person's consent does not cover this surface or source
    "erased",  # it arrived before the person's data was erased
    "discarded",  # its row failed the gate, and somebody discarded it from quarantine
    "key_destroyed",  # it belongs to an epoch whose key was destroyed
    "duplicate",  # a second raw record with the same (source, id)
    "late",  # its interaction or session was closed before it
    "orphan",  # its suggestion never came
    "scrub_failed",
    "scrub_timeout",
)

# Those of them that are about the record itself: what a reader of a source can say too.
DECODING: tuple[str, ...] = REASONS[: REASONS.index("no_consent")]


class Source(msgspec.Struct, frozen=True, order=True):
    """Raw coordinates a row came from."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def of(cls, coordinate: Coordinate) -> Source:
        """The same place as a column value."""
        return cls(coordinate.topic, coordinate.partition, coordinate.offset)


class Finding(msgspec.Struct, frozen=True, order=True):
    """How many findings of one entity type were replaced."""

    entity: str
    count: int


class Span(msgspec.Struct, frozen=True, order=True):
    """Half-open range of code points."""

    start: int
    end: int


class Counts(msgspec.Struct, frozen=True):
    """How many units of two texts stand in both in the same order, in the second alone, in the first alone."""

    kept: int
    inserted: int
    deleted: int


class MovedCounts(Counts, frozen=True):
    """Likewise; `moved` stand in both in another order, and are counted among the inserted and the deleted too."""

    moved: int


class Mark(msgspec.Struct, frozen=True, order=True):
    """A name of one interaction (or session) that nobody can read, and what stands in its place there.

    `words` are keyed hashes of its words (of its characters, if it counts `within`), by spaces; `surrogate` is a word
    in lower case for each of them, likewise, or one for all. `how` is one of `HOW`. `subject`: the name is that of the
    event's own subject, and events of the same subject know it without being told.
    """

    words: str
    surrogate: str
    how: str
    subject: bool = False


# Where a mark counts: in any letter case; likewise, and all of its words are English; only where they are capitalised;
# also inside of a longer run of letters (scripts without spaces).
HOW: tuple[str, ...] = ("any", "english", "capitalised", "within")


class Variant(msgspec.Struct, frozen=True):
    """What of an interaction depends on the epoch's key, under an earlier one: for joins that span a rotation."""

    key_epoch: int
    tool: str
    data: str
    marks: list[Mark]

    def __repr__(self) -> str:
        return f"Variant({self.key_epoch})"


class Row(msgspec.Struct, kw_only=True):
    """What every row carries."""

    record_id: str
    schema_version: int = SCHEMA_VERSION
    scrub_version: str
    sources: list[Source]
    event_date: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.record_id})"


class Interaction(Row, kw_only=True):
    """One scrubbed event (restricted). `data` is the scrubbed data as JSON, ids already re-keyed."""

    event_type: str
    event_time: int
    surface: str
    tool: str
    session_key: str
    interaction_key: str | None = None
    thread_key: str | None = None
    document_key: str | None = None
    data: str
    findings: list[Finding] = []
    marks: list[Mark] = []  # rows of scrub version 2 and before have none
    subject_mark: str | None = None  # keyed hash of the subject, another one in each interaction (or session)
    variants: list[Variant] = []  # only of events that come soon after a rotation
    key_epoch: int
    consent_version: str


class Pair(Row, kw_only=True):
    """One suggestion joined to its outcome (published: day-level time, no stable id).

    `revision` counts the versions of this row: a run that was continued may learn more of an interaction and replaces
    its row by one of a higher revision.
    """

    revision: int = 0
    surface: str
    task: str
    label: str  # accepted, edited, rejected, ignored
    prompt: str  # JSON: a list of {role, content}
    before: str
    suggestion: str
    final: str
    similarity: float
    retention_4gram: float
    no_revert: float
    kept_spans: list[Span]  # ranges of `suggestion` that stand in `final`
    edited_spans: list[Span]  # ranges of `final` that do not come from `suggestion`
    decision_ms_bucket: str
    model: str
    language: str
    tool: str
    key_epoch: int
    licence: str | None = None
    edit_kind: str | None = None  # none, whitespace, polished, rewrote; None: nothing was kept
    words: Counts | None = None
    segments: MovedCounts | None = None  # lines of code, sentences of prose
    kept_segments: list[Span] | None = None  # ranges of `suggestion`
    edited_segments: list[Span] | None = None  # ranges of `final`
    identifier_match: float | None = None  # of code
    edit_rate: float | None = None  # of prose


class TrajectoryStep(msgspec.Struct, kw_only=True):
    """One step, in event order. `arguments` is a JSON string; `parent` and `corrects` are indexes in the same row."""

    index: int
    role: str
    kind: str
    content: str = ""
    tool_name: str = ""
    arguments: str = ""
    outcome: str = ""
    call_id: str | None = None
    agent: str | None = None
    parent: int | None = None
    corrects: int | None = None


class Trajectory(Row, kw_only=True):
    """One session's ordered steps, or one part of them (published)."""

    revision: int = 0
    surface: str
    tool: str
    closed_by: str  # ended, inactivity, end_of_input
    steps: list[TrajectoryStep]
    key_epoch: int
    part: int | None = None
    parts: int | None = None


class Revision(Row, kw_only=True):
    """One human edit of a document that no AI proposed (published)."""

    surface: str
    before: str
    after: str
    similarity: float
    retention_4gram: float
    kept_spans: list[Span]  # ranges of `before` that stand in `after`
    inserted_spans: list[Span]  # ranges of `after` that do not come from `before`
    language: str
    tool: str
    key_epoch: int


class Collaboration(Row, kw_only=True):
    """One window of a unit's exchanges (published). Counts are coarse, `sources` is empty: it leads to no event."""

    unit: str
    window: str  # hour, or day: the hours that had too few people
    hour: int | None  # UTC; None for a day
    people: int
    messages: int
    threads: int
    channels: int
    agent_messages: int
    person_to_person: int
    person_to_agent: int
    agent_to_person: int
    reply_p50: str
    reply_p90: str
    length_p50: str
    length_p90: str
    depth_p50: str
    depth_p90: str
    breadth_p90: str


class Reject(msgspec.Struct, kw_only=True):
    """One event that was dropped or dead-lettered: coordinates, reason, JSON path; never text.

    `record_id` is derived from the coordinates alone, so one offset has at most one reject.
    """

    record_id: str
    schema_version: int = SCHEMA_VERSION
    scrub_version: str
    sources: list[Source]
    event_date: str
    stage: str  # scrub, dedupe, join, session
    fate: str  # dropped, dead_lettered
    reason: str
    path: str = "$"
    expected: str = ""
    event_type: str = ""


class Subject(msgspec.Struct, kw_only=True):
    """record id -> rotating pseudonym (restricted), for erasure only."""

    record_id: str
    schema_version: int = SCHEMA_VERSION
    scrub_version: str
    sources: list[Source]
    event_date: str
    pseudonym: str
    key_epoch: int


AnyRow = Interaction | Pair | Trajectory | Revision | Collaboration | Reject | Subject

_encoder = msgspec.msgpack.Encoder()
_dict_decoder = msgspec.msgpack.Decoder(dict[str, Any])
_interaction_decoder = msgspec.msgpack.Decoder(Interaction)


def encode(row: AnyRow) -> bytes:
    """One row as a msgpack map; deterministic for equal rows."""
    return _encoder.encode(row)


def decode_map(payload: bytes) -> dict[str, Any]:
    """A row as plain Python values, for Arrow. Raises msgspec.DecodeError."""
    return _dict_decoder.decode(payload)


def decode_interaction(payload: bytes) -> Interaction:
    """A row of the clean topic. Raises msgspec.DecodeError."""
    return _interaction_decoder.decode(payload)
