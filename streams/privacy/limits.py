"""How much text an event may hold to be scrubbed at all. Pure.

The time limit of the pool would stop a text of ten million characters too, but only after it has held a child for
seconds, twice. What is over a limit is not begun.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from streams.scrub import Job

TOO_LARGE = "too_large"  # of `schemas.rows.REASONS`


@dataclass(frozen=True, slots=True)
class Limits:
    """Most code points of one text, and of all texts of one event."""

    text: int = 1_000_000
    event: int = 4_000_000

    def exceeded(self, job: Job) -> bool:
        """True if the job's event is over a limit."""
        total = 0
        for size in _sizes(job.event.data):
            total += size
            if size > self.text or total > self.event:
                return True
        return False


def _sizes(value: Any) -> list[int]:
    """Lengths of all texts in a value, keys of objects included. No recursion: the depth is the sender's choice."""
    sizes: list[int] = []
    open_values = [value]
    while open_values:
        one = open_values.pop()
        if isinstance(one, str):
            sizes.append(len(one))
        elif isinstance(one, msgspec.Struct):
            open_values += [getattr(one, name) for name in one.__struct_fields__]
        elif isinstance(one, Mapping):
            open_values += [*one.keys(), *one.values()]
        elif isinstance(one, Sequence):
            open_values += list(one)
        elif isinstance(one, int):
            sizes.append(one.bit_length() * 3 // 10 + 1)  # a number of many digits is scrubbed as a text
    return sizes
