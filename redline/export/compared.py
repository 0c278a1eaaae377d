"""What rows of a table are compared by: what was asked, and what was answered. Pure; the same for every format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

PARTS = 2
_COLUMNS = {
    "pairs": ("prompt", "before", "suggestion", "final"),
    "revisions": ("before", "after"),
    "trajectories": ("steps",),
}
_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


def columns(table: str) -> tuple[str, ...]:
    """The columns that `questions_and_answers` reads. Raises KeyError: a table that nothing is exported from."""
    return _COLUMNS[table]


def questions_and_answers(batch: pa.Table, table: str) -> tuple[list[str], list[str]]:
    """Two texts of every row.

    Of a pair: the prompt's messages and the text to work on; the suggestion and what was kept. Of a revision: before
    and after. Of a session: what was said and asked by people and systems; everything else.
    """
    held = [batch.column(name).to_pylist() for name in _COLUMNS[table]]
    if table == "trajectories":
        both = [_of_steps(steps) for steps in held[0]]
        return [asked for asked, _ in both], [answered for _, answered in both]
    if table == "revisions":
        return held[0], held[1]
    prompt, before, suggestion, final = held
    return (
        [_text(_messages(p), b) for p, b in zip(prompt, before, strict=True)],
        # A text that is there twice says nothing more.
        [s if s == f else _text([s], f) for s, f in zip(suggestion, final, strict=True)],
    )


def _text(parts: Iterable[str], last: str) -> str:
    return "\n".join([*parts, last])


def _messages(prompt: str) -> list[str]:
    try:
        return [text for message in _decode(prompt) for text in _leaves(message.get("content", ""))]
    except msgspec.DecodeError:
        return [prompt]


def _of_steps(steps: list[dict[str, Any]]) -> tuple[str, str]:
    asked: list[str] = []
    answered: list[str] = []
    for step in steps:
        into = asked if step["role"] in {"user", "system"} else answered
        into += [step[name] for name in ("content", "tool_name", "arguments") if step.get(name)]
    return "\n".join(asked), "\n".join(answered)


def _leaves(value: Any) -> Iterator[str]:
    """All texts of a message's content: a text, or a list of parts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
