"""torchtune's preference format over `pairs`.

Source: docs/source/basics/preference_datasets.rst and torchtune/data/_messages.py of pytorch/torchtune at bd2a0fc
(2026-04): both columns hold the whole conversation, the prompt in both the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from sinks.export.example import Format
from sinks.export.pair import COLUMNS, Pair, each
from sinks.export.preference import choice
from sinks.export.trl import MESSAGES, answer

if TYPE_CHECKING:
    from sinks.export.example import Options, Rendered


def _preference(row: Pair, options: Options) -> Rendered:
    found = choice(row, options)
    if isinstance(found, str):
        return found
    turns, chosen, rejected = found
    return [{"chosen": turns + answer(chosen), "rejected": turns + answer(rejected)}]


PREFERENCE = Format(
    "torchtune",
    "torchtune preference_dataset: two conversations that differ in their last answer",
    "pairs",
    COLUMNS,
    {"chosen": "with what the person made of it", "rejected": "with what the model proposed"},
    each(_preference),
    lambda _: pa.schema([("chosen", MESSAGES), ("rejected", MESSAGES)]),
)
