"""LLaMA-Factory's own loader over the files and the `dataset_info.json` beside them.

Needs what `tests/trainers/requirements.txt` names (`make trainers`); without it these are skipped.
"""

from __future__ import annotations

import json
import sys
import types
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from trainers import rows

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(find_spec("llamafactory") is None, reason="no llamafactory: make trainers"),
    pytest.mark.filterwarnings("ignore"),  # of the trainers, about themselves
]


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("DISABLE_VERSION_CHECK", "1")  # it asks for older releases of what it does not use here
    if find_spec("torchaudio") is None:
        import transformers.processing_utils  # noqa: F401 - asks for torchaudio as well, and can do without

        monkeypatch.setitem(sys.modules, "torchaudio", types.ModuleType("torchaudio"))


def loaded(folder: Path) -> Any:
    """The data set as LLaMA-Factory aligns it, whatever its format."""
    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import DataArguments, ModelArguments
    from transformers import TrainingArguments

    (attributes,) = get_dataset_list(["redline_train"], str(folder))
    return _load_single_dataset(
        attributes,
        ModelArguments(model_name_or_path="none", cache_dir=str(folder / "cache")),
        DataArguments(dataset_dir=str(folder)),
        TrainingArguments(output_dir=str(folder / "out"), report_to=[], use_cpu=True),
    )


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize(
    "name", ["llama-factory", "llama-factory-preference", "llama-factory-kto", "llama-factory-sharegpt"]
)
def test_every_example_arrives(tmp_path: Path, name: str, form: str) -> None:
    rows.exported(tmp_path, name, form, system="Be brief.")
    made = rows.examples(name, system="Be brief.")
    data = loaded(tmp_path)
    assert len(data) == len(made)
    for example, aligned in zip(made, data, strict=True):
        said = [turn["content"] for turn in (aligned["_prompt"] or []) + (aligned["_response"] or [])]
        assert aligned["_system"] == "Be brief."
        match name:
            case "llama-factory":
                assert said == [example["instruction"], example["output"]]
            case "llama-factory-preference":
                assert said == [example["instruction"], example["chosen"], example["rejected"]]
            case "llama-factory-kto":
                asked, answered = (turn["value"] for turn in example["conversations"])
                assert said == ([asked, answered, ""] if example["kto_tag"] else [asked, "", answered])
            case _:
                assert said == [turn["value"] for turn in example["conversations"]]
                assert json.loads(aligned["_tools"])[0]["function"]["name"] == "read"
                assert [turn["role"] for turn in aligned["_prompt"]] == ["user", "function", "observation"]


def test_calls_and_tools_are_written_as_templates_ask(tmp_path: Path) -> None:
    from llamafactory.data.formatter import FunctionFormatter, ToolFormatter

    for example in rows.examples("llama-factory-sharegpt"):
        call = example["conversations"][1]["value"]
        (written,) = FunctionFormatter(slots=["{{content}}"], tool_format="llama3").apply(content=call)
        told = json.loads(written)
        assert told["name"] == "read"
        assert told["parameters"] == json.loads(call)[0]["arguments"]
        (declared,) = ToolFormatter(tool_format="llama3").apply(content=example["tools"])
        assert '"name": "read"' in declared
