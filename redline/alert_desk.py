"""What people say to alerts: list, acknowledge, resolve, silence, and try the channels."""

from __future__ import annotations

import re
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from quality.alert import Event, Notice, Standing, utc
from quality.alerting.book import Book
from quality.alerting.silence import Silence
from quality.alerting.store import BOOK
from quality.channels.wording import SHOWN
from quality.report import table
from redline import audit
from redline.alerting import alert_of, alerter, folder_of, receivers
from schemas.errors import InputError, RedlineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from quality.alert import Alert
    from quality.alerting.life import Entry
    from quality.alerts import Alerter
    from redline.settings import Settings

PROCESS = "alerts"
_SEND_S = 15.0
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86_400.0}
_SPAN = re.compile(r"([0-9]{1,4})([mhd])")
_WORD = re.compile(r"[\w.:/+=,-]{0,200}", re.ASCII)


def listing(settings: Settings, *, resolved: bool = False) -> str:
    """What fires, worst and newest first; with what has ended, if asked."""
    with _book(settings) as book:
        if book is None:
            return "no alert fires"
        entries = book.entries(resolved=resolved)
        silences = book.silences(time.time())
    if not entries:
        return "no alert fires"
    now = time.time()
    rows = [_row(entry, silenced=any(s.covers(entry.alert, now) for s in silences)) for entry in entries]
    parts = [table(("key", "state", "severity", "kind", "about", "since (UTC)", "seen", "run"), rows)]
    if silences:
        parts.append(f"{len(silences)} silences hold: redline alerts silences")
    return "\n\n".join(parts)


def acknowledge(settings: Settings, key: str) -> str:
    """Somebody has it in hand: it is not said again, and PagerDuty is told.

    Raises:
        InputError: no alert, or more than one, has a key that begins so.
    """
    alert = _named(settings, key)
    audit.record(settings, "alerts.ack", {"key": alert.key, "kind": alert.kind})
    with _desk(settings) as desk:
        _still(desk.book.acknowledge, alert)
    return f"acknowledged: {_said(alert)}"


def resolve(settings: Settings, key: str) -> str:
    """Somebody says that it is over. Raises as `acknowledge`."""
    alert = _named(settings, key)
    audit.record(settings, "alerts.resolve", {"key": alert.key, "kind": alert.kind})
    with _desk(settings) as desk:
        _still(desk.book.resolve, alert)
    return f"over: {_said(alert)}"


def silence(settings: Settings, *, kind: str, about: str, subject: str, span: str) -> str:
    """Tell nobody of what is covered, for a time such as `4h`.

    Raises:
        InputError: nothing says what to silence, or the time is none.
    """
    if not (kind or about or subject):
        raise InputError("alerts silence: needed --kind, --table or --subject, came none; it would cover everything")
    for name, word in (("--kind", kind), ("--table", about), ("--subject", subject)):
        if not _WORD.fullmatch(word):
            raise InputError(f"alerts silence: needed a word for {name} as `redline alerts list` shows it, came text")
    seconds = span_s(span)
    now = time.time()
    made = Silence(uuid.uuid4().hex[:SHOWN], kind, about, subject, now, now + seconds)
    audit.record(
        settings, "alerts.silence", {"kind": kind, "table": about, "subject": subject, "seconds": int(seconds)}
    )
    with _desk(settings) as desk:
        covered = desk.book.silence(made, now)
    return f"silence {made.id} until {utc(made.until)}; of what fires it covers {len(covered)}"


def silences(settings: Settings) -> str:
    """Those that hold."""
    with _book(settings) as book:
        found = [] if book is None else book.silences(time.time())
    if not found:
        return "nothing is silenced"
    rows = [(s.id, s.kind or "any", s.table or "any", s.subject or "any", utc(s.made), utc(s.until)) for s in found]
    return table(("silence", "kind", "table", "subject", "made", "until"), rows)


