"""Slack exports, mail, and directories of revisions: what is told of people working together."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import codec
from schemas.events import Revision, ThreadMessage
from schemas.records import Coordinate, Record
from schemas.sources import mbox, revisions, slack
from schemas.sources.reading import Drift, Reading

GENERAL = slack.Channel("C1", 3)
PEOPLE = {"U1": "anna@example.com"}


def day(*messages: Any) -> bytes:
    return json.dumps(list(messages)).encode()


def said(ts: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "text": "hello", "ts": ts} | more


def is_sound(reading: Reading) -> bool:
    """Every event is one that the codec takes."""
    for event in reading.events:
        sent = codec.encode_structured(event)
        codec.decode(Record(Coordinate("redline.events", 0, 0), None, sent.value, sent.headers))
    return True


def messages(reading: Reading) -> list[ThreadMessage]:
    found = [event.data for event in reading.events if isinstance(event.data, ThreadMessage)]
    assert len(found) == len(reading.events)
    return found


def test_a_thread_is_known_by_its_first_message() -> None:
    reading = slack.read_day(
        day(
            said("1700000000.000100", thread_ts="1700000000.000100", reply_count=1),
            said("1700000060.000200", user="U2", thread_ts="1700000000.000100"),
            said("1700000070.000300"),
        ),
        channel=GENERAL,
        people=PEOPLE,
    )
    assert is_sound(reading)
    first, reply, other = messages(reading)
    assert first.thread_id == reply.thread_id == "C1/1700000000.000100" != other.thread_id
    assert (first.reply_to, reply.reply_to, other.reply_to) == (None, "C1/1700000000.000100", None)
    assert {m.members for m in (first, reply, other)} == {3}
    assert [event.subject for event in reading.events] == ["anna@example.com", "U2", "anna@example.com"]
    assert reading.events[0].time_us == 1_700_000_000_000_100
    assert len({event.id for event in reading.events}) == 3


def test_text_is_kept_only_if_it_may_be_sent() -> None:
    one = day(said("1700000000.000100"))
    assert messages(slack.read_day(one, channel=GENERAL, people={}))[0].text is None
    assert messages(slack.read_day(one, channel=GENERAL, people={}, text=True))[0].text == "hello"


def test_bots_and_notices_are_skipped_by_name_and_what_is_new_is_drift() -> None:
    reading = slack.read_day(
        day(
            said("1700000000.000100", subtype="channel_join"),
            said("1700000000.000200", bot_id="B1"),
            {"type": "huddle", "ts": "1700000000.000300"},
            said("1700000000.000400", sparkle=True, **{"anna@example.com": 1}),
        ),
        channel=GENERAL,
        people={},
    )
    assert reading.skipped == {"not_written_by_a_person": 1, "bot": 1, "no_message": 1}
    assert len(reading.events) == 1
    assert Drift("slack", "?", "key", "$[].sparkle") in reading.drift
    assert Drift("slack", "?", "key", "$[].?") in reading.drift


def test_channels_and_people_are_read_by_name_and_id() -> None:
    channels = day(
        {"id": "C1", "name": "general", "members": ["U1", "U2"]}, {"id": "C2", "name": "old"}, {"name": "x"}, 5
    )
    reading, found = slack.read_channels(channels)
    assert found == {"general": slack.Channel("C1", 2), "old": slack.Channel("C2", None)}
    assert sorted(fault.reason for fault in reading.faults) == ["missing_field", "wrong_type"]
    assert slack.read_people(day({"id": "U1", "profile": {"email": "anna@example.com"}}, {"id": "U2"}))[1] == PEOPLE


@pytest.mark.parametrize(
    "value", [b"", b"{}", b"[", b"\xff", b"[[[" * 100, b'[{"type": "message", "user": 5, "ts": "1.000000"}]']
)
def test_what_is_no_day_is_a_fault_and_no_more(value: bytes) -> None:
    reading = slack.read_day(value, channel=GENERAL, people={})
    assert not reading.events
    assert reading.faults


def mail(**headers: str) -> EmailMessage:
    made = EmailMessage()
    defaults = {"From": "Anna <anna@example.com>", "To": "b@example.com", "Cc": "C <c@example.com>, b@example.com"}
    for name, value in (
        defaults | {"Date": "Fri, 10 Oct 2025 10:00:00 +0200", "Message-ID": "<m2@x>"} | headers
    ).items():
        made[name] = value
    made.set_content("I agree.\n\nOn Thu, Bert wrote:\n> What do you think?\n> Really?\n")
    return made


def test_a_mail_s_thread_is_its_first_reference() -> None:
    headers = {"References": "<m0@x> <m1@x>", "In-Reply-To": "<m1@x>"}
    reading = mbox.read_mail(mail(**headers).as_bytes())
    assert is_sound(reading)
    (found,) = messages(reading)
    assert (found.thread_id, found.reply_to, found.members, found.text) == ("m0@x", "m1@x", 3, None)
    assert reading.events[0].subject == "anna@example.com"
    assert reading.events[0].time_us == 1_760_083_200_000_000


def test_what_a_mail_quotes_is_another_person_s_text() -> None:
    (found,) = messages(mbox.read_mail(mail().as_bytes(), text=True))
    assert found.text == "I agree."


@pytest.mark.parametrize("headers", [{"Auto-Submitted": "auto-replied"}, {"List-Unsubscribe": "<https://x>"}])
def test_machines_and_mass_mails_are_skipped(headers: dict[str, str]) -> None:
    reading = mbox.read_mail(mail(**headers).as_bytes())
    assert reading.skipped == {"not_written_by_a_person": 1}


@pytest.mark.parametrize(
    ("value", "path"), [(b"", "$.Message-ID"), (b"Message-ID: <a@b>\n\nx", "$.Date"), (b"Date: x\n\n", "$.Message-ID")]
)
def test_a_mail_without_what_is_needed_is_a_fault(value: bytes, path: str) -> None:
    reading = mbox.read_mail(value)
    assert [fault.path for fault in reading.faults] == [path]


@given(st.binary(max_size=400), st.integers(0, 400))
def test_damaged_input_gives_events_or_faults_and_never_an_error(noise: bytes, at: int) -> None:
    whole = mail(References="<m0@x>").as_bytes()
    for value in (noise, whole[:at] + noise + whole[at:]):
        assert is_sound(mbox.read_mail(value, text=True))
    whole = day(said("1700000000.000100"), said("1700000060.000200"))
    for value in (noise, whole[:at] + noise + whole[at:]):
        assert is_sound(slack.read_day(value, channel=GENERAL, people={}, text=True))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda c: st.lists(c, max_size=3), max_leaves=5
    )
)
def test_any_value_in_any_field_of_a_message_is_read_or_refused(value: Any) -> None:
    for name in ("type", "user", "ts", "thread_ts", "text", "subtype", "bot_id"):
        assert is_sound(slack.read_day(day(said("1700000000.000100") | {name: value}), channel=GENERAL, people={}))


def test_revisions_are_in_the_order_of_their_numbers() -> None:
    assert revisions.in_order(["10.md", "9.md", "v2-10.md", "v2-9.md", "a.md"]) == [
        "9.md",
        "10.md",
        "a.md",
        "v2-9.md",
        "v2-10.md",
    ]


def test_one_revision_after_another_is_an_edit() -> None:
    reading = revisions.read_revision("report", "2.md", b"one\n", "zwölf\n".encode(), written_us=5, subject="anna")
    assert is_sound(reading)
    (event,) = reading.events
    assert isinstance(event.data, Revision)
    assert (event.data.before, event.data.after, event.data.revision) == ("one\n", "zwölf\n", "2.md")
    assert event.id != revisions.read_revision("other", "2.md", b"one\n", b"two", written_us=5).events[0].id


def test_a_revision_that_is_no_text_or_no_change_is_counted() -> None:
    assert revisions.read_revision("d", "2", b"a", b"a", written_us=0).skipped == {"unchanged": 1}
    assert revisions.read_revision("d", "2", b"a", b"\0", written_us=0).skipped == {"binary": 1}
    assert revisions.read_revision("d", "2", b"a", b"\xff", written_us=0).faults[0].reason == "invalid_utf8"
    big = b"a" * (revisions.MAX_FILE_BYTES + 1)
    assert revisions.read_revision("d", "2", b"a", big, written_us=0).faults[0].reason == "too_large"
