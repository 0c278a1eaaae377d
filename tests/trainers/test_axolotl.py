"""Axolotl's own strategies over the files: what is trained is what the person wrote.

Needs what `tests/trainers/requirements.txt` names (`make trainers`); without it these are skipped.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from trainers import rows, tiny

from sinks.export.example import Options
from sinks.export.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(find_spec("axolotl") is None, reason="no axolotl: make trainers"),
    pytest.mark.filterwarnings("ignore"),  # of the trainers, about themselves
]


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("AXOLOTL_DO_NOT_TRACK", "1")


@pytest.fixture(scope="module")
def tokens() -> Any:
    return tiny.tokenizer([str(one) for one in rows.examples("axolotl")])


@pytest.fixture
def labelled(tokens: Any, tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    """What of an example is trained, as text, by the strategy and the settings that stand beside the file."""
    import yaml
    from axolotl.prompt_strategies.chat_template import load
    from axolotl.utils.dict import DictDefault

    rows.exported(tmp_path, "axolotl")
    told = yaml.safe_load((tmp_path / "axolotl.yaml").read_text())["datasets"][0]
    cfg = DictDefault({"sequence_len": 2048, "train_on_inputs": False, "chat_template": "tokenizer_default"})
    strategy = load(tokens, cfg, {**told, "chat_template": "tokenizer_default"})

    def trained(example: dict[str, Any]) -> str:
        made = strategy.tokenize_prompt(json.loads(json.dumps(example)))
        return str(tokens.decode([label for label in made["labels"] if label >= 0]))

    return trained


def one(suggestion: str, final: str, kept: list[tuple[int, int]], edited: list[tuple[int, int]]) -> Any:
    row = {"label": "edited", "task": "edit", "prompt": '[{"role":"user","content":"q"}]', "before": ""}
    spans = [[{"start": a, "end": b} for a, b in ranges] for ranges in (kept, edited)]
    table = pa.table(
        {
            **{name: [value] for name, value in row.items()},
            "suggestion": [suggestion],
            "final": [final],
            "retention_4gram": [0.5],
            "kept_spans": pa.array(spans[:1], rows.SPANS),
            "edited_spans": pa.array(spans[1:], rows.SPANS),
        }
    )
    (found,) = FORMATS["axolotl"].rows(table, Options())
    return found[0]


@pytest.mark.parametrize(
    ("texts", "ranges", "theirs"),
    [
        (("Now one thing", "Now two thing"), ([(0, 4), (7, 13)], [(4, 7)]), " two"),
        # one letter; part of a word
        (("So it is", "So a is"), ([(0, 3), (5, 8)], [(3, 4)]), " a"),
        (("I am late", "I am later"), ([(0, 9)], [(9, 10)]), " later"),
        # the first word
        (("One thing", "Two thing"), ([(3, 9)], [(0, 3)]), "Two"),
        # white space around it is trimmed by the template: ranges stay in place
        (("\n  Now one thing", "\n  Now two thing"), ([(0, 7), (10, 16)], [(7, 10)]), " two"),
        # beyond the basic plane, letters of more than one code point
        (("😀😀 e\u0301 one", "😀😀 e\u0301 two!"), ([(0, 6)], [(6, 10)]), " two!"),
        # a cut: what follows it; a cut at the end: where it ends
        (("a great big house", "a big house"), ([(0, 2), (8, 17)], []), " big"),
        (("a house, big", "a house"), ([(0, 7)], []), ""),
        # Axolotl cannot place it
        (("[a] one", "[a] two"), ([(0, 4)], [(4, 7)]), "[a] two"),
    ],
)
def test_what_is_trained_is_what_the_person_wrote(
    labelled: Callable[[dict[str, Any]], str], texts: tuple[str, str], ranges: tuple[Any, Any], theirs: str
) -> None:
    assert labelled(one(*texts, *ranges)) == theirs + "<|eot|>"


def test_a_whole_export_is_masked_and_something_is_left(labelled: Callable[[dict[str, Any]], str]) -> None:
    for example in rows.examples("axolotl"):
        answer = example["messages"][-1]
        told = [answer["content"][d["begin_offset"] : d["end_offset"] + 1] for d in answer["train_detail"]]
        assert labelled(example) == "".join(told) + "<|eot|>"
        assert 0 < sum(map(len, told)) < len(answer["content"])


def test_preferences_go_through_the_chat_template_untouched(tokens: Any, tmp_path: Path) -> None:
    from axolotl.prompt_strategies.dpo.chat_template import default
    from axolotl.utils.dict import DictDefault

    rows.exported(tmp_path, "axolotl-dpo")
    cfg = DictDefault({"chat_template": "tokenizer_default", "datasets": [{"type": "chat_template.default"}]})
    transform, _ = default(cfg)
    for example in rows.examples("axolotl-dpo"):
        made = transform(json.loads(json.dumps(example)), tokenizer=tokens)
        assert made["chosen"] == example["chosen"]["content"] + "<|eot|>"
        assert made["rejected"] == example["rejected"]["content"] + "<|eot|>"
        assert example["messages"][-1]["content"] in made["prompt"]


def test_unpaired_answers_go_through_llama_3s_form(tmp_path: Path) -> None:
    from axolotl.prompt_strategies.kto import llama3

    transform = llama3.prompt_pairs({})
    for example in rows.examples("axolotl-kto", system="Be brief."):
        made = transform(dict(example))
        assert made["completion"] == example["completion"] + "<|eot_id|>"
        assert "Be brief." in made["prompt"]
        assert made["label"] in {True, False}


def test_sessions_with_tools_are_read_in_both_forms(tokens: Any, tmp_path: Path) -> None:
    from axolotl.prompt_strategies.chat_template import load
    from axolotl.utils.dict import DictDefault
    from datasets import load_dataset

    cfg = DictDefault({"sequence_len": 2048, "train_on_inputs": False, "chat_template": "tokenizer_default"})
    strategy = load(tokens, cfg, {"type": "chat_template", "field_messages": "messages", "field_tools": "tools"})
    seen = []
    for form, kind in (("jsonl", "json"), ("parquet", "parquet")):
        path = rows.exported(tmp_path, "trl-messages", form, count=6)
        data = load_dataset(kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
        seen.append([tokens.decode(strategy.tokenize_prompt(row)["input_ids"]) for row in data])
    assert seen[0] == seen[1]
    assert '{"path": "f1.py"}' in seen[0][1]
    assert '{"limit": 0, "query": "x"}' in seen[0][0] or '{"query": "x", "limit": 0}' in seen[0][0]
