"""One event in, its row out: nothing personal in any byte, one set of surrogates per interaction."""

from __future__ import annotations

import json
import traceback
from itertools import permutations
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from schemas import events, rows
from schemas.errors import ScrubError
from schemas.events import Event
from schemas.records import Coordinate
from streams.epochs import Keys
from streams.join import Join
from streams.marks import Hashes
from streams.scrub import SCRUB_VERSION, Job, Scrubbed, scrub
from streams.session import Sessions

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from streams.privacy.engine import Engine
    from streams.surrogates import Found, Style

SUBJECT = "Roberta.Kleinhans@corp-zeta.io"
CANARIES = (
    *("kleinhans", "roberta", "corp-zeta", "zacharias", "okonkwo", "hunter2secret", "q8zr4kp0x9lm"),
    *("akiaiosfodnn7exampl2", "867-5309", "8675309", "4242 4242", "10.77.3.9", "078-05-1121", "7373123"),
    *("sess-raw", "inter-raw", "doc-raw", "thread-raw", "chan-raw", "msg-raw", "src-raw", "ev-raw"),
)
TEXT = (
    "Hi Zacharias Okonkwo, it's Roberta (roberta.kleinhans@corp-zeta.io, call 212-867-5309). Card 4242 4242 4242 4242, "
    'host 10.77.3.9, ssn 078-05-1121.\npassword = "hunter2secret"; api_key="q8Zr4kP0x9Lm"; AKIAIOSFODNN7EXAMPL2 '
    "/home/rkleinhans/x.py okonkwo Kleinhans, Roberta"
)
COMMON: dict[str, Any] = {"session_id": "sess-raw-Kleinhans", "tool": "ide of Roberta Kleinhans/1.2.20"}
DATA: tuple[events.Data, ...] = (
    events.Suggestion(
        **COMMON,
        surface="ide",
        interaction_id="inter-raw-kleinhans",
        task="completion",
        text=TEXT,
        prompt=TEXT,
        before=TEXT,
        model="model by roberta.kleinhans@corp-zeta.io",
        language="python of Roberta",
        path="/Users/rkleinhans/okonkwo/a.py",
    ),
    events.Suggestion(
        **COMMON,
        surface="chat",
        interaction_id="inter-raw-kleinhans",
        task="reply",
        text="",
        prompt=[events.Message(role="user Roberta", content=TEXT), events.Message(role="assistant", content=TEXT)],
    ),
    events.Decision(
        **COMMON, surface="ide", interaction_id="inter-raw-kleinhans", verdict="partial", accepted_text=TEXT, after_ms=7
    ),
    events.Edit(**COMMON, surface="mail", interaction_id="inter-raw-kleinhans", text=TEXT, final=True, origin="send"),
    events.Step(
        **COMMON,
        surface="agent",
        role="tool",
        kind="tool_call",
        content=TEXT,
        tool_name="bash for roberta.kleinhans@corp-zeta.io",
        arguments={
            "command": TEXT,
            "password": "hunter2secret",
            "nested": [{"phone": 2128675309, "author": "Zacharias Okonkwo", TEXT: [TEXT, 1, None, True, 2.5]}],
            "roberta.kleinhans@corp-zeta.io": {"x": "Roberta"},
        },
        outcome=TEXT,
    ),
    events.Revision(
        **COMMON, surface="doc", document_id="doc-raw-kleinhans", revision="r-Kleinhans", before=TEXT, after=TEXT
    ),
    events.ThreadMessage(
        **COMMON,
        surface="chat",
        thread_id="thread-raw-kleinhans",
        channel_id="chan-raw-kleinhans",
        reply_to="msg-raw-kleinhans",
        members=4,
        text=TEXT,
    ),
    events.Session(**COMMON, surface="terminal", state="ended", reason=TEXT),
)
NAMES = {kind: name for name, kind in events.TYPES.items()}


