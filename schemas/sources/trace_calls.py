"""Spans of tools whose exporter left out which call of a model they answer, in a trace that is there as a whole. Pure.

LangSmith's OpenTelemetry export names neither the call nor the tool, and puts the arguments into `{"input": …}`. The
call is the first one of the same tool with the same arguments that no span answers yet.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.events import Step
from schemas.sources.loose_json import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.sources.otlp_records import Span

_CALL, _NAME = "gen_ai.tool.call.id", "gen_ai.tool.name"
ARGUMENTS = "tool_arguments"
_encode = msgspec.json.Encoder(order="sorted").encode
_Asked = tuple[str, bytes]


def nameless(span: Span) -> bool:
    """True for a tool's span that says what it was called with, and not by which call."""
    return ARGUMENTS in span.attributes and not span.attributes.get(_CALL)


def named(spans: Iterable[Span], steps: Sequence[object]) -> list[Span]:
    """The spans, with call, tool and arguments where they can be known. `steps`: what the trace's models said."""
    answered = {span.attributes[_CALL] for span in spans if span.attributes.get(_CALL)}
    asked: dict[_Asked, deque[str]] = defaultdict(deque)
    for step in steps:
        if isinstance(step, Step) and step.kind == "tool_call" and step.call_id and step.call_id not in answered:
            answered.add(step.call_id)
            asked[step.tool_name, _encode(step.arguments)].append(step.call_id)
    return [_named(span, asked) if nameless(span) else span for span in spans]


def _named(span: Span, asked: dict[_Asked, deque[str]]) -> Span:
    tool = str(span.attributes.get(_NAME) or span.name)
    said: Any = parsed(span.attributes[ARGUMENTS])
    wrapped = [said["input"]] if isinstance(said, dict) and said.keys() == {"input"} else []
    for arguments in (said, *wrapped):
        if calls := asked[tool, _encode(arguments)]:
            told = {_NAME: tool, _CALL: calls.popleft(), ARGUMENTS: _encode(arguments).decode()}
            return span._replace(attributes={**span.attributes, **told})
    return span
