"""`datasets.load_dataset` gives back each export as it was made.

Needs what `tests/trainers/requirements.txt` names (`make trainers`); without it these are skipped.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from trainers import rows

from sinks.export.example import Options
from sinks.export.formats import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(find_spec("datasets") is None, reason="no datasets: make trainers"),
    pytest.mark.filterwarnings("ignore"),  # of the library, about itself
]


def without_nulls(value: Any) -> Any:
    """Without the keys that a column of structs adds where an example has none."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_is_read_as_it_was_written(tmp_path: Path, name: str, form: str) -> None:
    from datasets import load_dataset

    if form == "parquet" and FORMATS[name].schema(Options()) is None:
        pytest.skip("the target reads JSONL only")
    path = rows.exported(tmp_path, name, form, count=24)
    kind = "json" if form == "jsonl" else form
    data = load_dataset(kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    made = rows.examples(name, 24, form=form)
    assert [without_nulls(row) for row in data] == [without_nulls(json.loads(json.dumps(one))) for one in made]
