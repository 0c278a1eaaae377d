"""Every format over `pairs`: what a row becomes, by a table of cases and by properties."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import InputError
from sinks.export.conversation import conversation, fenced
from sinks.export.example import CHOICES, REASONS, Options, options
from sinks.export.formats import FORMATS
from sinks.export.written import written

OVER_PAIRS = [one for one in FORMATS.values() if one.table == "pairs"]
SPANS = pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64())]))
ASK = '[{"role":"user","content":"Shorten."}]'
ASKED = [{"role": "user", "content": "Shorten."}]


def row(**given_: Any) -> dict[str, Any]:
    base = {"label": "edited", "task": "edit", "prompt": ASK, "before": "", "suggestion": "a b c", "final": "a c"}
    spans = {"kept_spans": [], "edited_spans": [], "retention_4gram": 0.5}
    return {**base, **spans, **given_}


def batch(*rows: dict[str, Any]) -> pa.Table:
    kinds = {"kept_spans": SPANS, "edited_spans": SPANS}
    return pa.table({name: pa.array([r[name] for r in rows], kinds.get(name)) for name in rows[0]})


def rendered(name: str, made: dict[str, Any], **chosen: Any) -> Any:
    return FORMATS[name].rows(batch(made), Options(**chosen))[0]


# What each label says. (label, before, suggestion, final) -> preference, unpaired, prompt-completion.
@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (("accepted", "", "S", "S"), ("nothing_rejected", [("S", True)], "S")),
        (("edited", "", "S", "F"), (("F", "S"), [("F", True), ("S", False)], "F")),
        (("edited", "", "S s", "S\n\ts "), ("same_text", [("S\n\ts ", True)], "S\n\ts ")),
        (("edited", "", "S", " \n"), ("empty_answer", [("S", False)], "empty_answer")),
        (("edited", "", "", "F"), ("empty_answer", [("F", True)], "F")),
        (("rejected", "B", "S", "B"), ("nothing_chosen", [("S", False)], "nothing_chosen")),
        (("rejected", "B", "S", " B\n"), ("nothing_chosen", [("S", False)], "nothing_chosen")),
        (("rejected", "B", "S", "F"), (("F", "S"), [("F", True), ("S", False)], "F")),
        (("rejected", "", "S", ""), ("nothing_chosen", [("S", False)], "nothing_chosen")),
        (("rejected", "B", "S", "S"), ("same_text", "same_text", "S")),
        (("ignored", "B", "S", "B"), ("ignored", "ignored", "ignored")),
    ],
)
def test_a_label_says_what_is_better_good_and_bad(case: tuple[str, ...], expected: tuple[Any, ...]) -> None:
    made = row(**dict(zip(("label", "before", "suggestion", "final"), case, strict=True)))
    preference, unpaired, completion = expected
    found = rendered("trl-preference", made)
    assert found == preference or (found[0]["chosen"][0]["content"], found[0]["rejected"][0]["content"]) == preference
    found = rendered("trl-kto", made)
    assert found == unpaired or [(one["completion"][0]["content"], one["label"]) for one in found] == unpaired
    found = rendered("trl-sft", made)
    assert found == completion or found[0]["completion"] == [{"role": "assistant", "content": completion}]


def test_an_edited_suggestion_of_which_most_was_kept_is_not_undesirable() -> None:
    assert [one["label"] for one in rendered("trl-kto", row(retention_4gram=0.9))] == [True]
    assert [one["label"] for one in rendered("trl-kto", row(retention_4gram=0.9), kept=0.95)] == [True, False]


def test_ignored_suggestions_are_undesirable_only_if_told_so() -> None:
    made = row(label="ignored", final="")
    assert rendered("trl-kto", made) == "ignored"
    assert [(e["completion"][0]["content"], e["label"]) for e in rendered("trl-kto", made, ignored=True)] == [
        ("a b c", False)
    ]


@pytest.mark.parametrize(
    ("prompt", "before", "expected"),
    [
        (ASK, "", ASKED),
        (ASK, "long\ntext", [{"role": "user", "content": "Shorten.\n\n```\nlong\ntext\n```"}]),
        ("[]", "x", [{"role": "user", "content": "```\nx\n```"}]),
        ("[]", " ", "no_prompt"),
        ("", "", "no_prompt"),
        ('[{"role":"system","content":"s"}]', "", "no_prompt"),
        (
            '[{"role":"user","content":"Fix x = 1 please"}]',
            "x = 1\n",
            [{"role": "user", "content": "Fix x = 1 please"}],
        ),
        ('[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]', "", "bad_prompt"),
        ('[{"role":"wizard","content":"q"}]', "", "bad_prompt"),
        ('[{"role":"user","content":"\\ud800"}]', "", "bad_prompt"),
        ("{", "", "bad_prompt"),
        (
            json.dumps(
                [
                    {"role": role, "content": text}
                    for role, text in [
                        ("assistant", "Hello!"),
                        ("user", "a"),
                        ("system", "s"),
                        ("human", "b"),
                        ("ai", "c"),
                        ("tool", "d"),
                    ]
                ]
            ),
            "",
            [
                {"role": "system", "content": "s"},
                {"role": "user", "content": "a\n\nb"},
                {"role": "assistant", "content": "c"},
                {"role": "user", "content": "d"},
            ],
        ),
    ],
)
def test_a_prompt_becomes_turns(prompt: str, before: str, expected: Any) -> None:
    assert conversation(prompt, before, Options()) == expected


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    assert fenced("a ```` b") == "`````\na ```` b\n`````"
    assert fenced("a `` b\n") == "```\na `` b\n```"


def test_a_system_message_is_added_where_there_is_none() -> None:
    assert conversation(ASK, "", Options(system="Be brief."))[0] == {"role": "system", "content": "Be brief."}
    told = conversation('[{"role":"system","content":"s"},{"role":"user","content":"q"}]', "", Options(system="x"))
    assert told[0] == {"role": "system", "content": "s"}


def test_plain_texts_follow_on_their_prompt() -> None:
    made = row(prompt='[{"role":"system","content":"s"},{"role":"user","content":"q"}]', final="F")
    assert rendered("trl-sft", made, plain=True) == [
        {"prompt": "System: s\n\nUser: q\n\nAssistant: ", "completion": "F"}
    ]
    assert rendered("trl-sft", row(task="completion"), plain=True)[0]["prompt"] == "Shorten."


@pytest.mark.parametrize(
    ("suggestion", "final", "kept", "edited", "expected"),
    [
        # written instead
        ("abcd", "abXd", [(0, 2), (3, 4)], [(2, 3)], ([(2, 3)], False)),
        # cut in the middle: what follows is theirs
        ("abcd", "abd", [(0, 2), (3, 4)], [], ([(2, 3)], False)),
        # cut at the beginning, at the end
        ("abcd", "cd", [(2, 4)], [], ([(0, 1)], False)),
        ("abcd", "ab", [(0, 2)], [], ([], True)),
        # put between, without cutting
        ("abcd", "abXYcd", [(0, 4)], [(2, 4)], ([(2, 4)], False)),
        # put between, and cut later
        ("abcdef", "aXbcf", [(0, 3), (5, 6)], [(1, 2)], ([(1, 2), (4, 5)], False)),
        # two inserts within one kept range
        ("abcdef", "aXbcdYef", [(0, 6)], [(1, 2), (5, 6)], ([(1, 2), (5, 6)], False)),
        # all new, nothing new
        ("ab", "xyz", [], [(0, 3)], ([(0, 3)], False)),
        ("ab", "", [], [], ([], True)),
        # ranges of other texts: only what was written counts
        ("abcd", "abd", [(0, 4)], [], ([], False)),
    ],
)
def test_what_a_person_wrote_or_chose_by_cutting(
    suggestion: str, final: str, kept: Any, edited: Any, expected: Any
) -> None:
    assert written(kept, edited, len(suggestion), len(final)) == expected


@pytest.mark.parametrize(
    ("final", "edited", "expected"),
    [
        ("Now two thing", [(4, 7)], [" two"]),
        ("I am later", [(9, 10)], [" later"]),
        ("Two thing", [(0, 1), (2, 3)], ["Two"]),  # two ranges in one word
        ("one, two", [(3, 6)], [", two"]),  # from the middle of one word's end into another
        ("ab cd ef", [(1, 4)], ["ab cd"]),
        (" \n two ", [(3, 4)], ["two"]),  # white space around it goes
        ("a\tb", [(2, 3)], ["b"]),
        ("我你走了", [(1, 2)], ["你"]),
        ("x😀y", [(1, 2)], ["😀"]),
    ],
)
def test_trained_ranges_go_out_to_whole_words(final: str, edited: Any, expected: list[str]) -> None:
    spans = [{"start": start, "end": end} for start, end in edited]
    (example,) = rendered("axolotl", row(suggestion="?", final=final, edited_spans=spans))
    answer = example["messages"][-1]
    assert answer["content"] == final.strip()
    told = [answer["content"][d["begin_offset"] : d["end_offset"] + 1] for d in answer["train_detail"]]
    assert told == expected


TEXT = st.text(alphabet=st.one_of(st.sampled_from("ab c\n\t[`é😀\u200d"), st.characters(codec="utf-8")), max_size=12)
TURN = st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant", "tool"]), "content": TEXT})
ROWS = st.fixed_dictionaries(
    {
        "label": st.sampled_from(["accepted", "edited", "rejected", "ignored"]),
        "task": st.sampled_from(["completion", "edit", "withheld"]),
        "prompt": st.lists(TURN, max_size=4).map(json.dumps),
        "before": TEXT,
        "suggestion": TEXT,
        "final": TEXT,
        "retention_4gram": st.floats(0, 1),
        "kept_spans": st.just([]),
    }
)


def tiled(made: dict[str, Any]) -> dict[str, Any]:
    """All of final is the person's."""
    return {**made, "edited_spans": [{"start": 0, "end": len(made["final"])}] if made["final"] else []}


