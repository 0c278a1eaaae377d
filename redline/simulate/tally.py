"""What a simulation has sent, so that a ledger and tables can be compared with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable


class Tally(msgspec.Struct, kw_only=True):
    """Counts. `records` = events + copies + broken ones; `bytes` of values, without the broken ones'.

    `copies`: records whose (source, id) was sent before. `refused`: readable records, copies included, of people who do
    not consent (in opt-in mode). `late`: edits after their interaction closed. `offline`: scenes that came hours later.
    `outcomes`: interactions of which everything has been sent, by the label that their raw texts must get. `again`:
    records sent once more after a broker failed: at most so many duplicates more.
    """

    records: int = 0
    bytes: int = 0
    events: dict[str, int] = {}
    copies: int = 0
    broken: dict[str, int] = {}
    refused: int = 0
    late: int = 0
    scenes: int = 0
    offline: int = 0
    outcomes: dict[str, int] = {}
    again: int = 0
    withdrawn: int = 0

    def sent(self, kind: str, size: int, consented: bool | None, *, copy: bool, late: bool) -> None:
        """Count one readable record."""
        self.bytes += size
        if not consented:
            self.refused += 1
        if copy:
            self.copies += 1
            return
        self.events[kind] = self.events.get(kind, 0) + 1
        self.late += late

    def lines(self) -> Iterable[tuple[str, str]]:
        """Names and counts, for people."""
        for name in ("records", "bytes", "copies", "refused", "late", "scenes", "offline", "again", "withdrawn"):
            yield name, f"{getattr(self, name):,}"
        for name, counts in (("event", self.events), ("broken", self.broken), ("outcome", self.outcomes)):
            for kind, count in sorted(counts.items()):
                yield f"{name} {kind}", f"{count:,}"
