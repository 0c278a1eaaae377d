"""Requests and answers of providers as messages: one table; and spans of tools that nobody named the call of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.otlp import NOW_US

from schemas.events import Step
from schemas.sources.provider_shapes import plain
from schemas.sources.traces import read_file

GEMINI = {
    "model": "m",
    "config": {"system_instruction": "Be brief."},
    "contents": [{"role": "user", "parts": [{"text": "Why?"}]}],
}
ASKED = {"id": "c", "name": "look", "args": {"at": 1}}
ANSWER = {"role": "assistant", "content": "So."}
CALL = {"type": "tool_call", "id": "c", "name": "look", "arguments": {"at": 1}}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ([{"role": "user", "content": "Why?"}], [{"role": "user", "content": "Why?"}]),
        ({"prompt": "Why?"}, {"role": "user", "content": "Why?"}),
        ({"contents": "Why?", "model": "m"}, [{"role": "user", "content": "Why?"}]),
        (
            GEMINI,
            [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "parts": [{"type": "text", "content": "Why?"}]},
            ],
        ),
        (
            {"candidates": [{"content": {"role": "model", "parts": [{"functionCall": ASKED}]}}]},
            [{"role": "model", "parts": [CALL]}],
        ),
        ({"choices": [{"index": 0, "message": ANSWER}]}, [ANSWER]),
        ({"index": 0, "message": ANSWER}, ANSWER),
        (
            {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "So."}]}]},
            [{"type": "message", "role": "assistant", "content": [{"type": "text", "content": "So."}]}],
        ),
        ([{"toolCallId": "c", "toolName": "look", "input": {"at": 1}}], [{"role": "assistant", "parts": [CALL]}]),
        ({"content": "role"}, {"content": "role"}),
        ("plain", "plain"),
        (None, None),
    ],
)  # fmt: skip
def test_what_a_provider_s_object_is_as_messages(shape: Any, expected: Any) -> None:
    assert plain(shape) == expected


names = st.sampled_from(
    ["contents", "content", "parts", "role", "message", "choices", "output", "type", "prompt", "text"]
)
trees = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)


@given(trees)
def test_no_object_breaks_it(tree: Any) -> None:
    plain(tree)


def observation(kind: str, said: Any, answer: Any, **fields: Any) -> dict[str, Any]:
    usual = {
        "id": f"{abs(hash((kind, str(said)))):016x}"[:16],
        "traceId": "7a38edd8123db47ad8dcb8aa4c5e3926",
        "type": kind,
        "name": "look",
        "startTime": "2025-12-04T14:51:22.000Z",
        "endTime": "2025-12-04T14:51:29.000Z",
        "input": said,
        "output": answer,
        "metadata": {"attributes": {"gen_ai.operation.name": "execute_tool" if kind == "TOOL" else "chat"}},
    }
    return usual | fields


def test_a_tool_s_span_without_an_id_answers_the_first_call_with_its_arguments_and_the_call_comes_first() -> None:
    calls = [{"type": "tool_use", "id": f"c{n}", "name": "look", "input": {"at": n % 2}} for n in range(3)]
    document = {
        "trace": {},
        "observations": [
            observation("GENERATION", {"content": "role"}, {"role": "assistant", "content": calls}),
            *(
                observation(
                    "TOOL",
                    {"input": {"at": n % 2}},
                    {"content": [{"type": "text", "text": f"saw {n}"}]},
                    startTime=f"2025-12-04T14:51:2{4 + n}.000Z",
                    endTime=f"2025-12-04T14:51:2{4 + n}.500Z",
                    id=f"{n:016x}",
                )
                for n in range(3)
            ),
            observation("TOOL", {"at": "nobody asked"}, "x", id=f"{9:016x}"),
        ],
    }
    reading = read_file(json.dumps(document).encode(), written_us=NOW_US)
    assert reading.skipped == {"no_role": 1, "no_call_id": 1}
    first: dict[str, Any] = {}
    for event in reading.events:
        first.setdefault(event.id, event.data)
    found = [(step.kind, step.call_id, step.content) for step in first.values() if isinstance(step, Step)]
    assert found == [
        (kind, f"c{n}", f"saw {n}" if kind == "tool_result" else "")
        for n in range(3)
        for kind in ("tool_call", "tool_result")
    ]
