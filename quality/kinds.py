"""Every kind of alert.

docs/alerts.md is made from this list; a test compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.kind import Kind
from quality.kinds_of_looks import OF_LOOKS
from quality.kinds_of_processes import OF_PROCESSES
from quality.kinds_of_sinks import OF_SINKS
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: tuple[Kind, ...] = (*OF_SINKS, *OF_LOOKS, *OF_PROCESSES)

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}

# A kind that is not in the list is a fault of ours, and is told all the same.
UNKNOWN = Kind("", Severity.ERROR, "nothing to tell", "redline status", "unknown", "", "")


def of(name: str) -> Kind:
    """The kind of this name; `UNKNOWN` if there is none."""
    return BY_NAME.get(name, UNKNOWN)