def unsilence(settings: Settings, name: str) -> str:
    """End a silence. Raises InputError: none, or more than one, begins so."""
    with _book(settings) as book:
        held = [] if book is None else [s.id for s in book.silences(time.time()) if name and s.id.startswith(name)]
    if len(held) != 1:
        raise InputError(
            f"alerts unsilence: needed the id of one silence, came one of {len(held)}; run `redline alerts silences`"
        )
    audit.record(settings, "alerts.unsilence", {"silence": held[0]})
    with _desk(settings) as desk:
        desk.book.unsilence(held[0])
        desk.tend()
    return f"silence {held[0]} has ended"


def try_channels(settings: Settings) -> tuple[str, bool]:
    """One notice through each channel, and what came back; False if one failed."""
    channels, mirrors = receivers(settings)
    alert = alert_of("test")
    notice = Notice(uuid.uuid4().hex, Event.TEST, (alert,), at=time.time())
    rows: list[tuple[str, str, str]] = []
    for channel in channels:
        rows.append(_tried(channel.name, lambda channel=channel: channel.send(notice)))  # type: ignore[misc]
        channel.close()
    ended = Standing(alert, alert.since, ended=alert.since)  # a test does not fire
    for mirror in mirrors:
        rows.append(_tried(mirror.name, lambda mirror=mirror: mirror.show([ended])))  # type: ignore[misc]
        mirror.close()
    passed = all(answer == "ok" for _, answer, _ in rows)
    return table(("channel", "", "what came back"), rows), passed


def span_s(text: str) -> float:
    """Seconds of a span such as `30m`, `4h`, `2d`. Raises InputError."""
    match = _SPAN.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise InputError("alerts silence: needed a time such as 30m, 4h or 2d for --for, came something else")
    return int(match[1]) * _UNITS[match[2]]


def _tried(name: str, send: Callable[[], str]) -> tuple[str, str, str]:
    began = time.monotonic()
    try:
        answer = send()
    except RedlineError as error:
        return name, "failed", str(error)
    except Exception as error:  # noqa: BLE001 - its text may hold an address
        return name, "failed", type(error).__name__
    return name, "ok", f"{answer} after {time.monotonic() - began:.2f} s"


def _row(entry: Entry, *, silenced: bool) -> tuple[str, str, str, str, str, str, int, str]:
    alert = entry.alert
    state = f"{entry.state.value}, silenced" if silenced and entry.open else entry.state.value
    since = utc(entry.since)[:-1].replace("T", " ")
    return alert.key[:SHOWN], state, alert.severity.value, alert.kind, alert.about, since, entry.times, alert.command


def _said(alert: Alert) -> str:
    return f"{alert.kind} in {alert.about}" if alert.about else alert.kind


def _named(settings: Settings, key: str) -> Alert:
    with _book(settings) as book:
        entries = [] if book is None else book.entries()
    found = [entry.alert for entry in entries if key and entry.alert.key.startswith(key.lower())]
    if len(found) != 1:
        raise InputError(
            f"alerts: needed the key of one alert that fires, came one of {len(found)}; run `redline alerts list`"
        )
    return found[0]


def _still(act: Callable[[str, float], Entry], alert: Alert) -> None:
    try:
        act(alert.key, time.time())
    except KeyError:
        raise InputError("alerts: needed an alert that fires, came one that has just ended") from None


@contextmanager
def _book(settings: Settings) -> Iterator[Book | None]:
    """The book as it is; None if nobody has made one."""
    path = folder_of(settings) / BOOK
    if not path.exists():
        yield None
        return
    book = Book(path)
    try:
        yield book
    finally:
        book.close()


@contextmanager
def _desk(settings: Settings) -> Iterator[Alerter]:
    """An alerter of this command: what it could not send, a process that runs sends later."""
    desk = alerter(settings, process=PROCESS)
    try:
        yield desk
        desk.tend()
    finally:
        desk.close(_SEND_S)
