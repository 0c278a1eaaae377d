"""Which format a partition's state has: a worker goes on only with its own.

A mark stands in the state of each partition, and so on its changelog, where a worker of any machine and
`redline state show` read it. State without a mark is of format 1, which had none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import StateFormatError

if TYPE_CHECKING:
    from streams.state import Overlay

STATE_FORMAT = 1
"""Goes up when a worker of the version before could not read, or would misread, what stages keep."""
FORMAT_KEY = b"format"  # no kind of key begins so, and no identity: those are hex digits
_UNMARKED = 1


def require(state: Overlay, where: str) -> None:
    """Mark state that is new; return if it is of our format.

    Raises:
        StateFormatError: another version of Redline wrote it.
    """
    found = state.get(FORMAT_KEY)
    if found is None:
        fresh = next(iter(state.scan(b"")), None) is None
        found = b"%d" % (STATE_FORMAT if fresh else _UNMARKED)
        state.put(FORMAT_KEY, found)
    if found != b"%d" % STATE_FORMAT:
        came = int(found) if found.isdigit() else "something else"
        raise StateFormatError(
            f"state of {where}: needed format {STATE_FORMAT}, came {came}: another version of Redline wrote it. Run"
            " that version, or stop all workers and run `redline state rebuild` (docs/upgrade.md)"
        )
