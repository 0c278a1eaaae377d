"""TRL's trainers take the files and learn from them what the rows say.

Needs what `tests/trainers/requirements.txt` names (`make trainers`); without it these are skipped.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from trainers import rows, tiny

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(find_spec("trl") is None, reason="no trl: make trainers"),
    pytest.mark.filterwarnings("ignore"),  # of the trainers, about themselves
]
STEPS = 20


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))


def settings(tmp_path: Path) -> dict[str, Any]:
    return {
        "output_dir": str(tmp_path / "out"),
        "max_steps": STEPS,
        "per_device_train_batch_size": 8,
        "learning_rate": 3e-3,
        "lr_scheduler_type": "constant",
        "logging_steps": 1,
        "report_to": [],
        "save_strategy": "no",
        "use_cpu": True,
        "bf16": False,
        "fp16": False,
        "seed": 1,
    }


def loaded(path: Path) -> Any:
    from datasets import load_dataset

    kind = "parquet" if path.suffix == ".parquet" else "json"
    return load_dataset(kind, data_files=str(path), split="train", cache_dir=str(path.parent / "cache"))


def trained(trainer: Any) -> tuple[float, float]:
    """Mean loss of the first and of the last five steps."""
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == STEPS
    return sum(losses[:5]) / 5, sum(losses[-5:]) / 5


def words(examples: list[dict[str, Any]]) -> list[str]:
    return [str(example) for example in examples]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_dpo_comes_to_prefer_what_the_person_wrote(tmp_path: Path, form: str) -> None:
    from trl import DPOConfig, DPOTrainer

    made = rows.examples("trl-preference")
    tokens = tiny.tokenizer(words(made))
    model = tiny.model(tokens)
    one = made[0]

    def lead() -> float:
        chosen = tiny.surprise(model, tokens, one["prompt"], one["chosen"])
        return tiny.surprise(model, tokens, one["prompt"], one["rejected"]) - chosen

    before, ahead = tiny.surprise(model, tokens, one["prompt"], one["chosen"]), lead()
    trainer = DPOTrainer(
        model=model,
        ref_model=tiny.model(tokens),
        args=DPOConfig(**settings(tmp_path)),
        train_dataset=loaded(rows.exported(tmp_path, "trl-preference", form)),
        processing_class=tokens,
    )
    first, last = trained(trainer)
    assert last < first
    assert lead() > ahead
    assert tiny.surprise(model, tokens, one["prompt"], one["chosen"]) < before


def test_kto_makes_desirable_answers_likelier_than_the_others(tmp_path: Path) -> None:
    from trl import KTOConfig, KTOTrainer

    made = rows.examples("trl-kto")
    assert {example["label"] for example in made} == {True, False}
    tokens = tiny.tokenizer(words(made))
    model = tiny.model(tokens)
    good = next(example for example in made if example["label"])
    bad = next(example for example in made if not example["label"])

    def lead() -> float:
        wanted = tiny.surprise(model, tokens, good["prompt"], good["completion"])
        return tiny.surprise(model, tokens, bad["prompt"], bad["completion"]) - wanted

    ahead = lead()
    trainer = KTOTrainer(
        model=model,
        ref_model=tiny.model(tokens),
        args=KTOConfig(**settings(tmp_path)),
        train_dataset=loaded(rows.exported(tmp_path, "trl-kto")),
        processing_class=tokens,
    )
    first, last = trained(trainer)
    assert last < first
    assert lead() > ahead


@pytest.mark.parametrize("plain", [False, True])
def test_sft_learns_the_answer_and_not_the_prompt(tmp_path: Path, plain: bool) -> None:
    from trl import SFTConfig, SFTTrainer

    made = rows.examples("trl-sft", plain=plain)
    tokens = tiny.tokenizer(words(made))
    trainer = SFTTrainer(
        model=tiny.model(tokens),
        args=SFTConfig(**settings(tmp_path)),
        train_dataset=loaded(rows.exported(tmp_path, "trl-sft", plain=plain)),
        processing_class=tokens,
    )
    learnt = tokens.decode([label for label in trainer.train_dataset[0]["labels"] if label >= 0])
    completion = made[0]["completion"]
    assert learnt.removesuffix("<|eot|>") == (completion if plain else completion[0]["content"])
    first, last = trained(trainer)
    assert last < 0.8 * first


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_sessions_with_tools_are_learnt_with_their_own_arguments(tmp_path: Path, form: str) -> None:
    from trl import SFTConfig, SFTTrainer

    made = rows.examples("trl-messages", form=form)
    tokens = tiny.tokenizer(words(made))
    data = loaded(rows.exported(tmp_path, "trl-messages", form))
    trainer = SFTTrainer(
        model=tiny.model(tokens), args=SFTConfig(**settings(tmp_path)), train_dataset=data, processing_class=tokens
    )
    seen = [tokens.decode(ids) for ids in trainer.train_dataset["input_ids"]]
    assert sum("f1.py" in text for text in seen) == 1
    assert not any("null" in text or "None" in text for text in seen)
    first, last = trained(trainer)
    assert last < 0.8 * first