def job(data: events.Data, *, subject: str | None = SUBJECT, ident: str = "ev-raw", time_us: int = 0) -> Job:
    event = Event(
        source="/src-raw/kleinhans",
        id=ident,
        type=NAMES[type(data)],
        time_us=time_us or 1_700_000_000_000_000,
        subject=subject,
        data=data,
    )
    return Job(event, Coordinate("redline.events", 3, 42), "v7")


def row(scrubbed: Scrubbed) -> rows.Interaction:
    return rows.decode_interaction(scrubbed.interaction)


def edit(text: str, ident: str = "e") -> events.Edit:
    return events.Edit(session_id="s", surface="ide", tool="t/1", interaction_id=ident, text=text)


@pytest.mark.parametrize("data", DATA, ids=lambda data: type(data).__name__)
def test_no_canary_is_in_any_byte_of_the_output(engine: Engine, keys: Keys, data: events.Data) -> None:
    scrubbed = scrub(job(data), engine.analyze, keys)
    everything = repr(scrubbed).encode() + b" ".join(
        (scrubbed.identity, scrubbed.clean_key, scrubbed.step_key or b"", scrubbed.interaction, scrubbed.subject or b"")
    )
    written = everything.decode("utf-8", "replace").lower()
    assert [canary for canary in CANARIES if canary in written] == []
    assert scrubbed.findings


def test_all_types_of_events_are_tried() -> None:
    assert {type(data) for data in DATA} == set(events.TYPES.values())


def test_the_row_says_where_and_when_and_under_what(engine: Engine, keys: Keys) -> None:
    scrubbed = scrub(job(DATA[3], time_us=1_700_006_399_999_999), engine.analyze, keys)
    one = row(scrubbed)
    assert one.sources == [rows.Source("redline.events", 3, 42)]
    assert (one.event_date, scrubbed.event_date) == ("2023-11-14", "2023-11-14")
    assert (one.event_time, one.event_type, one.surface) == (1_700_006_399_999_999, "redline.edit.v1", "mail")
    assert (one.scrub_version, one.key_epoch, one.consent_version) == (SCRUB_VERSION, 3, "v7")
    assert one.record_id.encode() == scrubbed.identity
    assert scrubbed.clean_key == (one.interaction_key or "").encode()
    assert scrubbed.step_key == one.session_key.encode()
    assert [finding.entity for finding in one.findings] == sorted(finding.entity for finding in one.findings)


def test_data_has_the_fields_of_the_event_without_ids_and_columns(engine: Engine, keys: Keys) -> None:
    suggestion, _, decision, edited, step, revision, message, session = [
        json.loads(row(scrub(job(data), engine.analyze, keys)).data) for data in DATA
    ]
    assert set(suggestion) == {"task", "text", "prompt", "before", "model", "language", "path", "licence"}
    assert decision["after_ms"] == 7
    assert (edited["final"], edited["origin"]) == (True, "send")
    assert set(step) == {"role", "kind", "content", "tool_name", "arguments", "outcome"}
    assert step["arguments"]["nested"][0]["phone"] != 2128675309
    assert set(revision) == {"revision", "before", "after", "language"}
    keys_of_message = {"channel_key", "reply_key", "message_key", "day_person"}
    assert set(message) == {*keys_of_message, "members", "text", "org_unit", "author"}
    assert set(session) == {"state", "reason"}


@pytest.mark.parametrize(
    ("data", "step", "column"),
    [
        (DATA[0], True, "interaction_key"),
        (DATA[2], True, "interaction_key"),
        (DATA[4], True, "session_key"),
        (DATA[5], False, "document_key"),
        (DATA[6], False, "thread_key"),
        (DATA[7], True, "session_key"),
    ],
)
def test_each_type_travels_under_its_own_key(
    engine: Engine, keys: Keys, data: events.Data, step: bool, column: str
) -> None:
    scrubbed = scrub(job(data), engine.analyze, keys)
    assert scrubbed.clean_key.decode() == getattr(row(scrubbed), column)
    assert (scrubbed.step_key is not None) == step


