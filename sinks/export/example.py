"""What a training format is: rows of a published table in, examples as a trainer reads them out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

# One example: text, numbers, booleans, lists and objects, as JSON has them. Every text encodes as UTF-8.
Example = dict[str, Any]

# What one row gives: its examples (one or more), or why it gives none: one of REASONS.
Rendered = list[Example] | str

REASONS: Mapping[str, str] = {
    "ignored": "nobody decided: silence is no judgement",
    "no_prompt": "neither a prompt nor a text to work on: nothing that the answer answers",
    "bad_prompt": "the prompt is no list of messages, or its roles are none a chat has",
    "nothing_chosen": "rejected, and nothing else was written instead",
    "nothing_rejected": "accepted as it was: there is no worse answer",
    "nothing_changed": "kept as it was: there is nothing of the person's in it",
    "same_text": "the two answers differ in white space at most",
    "empty_answer": "an answer without any text",
    "no_user_turn": "a session in which nobody asks",
    "no_assistant_turn": "a session in which no model answers after somebody asked",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may choose about a format, and, last, what the export sets for each batch."""

    system: str = ""  # a system message before every conversation that has none
    plain: bool = False  # texts instead of messages, where the target takes both (TRL)
    before: bool = True  # the text that the suggestion would replace, below the prompt, unless it stands in there
    ignored: bool = False  # suggestions nobody decided on count as undesirable (KTO)
    kept: float = 0.67  # an edited suggestion is undesirable (KTO) if less of it than this was kept (4-grams)
    corrected: bool = True  # in sessions: a proposal reads as the person left it; a refused one is left out
    agents: bool = True  # sub-agents of a session as examples of their own
    tools: bool = True  # declare the tools that a session calls, by what the calls tell of them
    split: str = "train"  # set by the export: the split of the batch
    form: str = "jsonl"  # set by the export: jsonl or parquet


# What `redline export --option NAME=VALUE` may set.
CHOICES: tuple[str, ...] = tuple(f.name for f in fields(Options) if f.name not in {"split", "form"})
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def no_files(files: Mapping[str, Sequence[str]]) -> Mapping[str, bytes]:
    """The trainer wants nothing beside the examples."""
    del files
    return {}


@dataclass(frozen=True, slots=True)
class Format:
    """One training format over one table.

    `columns` are read from the table. `fields` says of each field of an example what it is.
    """

    name: str
    meaning: str
    table: str
    columns: tuple[str, ...]
    fields: Mapping[str, str]
    render: Callable[[pa.Table, Options], list[Rendered]]
    parquet: Callable[[Options], pa.Schema] | None = None
    beside: Callable[[Mapping[str, Sequence[str]]], Mapping[str, bytes]] = no_files

    def rows(self, batch: pa.Table, options: Options) -> list[Rendered]:
        """One entry per row of `batch`, in its order; `batch` has `columns`."""
        return self.render(batch, options)

    def schema(self, options: Options) -> pa.Schema | None:
        """What its examples are in Parquet; None where the target reads JSONL only.

        A batch for Parquet is rendered with `form="parquet"`: then arguments and tools are JSON strings.
        """
        return self.parquet(options) if self.parquet else None

    def extra_files(self, files: Mapping[str, Sequence[str]]) -> Mapping[str, bytes]:
        """Files that the trainer wants beside the examples, by name; `files` are the data files of each split."""
        return self.beside(files)


def options(chosen: Mapping[str, str]) -> Options:
    """Options from texts.

    Raises:
        InputError: a name that is none of CHOICES, or a value that does not fit.
    """
    values: dict[str, Any] = {}
    for name, value in chosen.items():
        if name not in CHOICES:
            raise InputError(f"option {name}: needed one of {', '.join(CHOICES)}")
        default = getattr(Options(), name)
        try:
            if isinstance(default, bool):
                values[name] = _FLAGS[value.lower()]
            elif isinstance(default, float):
                values[name] = float(value)
            else:
                values[name] = value
        except (KeyError, ValueError):
            kind = "true or false" if isinstance(default, bool) else "a number"
            raise InputError(f"option {name}: needed {kind}, came another text") from None
    made = replace(Options(), **values)
    if not 0.0 <= made.kept <= 1.0:
        raise InputError("option kept: needed a number from 0 to 1")
    return made
