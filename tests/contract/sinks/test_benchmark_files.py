import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.errors import InputError
from sinks.export.benchmarks import load

LONG = "what is the sum of all even numbers below one hundred"
OTHER = "name the author of the oldest surviving epic poem in writing"


@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("gsm8k.jsonl", [{"question": LONG, "answer": OTHER}]),
        ("prompts.jsonl", [LONG]),
        ("mt_bench.json", [{"question_id": 1, "turns": [LONG, "why"]}]),
        ("squad.json", {"version": "1", "data": [{"paragraphs": [{"context": LONG}]}]}),
        ("alpaca.json", [{"instruction": "do it now", "input": LONG, "output": OTHER}]),
        ("chat.jsonl", [{"messages": [{"role": "user", "content": LONG}, {"role": "assistant", "content": OTHER}]}]),
        ("sharegpt.json", [{"conversations": [{"from": "human", "value": LONG}, {"from": "gpt", "value": OTHER}]}]),
        ("lines.txt", None),
        ("mmlu.parquet", [{"question": LONG, "choices": [OTHER]}]),
    ],
)
def test_prompts_are_found_and_answers_are_not(tmp_path: Path, name: str, records: Any) -> None:
    path = tmp_path / name
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(records), path)
    elif name.endswith(".jsonl"):
        path.write_text("\n".join(json.dumps(record) for record in records) + "\n\n")
    else:
        path.write_text(f"{LONG}\nsomething else entirely\n" if records is None else json.dumps(records))
    benchmarks = load([path])
    assert benchmarks.names == (name,)
    assert benchmarks.contaminated([f"please: {LONG}", OTHER]).tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.jsonl", b""),
        ("secret.jsonl", b'{"zzsecret": "zzsecret"}\n'),
        ("torn.json", b'{"question": "zzsecret'),
        ("deep.json", b"[" * 100_000),
        ("latin.txt", b"\xff\xfezzsecret"),
        ("no.parquet", b"zzsecret"),
    ],
)
def test_a_file_without_prompts_is_refused_and_not_quoted(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match="needed") as refused:
        load([path])
    assert name in str(refused.value)
    assert "zzsecret" not in str(refused.value)
    assert refused.value.__cause__ is refused.value.__context__ is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.jsonl.*FileNotFoundError"):
        load([tmp_path / "gone.jsonl"])
