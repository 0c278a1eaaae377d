"""Kinds of alerts about processes, channels and alerts themselves. Pure."""

from __future__ import annotations

from quality.kind import Kind
from schemas.verdict import Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

OF_PROCESSES: tuple[Kind, ...] = (
    Kind(
        "process_dies",
        _ERROR,
        "processes that run until they are stopped",
        "redline doctor",
        "redline up",
        "A process has ended five times within an hour. It is started again each time; what it has not done waits.",
        "Its log in the data folder's `state/logs` says why; `redline doctor` says what is missing.",
    ),
    Kind(
        "certificate_ends",
        _WARNING,
        "certificates that hold for weeks",
        "redline doctor",
        "every process that reaches Kafka by TLS",
        "A certificate that is used ends within `alerts.certificate_days`: the process's own, its authorities, "
        "or the one that a broker shows; critical from `alerts.certificate_critical_days` on.",
        "Renew it and replace the file: processes start anew with it. `redline doctor` says which one, and until when.",
    ),
    Kind(
        "clock_ahead",
        _ERROR,
        "a clock near the newest raw record and row",
        "redline retain --dry-run",
        "redline retain",
        "The clock by which old rows are removed is far ahead of the newest raw record and row. None was removed.",
        "Look at the clock. If it is right, and nothing has come for so long: `redline retain --today YYYY-MM-DD`.",
        "said",
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
