"""Every table: Arrow schema, partition columns, whether it is published, and what each column means.

Column meanings are Arrow field metadata (`meaning`), tested to be complete. Partition columns stand in the schema; on
disk they are Hive folders, as Delta keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.evolution import CHANGED, SINCE

SOURCE = pa.struct([("topic", pa.string()), ("partition", pa.int32()), ("offset", pa.int64())])
# What `sources` of a sealed table are on disk: `sinks.seal`.
SEALED = pa.list_(pa.binary())
HIDDEN = "withheld"  # a column that only the files of sealed tables have
SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64())])
COUNTS = pa.struct([(name, pa.int32()) for name in ("kept", "inserted", "deleted")])
MOVED_COUNTS = pa.struct([*COUNTS.fields, pa.field("moved", pa.int32())])
FINDING = pa.struct([("entity", pa.string()), ("count", pa.int32())])
BIN = pa.struct([("label", pa.string()), ("count", pa.float64())])
MARK = pa.struct([("words", pa.string()), ("surrogate", pa.string()), ("how", pa.string()), ("subject", pa.bool_())])
VARIANT = pa.struct(
    [("key_epoch", pa.int32()), ("tool", pa.string()), ("data", pa.string()), ("marks", pa.list_(MARK))]
)
_SECOND = {SINCE: "2"}
STEP = pa.struct(
    [
        ("index", pa.int32()),
        ("role", pa.string()),
        ("kind", pa.string()),
        ("content", pa.string()),
        ("tool_name", pa.string()),
        ("arguments", pa.string()),
        ("outcome", pa.string()),
        pa.field("call_id", pa.string(), metadata=_SECOND),
        pa.field("agent", pa.string(), metadata=_SECOND),
        pa.field("parent", pa.int32(), metadata=_SECOND),
        pa.field("corrects", pa.int32(), metadata=_SECOND),
    ]
)


# What rows of a table may be used for, and nothing else. Stands in every table's own metadata.
PURPOSES: dict[str, str] = {
    "training": "training models; never to judge, rank or measure a person or a group of people",
    "rebuilding": "making the published tables anew",
    "accounting": "what became of every event",
    "erasure": "finding a person's rows in order to erase them",
    "review": "rows that failed their gate, until somebody decides",
    "auditing": "who ran what, and when",
    "operating": "seeing that the pipeline works; never to judge a person, a group of people or a tool's users",
}
PURPOSE_KEY = "redline.purpose"  # in a Delta table's configuration, and in the metadata of its Parquet files


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `amendable` tables replace a row by one of the same `record_id` and a higher `revision`.

    Of a `sealed` table nobody without the key reads which events a row was made from: `stored` has the columns of its
    files, `schema` those of its rows on the way there.

    `purpose` is one of `PURPOSES`. Rows of an `append_only` table are never changed or removed.
    """

    name: str
    meaning: str
    schema: pa.Schema
    partition_by: tuple[str, ...]
    published: bool
    purpose: str
    amendable: bool = False
    append_only: bool = False
    sealed: bool = False

    @property
    def stored(self) -> pa.Schema:
        """The schema of the table's files."""
        if not self.sealed:
            return self.schema
        place = self.schema.get_field_index("sources")
        sealed = self.schema.set(place, self.schema.field(place).with_type(SEALED))
        return sealed.insert(place + 1, _HIDDEN)

    @property
    def plain(self) -> list[str]:
        """Columns of the files whose least and greatest value any reader may see: numbers, times, and the row's id."""
        return [
            field.name
            for field in self.stored
            if field.name not in self.partition_by and (field.name == "record_id" or pa.types.is_primitive(field.type))
        ]


def _field(name: str, kind: pa.DataType, meaning: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"meaning": meaning})


def _later(name: str, kind: pa.DataType, meaning: str, *, since: int = 2) -> pa.Field:
    """A column that came with this `schema_version`: null in rows of earlier ones."""
    return pa.field(name, kind, nullable=True, metadata={"meaning": meaning, SINCE: str(since)})


def _changed(name: str, kind: pa.DataType, meaning: str, *, since: int = 2) -> pa.Field:
    """A column whose values are made otherwise from this `schema_version` on: earlier ones do not compare."""
    return pa.field(name, kind, nullable=False, metadata={"meaning": meaning, CHANGED: str(since)})


