"""Open keys of a keyed stage that consent no longer covers: found by the tags of their events, dropped in two steps.

1 the key is marked with the reason, in state
2 its events become rejects, and the mark goes with them

What consent says is no function of the input, and may be another answer after a crash. A marked key is dropped whatever
consent says by then, and nothing has left before the mark is on the changelog: an event never gets two fates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from streams.state import Overlay

# Kinds of keys in state, beside those of the stage.
_OWNER = b"o"  # the tag of one event
_MARK = b"d"  # a key that is to be dropped: the reason
_ID = 32  # length of a record id: what stands behind the key in the name of an owner
# Of several reasons in one key the first of these.
_ORDER = ("erased", "key_destroyed", "consent_withdrawn", "out_of_scope", "no_consent")


class Asked(Protocol):
    """`streams.owners.Owners`."""

    @property
    def narrowed(self) -> int:
        """Changes when what is held should be asked about again."""

    def refusal(self, tag: bytes) -> str | None:
        """Why an event may no longer be used; None if it may."""


class Withdrawals:
    """Tags and marks in the state of one stage."""

    def __init__(self, owners: Asked) -> None:
        self._owners = owners

    def keep(self, state: Overlay, key: bytes, record_id: bytes, tag: bytes) -> bool:
        """An event has been taken into a key; True if the key is now to be dropped."""
        state.put(_OWNER + key + record_id, tag)
        reason = self._owners.refusal(tag)
        if reason is not None:
            self._mark(state, key, reason)
        return reason is not None

    def check(self, state: Overlay, key: bytes, record_ids: Iterable[bytes]) -> bool:
        """Look at all events of one key; True if it is to be dropped.

        Their names are given: a scan for tags would have to step over those of all keys that have settled.
        """
        for record_id in record_ids:
            tag = state.get(_OWNER + key + record_id)
            reason = None if tag is None else self._owners.refusal(tag)
            if reason is not None:
                self._mark(state, key, reason)
        return self.reason(state, key) is not None

    def sweep(self, state: Overlay) -> Iterator[bytes | None]:
        """Look at every event of the partition; for each the key that is to be dropped because of it, or None."""
        for name, tag in state.scan(_OWNER):
            reason = self._owners.refusal(tag)
            if reason is None:
                yield None
                continue
            key = name[len(_OWNER) : -_ID]
            self._mark(state, key, reason)
            yield key

    def marked(self, state: Overlay) -> list[bytes]:
        """Keys that are to be dropped: also those of a worker that died between the two steps."""
        return sorted(name[len(_MARK) :] for name, _ in state.scan(_MARK))

    def reason(self, state: Overlay, key: bytes) -> str | None:
        """Why a key is to be dropped; None if it is not."""
        mark = state.get(_MARK + key)
        return None if mark is None else mark.decode()

    def forget(self, state: Overlay, key: bytes, record_ids: Iterable[bytes]) -> None:
        """The key has settled, one way or the other."""
        for record_id in record_ids:
            if state.get(name := _OWNER + key + record_id) is not None:
                state.delete(name)
        if state.get(_MARK + key) is not None:
            state.delete(_MARK + key)

    def _mark(self, state: Overlay, key: bytes, reason: str) -> None:
        known = self.reason(state, key)
        if known is None or _ORDER.index(reason) < _ORDER.index(known):
            state.put(_MARK + key, reason.encode())


class Purges:
    """Which partitions of a worker are to be asked by a purge tick, and when.

    Args:
        narrowed: what `Asked.narrowed` says at the start.
        takeovers: also ask of a partition that is new to the worker. Without it (bounded runs) its end of input asks.
    """

    def __init__(self, narrowed: int, *, takeovers: bool) -> None:
        self._first = narrowed
        self._takeovers = takeovers
        self._asked: dict[int, tuple[int, int]] = {}

    def due(self, partitions: Iterable[int], generation: int, narrowed: int) -> list[int]:
        """Those that have not been asked since consent narrowed last, or since they came here."""
        if not self._takeovers and narrowed == self._first:
            return []
        return sorted(one for one in partitions if self._asked.get(one) != (generation, narrowed))

    def sent(self, partitions: Iterable[int], generation: int, narrowed: int) -> None:
        """The tick of these stands in Kafka."""
        self._asked.update(dict.fromkeys(partitions, (generation, narrowed)))
