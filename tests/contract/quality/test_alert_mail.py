"""Alerts to a real mail server with TLS: down, slow, refusing some or all; what a mail looks like."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.receivers import free_port, mail, make_certificates, until

from quality.alert import Alert, Event, Notice, OffsetRange
from quality.alerting.delivery import Retry
from quality.alerting.life import Policy
from quality.alerts import Alerter
from quality.channels import MailChannel, Server
from quality.channels.wording import Voice
from schemas.errors import ChannelError
from schemas.verdict import Severity

if TYPE_CHECKING:
    from pathlib import Path

ALERT = Alert(
    "gate_halt",
    "pairs",
    Severity.CRITICAL,
    "rows & <b>checks</b>",
    "redline release pairs",
    1_767_225_600.0,
    "halted",
    (OffsetRange("redline.pairs", 0, 120, 160),),
    {"rows": 3},
)
TO = ("oncall@corp.example", "data@corp.example")
NOTICE = Notice("n1", Event.FIRED, (ALERT,), at=1_767_225_601.0)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def channel(port: int, certificates: Path | None, timeout_s: float = 30.0, **changes: Any) -> MailChannel:
    ca = str(certificates / "server.pem") if certificates is not None else ""
    server = Server("127.0.0.1", port, **{"ca": ca, **changes})
    voice = Voice("redline-test", "https://wiki.corp.example/alerts")
    return MailChannel(server, sender="Redline <redline@corp.example>", recipients=TO, timeout_s=timeout_s, voice=voice)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_mail_is_encrypted_logged_in_and_says_what_to_do(certificates: Path, tls: Any) -> None:
    passwords = iter(["hunter1", "hunter2"])  # read at every use: a file may have changed
    with mail(certificates, tls=tls, login=True) as box:
        sender = channel(box.port, certificates, tls=tls, user="redline", password=lambda: next(passwords))
        with pytest.raises(ChannelError, match="SMTPAuthenticationError"):
            sender.send(NOTICE)
        assert sender.send(NOTICE) == "taken for 2 of 2 recipients"
    assert box.logins[-1] == ("redline", "hunter2")
    assert box.encrypted == [True]
    recipients, message = box.taken[0]
    assert recipients == TO
    assert message["Subject"] == "[redline-test] critical gate_halt in pairs"
    assert (message["Message-ID"], message["Auto-Submitted"]) == ("<n1@corp.example>", "auto-generated")
    plain, html = (part.get_content() for part in message.iter_parts())
    for text in ("redline.pairs/0 120-160", "2026-01-01T00:00:00Z", "halted", "redline release pairs", "rows 3"):
        assert text in plain
        assert text in html
    assert "https://wiki.corp.example/alerts#gate_halt" in plain
    assert "rows & <b>checks</b>" in plain
    assert "rows &amp; &lt;b&gt;checks&lt;/b&gt;" in html
    assert not re.search(r"(?:src|href)=|url\(", html)


def test_a_server_that_nobody_vouches_for_gets_no_mail_and_no_password(certificates: Path) -> None:
    with mail(certificates, login=True) as box:
        for tls in ("starttls", "tls"):
            with pytest.raises(ChannelError):
                channel(box.port, None, tls=tls, user="redline", password=lambda: "hunter2", timeout_s=5).send(NOTICE)
    assert box.logins == box.taken == []


def test_a_server_without_tls_gets_no_mail_in_the_clear(certificates: Path) -> None:
    with mail(certificates, tls="none") as box:
        with pytest.raises(ChannelError, match="SMTPNotSupportedError"):
            channel(box.port, certificates).send(NOTICE)
        channel(box.port, None, tls="none").send(NOTICE)
    assert box.encrypted == [False]


def test_who_was_put_off_is_tried_again_alone_and_who_was_refused_for_good_is_not(certificates: Path) -> None:
    with mail(certificates) as box:
        sender = channel(box.port, certificates)
        box.refused = {TO[1]: "451 later"}
        with pytest.raises(ChannelError, match="1 of 2"):
            sender.send(NOTICE)
        box.refused = {}
        sender.send(NOTICE)
        box.refused = {TO[1]: "550 nobody"}
        assert sender.send(replace(NOTICE, id="n2")) == "taken for 1 of 2 recipients"
        box.refused = dict.fromkeys(TO, "550 nobody")
        with pytest.raises(ChannelError) as caught:
            sender.send(replace(NOTICE, id="n3"))
    assert [to for to, _ in box.taken] == [(TO[0],), (TO[1],), (TO[0],)]
    assert len(set(box.ids()[:2])) == 1
    assert "corp" not in str(caught.value)


def test_every_alert_is_mailed_once_by_a_server_that_is_down_slow_and_refuses(
    certificates: Path, tmp_path: Path
) -> None:
    port = free_port()
    policy = Policy(window_s=0, group_s=0, stale_s=0, repeat_s=0, per_hour=0)
    quick = Retry(first_s=0.05, longest_s=0.2, failing_after=1_000)

    def alerter(timeout_s: float) -> Alerter:
        return Alerter(
            [channel(port, certificates, timeout_s=timeout_s)], tmp_path, process="s", policy=policy, retry=quick
        )

    down = alerter(1.0)
    for number in range(4):
        down.raise_(replace(ALERT, kind=f"kind_{number}", severity=Severity.WARNING))
    until(lambda: down.book.owed().get("mail", 0) == 4)
    assert down.close() == 4
    with mail(certificates, port) as box:
        box.replies = ["451 busy", "554 no", "421 closing"]
        again = alerter(30.0)
        again.raise_(replace(ALERT, kind="kind_4"))
        until(lambda: len(box.taken) == 5)
        assert again.close(timeout_s=30) == 0
    subjects = sorted(str(message["Subject"]).rpartition("]")[2].split()[1] for _, message in box.taken)
    assert subjects == [f"kind_{number}" for number in range(5)]
    assert len(set(box.ids())) == 5


def test_a_mail_whose_answer_did_not_come_is_repeated_under_the_same_id(certificates: Path) -> None:
    with mail(certificates) as box:
        box.delay_s = 3.0
        sender = channel(box.port, certificates, timeout_s=1.0)
        with pytest.raises(ChannelError):
            sender.send(NOTICE)
        box.delay_s = 0.0
        channel(box.port, certificates).send(NOTICE)
        assert set(box.ids()) == {"<n1@corp.example>"}