_HIDDEN = _field(
    HIDDEN,
    pa.binary(),
    "surface, language, model, tool, task and time to the decision, sealed until the day is decided",
    nullable=True,
)
_HEAD = [
    _field("record_id", pa.string(), "identity of the row: 32 hex digits, derived from its inputs by a keyed hash"),
    _field("schema_version", pa.int32(), "version of this table's schema"),
    _field("scrub_version", pa.string(), "version of the scrubber that made the texts"),
    _field("sources", pa.list_(SOURCE), "raw Kafka coordinates the row was made from"),
    _field("event_date", pa.date32(), "UTC day of the event, or of the suggestion or session start"),
]

INTERACTIONS = Table(
    "interactions",
    "one scrubbed event: the layer everything else can be rebuilt from",
    pa.schema(
        [
            *_HEAD,
            _field("event_type", pa.string(), "CloudEvents type"),
            _field("event_time", pa.timestamp("us", tz="UTC"), "event time"),
            _field("surface", pa.string(), "where it happened: ide, terminal, chat, doc, agent, ticket, mail, review"),
            _field("tool", pa.string(), "product and version the event came from"),
            _field("session_key", pa.string(), "re-keyed session id"),
            _field("interaction_key", pa.string(), "re-keyed interaction id", nullable=True),
            _field("thread_key", pa.string(), "re-keyed thread id", nullable=True),
            _field("document_key", pa.string(), "re-keyed document id", nullable=True),
            _field("data", pa.string(), "the scrubbed event data as JSON"),
            _field("findings", pa.list_(FINDING), "how many findings of each entity type were replaced"),
            _field(
                "marks",
                pa.list_(MARK),
                "names found in the event: keyed hashes of their words, and their surrogates; null in older rows",
                nullable=True,
            ),
            _field("subject_mark", pa.string(), "keyed hash of the subject within this interaction", nullable=True),
            _field(
                "variants",
                pa.list_(VARIANT),
                "tool, data and marks under earlier epochs, of events soon after a rotation; null in older rows",
                nullable=True,
            ),
            _field("key_epoch", pa.int32(), "epoch of the key the surrogates were derived with"),
            _field("consent_version", pa.string(), "consent record the event was admitted under"),
        ]
    ),
    ("event_date", "surface"),
    published=False,
    purpose="rebuilding",
)

PAIRS = Table(
    "pairs",
    "one suggestion joined to its outcome",
    pa.schema(
        [
            *_HEAD,
            _field("revision", pa.int32(), "version of this row; a continued run replaces a row by a higher one"),
            _field("surface", pa.string(), "where it happened"),
            _field("task", pa.string(), "what the suggestion was for"),
            _field("label", pa.string(), "accepted, edited, rejected or ignored"),
            _field("prompt", pa.string(), "JSON list of {role, content}"),
            _field("before", pa.string(), "the text the suggestion would replace"),
            _field("suggestion", pa.string(), "the AI's proposal"),
            _field("final", pa.string(), "the text the person kept"),
            _changed("similarity", pa.float64(), "normalised Indel similarity of suggestion and final, 0 to 1"),
            _field(
                "retention_4gram", pa.float64(), "share of the suggestion's character 4-grams kept in final, 0 to 1"
            ),
            _changed("no_revert", pa.float64(), "1 minus the share of the change that was undone, 0 to 1"),
            _changed("kept_spans", pa.list_(SPAN), "ranges of suggestion whose words stand in final, in code points"),
            _changed("edited_spans", pa.list_(SPAN), "ranges of final that do not come from suggestion"),
            _field(
                "decision_ms_bucket",
                pa.string(),
                "time to the decision, in buckets; published as `some` unless privacy.columns is full; or `none`",
            ),
            _field("model", pa.string(), "model that made the suggestion"),
            _field("language", pa.string(), "programming or natural language, as the producer says"),
            _field("tool", pa.string(), "product and version the suggestion came from"),
            _field("key_epoch", pa.int32(), "epoch of the key the surrogates were derived with"),
            _later("licence", pa.string(), "kind of the repository's licence, one of LICENCES"),
            _later("edit_kind", pa.string(), "what was done to it, one of EDIT_KINDS; null where nothing was kept"),
            _later("words", COUNTS, "words of suggestion that stand in final in order; inserted; deleted"),
            _later("segments", MOVED_COUNTS, "likewise lines of code or sentences of prose; moved: kept out of order"),
            _later("kept_segments", pa.list_(SPAN), "ranges of suggestion whose segments stand in final"),
            _later("edited_segments", pa.list_(SPAN), "ranges of final whose segments do not come from suggestion"),
            _later("identifier_match", pa.float64(), "F1 of the identifiers of suggestion and final; null for prose"),
            _later("edit_rate", pa.float64(), "words changed for each word of final, from 0; null for code"),
        ]
    ),
    ("event_date", "surface"),
    published=True,
    purpose="training",
    amendable=True,
    sealed=True,
)