def test_a_suggestion_its_decision_and_its_edit_get_the_same_surrogates(engine: Engine, keys: Keys) -> None:
    texts = [json.loads(row(scrub(job(DATA[at]), engine.analyze, keys)).data) for at in (0, 2, 3)]
    assert texts[0]["text"] == texts[1]["accepted_text"] == texts[2]["text"]


def test_another_interaction_gets_other_surrogates(engine: Engine, keys: Keys) -> None:
    one, other = (row(scrub(job(edit("mail a@corp.io", ident)), engine.analyze, keys)).data for ident in ("a", "b"))
    assert one != other


def test_the_same_event_gives_the_same_bytes_from_any_engine(engine: Engine, keys: Keys) -> None:
    first = scrub(job(DATA[4]), engine.analyze, keys)
    engine._memo.clear()
    assert scrub(job(DATA[4]), engine.analyze, keys) == first


def test_the_pseudonym_is_of_the_person_and_of_the_epoch(engine: Engine, keys: Keys) -> None:
    def pseudonym(subject: str, using: Keys) -> str:
        scrubbed = scrub(job(edit("x"), subject=subject), engine.analyze, using)
        assert scrubbed.subject is not None
        return msgspec.msgpack.decode(scrubbed.subject, type=rows.Subject).pseudonym

    later = Keys(keys.identity, keys.surrogate, keys.epoch + 1)
    assert pseudonym("Jane@corp.com ", keys) == pseudonym("jane@corp.com", keys) != pseudonym("jane@corp.com", later)


@pytest.mark.parametrize("subject", [None, "", "  "])
def test_an_event_without_subject_has_no_subject_row(engine: Engine, keys: Keys, subject: str | None) -> None:
    assert scrub(job(edit("x"), subject=subject), engine.analyze, keys).subject is None


def test_versions_in_metadata_stay(engine: Engine, keys: Keys) -> None:
    data = events.Suggestion(
        session_id="s", surface="ide", tool="x/10.1.20", interaction_id="i", task="edit", text="", model="m-2024-08-06"
    )
    one = row(scrub(job(data), engine.analyze, keys))
    assert (one.tool, json.loads(one.data)["model"]) == ("x/10.1.20", "m-2024-08-06")


def test_two_keys_that_become_one_both_stay(keys: Keys) -> None:
    def analyze(texts: Sequence[str], subject: str | None, wanted: Container[int] | None) -> list[list[Found]]:
        return [[] for _ in texts]

    data = events.Step(
        session_id="s", surface="agent", tool="t", role="tool", kind="tool_call", arguments={"a@b.io": 1, "A@B.io": 2}
    )
    assert json.loads(row(scrub(job(data), analyze, keys)).data)["arguments"] == {"a@b.io": 1, "A@B.io": 2}


def test_a_fault_raises_its_type_and_quotes_nothing(keys: Keys) -> None:
    def broken(texts: Sequence[str], subject: str | None, wanted: Container[int] | None) -> list[list[Found]]:
        raise ValueError(f"could not read {texts[1]}")

    with pytest.raises(ScrubError) as failed:
        scrub(job(edit("mail " + "jane"[::-1])), broken, keys)
    assert "enaj" not in "".join(traceback.format_exception(failed.value))
    assert "ValueError" in str(failed.value)


def test_an_analysis_that_forgets_a_text_fails_the_event(keys: Keys) -> None:
    with pytest.raises(ScrubError):
        scrub(job(edit("x")), lambda texts, _, __: [[] for _ in texts[1:]], keys)


def test_no_repr_shows_keys_or_text(keys: Keys) -> None:
    assert "ssss" not in repr(keys)
    assert "iiii" not in repr(keys)
    assert "kleinhans" not in repr(job(DATA[0])).lower()


