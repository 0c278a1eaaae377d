"""Sums and counts by tool, vectorised; of all tools together too. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality.measures import Point, point

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from quality.measures import Series

    Numbers = npt.NDArray[Any]


class Tools:
    """The tool of each row, as a number; the last one is all of them."""

    def __init__(self, column: Any) -> None:
        coded = pc.dictionary_encode(pc.fill_null(column, "")).combine_chunks()
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.chunk(0)
        self.names: list[str] = coded.dictionary.to_pylist()
        self.codes: Numbers = ints(coded.indices)

    @classmethod
    def none(cls, rows: int) -> Tools:
        """So many rows of which no tool is known."""
        self = cls.__new__(cls)
        self.names, self.codes = [], np.zeros(rows, np.int64)
        return self

    def sums(self, numbers: Numbers | None = None, rows: Numbers | None = None) -> Numbers:
        """Sums by tool, then of all, of a number of each row, or of each of `rows`; without numbers, how many."""
        codes = self.codes if rows is None else self.codes[rows]
        own = np.bincount(codes, weights=numbers, minlength=len(self.names)).astype(np.float64)
        if not self.names:
            return own[:1] if len(own) else np.zeros(1)
        return np.append(own, own.sum())

    def bins(self, labels: Sequence[str], codes: Numbers, rows: Numbers, weights: Numbers | None = None) -> Numbers:
        """Counts by tool and label, the last row of all. `codes[i]` is the label of something of row `rows[i]`."""
        width = max(1, len(labels))
        places = self.codes[rows] * width + codes
        own = np.bincount(places, weights=weights, minlength=max(1, len(self.names)) * width).astype(np.float64)
        own = own.reshape(-1, width)
        return np.vstack([own, own.sum(axis=0)]) if self.names else own

    def points(
        self,
        series: Series,
        at_us: int,
        table: str,
        *,
        value: Numbers,
        weight: Numbers,
        labels: Sequence[str] = (),
        bins: Numbers | None = None,
    ) -> list[Point]:
        """A point for each tool that has a weight, and one of all."""
        found = []
        for place, name in enumerate([*self.names, ""]):
            if not weight[place]:
                continue
            held = {} if bins is None else {label: float(n) for label, n in zip(labels, bins[place], strict=True) if n}
            found.append(
                point(
                    series, at_us, table, tool=name, value=float(value[place]), weight=float(weight[place]), bins=held
                )
            )
        return [one for one in found if one.tool or one is found[-1]]  # rows without a tool count as all of them only


def ints(array: Any) -> Numbers:
    """An Arrow array without nulls as numbers."""
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.int64)
