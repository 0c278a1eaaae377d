"""Kinds of alerts that a sink raises, about batches and partitions. Pure."""

from __future__ import annotations

from quality.kind import Kind
from schemas.verdict import Severity

_CRITICAL, _ERROR, _WARNING = Severity.CRITICAL, Severity.ERROR, Severity.WARNING

OF_SINKS: tuple[Kind, ...] = (
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
)