WHO = "Oluwaseun Yamaguchi"
SPELLED = "def oluwaseun_yamaguchi_laptop(): oyamaguchi(yamaguchi, at='oluwaseunYamaguchi') # YAMAGUCHI_HOME, a will"


def told_in(place: str, text: str, edited: str) -> list[events.Data]:
    """An interaction in which one event says who it is, and all of them go on about them."""
    common: dict[str, Any] = {"session_id": "s", "surface": "doc", "tool": "t/1", "interaction_id": "i"}
    tell = {place: f"\nmy name is {WHO}\n"}
    return [
        events.Suggestion(**common, task="edit", prompt=tell.get("prompt", ""), before="old", text=text),
        events.Decision(**common, verdict="accepted", accepted_text=text + tell.get("decision", "")),
        events.Edit(**common, text=tell.get("edit", "") or edited),
        events.Edit(**common, text=edited, final=True),
    ]


def members(
    engine: Engine, keys: Keys, data: Sequence[events.Data], style: Style = "natural"
) -> list[rows.Interaction]:
    """Each event scrubbed by itself, as any worker may do it."""
    return [
        row(scrub(job(one, subject=None, ident=f"e{at}", time_us=10**15 + at), engine.analyze, keys, style))
        for at, one in enumerate(data)
    ]


def joined(keys: Keys, members: Sequence[rows.Interaction]) -> rows.Pair:
    join = Join(Hashes(keys.identity))
    header: bytes | None = None
    for one in members:
        header = join.admit(b"i", header, one, known=False).header or header
    (emit,) = join.settle(b"i", header or b"", list(members), final=True).emits
    assert isinstance(emit.row, rows.Pair)
    return emit.row


@pytest.mark.parametrize("style", ["natural", "placeholder"])
@pytest.mark.parametrize("place", ["prompt", "decision", "edit"])
def test_a_name_that_one_event_gives_away_is_in_no_text_of_the_pair(
    engine: Engine, keys: Keys, place: str, style: Style
) -> None:
    parts = members(engine, keys, told_in(place, SPELLED, SPELLED), style)
    pair = joined(keys, parts)
    assert (pair.label, pair.edited_spans, pair.similarity) == ("accepted", [], 1.0)
    written = rows.encode(pair).decode("utf-8", "replace").lower()
    assert "oluwaseun" not in written
    assert "yamaguchi" not in written
    assert "a will" in pair.final
    # And no finder knows it there: only the other event does.
    assert "yamaguchi" in (parts[1] if place != "decision" else parts[0]).data
    assert all(joined(keys, order) == pair for order in permutations(parts))


@pytest.mark.parametrize("place", ["prompt", "edit"])
def test_a_true_edit_beside_a_name_is_all_that_the_diff_sees(engine: Engine, keys: Keys, place: str) -> None:
    pair = joined(keys, members(engine, keys, told_in(place, f"{SPELLED} Old.", f"{SPELLED} New.")))
    assert pair.label == "edited"
    assert pair.edited_spans
    assert all(span.start >= len(pair.final) - len("New.") for span in pair.edited_spans)


def test_an_event_holds_what_it_knows_itself_and_its_marks_tell_nobody(engine: Engine, keys: Keys) -> None:
    suggestion, _, _, edit_ = members(engine, keys, told_in("prompt", SPELLED, SPELLED))
    assert "luwaseun" not in suggestion.data
    assert suggestion.marks
    assert "luwaseun" not in msgspec.json.encode(suggestion.marks).decode()
    again = members(engine, keys, told_in("prompt", SPELLED, SPELLED))
    assert rows.encode(again[0]) == rows.encode(suggestion)
    assert {finding.entity for finding in edit_.findings} <= {"PERSON"}


