"""Formats over `pairs`: one row at a time, from Arrow columns to examples. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from sinks.export.example import Options, Rendered

COLUMNS = ("label", "task", "prompt", "before", "suggestion", "final", "retention_4gram")


class Pair(NamedTuple):
    """What the formats read of a row of `pairs`."""

    label: str
    task: str
    prompt: str
    before: str
    suggestion: str
    final: str
    retention: float


def pairs(batch: pa.Table) -> Iterator[Pair]:
    """Rows of a batch that has COLUMNS."""
    columns = [batch.column(name).to_pylist() for name in COLUMNS]
    return map(Pair._make, zip(*columns, strict=True))


def each(render: Callable[[Pair, Options], Rendered]) -> Callable[[pa.Table, Options], list[Rendered]]:
    """A function of a row as one of a batch."""

    def rows(batch: pa.Table, options: Options) -> list[Rendered]:
        return [render(row, options) for row in pairs(batch)]

    return rows
