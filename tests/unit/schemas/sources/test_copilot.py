from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.otlp import NOW_US, Log, Spanned, logs_json, logs_proto, spans_proto
from support.readings import sound

from schemas.events import Decision, Session
from schemas.sources.otlp import read_logs, read_spans
from schemas.sources.reading import Drift

if TYPE_CHECKING:
    from schemas.sources.reading import Reading

RESOURCE = {"service.name": "copilot-chat", "service.version": "0.33.1", "session.id": "window"}
FEEDBACK = {
    "outcome": "accepted",
    "language_id": "python",
    "participant": "agent",
    "request_id": "r-1",
    "edit_surface": "agent",
    "has_remaining_edits": False,
    "is_notebook": False,
}
HUNK = {
    "outcome": "rejected",
    "language_id": "go",
    "request_id": "r-1",
    "line_count": 3,
    "lines_added": 1,
    "lines_removed": 0,
}
VOTE = {"rating": "negative", "participant": "agent", "conversation_id": "c-1", "request_id": "r-1"}


def read(name: str, attributes: dict[str, Any], time_us: int = NOW_US) -> Reading:
    log = Log({"event.name": name, **attributes}, body=f"{name}: x", time_us=time_us)
    readings = [sound(read_logs(encode(log, resource=RESOURCE), subject="kim")) for encode in (logs_json, logs_proto)]
    assert readings[0] == readings[1]
    return readings[0]


@pytest.mark.parametrize(
    ("name", "attributes", "verdict"),
    [
        ("edit.feedback", FEEDBACK, "accepted"),
        ("edit.feedback", {**FEEDBACK, "outcome": "rejected"}, "rejected"),
        ("edit.feedback", {**FEEDBACK, "has_remaining_edits": "true"}, "partial"),
        ("edit.hunk.action", HUNK, "partial"),
        ("user.feedback", VOTE, "rejected"),
        ("user.feedback", {**VOTE, "rating": "positive"}, "accepted"),
    ],
)
def test_what_a_person_did_to_an_edit_is_a_decision_on_the_request(
    name: str, attributes: dict[str, Any], verdict: str
) -> None:
    (event,) = read(f"copilot_chat.{name}", attributes).events
    assert isinstance(event.data, Decision)
    assert (event.source, event.subject, event.data.tool) == ("copilot-chat", "kim", "copilot-chat/0.33.1")
    assert (event.data.interaction_id, event.data.verdict) == ("r-1", verdict)
    newer = read(f"github.copilot.{name}", {f"github.copilot.{key}": value for key, value in attributes.items()})
    assert newer.events == [event]
    assert newer.drift == {Drift("copilot", "0.33.1", "no_text", name): 1}


def test_where_an_edit_was_made_is_known_and_not_kept() -> None:
    place = {"copilot_chat.file.relative_path": "src/app.ts", "copilot_chat.repo.head_branch_name": "main"}
    reading = read("copilot_chat.edit.feedback", {**FEEDBACK, **place})
    assert [drift.kind for drift in reading.drift] == ["no_text"]


def test_hunks_of_one_request_are_several_decisions() -> None:
    ids = {read("copilot_chat.edit.hunk.action", HUNK, NOW_US + later).events[0].id for later in (0, 1000)}
    assert len(ids) == 2


def test_a_session_starts() -> None:
    (event,) = read("copilot_chat.session.start", {"session.id": "c-1", "gen_ai.request.model": "m"}).events
    assert isinstance(event.data, Session)
    assert (event.data.session_id, event.data.state) == ("c-1", "started")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("copilot_chat.edit.survival", "numbers_without_text"),
        ("copilot_chat.tool.call", "numbers_without_text"),
        ("copilot_chat.agent.turn", "numbers_without_text"),
        ("copilot_chat.inline.done", "no_join_key"),
        ("copilot_chat.cloud.session.invoke", "no_content"),
        ("gen_ai.client.inference.operation.details", "span_says_more"),
        ("copilot_chat.brand.new", "unknown_event"),
    ],
)
def test_what_cannot_be_joined_or_has_no_text_is_skipped_by_rule(name: str, rule: str) -> None:
    reading = read(name, {"survival_rate_four_gram": 0.5, "gen_ai.input.messages": "[]"})
    assert (reading.events, reading.skipped) == ([], {rule: 1})
    assert reading.drift.total() == (rule == "unknown_event")


def test_copilots_calls_to_models_are_read_as_the_conventions_say() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.conversation.id": "r-1",
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"te...[truncated, original 90000 chars]',
        "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"Done"}]}]',
    }
    reading = sound(read_spans(spans_proto(Spanned(attributes), resource=RESOURCE)))
    assert reading.skipped == {"clipped": 1}
    assert [event.data.tool for event in reading.events] == ["copilot-chat/0.33.1"]


@pytest.mark.parametrize(
    ("name", "attributes", "reason", "path"),
    [
        ("edit.feedback", {**FEEDBACK, "outcome": "saved"}, "bad_value", "outcome"),
        ("edit.feedback", {**FEEDBACK, "request_id": None}, "missing_field", "request_id"),
        ("edit.hunk.action", {**HUNK, "outcome": 7}, "wrong_type", "outcome"),
        ("user.feedback", {**VOTE, "rating": ""}, "bad_value", "rating"),
    ],
)
def test_what_is_no_event_is_one_fault(name: str, attributes: dict[str, Any], reason: str, path: str) -> None:
    (fault,) = read(f"copilot_chat.{name}", attributes).faults
    assert (fault.reason, fault.path) == (reason, f"$.attributes.{path}")
