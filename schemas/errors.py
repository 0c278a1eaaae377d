"""Every error Redline raises on purpose, as one tree.

* RedlineError
  - SettingsError        a setting is missing, unknown or has the wrong type
  - BrokerError          the embedded or configured Kafka cannot be used
  - ConsentError         somebody's word on the consent topic cannot be read
  - DecodeError          a raw record is not a Redline event (carries reason and JSON path, never a value)
  - ScrubError           text could not be scrubbed: the event is dead-lettered
    + ScrubTimeoutError  it took longer than the limit
  - DeliveryError        the broker did not confirm an output
    + ChannelError       an alert channel did not take a notice
  - SinkError            a batch could not be made durable
    + FencedError        another sink has moved this partition's offset in the table
    + OffsetGapError     Kafka no longer holds the offset the table asks for
    + TableHaltedError   a gate halted the table; it waits for `redline release`
    + RowError           a record of our own topics is not a row of its table: a bug of ours, not an event
  - StateFormatError     the state of a stage is of another version of Redline
  - LedgerError          the ledger could not be read (not: it does not balance)
  - LockedError          another Redline process owns the data folder
  - ClockError           this machine's clock cannot be right
  - ProcessError         a part (worker, sink, broker) could not be started
  - AuditError           something was to be recorded that the audit table must not hold, or a noted head is none
  - PurposeError         a table, or a grouping, was asked for something it is not for
  - InputError           a file or stream of events could not be read to its end

Texts say where, what was needed, what came (its type, never the value), and what to run next.
"""

from __future__ import annotations


class RedlineError(Exception):
    """Root of the tree: catch this at the command line."""


class SettingsError(RedlineError):
    """A setting is missing, unknown or has the wrong type."""


class BrokerError(RedlineError):
    """Kafka cannot be started, reached or used."""


class ConsentError(RedlineError):
    """Somebody's word on the consent topic cannot be read: nothing may be decided without it."""


class DecodeError(RedlineError):
    """A raw record is not a Redline event.

    Attributes:
        reason: one of `schemas.rows.REASONS`.
        path: JSON path of the fault, such as `$.data.text`; `$` where there is none.
        expected: what was needed there, in the words of the event schema.
        event_type: the CloudEvents type where it is one we know, else empty.
    """

    def __init__(self, reason: str, path: str, expected: str, event_type: str = "") -> None:
        super().__init__(f"{reason} at {path}: expected {expected}")
        self.reason = reason
        self.path = path
        self.expected = expected
        self.event_type = event_type

    def __reduce__(self) -> tuple[type[DecodeError], tuple[str, str, str, str]]:
        return (type(self), (self.reason, self.path, self.expected, self.event_type))


class ScrubError(RedlineError):
    """Text could not be scrubbed; nothing of it may pass."""


class ScrubTimeoutError(ScrubError):
    """Scrubbing one event took longer than the limit."""


class DeliveryError(RedlineError):
    """The broker did not confirm an output; the inputs must not be acknowledged."""


class ChannelError(DeliveryError):
    """An alert channel did not take a notice; it is tried again.

    Attributes:
        retry_after_s: how long the receiver asks to wait; None if it does not.
        malformed: the receiver will not take this notice, however often it is tried.
    """

    def __init__(self, text: str, *, retry_after_s: float | None = None, malformed: bool = False) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s
        self.malformed = malformed


class SinkError(RedlineError):
    """A batch could not be made durable."""


class FencedError(SinkError):
    """Another sink has moved this partition's offset in the table: drop the batch and seek."""


class OffsetGapError(SinkError):
    """Kafka no longer holds the offset the table asks for: data would be lost silently."""


class TableHaltedError(SinkError):
    """A gate halted the table; nothing is published until `redline release TABLE`."""


class RowError(SinkError):
    """A record of our own topics is not a row of its table: a bug of ours, so the table stands still."""


class StateFormatError(RedlineError):
    """The state of a stage was written by another version of Redline, in another format."""


class LedgerError(RedlineError):
    """The ledger could not be read."""


class LockedError(RedlineError):
    """Another Redline process owns the data folder."""


class ClockError(RedlineError):
    """This machine's clock cannot be right, and what was asked for goes by it."""


class ProcessError(RedlineError):
    """A part of Redline could not be started as a process."""


class InputError(RedlineError):
    """A file or stream of events could not be read to its end."""


class AuditError(RedlineError):
    """Something was to be recorded that the audit table must not hold, or a noted head is none."""


class PurposeError(RedlineError):
    """A table, or a grouping of its rows, was asked for something it is not for."""