@pytest.mark.parametrize("one", OVER_PAIRS, ids=lambda one: one.name)
@settings(max_examples=30)
@given(
    rows=st.lists(ROWS.map(tiled), min_size=1, max_size=5),
    plain=st.booleans(),
    form=st.sampled_from(["jsonl", "parquet"]),
)
def test_every_row_gives_whole_examples_or_a_reason(
    one: Any, rows: list[dict[str, Any]], plain: bool, form: str
) -> None:
    chosen = Options(plain=plain, form=form)
    found = one.rows(batch(*rows), chosen)
    assert len(found) == len(rows)
    examples = []
    for made, outcome in zip(rows, found, strict=True):
        if isinstance(outcome, str):
            assert outcome in REASONS
            continue
        assert outcome
        for example in outcome:
            assert set(example) == set(one.fields)
            assert msgspec.json.decode(msgspec.json.encode(example)) == example
            answers = [text for text in texts(example) if text in {made["final"].strip(), made["suggestion"].strip()}]
            assert answers or any(
                t.strip() in {made["final"].strip(), made["suggestion"].strip()} for t in texts(example)
            )
            in_order(example)
        examples += outcome
    schema = one.schema(chosen)
    if schema is not None and examples:
        assert set(schema.names) == set(one.fields)
        assert pa.Table.from_pylist(examples, schema=schema).num_rows == len(examples)


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in texts(one)]


def in_order(example: dict[str, Any]) -> None:
    """At most one system message, first; then the user, and strictly in turn; nothing blank; spans inside."""
    for value in example.values():
        if not (isinstance(value, list) and value and isinstance(value[0], dict)):
            continue
        roles = [turn.get("role", turn.get("from")) for turn in value]
        turns = roles[1:] if roles[0] == "system" else roles
        assert all(a != b for a, b in pairwise(turns))
        assert "system" not in turns
        for turn in value:
            content = turn.get("content", turn.get("value"))
            assert content.strip()
            for detail in turn.get("train_detail", ()):
                assert 0 <= detail["begin_offset"] <= detail["end_offset"] < len(content)


def test_options_are_read_from_texts() -> None:
    assert options({}) == Options()
    assert options({"plain": "yes", "kept": "0.5", "system": "s"}) == Options(plain=True, kept=0.5, system="s")
    assert "split" not in CHOICES
    for bad in ({"colour": "1"}, {"split": "test"}, {"plain": "maybe"}, {"kept": "many"}, {"kept": "nan"}):
        with pytest.raises(InputError):
            options(bad)
