"""What people read: a title, a text, a body for Slack within Slack's limits, whatever an alert holds."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.alert import Alert, Event, Notice, OffsetRange
from quality.channels import mail, pagerduty, webhook
from quality.channels.wording import Voice, line
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

VOICE = Voice("live", "docs/runbook.md")
ALERT = Alert(
    "gate_halt",
    "pairs",
    Severity.CRITICAL,
    "rows that pass",
    "redline release pairs",
    1_767_225_600.0,
    "halted",
    (OffsetRange("redline.pairs", 2, 10, 16),),
    {"rows": 7},
)


def notice(event: Event = Event.FIRED, count: int = 1, more: int = 0, **changes: Any) -> Notice:
    alerts = tuple(replace(ALERT, subject=f"s{n}" if count > 1 else "") for n in range(count))
    return Notice("n1", event, alerts, at=1_767_229_200.0, more=more, **changes)


TITLES = [
    (notice(), "[live] critical gate_halt in pairs"),
    (notice(Event.WORSE), "[live] worse: critical gate_halt in pairs"),
    (notice(Event.AGAIN, times=9), "[live] still: critical gate_halt in pairs"),
    (notice(Event.RESOLVED), "[live] over: critical gate_halt in pairs"),
    (notice(Event.UNSEEN), "[live] no longer seen: critical gate_halt in pairs"),
    (notice(count=2), "[live] critical gate_halt, 2 of them: pairs, s0; pairs, s1"),
    (notice(count=20, more=30), "[live] critical gate_halt, 50 of them: pairs, s0; pairs, s1; pairs, s2 and 47 more"),
]


@pytest.mark.parametrize(("one", "title"), TITLES, ids=[title for _, title in TITLES])
def test_a_title_says_what_has_happened(one: Notice, title: str) -> None:
    assert VOICE.title(one) == title


def test_a_text_says_where_what_was_expected_what_came_and_what_to_run() -> None:
    assert VOICE.text(notice(times=3)) == (
        "[live] critical gate_halt in pairs\n"
        "A critical expectation failed; nothing of the batch was published, and the table stands still.\n"
        "\n"
        "  expected  rows that pass\n"
        "  got       rows 7\n"
        "  at        redline.pairs/2 10-16\n"
        "  since     2026-01-01T00:00:00Z\n"
        "  action    halted\n"
        "  run       redline release pairs\n"
        "\n"
        "seen 3 times\n"
        f"Yours: redline alerts ack {ALERT.key[:8]}\n"
        "What to do: docs/runbook.md#gate_halt\n"
    )


def test_an_end_says_from_when_to_when_and_not_what_to_do() -> None:
    text = VOICE.text(notice(Event.RESOLVED))
    assert "since     2026-01-01T00:00:00Z\n  until     2026-01-01T01:00:00Z" in text
    assert "redline release" not in text
    assert "stands still" not in text


WORDS = st.text(max_size=20) | st.sampled_from(
    ["x" * 5_000, "&" * 700, "<!channel> <@U1> & `rm`", "a\r\nBcc: x@y.example\r\n\r\nbody", "\x00"]
)
ALERTS = st.builds(
    Alert,
    kind=WORDS,
    table=WORDS,
    severity=st.sampled_from(Severity),
    expected=WORDS,
    command=WORDS,
    since=st.floats(allow_nan=True),
    where=st.lists(st.builds(OffsetRange, WORDS, st.integers(), st.integers(), st.integers()), max_size=2).map(tuple),
    got=st.dictionaries(WORDS, st.floats(), max_size=2),
    subject=WORDS,
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(ALERTS, min_size=1, max_size=3).map(lambda some: some * 7),
    st.sampled_from(sorted(set(Event) - {Event.AGAIN})),
    st.integers(0, 10**9),
)
def test_no_alert_breaks_a_body_or_a_mail(alerts: list[Alert], event: Event, more: int) -> None:
    one = Notice("n1", event, tuple(alerts), at=0.0, more=more)
    body = webhook.body(one, VOICE)
    assert_slack_takes(body)
    assert not _MARKUP.search(body["text"])
    assert "\n" not in line(one)
    paged = pagerduty.body(one, VOICE, "k", "b1")
    assert len(paged.get("payload", {}).get("summary", "")) <= 1024
    assert len(paged["dedup_key"]) <= 255
    message = mail.mail(one, VOICE, "a@b.example", ("c@d.example",))
    assert message.get_all("Bcc") is None
    sent = message_from_bytes(message.as_bytes(), policy=default)
    assert sent.get_all("Bcc") is None
    assert {"From", "To", "Subject", "Message-ID", "Date"} <= set(sent.keys())


_MARKUP = re.compile(r"[<>]|&(?!amp;|lt;|gt;)")  # what Slack would read as a mention or a link


def assert_slack_takes(body: Mapping[str, Any]) -> None:
    """Its documented limits, and no markup that is not ours."""
    assert len(body["blocks"]) <= 50
    for block in body["blocks"]:
        if block["type"] == "header":
            assert 0 < len(block["text"]["text"]) <= 150
        else:
            text = (block.get("text") or block["elements"][0])["text"]
            assert 0 < len(text) <= 3_000
            assert not _MARKUP.search(text)
