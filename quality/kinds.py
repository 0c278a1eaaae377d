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
)

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}

# A kind that is not in the list is a fault of ours, and is told all the same.
UNKNOWN = Kind("", _ERROR, "nothing to tell", "redline status", "unknown", "", "")


def of(name: str) -> Kind:
    """The kind of this name; `UNKNOWN` if there is none."""
    return BY_NAME.get(name, UNKNOWN)
