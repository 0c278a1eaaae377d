"""Sections on what was checked, turned away and accounted for, and on who can be seen in the page. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from redline.report import marks
from redline.report.frame import Section
from redline.report.marks import number, text, words
from redline.report.outcomes import ranked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redline.report.figures import Figures, Trend

_FAILED = 12  # expectations that are listed
_FIRING = 20
_FATES = {
    "published": "in a table",
    "joined": "joined into a row",
    "dropped": "dropped, with a reason",
    "dead_lettered": "set aside as unreadable",
    "open": "still open",
    "quarantined": "in quarantine",
}


def rejects(found: Figures) -> Section:
    """What was turned away, by reason."""
    lead = "Events that were dropped or could not be read. The reason is kept, never the text."
    if not found.rejects:
        body = f'<p class="quiet">{"Nothing was turned away." if not found.rejected else "Fewer than can be told."}</p>'
        return Section("rejects", "What was turned away", lead, body)
    shown = {reason.replace("_", " "): count for reason, count in found.rejects.items()}
    return Section("rejects", "What was turned away", lead, ranked(shown, found.rejected, "reason", "events"))


def gates(found: Figures) -> Section:
    """What gates decided, tables that are halted, alerts that are on."""
    parts = [
        f'<p class="note"><strong class="bad">{text(halt.table)} is halted</strong> since {text(halt.since)}: '
        f"{', '.join(map(words, halt.expectations))}. Look: <code>redline check {text(halt.table)}</code>. "
        f"Go on: <code>redline release {text(halt.table)}</code></p>"
        for halt in found.halted
    ]
    if found.firing is not None:
        parts.append(_firing(found))
    if found.gates:
        header = ("table", "batches", "rows", "in quarantine", "warnings", "halts")
        rows = [
            (
                text(g.table),
                number(g.batches),
                number(g.rows),
                number(g.quarantined),
                number(g.warnings),
                number(g.halts),
            )
            for g in found.gates
        ]
        parts.append(marks.table(header, rows, "what the gates decided"))
        parts.append(_failures(found))
    else:
        parts.append('<p class="quiet">No batch was checked yet.</p>')
    return Section(
        "gates",
        "What the checks say",
        "Every batch passes its gate before it is published. Since the folder was made.",
        "".join(parts),
    )


def _failures(found: Figures) -> str:
    if not found.failed:
        return '<p class="verdict good">Every expectation held in every batch.</p>'
    rows = [(words(f.expectation), text(f.table), text(f.severity), number(f.batches)) for f in found.failed[:_FAILED]]
    more = len(found.failed) - len(rows)
    table = marks.table(("expectation that failed", "table", "severity", "batches"), rows, "expectations that failed")
    return f"<div><h3>Expectations that failed</h3>{table}</div>" + (
        f'<p class="quiet">and {more} more.</p>' if more else ""
    )


def _firing(found: Figures) -> str:
    firing = found.firing or ()
    if not firing:
        return '<p class="verdict good">No alert is on.</p>'
    rows = [(text(a.kind), text(a.table), text(a.severity), text(a.state), text(a.since)) for a in firing[:_FIRING]]
    more = len(firing) - len(rows)
    table = marks.table(("alert", "table", "severity", "state", "since"), rows, "alerts that are on")
    return f"<div><h3>Alerts that are on</h3>{table}</div>" + (
        f'<p class="quiet">and {more} more: <code>redline alerts list</code>.</p>' if more else ""
    )


def drift(found: Figures) -> Iterable[Section]:
    """The series that the quality process keeps; none, no section."""
    if not found.trends:
        return
    body = "".join(_trend(trend) for trend in found.trends)
    yield Section(
        "drift",
        "How it moves",
        "Series of whole tables, by day, as the quality process measures them.",
        f'<div class="trends">{body}</div>',
    )


def _trend(trend: Trend) -> str:
    days = [day for day, _ in trend.points]
    values = [value for _, value in trend.points]
    told = _told(values[-1], trend.kind)
    drawing = marks.trend(values, f"{trend.name}, {days[0]} to {days[-1]}, last {told}")
    rows = [(day, _told(value, trend.kind)) for day, value in trend.points]
    return marks.figure(
        f"{text(trend.name)} {marks.quiet(told)}",
        words(trend.meaning),
        drawing,
        f'<div class="ends" aria-hidden="true"><span>{days[0]}</span><span>{days[-1]}</span></div>',
        marks.numbers(("day", "value"), rows, trend.name),
    )


def _told(value: float, kind: str) -> str:
    if kind == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"  # noqa: PLR2004 - three digits


def ledger(found: Figures) -> Section:
    """Whether every offset has one fate, as the ledger said last."""
    lead = "Promise one: every raw event has exactly one fate."
    note = found.ledger
    if note is None:
        body = '<p class="quiet">Not asked yet: <code>redline ledger</code> answers while a broker runs.</p>'
        return Section("ledger", "Every event accounted for", lead, body)
    at = datetime.fromtimestamp(note.at_s, UTC)
    word = (
        f'<p class="verdict good">The ledger balances: {note.offsets:,} offsets, each with one fate.</p>'
        if note.balanced
        else f'<p class="verdict bad">The ledger does not balance: {note.missing:,} missing, {note.duplicated:,} '
        f"duplicated, {note.conflicting:,} conflicting of {note.offsets:,} offsets.</p>"
    )
    sums: dict[str, int] = {}
    for kind, _, count in note.fates:
        sums[_FATES.get(kind, kind)] = sums.get(_FATES.get(kind, kind), 0) + count
    shown = {name: None if count < found.k else count for name, count in sorted(sums.items(), key=lambda i: -i[1])}
    return Section(
        "ledger",
        "Every event accounted for",
        lead,
        f'<div>{word}<p class="quiet">As of {at:%Y-%m-%d %H:%M} UTC.</p></div>'
        + ranked(shown, note.offsets, "fate", "offsets"),
    )


def rule(found: Figures) -> Section:
    """What keeps people out of the page."""
    k = found.k
    how = (
        f"Nobody, and no group of fewer than {k} people. For every count of pairs, sessions, decisions and findings "
        f"the people behind it are counted, and a count about fewer than {k} is hidden: hatched, or {number(None)}. "
        "Where a hidden count could be worked out from totals, others are hidden with it. Distributions join "
        "neighbouring bins until enough people are in each. Rejected events lead to no person, so there fewer than "
        f"{k} events are hidden."
    )
    published = (
        "Surfaces and tasks are told as they are published: a day that is not decided yet says <code>withheld</code>, "
        "and what few people share says <code>other</code>. People are counted by rotating pseudonyms, and their "
        "number is rounded down to tens."
    )
    purpose = "The data is for training models. It must not be used to judge, rank or measure a person or a group."
    small = f"Days of fewer than {k} people were left out of this page altogether."
    words = [how, published, *([small] if found.small_days else []), purpose]
    return Section("rule", "Who can be seen in this", "", "".join(f"<p>{sentence}</p>" for sentence in words))


def sections(found: Figures) -> Iterable[Section]:
    """In the order of the page."""
    if found.first is None:
        return gates(found), ledger(found), rule(found)
    return rejects(found), gates(found), *drift(found), ledger(found), rule(found)