def test_the_same_name_in_two_interactions_has_marks_that_share_nothing(engine: Engine, keys: Keys) -> None:
    one, other = (row(scrub(job(edit(f"my name is {WHO}", i)), engine.analyze, keys)).marks for i in ("a", "b"))
    assert one
    assert not {m.words for m in one} & {m.words for m in other}


@pytest.mark.parametrize("editor", ["oluwaseun.yamaguchi@corp-zeta.io", "bob@corp-zeta.io", None])
def test_a_subject_s_name_is_told_to_those_who_have_another_subject(
    engine: Engine, keys: Keys, editor: str | None
) -> None:
    suggestion, _, _, final = told_in("prompt", SPELLED, SPELLED)
    parts = [
        row(scrub(job(suggestion, subject="oluwaseun.yamaguchi@corp-zeta.io", ident="a"), engine.analyze, keys)),
        row(scrub(job(final, subject=editor, ident="b"), engine.analyze, keys)),
    ]
    assert any(mark.subject for mark in parts[0].marks)
    assert ("yamaguchi" in parts[1].data) is (editor is None or "bob" in editor)
    assert (parts[0].subject_mark == parts[1].subject_mark) is (editor is not None and "bob" not in editor)
    pair = joined(keys, parts)
    assert "yamaguchi" not in rows.encode(pair).decode("utf-8", "replace").lower()
    assert pair.final == pair.suggestion


def test_events_that_nobody_joins_have_no_marks(engine: Engine, keys: Keys) -> None:
    assert row(scrub(job(DATA[6]), engine.analyze, keys)).marks == []


def test_a_name_that_one_side_of_a_revision_gives_away_is_on_neither(engine: Engine, keys: Keys) -> None:
    common: dict[str, Any] = {"session_id": "s", "surface": "doc", "tool": "t/1"}
    data = events.Revision(**common, document_id="d", revision=1, before=f"my name is {WHO}", after=f"so {SPELLED}")
    written = row(scrub(job(data), engine.analyze, keys)).data.lower()
    assert "oluwaseun" not in written
    assert "yamaguchi" not in written


def test_who_wrote_a_message_is_known_for_a_day(engine: Engine, keys: Keys) -> None:
    def told(**more: Any) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(row(scrub(job(DATA[6], **more), engine.analyze, keys)).data)
        return found

    day = 86_400_000_000
    first, later, next_day, other = (
        told(time_us=20_000 * day),
        told(time_us=20_001 * day - 1, ident="ev-2"),
        told(time_us=20_001 * day),
        told(time_us=20_000 * day, subject="somebody@else.example"),
    )
    assert first["day_person"] == later["day_person"]
    assert len({first["day_person"], next_day["day_person"], other["day_person"]}) == 3
    assert "day_person" not in told(subject=None)
    assert first["message_key"] != later["message_key"]


def test_a_name_that_one_step_gives_away_is_in_no_step_of_its_session(engine: Engine, keys: Keys) -> None:
    common: dict[str, Any] = {"session_id": "s", "surface": "agent", "tool": "t/1"}
    steps = [
        events.Step(**common, role="user", kind="message", content=f"my name is {WHO}"),
        events.Step(**common, role="assistant", kind="message", content=f"so {SPELLED}"),
        events.Step(
            **common,
            role="tool",
            kind="tool_call",
            tool_name="sh",
            arguments={"oyamaguchi": ["ls\nOluwaseun", 1, None]},
        ),
    ]
    parts = members(engine, keys, steps)
    sessions = Sessions(Hashes(keys.identity))
    header: bytes | None = None
    for one in parts:
        header = sessions.admit(b"s", header, one, known=False).header or header
    (emit,) = sessions.settle(b"s", header or b"", parts, final=True).emits
    written = rows.encode(emit.row).decode("utf-8", "replace").lower()
    assert "oluwaseun" not in written
    assert "yamaguchi" not in written
    assert isinstance(emit.row, rows.Trajectory)
    assert json.loads(emit.row.steps[2].arguments).popitem()[1][1:] == [1, None]
