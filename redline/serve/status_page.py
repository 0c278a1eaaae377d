"""How far everything is, as a page: the same values as `redline status --json`. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from redline.report import marks
from redline.report.frame import Section, page
from redline.report.marks import number, text, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redline.report.frame import Link
    from redline.status import Status

_AGES = ((120, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "h"))
_OLD_S = 30.0  # a process writes its metrics every 2 s


def html(found: Status, links: Sequence[Link]) -> str:
    """The page."""
    lag = sum(stage.lag for stage in found.stages)
    if found.halted:
        word = f'<span class="bad">{len(found.halted)} halted</span>'
    elif found.firing:
        word = f'<span class="bad">{len(found.firing)} alert{"s" if len(found.firing) > 1 else ""} on</span>'
    else:
        word = '<span class="good">Nothing is halted, no alert is on</span>'
    said = f"{word}{f', {lag:,} records still to do' if found.stages else ''}."
    hero = (
        f'<h1>Status</h1><p class="said">{said}</p><p class="when">As of {_at(found.at)} UTC. Reload to look again.</p>'
    )
    sections = (_work(found), _tables(found), _alerts(found), _processes(found))
    foot = ("The same as JSON: <code>/status.json</code>. Prometheus: <code>/metrics</code>.",)
    return page("Redline status", hero, sections, foot, links)


def _work(found: Status) -> Section:
    if not found.stages:
        return Section("stages", "Stages", "", f'<p class="quiet">{words(found.why) or "No broker."}</p>')
    stages = [(text(s.stage), text(s.reads), number(s.records), number(s.lag)) for s in found.stages]
    stores = [(text(s.table), text(s.reads), number(s.records), number(s.lag)) for s in found.stores]
    body = marks.table(("stage", "reads", "records", "still to do"), stages, "stages and what they have still to do")
    body += marks.table(("table", "reads", "records", "not in it yet"), stores, "what tables have still to take")
    return Section("stages", "Stages", "How much each has read of its topic.", body)


def _tables(found: Status) -> Section:
    rows = [
        (text(t.table), number(t.rows), number(t.quarantined), "published" if t.published else "restricted")
        for t in found.tables
    ]
    notes = "".join(
        f'<p class="note"><strong class="bad">{text(h.table)} is halted</strong> since {text(h.since)}: '
        f"{', '.join(map(words, h.expectations))}. <code>redline check {text(h.table)}</code></p>"
        for h in found.halted
    )
    rejects = [(text(reason), number(count)) for reason, count in sorted(found.rejects.items(), key=lambda i: -i[1])]
    body = notes + marks.table(("table", "rows", "in quarantine", "who may read it"), rows, "rows of each table")
    if rejects:
        body += marks.table(("rejected because of", "events"), rejects, "rejected events by reason")
    return Section("tables", "Tables", "", body)


def _alerts(found: Status) -> Section:
    if found.unread:
        return Section("alerts", "Alerts", "", f'<p class="bad">Alerts cannot be read: {words(found.unread)}</p>')
    if not found.firing:
        return Section("alerts", "Alerts", "", '<p class="quiet">None is on.</p>')
    rows = [
        (*map(text, (a.kind, a.table, a.severity, a.state)), _at(a.since), f"<code>{escape(a.command)}</code>")
        for a in found.firing
    ]
    header = ("alert", "table", "severity", "state", "since", "run")
    return Section("alerts", "Alerts", "", marks.table(header, rows, "alerts that are on", "words"))


def _processes(found: Status) -> Section:
    if not found.processes:
        return Section("processes", "Processes", "", '<p class="quiet">None has written metrics yet.</p>')
    rows = [
        (
            text(p.name),
            f'<span class="{"bad" if p.age_s > _OLD_S else "good"}">{_ago(p.age_s)}</span>',
            _at(p.started) if p.started else "",
            f"{p.resident / 1e6:,.0f} MB" if p.resident else "",
        )
        for p in found.processes
    ]
    table = marks.table(("process", "last heard", "since", "memory"), rows, "processes of this folder")
    return Section("processes", "Processes", "", table)


def _at(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def _ago(seconds: float) -> str:
    for most, unit, name in _AGES:
        if seconds < most:
            return f"{seconds / unit:.0f} {name} ago"
    return "days ago"
