"""Sessions as chats: calls and their answers, corrections, sub-agents, by cases and by properties."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import STEP
from sinks.export.example import REASONS, Options
from sinks.export.formats import FORMATS

OVER_SESSIONS = [one for one in FORMATS.values() if one.table == "trajectories"]


def system(text: str) -> dict[str, Any]:
    return {"role": "system", "kind": "message", "content": text}


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "user", "kind": "message", "content": text, **more}


def model(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "kind": "message", "content": text, **more}


def call(name: str, arguments: Any = None, **more: Any) -> dict[str, Any]:
    told = "" if arguments is None else json.dumps(arguments)
    return {"role": "assistant", "kind": "tool_call", "tool_name": name, "arguments": told, **more}


def answer(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"role": "tool", "kind": "tool_result", "tool_name": name, "content": text, **more}


def proposal(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "kind": "suggestion", "content": text, "outcome": "edit", **more}


def decision(verdict: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"role": "user", "kind": "decision", "content": text, "outcome": verdict, **more}


def edit(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "user", "kind": "edit", "content": text, "outcome": "save", **more}


def batch(*sessions: list[dict[str, Any]]) -> pa.Table:
    blank = {"content": "", "tool_name": "", "arguments": "", "outcome": ""}
    rows = [[{**blank, "index": i, **step} for i, step in enumerate(steps)] for steps in sessions]
    return pa.table({"steps": pa.array(rows, pa.list_(STEP))})


def rendered(name: str, steps: list[dict[str, Any]], **chosen: Any) -> Any:
    return FORMATS[name].rows(batch(steps), Options(**chosen))[0]


def short(steps: list[dict[str, Any]], **chosen: Any) -> list[str] | str:
    """The main chat in short: `u:text`, `a:text`, `a:text[tool]`, `t:text`."""
    found = rendered("trl-messages", steps, **chosen)
    if isinstance(found, str):
        return found
    return [
        f"{m['role'][0]}:{m['content']}"
        + (f"[{','.join(c['function']['name'] for c in m['tool_calls'])}]" if "tool_calls" in m else "")
        for m in found[0]["messages"]
    ]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([user("q"), model("a")], ["u:q", "a:a"]),
        ([model("hi"), user("q"), model("a"), user("thanks")], ["u:q", "a:a"]),
        ([user("q"), user("r"), model("a"), model("b")], ["u:q\n\nr", "a:a\n\nb"]),
        # a system step later on is told by the user
        (
            [system("s"), user("q"), model("a"), system("now"), model("b")],
            ["s:s", "u:q", "a:a", "u:now", "a:b"],
        ),
        # one call; calls in parallel, answered in another order
        ([user("q"), model("look"), call("A"), answer("A", "1"), model("a")], ["u:q", "a:look[A]", "t:1", "a:a"]),
        (
            [
                user("q"),
                call("A", call_id="x"),
                call("B", call_id="y"),
                answer("", "2", call_id="y"),
                answer("", "1", call_id="x"),
                model("a"),
            ],
            ["u:q", "a:[A,B]", "t:1", "t:2", "a:a"],
        ),
        # without ids: by name, oldest first; by order where the answer has no name
        (
            [
                user("q"),
                call("A"),
                call("B"),
                call("A"),
                answer("B", "2"),
                answer("A", "1"),
                answer("A", "3"),
                model("a"),
            ],
            ["u:q", "a:[A,B,A]", "t:1", "t:2", "t:3", "a:a"],
        ),
        # one after the other
        (
            [user("q"), call("A"), answer("A", "1"), call("B"), answer("", "", outcome="success"), model("a")],
            ["u:q", "a:[A]", "t:1", "a:[B]", "t:success", "a:a"],
        ),
        # an answer that came late stands with its call; one without a call is left out; one never came
        (
            [user("q"), call("A"), user("and?"), answer("A", "1"), answer("Z", "9"), model("a")],
            ["u:q", "a:[A]", "t:1", "u:and?", "a:a"],
        ),
        ([user("q"), call("A"), model("a")], ["u:q", "a:[A]", "t:", "a:a"]),
        ([user("q"), call("A"), answer("A", "1")], ["u:q", "a:[A]"]),
        # a plan is said, or is a call
        ([user("q"), {"role": "assistant", "kind": "plan", "content": "1, 2"}], ["u:q", "a:1, 2"]),
        # proposals read as the person left them
        ([user("q"), proposal("p"), decision("accepted")], ["u:q", "a:p"]),
        ([user("q"), proposal("p"), decision("partial", "p1")], ["u:q", "a:p1"]),
        ([user("q"), proposal("p"), edit("mine"), user("r"), model("a")], ["u:q", "a:mine", "u:r", "a:a"]),
        ([user("q"), proposal("p"), decision("rejected"), proposal("o"), edit("oh")], ["u:q", "a:oh"]),
        ([user("q"), proposal("p"), decision("rejected"), edit("mine")], ["u:q", "a:mine"]),
        ([user("q"), proposal("p"), proposal("o"), edit("mine", corrects=1)], ["u:q", "a:mine\n\no"]),
        # of a call: it stands in the arguments
        (
            [
                user("q"),
                call("Edit", {"new": "p"}),
                proposal("p"),
                decision("accepted"),
                answer("Edit", "ok"),
                edit("x"),
                model("a"),
            ],
            ["u:q", "a:[Edit]", "t:ok", "a:a"],
        ),
        ([user("q"), proposal("p", call_id="call_1"), decision("rejected", corrects=1), model("a")], ["u:q", "a:a"]),
        ([user("q"), proposal("p"), decision("rejected")], "no_assistant_turn"),
        ([model("a")], "no_user_turn"),
        ([user("q"), answer("A", "1")], "no_assistant_turn"),
        ([], "no_user_turn"),
    ],
)
def test_a_session_becomes_a_chat(steps: list[dict[str, Any]], expected: Any) -> None:
    assert short(steps) == expected


def test_proposals_may_stay_as_they_were() -> None:
    assert short([user("q"), proposal("p"), decision("rejected")], corrected=False) == ["u:q", "a:p"]


def test_sub_agents_are_chats_of_their_own_and_know_what_they_were_asked() -> None:
    steps = [
        user("q"),
        call("Task", {"prompt": "find it"}),
        model("found", agent="k", parent=1),
        answer("Task", "found"),
    ]
    steps += [model("done"), user("go", agent="m", parent=1), model("went", agent="m", parent=1)]
    found = rendered("trl-messages", steps)
    assert [[m["content"] for m in one["messages"]] for one in found] == [
        ["q", "", "found", "done"],
        ["find it", "found"],
        ["go", "went"],
    ]
    assert len(rendered("trl-messages", steps, agents=False)) == 1


def test_arguments_are_objects_or_strings_as_the_target_has_them() -> None:
    steps = [
        user("q"),
        call("my tool", {"é": [1, None]}),
        answer("my tool", "1"),
        call("B", "x"),
        answer("B", ""),
        model("a"),
    ]
    (trl,) = rendered("trl-messages", steps)
    assert trl["messages"][1]["tool_calls"][0]["function"] == {"name": "my tool", "arguments": {"é": [1, None]}}
    assert trl["messages"][3]["tool_calls"][0]["function"]["arguments"] == {"input": "x"}
    (flat,) = rendered("trl-messages", steps, form="parquet")
    assert flat["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"é":[1,null]}'
    assert flat["tools"] == trl["tools"]
    (openai,) = rendered("openai", steps)
    assert openai["messages"][1] == {
        "role": "assistant",
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "my_tool", "arguments": '{"é":[1,null]}'}}
        ],
    }
    assert openai["messages"][2] == {"role": "tool", "content": "1", "tool_call_id": "call_1"}
    (openpipe,) = rendered("openpipe", steps, split="validation")
    assert openpipe == {**openai, "split": "TEST"}
    (sharegpt,) = rendered("llama-factory-sharegpt", steps)
    assert sharegpt["conversations"][1] == {
        "from": "function_call",
        "value": '[{"name":"my tool","arguments":{"é":[1,null]}}]',
    }
    assert [turn["from"] for turn in sharegpt["conversations"]] == [
        "human", "function_call", "observation", "function_call", "observation", "gpt",
    ]  # fmt: skip


def test_tools_are_declared_by_what_the_calls_tell() -> None:
    steps = [user("q"), call("A", {"n": 1, "s": "x"}), call("A", {"n": True, "s": "y", "o": {}}), model("a")]
    (one,) = rendered("trl-messages", steps)
    assert json.loads(one["tools"]) == [
        {
            "type": "function",
            "function": {
                "name": "A",
                "description": "",
                "parameters": {
                    "type": "object",
                    "properties": {"n": {}, "o": {"type": "object"}, "s": {"type": "string"}},
                    "required": ["n", "s"],
                },
            },
        }
    ]
    assert rendered("trl-messages", steps, tools=False)[0]["tools"] == "[]"
    assert "tools" not in rendered("openai", steps, tools=False)[0]


def test_a_strict_order_of_turns_ends_where_a_person_speaks_right_behind_an_answer() -> None:
    steps = [user("q"), call("A"), answer("A", "1"), call("A"), answer("A", "2"), user("stop"), model("a")]
    (told,) = rendered("llama-factory-sharegpt", steps)
    assert [turn["from"] for turn in told["conversations"]] == [
        "human",
        "function_call",
        "observation",
        "function_call",
    ]
    assert len(rendered("openai", steps)[0]["messages"]) == 7


TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
NAME = st.sampled_from(["A", "B", "no name!", ""])
MAYBE = st.none() | st.sampled_from(["x", "y"])
STEPS = st.lists(
    st.one_of(
        st.builds(user, TEXT),
        st.builds(model, TEXT, agent=MAYBE),
        st.builds(
            call, NAME, st.none() | st.dictionaries(TEXT, TEXT | st.integers(0, 9), max_size=2) | TEXT, call_id=MAYBE
        ),
        st.builds(answer, NAME, TEXT, call_id=MAYBE),
        st.builds(proposal, TEXT),
        st.builds(decision, st.sampled_from(["accepted", "rejected", "partial"]), TEXT),
        st.builds(edit, TEXT, corrects=st.none() | st.integers(0, 5)),
        st.builds(system, TEXT),
    ),
    max_size=10,
)


@pytest.mark.parametrize("one", OVER_SESSIONS, ids=lambda one: one.name)
@settings(max_examples=30)
@given(sessions=st.lists(STEPS, min_size=1, max_size=4), form=st.sampled_from(["jsonl", "parquet"]))
def test_every_session_gives_whole_chats_or_a_reason(one: Any, sessions: list[list[dict[str, Any]]], form: str) -> None:
    chosen = Options(form=form)
    found = one.rows(batch(*sessions), chosen)
    assert len(found) == len(sessions)
    examples = [example for outcome in found if not isinstance(outcome, str) for example in outcome]
    assert {outcome for outcome in found if isinstance(outcome, str)} <= set(REASONS)
    for example in examples:
        assert set(example) | {"tools"} == set(one.fields) | {"tools"}
        assert msgspec.json.decode(msgspec.json.encode(example)) == example
        in_order(example.get("messages") or example["conversations"])
    schema = one.schema(chosen)
    if schema is not None and form == "parquet":
        assert pa.Table.from_pylist(examples, schema=schema).to_pylist() is not None


def in_order(turns: list[dict[str, Any]]) -> None:
    """The user first, the model last, each call answered once right behind, nobody twice in a row but tools."""
    roles = [turn.get("role", turn.get("from")) for turn in turns]
    roles = roles[1:] if roles[0] == "system" else roles
    assert roles[0] in {"user", "human"}
    assert roles[-1] in {"assistant", "gpt", "function_call"}
    assert "system" not in roles
    waiting = 0
    for before, turn in zip([None, *turns], turns, strict=False):
        if turn.get("role") == "tool":
            waiting -= 1
            assert waiting >= 0
            continue
        assert waiting == 0
        assert (
            before is None or turn.get("role") is None or turn["role"] != before["role"] or turn["role"] == "assistant"
        )
        waiting = len(turn.get("tool_calls", ()))
        said = turn.get("content", turn.get("value", "")).strip()
        assert said or waiting or turn.get("from") == "observation"
