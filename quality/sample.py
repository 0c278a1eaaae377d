"""A look at a few rows with another detector than the scrubber's: what did it leave? Pure; the detector is given.

Which rows are looked at depends on their ids alone, which are hashes: nobody can arrange to be passed over, and two
processes choose alike.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    # Names of what is found in a text, one for each finding; never the text.
    Find = Callable[[str], Iterable[str]]

# Columns whose texts are looked at, and of lists the parts.
TEXTS: Mapping[str, tuple[str, ...]] = {
    "interactions": ("data",),
    "pairs": ("prompt", "before", "suggestion", "final"),
    "trajectories": ("steps",),
    "revisions": ("before", "after"),
}
_PARTS = ("content", "arguments", "outcome")
LONGEST = 20_000  # code points of one text: Presidio reads some 100,000 in a second


def choose(ids: Any, most: int) -> list[int]:
    """Positions of at most so many rows, ascending: those with the smallest ids."""
    if not len(ids):
        return []
    options = pc.SelectKOptions(k=min(most, len(ids)), sort_keys=[("record_id", "ascending")])
    return sorted(pc.select_k_unstable(pa.table({"record_id": ids}), options=options).to_pylist())


def look(rows: pa.Table, table: str, find: Find) -> list[Counter[str]]:
    """For every row, what is found in its texts, by name. Each text is read up to `LONGEST`."""
    found = [Counter[str]() for _ in range(rows.num_rows)]
    for column in TEXTS[table]:
        for counts, value in zip(found, rows.column(column).to_pylist(), strict=True):
            for text in _texts(value):
                counts.update(find(text[:LONGEST]))
    return found


def _texts(value: str | Sequence[Mapping[str, Any]] | None) -> list[str]:
    if value is None or isinstance(value, str):
        return [value] if value else []
    return [text for element in value for part in _PARTS if (text := element[part])]
