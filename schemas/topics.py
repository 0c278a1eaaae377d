"""Every topic: its name, what it carries, its key, cleanup policy, and the table its rows belong to.

All topics that are joined or keep state share one partition count, so a key is in the same partition number everywhere.
Tick records (`TICK_HEADER`) drive time-outs: they carry a watermark and no row, and sinks skip them.
"""

from __future__ import annotations

from dataclasses import dataclass

EVENTS = "redline.events"
CONSENT = "redline.consent"
SCRUBBED = "redline.scrubbed"
CLEAN = "redline.clean"
STEPS = "redline.steps"
PAIRS = "redline.pairs"
TRAJECTORIES = "redline.trajectories"
REVISIONS = "redline.revisions"
THREADS = "redline.threads"
EXCHANGES = "redline.exchanges"
COLLABORATION = "redline.collaboration"
REJECTS = "redline.rejects"
SUBJECTS = "redline.subjects"
ALERTS = "redline.alerts"
SOURCES = "redline.sources"
PROBE = "redline.probe"  # no part of the pipeline: brokers' clocks are read with it

# Header of a tick record; value: `<watermark in microseconds>`, `flush` (end of input: publish what is open), `purge`.
TICK_HEADER = "redline-tick"
TICK_FLUSH = b"flush"
TICK_PURGE = b"purge"  # somebody's consent has changed: drop what it does not cover any more

# Headers of a record on `redline.scrubbed`, so that the dedupe stage need not decode the row.
HEADER_CLEAN_KEY = "redline-clean-key"
HEADER_STEP_KEY = "redline-step-key"
HEADER_ORIGIN = "redline-origin"  # raw coordinates: topic/partition/offset
HEADER_DATE = "redline-date"
HEADER_TYPE = "redline-type"
HEADER_SUBJECT = "redline-subject"  # an encoded row of `subjects`
HEADER_REFUSED = "redline-refused"  # the record is no event but its row of `rejects`
HEADER_ONCE = "redline-once"  # likewise, of a unit that was no event: a second one of its name is a duplicate

# Header of a raw record that was sent again: topic/partition/offset of its first time.
HEADER_REPLAY_OF = "redline-replay-of"
HEADER_ARRIVED = "redline-arrived"  # likewise: when it came first, under a MAC (`streams.arrival`)

# Header of a record on `redline.clean` and `redline.steps` too: whose event it is (`streams.owners`).
HEADER_PERSON = "redline-person"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `raw` topics hold unscrubbed text: only workers may read them.

    `stamped`: a record has the time at which the broker got it; those of raw topics always have.
    """

    name: str
    carries: str
    key: str
    compacted: bool = False
    raw: bool = False
    single: bool = False
    stamped: bool = False
    table: str | None = None


TOPICS: tuple[Topic, ...] = (
    Topic(EVENTS, "raw CloudEvents from producers", "the producer's", raw=True),
    Topic(CONSENT, "one consent record per person", "keyed hash of the person", compacted=True, single=True),
    Topic(SCRUBBED, "scrubbed events before duplicates are taken out", "event identity (source, id)"),
    Topic(CLEAN, "unique scrubbed events", "interaction, else session, thread or document", table="interactions"),
    Topic(STEPS, "the same rows, for sessions", "session"),
    Topic(PAIRS, "closed interactions", "interaction", table="pairs"),
    Topic(TRAJECTORIES, "closed sessions", "session", table="trajectories"),
    Topic(REVISIONS, "human edits of documents", "record id of the event", table="revisions"),
    Topic(THREADS, "messages without their texts", "thread"),
    Topic(EXCHANGES, "who answered how soon in a thread's day, by keyed hashes of that day", "unit and day"),
    Topic(COLLABORATION, "windows of a unit's exchanges", "record id", table="collaboration"),
    Topic(REJECTS, "dropped and dead-lettered events: coordinates and reason", "coordinates", table="rejects"),
    Topic(SUBJECTS, "record id and rotating pseudonym", "record id", table="subjects"),
    Topic(ALERTS, "alerts, without sample values", "alert key", single=True),
    Topic(SOURCES, "what readers of foreign formats saw: counts and names of keys", "source", single=True),
)

OF_PROBES = Topic(PROBE, "nothing: the broker's time of an empty record", "none", stamped=True)


def requests(*names: str) -> tuple[Topic, ...]:
    """Topics of OTLP export requests, as the OpenTelemetry Collector writes them (`otlp_logs`, `otlp_spans`)."""
    return tuple(Topic(name, "OTLP export requests: batches of many products", "none", raw=True) for name in names)


# Changelogs of the stages' state: Faust names them <app id>-<table>-changelog. `open` events are read from them.
APP_ID = "redline"
STATE_TABLES = ("dedupe", "join", "session", "threads", "collaboration")


def changelog(table: str) -> str:
    """The topic behind a table of state; Faust names it so."""
    return f"{APP_ID}-{table}-changelog"


CHANGELOGS: tuple[Topic, ...] = tuple(
    Topic(changelog(name), f"state of the {name} stage", "state key", compacted=True) for name in STATE_TABLES
)

BY_TABLE: dict[str, Topic] = {topic.table: topic for topic in TOPICS if topic.table}
