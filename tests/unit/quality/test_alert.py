"""What an alert says, and which alerts are the same."""

from __future__ import annotations

from dataclasses import replace

from quality.alert import Alert, Event, Notice, OffsetRange, decode, decode_notice, encode, key_of
from schemas.verdict import Severity

ALERT = Alert(
    kind="gate_halt",
    table="pairs",
    severity=Severity.CRITICAL,
    expected="no_personal_data_left",
    command="redline release pairs",
    since=1_767_225_600.0,
    action="halted",
    where=(OffsetRange("redline.pairs", 0, 120, 160),),
    got={"rows": 3},
)


def test_an_alert_is_one_line_that_says_where_what_and_what_to_run() -> None:
    assert ALERT.line() == (
        "critical gate_halt in pairs; expected no_personal_data_left; got rows 3; at redline.pairs/0 120-160; "
        "since 2026-01-01T00:00:00Z; action: halted; run: redline release pairs"
    )


def test_many_ranges_are_cut() -> None:
    many = replace(ALERT, where=tuple(OffsetRange("t", p, 0, 1) for p in range(9)))
    assert "and 6 more" in many.line()


def test_counts_time_place_and_severity_do_not_make_another_alert() -> None:
    again = replace(ALERT, since=0.0, where=(), got={"rows": 9}, severity=Severity.ERROR, expected="less")
    assert again.key == ALERT.key == key_of("gate_halt", "pairs")
    assert replace(ALERT, table="subjects").key != ALERT.key
    assert replace(ALERT, subject="redline.pairs/0").key != ALERT.key
    assert key_of("a", "b", "") != key_of("a", "", "b")


def test_an_alert_survives_json() -> None:
    assert decode(encode(ALERT)) == ALERT
    notice = Notice("1", Event.WORSE, (ALERT, replace(ALERT, severity=Severity.WARNING)), at=1.5, more=3, times=7)
    assert decode_notice(encode(notice)) == notice
    assert notice.severity is Severity.CRITICAL
