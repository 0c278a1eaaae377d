"""Formats of LLaMA-Factory, and the `dataset_info.json` it finds them by.

Source: data/README.md and src/llamafactory/data/converter.py of hiyouga/LLaMA-Factory at ff6d4d1 (2026-08): turns of
person and model must alternate, the person first. A call of tools is a turn of its own, without text; the answers to
parallel calls are one turn. So what a model says beside a call is left out, and a session is told up to where a person
speaks right after a tool's answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from sinks.export import session
from sinks.export.beside import json_of
from sinks.export.conversation import Message, apart
from sinks.export.example import Format
from sinks.export.pair import COLUMNS, Pair, each
from sinks.export.preference import choice, demonstration, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sinks.export.example import Example, Options, Rendered
    from sinks.export.turns import Turn

_TURNS = pa.list_(pa.struct([("from", pa.string()), ("value", pa.string())]))
_FROM = {"user": "human", "assistant": "gpt"}
_ASKING = {"human": True, "observation": True, "gpt": False, "function_call": False}
_BETWEEN = "\n</tool_response>\n<tool_response>\n"  # what LLaMA-Factory puts between answers to parallel calls
_ASKED = {
    "instruction": pa.string(),
    "input": pa.string(),
    "system": pa.string(),
    "history": pa.list_(pa.list_(pa.string())),
}
_ASKED_MEANS = {
    "instruction": "what was asked last",
    "input": "empty: the text to work on stands in the instruction",
    "system": "system message, or empty",
    "history": "earlier turns: what was asked, what was answered",
}


def dataset_info(entry: Mapping[str, Any]) -> Callable[[Mapping[str, Sequence[str]]], Mapping[str, bytes]]:
    """`dataset_info.json`: a data set for each split (`redline_train`), or for each file where a split has several."""

    def beside(files: Mapping[str, Sequence[str]]) -> Mapping[str, bytes]:
        told: dict[str, Any] = {}
        for split, names in files.items():
            for number, name in enumerate(names):
                suffix = "" if len(names) == 1 else f"_{number}"
                told[f"redline_{split}{suffix}"] = {"file_name": name, **entry}
        return {"dataset_info.json": json_of(told)}

    return beside


def _alpaca(row: Pair, options: Options) -> Rendered:
    found = demonstration(row, options)
    return found if isinstance(found, str) else [_asked(found[0], output=found[1])]


def _preference(row: Pair, options: Options) -> Rendered:
    found = choice(row, options)
    return found if isinstance(found, str) else [_asked(found[0], chosen=found[1], rejected=found[2])]


def _asked(turns: list[Message], **answers: str) -> Example:
    system, turns = apart(turns)
    texts = [turn["content"] for turn in turns]
    history = [texts[at : at + 2] for at in range(0, len(texts) - 1, 2)]
    return {"instruction": texts[-1], "input": "", **answers, "system": system, "history": history}


def _kto(row: Pair, options: Options) -> Rendered:
    found = verdicts(row, options)
    if isinstance(found, str):
        return found
    system, turns = apart(found[0])
    asked = [{"from": _FROM[turn["role"]], "value": turn["content"]} for turn in turns]
    return [
        {"conversations": [*asked, {"from": "gpt", "value": text}], "system": system, "kto_tag": good}
        for text, good in found[1]
    ]


def _session(turns: list[Turn], options: Options) -> Example:
    system = turns[0].content if turns[0].role == "system" else ""
    told: list[dict[str, str]] = []
    for turn in turns[1:] if system else turns:
        if not turn.calls:
            told.append({"from": _FROM[turn.role], "value": turn.content})
            continue
        calls = [{"name": call.name, "arguments": call.arguments} for call in turn.calls]
        told.append({"from": "function_call", "value": _json(calls)})
        if turn is not turns[-1]:
            told.append({"from": "observation", "value": _BETWEEN.join(call.answer or "" for call in turn.calls)})
    fits = [_ASKING[turn["from"]] == (place % 2 == 0) for place, turn in enumerate(told)]
    told = told[: fits.index(False)] if False in fits else told
    if _ASKING[told[-1]["from"]]:
        del told[-1]
    used = session.tools(turns, options)
    return {"conversations": told, "system": system, "tools": _json(used) if used else ""}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _schema(**answer: pa.DataType) -> Callable[[Options], pa.Schema]:
    kinds = {"instruction": _ASKED["instruction"], "input": _ASKED["input"], **answer, **_ASKED}
    return lambda _: pa.schema(kinds.items())


_COLUMNS = {"prompt": "instruction", "query": "input", "system": "system", "history": "history"}
ALPACA = Format(
    "llama-factory",
    "LLaMA-Factory alpaca: instruction and output, for supervised fine-tuning",
    "pairs",
    COLUMNS,
    {**_ASKED_MEANS, "output": "what the person kept or wrote"},
    each(_alpaca),
    _schema(output=pa.string()),
    dataset_info({"columns": {**_COLUMNS, "response": "output"}}),
)
PREFERENCE = Format(
    "llama-factory-preference",
    "LLaMA-Factory preference (alpaca, ranking): for reward models, DPO, ORPO and SimPO",
    "pairs",
    COLUMNS,
    {**_ASKED_MEANS, "chosen": "what the person made of it", "rejected": "what the model proposed"},
    each(_preference),
    _schema(chosen=pa.string(), rejected=pa.string()),
    dataset_info({"ranking": True, "columns": {**_COLUMNS, "chosen": "chosen", "rejected": "rejected"}}),
)
KTO = Format(
    "llama-factory-kto",
    "LLaMA-Factory KTO (sharegpt, kto_tag)",
    "pairs",
    COLUMNS,
    {
        "conversations": "what was asked, and an answer; from is human or gpt",
        "system": "system message, or empty",
        "kto_tag": "whether the answer is desirable",
    },
    each(_kto),
    lambda _: pa.schema([("conversations", _TURNS), ("system", pa.string()), ("kto_tag", pa.bool_())]),
    dataset_info(
        {
            "formatting": "sharegpt",
            "columns": {"messages": "conversations", "system": "system", "kto_tag": "kto_tag"},
        }
    ),
)
SESSIONS = Format(
    "llama-factory-sharegpt",
    "LLaMA-Factory sharegpt: sessions with their calls of tools, for supervised fine-tuning",
    "trajectories",
    session.COLUMNS,
    {
        "conversations": "the chat; from is human, gpt, function_call or observation",
        "system": "system message, or empty",
        "tools": "JSON list of the tools it calls, by what the calls tell of them, or empty",
    },
    session.each(_session),
    lambda _: pa.schema([("conversations", _TURNS), ("system", pa.string()), ("tools", pa.string())]),
    dataset_info(
        {"formatting": "sharegpt", "columns": {"messages": "conversations", "system": "system", "tools": "tools"}}
    ),
)