TRAJECTORIES = Table(
    "trajectories",
    "one session, or a part of a very long one: ordered steps",
    pa.schema(
        [
            *_HEAD,
            _field("revision", pa.int32(), "version of this row; a continued run replaces a row by a higher one"),
            _field("surface", pa.string(), "where it happened"),
            _field("tool", pa.string(), "product and version the session came from"),
            _field("closed_by", pa.string(), "ended, inactivity or end_of_input"),
            _field(
                "steps",
                pa.list_(STEP),
                "messages, tool calls (arguments as JSON strings), results, in event order: docs/trajectories.md",
            ),
            _field("key_epoch", pa.int32(), "epoch of the key the surrogates were derived with"),
            _later("part", pa.int32(), "which part of its session the row is, from 0; null: all of it"),
            _later("parts", pa.int32(), "how many parts the session has; null: one"),
        ]
    ),
    ("event_date",),
    published=True,
    purpose="training",
    amendable=True,
    sealed=True,
)

REVISIONS = Table(
    "revisions",
    "one human edit of a document, that no AI proposed",
    pa.schema(
        [
            *_HEAD,
            _field("surface", pa.string(), "where it happened"),
            _field("before", pa.string(), "the text before the edit"),
            _field("after", pa.string(), "the text after it"),
            _field("similarity", pa.float64(), "normalised Indel similarity of before and after, 0 to 1"),
            _field("retention_4gram", pa.float64(), "share of before's character 4-grams kept in after, 0 to 1"),
            _field("kept_spans", pa.list_(SPAN), "ranges of before that stand in after, in code points"),
            _field("inserted_spans", pa.list_(SPAN), "ranges of after that do not come from before"),
            _field("language", pa.string(), "programming or natural language, as the producer says; mostly empty"),
            _field("tool", pa.string(), "product and version the edit came from"),
            _field("key_epoch", pa.int32(), "epoch of the key the surrogates were derived with"),
        ]
    ),
    ("event_date", "surface"),
    published=True,
    purpose="training",
    sealed=True,
)

COLLABORATION = Table(
    "collaboration",
    "one window of a unit's exchanges: how much, how soon answered, in what threads; never who or what",
    pa.schema(
        [
            *_HEAD,
            _field("unit", pa.string(), "organisational unit, as producers say; all: none was told"),
            _field("window", pa.string(), "hour; or day: those hours of it together that had too few people"),
            _field("hour", pa.int32(), "hour of the UTC day; null where the window is the day", nullable=True),
            _field("people", pa.int32(), "people who wrote; all counts are rounded down to tens"),
            _field("messages", pa.int32(), "messages, at most ten of one person"),
            _field("threads", pa.int32(), "threads they were in"),
            _field("channels", pa.int32(), "channels those were in"),
            _field("agent_messages", pa.int32(), "messages that agents wrote"),
            _field("person_to_person", pa.int32(), "messages of a person after another person's"),
            _field("person_to_agent", pa.int32(), "messages of an agent after a person's"),
            _field("agent_to_person", pa.int32(), "messages of a person after an agent's"),
            _field("reply_p50", pa.string(), "median time to an answer, in buckets; few: too few people answered"),
            _field("reply_p90", pa.string(), "ninetieth percentile of it"),
            _field("length_p50", pa.string(), "median number of a thread's messages that day, in buckets"),
            _field("length_p90", pa.string(), "ninetieth percentile of it"),
            _field("depth_p50", pa.string(), "median number of a thread's levels of answers, in buckets"),
            _field("depth_p90", pa.string(), "ninetieth percentile of it"),
            _field("breadth_p90", pa.string(), "of a thread's most answers to one message the ninetieth percentile"),
        ]
    ),
    ("event_date",),
    published=True,
    purpose="training",
)

