"""Formats of Axolotl over `pairs`.

Source: docs/dataset-formats/conversation.qmd and docs/rlhf.qmd of axolotl-ai-cloud/axolotl at 067b021 (2026-07), and
what its prompt_strategies/chat_template.py does: `train_detail` offsets count code points of a message's content, the
end included, and a token is trained if it touches a range with `train` true. The content's place is found again in the
rendered chat, so

* texts go in without white space around them: the templates of Llama 3 trim it, and every range would be off;
* a range goes out to whole words, and takes the space before it along: tokens carry their space, and Axolotl leaves out
  a token that a range touches with one character only;
* a text that begins with `[` has no ranges (it is trained as a whole): Axolotl finds its beginning by comparing it with
  `[[dummy_message]]`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sinks.export.beside import yaml_of
from sinks.export.conversation import Message, question
from sinks.export.example import Format
from sinks.export.pair import COLUMNS, Pair, each, pairs
from sinks.export.preference import choice, demonstration, verdicts
from sinks.export.written import Range, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sinks.export.example import Options, Rendered

# Words of scripts that put spaces between them: in those from U+2E80 on a word would be a sentence.
_WORD = re.compile(r"[^\W\u2e80-\U0010ffff]+")
_SPANS = ("kept_spans", "edited_spans")
_MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
_DETAIL = pa.struct([("begin_offset", pa.int64()), ("end_offset", pa.int64()), ("train", pa.bool_())])
_TRAINED = pa.list_(
    pa.struct(
        [("role", pa.string()), ("content", pa.string()), ("train", pa.bool_()), ("train_detail", pa.list_(_DETAIL))]
    )
)


def _spans(batch: pa.Table, options: Options) -> list[Rendered]:
    kept, edited = (_ranges(batch.column(name)) for name in _SPANS)
    return [_trained(*row, options) for row in zip(pairs(batch), kept, edited, strict=True)]


def _ranges(column: pa.ChunkedArray) -> list[list[Range]]:
    """A column of lists of {start, end}; nulls as empty lists."""
    lists = column.combine_chunks()
    lists = pa.concat_arrays(lists.chunks) if isinstance(lists, pa.ChunkedArray) else lists
    told = lists.flatten()
    starts, ends = told.field("start").to_pylist(), told.field("end").to_pylist()
    found: list[list[Range]] = []
    at = 0
    for length in lists.value_lengths().fill_null(0).to_pylist():
        found.append(list(zip(starts[at : at + length], ends[at : at + length], strict=True)))
        at += length
    return found


def _trained(row: Pair, kept: list[Range], edited: list[Range], options: Options) -> Rendered:
    found = demonstration(row, options)
    if isinstance(found, str):
        return found
    if row.final == row.suggestion:
        return "nothing_changed"
    theirs, cut = written(kept, edited, len(row.suggestion), len(row.final))
    text = row.final.strip()
    lead = len(row.final) - len(row.final.lstrip())
    told = [(max(start - lead, 0), min(end - lead, len(text))) for start, end in theirs]
    detail = [_detail(start, end, train=True) for start, end in _words(text, told)]
    if not detail:
        if not cut:
            return "nothing_changed"  # but white space around it
        detail = [_detail(0, len(text), train=False)]  # the person stopped here: the end of the turn is trained
    answer: dict[str, Any] = {"role": "assistant", "content": text, "train": True}
    if not text.startswith("["):
        answer["train_detail"] = detail
    return [{"messages": [*({**turn, "train": False} for turn in found[0]), answer]}]


def _words(text: str, ranges: list[Range]) -> list[Range]:
    """Ranges, no longer empty ones, out to whole words and the space before them."""
    words = [word.span() for word in _WORD.finditer(text)]
    widened: list[Range] = []
    number = 0
    for begin, stop in ranges:
        if begin >= stop:
            continue
        start, end = begin, stop
        while number < len(words) and words[number][1] <= begin:
            number += 1
        while number < len(words) and words[number][0] < stop:
            start, end = min(start, words[number][0]), max(end, words[number][1])
            number += 1
        number = max(number - 1, 0)  # the next range may begin within this word
        if start and text[start - 1] == " ":
            start -= 1
        if widened and start <= widened[-1][1]:
            start, end = widened[-1][0], max(end, widened[-1][1])
            widened.pop()
        widened.append((start, end))
    return widened


def _detail(start: int, end: int, *, train: bool) -> dict[str, Any]:
    return {"begin_offset": start, "end_offset": end - 1, "train": train}


def _dpo(row: Pair, options: Options) -> Rendered:
    found = choice(row, options)
    if isinstance(found, str):
        return found
    turns, chosen, rejected = found
    return [{"messages": turns, "chosen": _said(chosen), "rejected": _said(rejected)}]


def _said(text: str) -> Message:
    return {"role": "assistant", "content": text.strip()}


def _kto(row: Pair, options: Options) -> Rendered:
    found = verdicts(row, options)
    if isinstance(found, str):
        return found
    system, prompt = question(found[0])
    return [{"system": system, "prompt": prompt, "completion": text, "label": good} for text, good in found[1]]


def _config(kind: Mapping[str, Any], **above: Any) -> Any:
    """A file with the part of a configuration that reads the data."""

    def beside(files: Mapping[str, Sequence[str]]) -> Mapping[str, bytes]:
        def of(names: Sequence[str]) -> list[dict[str, Any]]:
            form = "parquet" if names[0].endswith(".parquet") else "json"
            return [{"path": ".", "ds_type": form, "data_files": list(names), "split": "train", **kind}]

        told: dict[str, Any] = dict(above)
        told["datasets"] = of(files["train"]) if files.get("train") else []
        if files.get("validation"):
            told["test_datasets"] = of(files["validation"])
        return {"axolotl.yaml": yaml_of(told, "Paths are below this folder: start axolotl in it, or change `path`.")}

    return beside


SPANS = Format(
    "axolotl",
    "Axolotl chat_template: chats in which only what the person wrote or chose is trained (train_detail)",
    "pairs",
    (*COLUMNS, *_SPANS),
    {"messages": "role and content; train and, of the answer, train_detail: ranges of code points, the end included"},
    _spans,
    lambda _: pa.schema([("messages", _TRAINED)]),
    _config(
        {
            "type": "chat_template",
            "field_messages": "messages",
            "roles_to_train": [],
            "train_on_eos": "turn",
            "message_field_training": "train",
            "message_field_training_detail": "train_detail",
        }
    ),
)
DPO = Format(
    "axolotl-dpo",
    "Axolotl DPO, IPO and ORPO: type chat_template.default",
    "pairs",
    COLUMNS,
    {"messages": "what was asked", "chosen": "what the person made of it", "rejected": "what the model proposed"},
    each(_dpo),
    lambda _: pa.schema([("messages", pa.list_(_MESSAGE)), ("chosen", _MESSAGE), ("rejected", _MESSAGE)]),
    _config({"type": "chat_template.default"}, rl="dpo"),
)
KTO = Format(
    "axolotl-kto",
    "Axolotl KTO: types llama3.prompt_pairs and chatml.prompt_pairs",
    "pairs",
    COLUMNS,
    {
        "system": "system message, or empty",
        "prompt": "what was asked; earlier turns as a transcript",
        "completion": "an answer",
        "label": "whether it is desirable",
    },
    each(_kto),
    lambda _: pa.schema(
        [("system", pa.string()), ("prompt", pa.string()), ("completion", pa.string()), ("label", pa.bool_())]
    ),
    _config({"type": "llama3.prompt_pairs"}, rl="kto", remove_unused_columns=False),
)
