"""Events of an interaction or session in the words of one epoch: a rotation must not look like an edit. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.rows import Interaction


def in_one_epoch(rows: Sequence[Interaction], head: Interaction) -> list[Interaction]:
    """The rows as they read under one key.

    That is the head's if every row can be read under it, else the newest under which all can. Rows further apart than
    the overlap have none in common: then each reads as near to the head as it can.
    """
    if all(row.key_epoch == head.key_epoch for row in rows):
        return list(rows)
    epoch = _common(rows, head)
    return [_under(row, epoch) for row in rows]


def _common(rows: Sequence[Interaction], head: Interaction) -> int:
    shared = _epochs(head).intersection(*(_epochs(row) for row in rows))
    return head.key_epoch if head.key_epoch in shared else max(shared, default=head.key_epoch)


def _epochs(row: Interaction) -> set[int]:
    return {row.key_epoch, *(variant.key_epoch for variant in row.variants)}


def _under(row: Interaction, epoch: int) -> Interaction:
    for variant in row.variants:
        if variant.key_epoch == epoch != row.key_epoch:
            return msgspec.structs.replace(
                row, key_epoch=epoch, tool=variant.tool, data=variant.data, marks=variant.marks
            )
    return row
