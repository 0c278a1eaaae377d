"""Every kind of alert: how bad, what it means, what to do, who raises it, how it ends. Pure.

docs/alerts.md is made from this list; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quality.alert import Action

# said: who raised it says that it is over. unseen: it is over once nobody has seen it for alerts.stale_s (so is `said`,
# should nobody be left to say it). hand: only by `redline alerts resolve`.
Ends = Literal["said", "unseen", "hand"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. Severity, `expected`, `action` and `command` are what its alerts say, unless a raiser knows more."""

    name: str
    severity: Severity
    expected: str
    command: str
    stage: str
    meaning: str
    remedy: str
    ends: Ends = "unseen"
    action: Action = "none"


_CRITICAL, _ERROR, _WARNING = Severity.CRITICAL, Severity.ERROR, Severity.WARNING

KINDS: tuple[Kind, ...] = (
    Kind(
        "gate_halt",
        _CRITICAL,
        "rows that pass the privacy and schema checks",
        "redline release {table}",
        "sink",
        "A critical expectation failed; nothing of the batch was published, and the table stands still.",
        "See docs/operations.md, `A halted table`. It ends when the table is released.",
        "said",
        "halted",
    ),
    Kind(
        "gate_failed",
        _ERROR,
        "rows that pass their suite",
        "redline check {table}",
        "sink",
        "Rows went to quarantine, or a warning was published.",
        "`redline check TABLE` says which expectation; `redline quarantine list` shows the rows.",
        action="quarantined",
    ),
    Kind(
        "reject_rate",
        _ERROR,
        "few events rejected",
        "redline rejects",
        "sink",
        "Of the last five minutes' events, a larger share than `alerts.reject_ratio` is rejected.",
        "`redline rejects` says why; talk to the producer.",
    ),
    Kind(
        "offset_gap",
        _CRITICAL,
        "records that Kafka still holds",
        "redline ledger",
        "sink",
        "Kafka no longer holds what a table asks for. The partition stands still.",
        "`redline ledger` names what is missing. Raise the retention; restore the topic if you can. "
        "Then `redline alerts resolve`.",
        "hand",
        "halted",
    ),
    Kind(
        "offset_hole",
        _WARNING,
        "offsets without holes",
        "redline ledger",
        "sink",
        "An offset is not there, and Kafka confirms it.",
        "Nothing, unless they are many: then `redline ledger`.",
    ),
    Kind(
        "bad_row",
        _CRITICAL,
        "rows of the table's own schema",
        "redline doctor",
        "sink",
        "A record of our own topics is no row of its table. The table stands still.",
        "A fault of ours, or another version writes: stop it, report it. Then `redline alerts resolve`.",
        "hand",
        "halted",
    ),
    Kind(
        "conflict",
        _ERROR,
        "one row per record id",
        "redline ledger",
        "sink",
        "One `record_id` came of two different inputs; the first one stands.",
        "`redline ledger`; report it.",
    ),
    Kind(
        "sink_retry",
        _ERROR,
        "a batch made durable",
        "redline doctor",
        "sink",
        "The disk or the log refused a batch; it is tried again, and the rows wait in Kafka.",
        "Free space, check the file system.",
    ),
    Kind(
        "fenced",
        _WARNING,
        "one sink per partition",
        "redline status",
        "sink",
        "Two sinks had one partition for a moment; one of them let go.",
        "Nothing, unless it repeats: then rebalances come too often; look at the sinks' logs.",
    ),
    Kind(
        "sources_drift",
        _WARNING,
        "what the source's reader knows",
        "redline sources",
        "sink",
        "A source sends names that its reader does not know, and did not on the days before.",
        "`redline sources`; a producer was updated: look whether something we want is under the new name.",
    ),
    Kind(
        "silence",
        _ERROR,
        "rows at this weekday and hour",
        "redline quality show",
        "quality",
        "No row has come for longer than this weekday and hour explain.",
        "Is the producer running? `redline status` says whether a stage or the producer stands still.",
        "said",
    ),
    Kind(
        "volume",
        _WARNING,
        "as many rows as at this weekday and hour",
        "redline quality show",
        "quality",
        "Many more or many fewer rows came than at this weekday and hour before.",
        "`redline quality show --series volume`. Twice as many: does a producer send everything twice?",
        "said",
    ),
    Kind(
        "burst",
        _WARNING,
        "as much as usual",
        "redline quality show",
        "quality",
        "Much more than usual of everything at once, as in an AI week. Alerts of volume are held back until it ends.",
        "Watch the lag; start workers and sinks if it grows.",
        "said",
    ),
    Kind(
        "rejects",
        _ERROR,
        "as many rejects as before",
        "redline quality show",
        "quality",
        "More events are rejected for one reason than in the weeks before.",
        "`redline rejects --by reason,path,expected`; talk to the producer.",
        "said",
    ),
    Kind(
        "late_events",
        _WARNING,
        "events that come about when they happened",
        "redline quality show",
        "quality",
        "More events have a time far from their arrival.",
        "A clock that is off, or a producer that catches up. Beyond the join's window they are rejects, `late`.",
        "said",
    ),
    Kind(
        "match_rate",
        _WARNING,
        "as many outcomes as before",
        "redline quality show",
        "quality",
        "Suggestions find an outcome more or less often than before.",
        "Does a producer no longer send decisions or edits, or send them under other ids?",
        "said",
    ),
    Kind(
        "label_mix",
        _WARNING,
        "the mix of labels as before",
        "redline quality show",
        "quality",
        "Another mix of accepted, edited, rejected and ignored.",
        "A new tool, or a producer that accepts everything: `redline sql` by tool and day.",
        "said",
    ),
    Kind(
        "similarity",
        _WARNING,
        "finals as like their suggestions as before",
        "redline quality show",
        "quality",
        "Finals are more or less like their suggestions than before.",
        "Look at pairs of the day; a producer may send the suggestion as the final text.",
        "said",
    ),
    Kind(
        "decision_time",
        _WARNING,
        "decisions as quick as before",
        "redline quality show",
        "quality",
        "People take more or less time to decide.",
        "A producer may have changed what it measures.",
        "said",
    ),
    Kind(
        "language_mix",
        _WARNING,
        "the mix of languages as before",
        "redline quality show",
        "quality",
        "Another mix of the languages that producers name.",
        "A new team or tool, or a producer that names another language.",
        "said",
    ),
    Kind(
        "text_language",
        _WARNING,
        "texts in the languages as before",
        "redline quality show",
        "quality",
        "Texts look to be in other languages than before.",
        "Scrubbing is best in the languages that docs/scrubbing.md names: look whether it fits.",
        "said",
    ),
    Kind(
        "text_length",
        _WARNING,
        "texts as long as before",
        "redline quality show",
        "quality",
        "Texts are longer or shorter than before.",
        "Does a producer send whole files, or cut them off?",
        "said",
    ),
    Kind(
        "findings",
        _ERROR,
        "as much personal data in as much text as before",
        "redline quality show",
        "quality",
        "More or less personal data is found in as much text, or of other entities.",
        "Less: does the scrubber miss a new form? More: does a producer send what it should not? `redline check`.",
        "said",
    ),
    Kind(
        "schema_drift",
        _WARNING,
        "names that readers know",
        "redline quality show",
        "quality",
        "Readers of foreign formats meet names that they do not know.",
        "`redline sources`; a producer was updated.",
        "said",
    ),
    Kind(
        "quarantine_growth",
        _ERROR,
        "as few rows in quarantine as before",
        "redline quality show",
        "quality",
        "More rows go to quarantine than before.",
        "`redline quarantine list` by reason and table.",
        "said",
    ),
    Kind(
        "lag",
        _ERROR,
        "a lag that gets less",
        "redline quality show",
        "quality",
        "A stage falls behind and does not catch up.",
        "`redline status`; start more of that process, or find what slows it.",
        "said",
    ),
    Kind(
        "dead_letter_age",
        _ERROR,
        "dead letters younger than the raw topic's retention",
        "redline quality show",
        "quality",
        "Dead letters will soon be gone from the raw topic, and cannot be replayed then.",
        "`redline replay` after the fix, or raise `kafka.retention_hours`.",
        "said",
    ),
    Kind(
        "reference_missing",
        _ERROR,
        "rows made from events that are there",
        "redline ledger",
        "quality",
        "New rows of a table were made from events that `interactions` does not have, nor its quarantine.",
        "`redline ledger` names the offsets. Was something erased or discarded just then? If not, `redline rebuild "
        "pairs` makes the table anew from what is there.",
    ),
    Kind(
        "sample_leak",
        _ERROR,
        "no personal data in a sample of rows",
        "redline check {table}",
        "quality",
        "Presidio as it comes found something in a few rows of new files that is no stand-in of ours. It counts by "
        "entity, and misjudges numbers now and then.",
        "Look at the newest rows of the table (`redline sql`, for published ones). If it is so: `redline erase` for "
        "the person. It ends with `redline alerts resolve`.",
        "hand",
    ),
    Kind(
        "file_metadata",
        _ERROR,
        "files that say what they are for, in zstd, with no text in their statistics",
        "redline check {table}",
        "quality",
        "A new data file was not written as our sinks write them.",
        "Another program, or another version, writes into the data folder: stop it. `redline rebuild pairs` makes "
        "the table anew.",
    ),
    Kind(
        "channel_failing",
        _ERROR,
        "alerts delivered",
        "redline alerts test",
        "every process",
        "A channel refused five times in a row. What it is owed waits in the book; the other channels are told.",
        "`redline alerts test` says what each channel answers; mend it.",
        "said",
    ),
    Kind(
        "alerts_lost",
        _ERROR,
        "every alert kept until it is delivered",
        "redline alerts list",
        "every process",
        "More alerts came than are kept, or a channel did not take a notice for a week.",
        "Look at the processes' logs: something fails in a loop, or a channel is gone for good.",
    ),
    Kind(
        "digest",
        _WARNING,
        "fewer notices an hour than alerts.per_hour",
        "redline alerts list",
        "every process",
        "So many notices of a channel were held back in the last hour, by kind and what had happened.",
        "`redline alerts list --all`. A digest is not an alert: it neither fires nor ends.",
    ),
    Kind(
        "test",
        _WARNING,
        "an answer of every channel",
        "redline alerts test",
        "command",
        "Somebody tries whether the channels work.",
        "Nothing.",
    ),
)

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}

# A kind that is not in the list is a fault of ours, and is told all the same.
UNKNOWN = Kind("", _ERROR, "nothing to tell", "redline status", "unknown", "", "")


def of(name: str) -> Kind:
    """The kind of this name; `UNKNOWN` if there is none."""
    return BY_NAME.get(name, UNKNOWN)


_ENDS = {
    "said": "when it is over",
    "unseen": "once it was not seen for `alerts.stale_s`",
    "hand": "by `redline alerts resolve`",
}


def described(kind: Kind) -> str:
    """The section of docs/alerts.md about a kind."""
    return (
        f"### {kind.name}\n\n"
        f"{kind.severity.value}, raised by: {kind.stage}; ends {_ENDS[kind.ends]}. {kind.meaning}\n\n"
        f"{kind.remedy}\n"
    )