REJECTS = Table(
    "rejects",
    "one event that was dropped or dead-lettered: coordinates and reason, never text",
    pa.schema(
        [
            *_HEAD,
            _field(
                "stage", pa.string(), "stage that rejected it: scrub, dedupe, join, session, revisions or collaboration"
            ),
            _field("fate", pa.string(), "dropped or dead_lettered"),
            _field("reason", pa.string(), "one of schemas.rows.REASONS"),
            _field("path", pa.string(), "JSON path of the fault"),
            _field("expected", pa.string(), "what was needed there"),
            _field("event_type", pa.string(), "CloudEvents type where it is known, else empty"),
        ]
    ),
    ("event_date",),
    published=False,
    purpose="accounting",
)

SUBJECTS = Table(
    "subjects",
    "record id to rotating pseudonym, for erasure only",
    pa.schema(
        [
            *_HEAD,
            _field("pseudonym", pa.string(), "keyed hash of the person under the epoch's key"),
            _field("key_epoch", pa.int32(), "epoch of that key"),
        ]
    ),
    ("event_date",),
    published=False,
    purpose="erasure",
)

# Not one of TABLES: no topic feeds it, and its rows are entries, not records.
AUDIT = Table(
    "audit",
    "one thing that somebody did: who, when, what; never content or people",
    pa.schema(
        [
            _field("seq", pa.int64(), "number of the entry, from 0, without gaps"),
            _field("at", pa.timestamp("us", tz="UTC"), "when, by the clock of the machine that wrote it"),
            _field("who", pa.string(), "the OS user, and the name in audit.who if one was given"),
            _field("action", pa.string(), "what was done, such as consent.withdraw"),
            _field("details", pa.string(), "JSON object of counts and names of settings"),
            _field("log", pa.string(), "SHA-256 of the Delta log's entries since the previous one was written"),
            _field("previous", pa.string(), "hash of the entry before; 64 zeros for the first"),
            _field("hash", pa.string(), "HMAC-SHA256 of all the columns above"),
        ]
    ),
    (),
    published=False,
    purpose="auditing",
    append_only=True,
)

# Likewise none of TABLES: numbers about windows, of which parts are added up when they are read.
QUALITY_HISTORY = Table(
    "quality_history",
    "one number about one window of one series, or a part of it that came later",
    pa.schema(
        [
            _field("series", pa.string(), "one of quality.measures.SERIES"),
            _field("at", pa.timestamp("us", tz="UTC"), "start of the window"),
            _field("span_s", pa.int32(), "length of the window in seconds"),
            _field("table", pa.string(), "table it is about; empty: none, or all"),
            _field("source", pa.string(), "reader of a foreign format, or stage; empty: all"),
            _field("tool", pa.string(), "product and version; empty: all"),
            _field("value", pa.float64(), "what the series' kind says"),
            _field("weight", pa.float64(), "what the value is of: rows, events, characters"),
            _field("bins", pa.list_(BIN), "counts by label, or by the lower edges of a histogram"),
            _field("day", pa.date32(), "UTC day of the window"),
        ]
    ),
    ("day",),
    published=False,
    purpose="operating",
)

TABLES: dict[str, Table] = {
    t.name: t for t in (INTERACTIONS, PAIRS, TRAJECTORIES, REVISIONS, COLLABORATION, REJECTS, SUBJECTS)
}
PUBLISHED: tuple[str, ...] = tuple(name for name, table in TABLES.items() if table.published)
LABELS: tuple[str, ...] = ("accepted", "edited", "rejected", "ignored")
# How far a suggestion was edited: as it is, but for white space, up to a third of the words, more of them.
EDIT_KINDS: tuple[str, ...] = ("none", "whitespace", "polished", "rewrote")
LICENCES: tuple[str, ...] = ("permissive", "copyleft", "proprietary", "unknown")
