"""The consent topic from the side of an operator: what people have said, written and shown.

The topic holds keyed hashes of names. Every word is put together with the person's last record, so an erasure is never
forgotten; one command at a time per data folder does that.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from quality import report
from redline import audit
from redline.consent_words import SURFACES, erased, on_everything, on_part, scope_text, time_text
from redline.keys import keys_of
from redline.lock import DataLock
from schemas import topics
from schemas.errors import ConsentError
from streams.consent import Admitted, Consent, ConsentBook, ConsentMode, encode
from streams.consent_reader import ConsentReader
from streams.delivery import Delivery, Out
from streams.identity import person_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from redline.consent_words import Place
    from redline.settings import Settings

_LOCK_WAIT_S = 5.0


def today() -> str:
    """The version of a consent whose text has no name: the day it was given."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def record(settings: Settings, people: Iterable[str], *, granted: bool, version: str, only_new: bool = False) -> int:
    """A word on everything for each person (named as events' `subject` names them); returns how many were written.

    `only_new`: who has said anything before is left alone; a list of yesterday does not undo a withdrawal.

    Raises:
        BrokerError, ConsentError: what they have said before could not be read.
        DeliveryError: the broker did not confirm them all.
        SettingsError: the key file is missing or open to others.
        LockedError: another consent command works in this data folder.
    """

    def say(before: Consent | None) -> Consent | None:
        if only_new and before is not None:
            return None
        return on_everything(before, granted=granted, version=version or today())

    return _change(settings, dict.fromkeys(people, say), "grant" if granted else "withdraw")


def grant(
    settings: Settings,
    people: Iterable[str],
    *,
    parts: Iterable[Place] = (),
    without: Iterable[Place] = (),
    since_us: int = 0,
    until_us: int | None = None,
    version: str = "",
) -> int:
    """Yes to everything, or to `parts` only, and no to what is `without`. Raises as `record` does.

    `since_us` and `until_us` hold for a yes to everything, not for `parts`.
    """
    parts, without, named = list(parts), list(without), version or today()

    def say(before: Consent | None) -> Consent:
        if parts:
            after = before
            for place in parts:
                after = on_part(after, place, granted=True, version=named)
        else:
            whole = on_everything(before, granted=True, version=named)
            after = msgspec.structs.replace(whole, since_us=since_us, until_us=until_us)
        for place in without:
            after = on_part(after, place, granted=False, version=named)
        return after or Consent(granted=None, version=named)

    return _change(settings, dict.fromkeys(people, say), "grant")


def withdraw(settings: Settings, people: Iterable[str], *, parts: Iterable[Place] = ()) -> int:
    """No to everything, or to `parts`. It counts from when workers read it: a second. Raises as `record` does."""
    parts = list(parts)

    def say(before: Consent | None) -> Consent:
        version = before.version if before else today()
        if not parts:
            return on_everything(before, granted=False, version=version)
        after = before
        for place in parts:
            after = on_part(after, place, granted=False, version=version)
        return after or Consent(granted=None, version=version)

    return _change(settings, dict.fromkeys(people, say), "withdraw")


def replace(settings: Settings, words: Mapping[str, Consent]) -> int:
    """Each person's words as a list has them, in place of all before. Raises as `record` does."""

    def saying(consent: Consent) -> Callable[[Consent | None], Consent]:
        return lambda before: msgspec.structs.replace(consent, erased_us=before.erased_us if before else None)

    return _change(settings, {name: saying(consent) for name, consent in words.items()}, "import")


def erase(settings: Settings, people: Iterable[str], at_us: int) -> int:
    """The tombstone of an erasure: nothing of these people that arrived until `at_us` is read again.

    Raises as `record` does. Written again with the same time it changes nothing.
    """
    return _change(settings, dict.fromkeys(people, lambda before: erased(before, at_us, today())), "erase")


def repair(settings: Settings) -> int:
    """Say no for everybody whose last record cannot be read; returns for how many. Raises as `record` does."""
    with DataLock(settings.state, name="consent.lock", wait_s=_LOCK_WAIT_S):
        book = book_of(settings)
        no = Consent(granted=False, version=today())
        _write(settings, dict.fromkeys(book.unreadable, no), "repair")
        return len(book.unreadable)


def _change(settings: Settings, people: Mapping[str, Callable[[Consent | None], Consent | None]], action: str) -> int:
    keys = keys_of(settings)
    by_key = {person_key(keys.identity, name): say for name, say in people.items() if name.strip()}
    with DataLock(settings.state, name="consent.lock", wait_s=_LOCK_WAIT_S):
        book = book_of(settings)
        book.check()
        words = {key: after for key, say in by_key.items() if (after := say(book.get(key))) is not None}
        _write(settings, words, action)
    return len(words)


def _write(settings: Settings, words: Mapping[bytes, Consent], action: str) -> None:
    if not words:
        return
    parts = sum(bool(consent.scopes) for consent in words.values())
    audit.record(settings, f"consent.{action}", {"people": len(words), "with_scopes": parts})
    delivery = Delivery(settings.kafka.bootstrap, settings.kafka.client)
    try:
        asyncio.run(delivery.send([Out(topics.CONSENT, key, encode(consent)) for key, consent in words.items()]))
    finally:
        delivery.close()


def book_of(settings: Settings) -> ConsentBook:
    """Everything on the consent topic; what cannot be read is for the caller to judge (`ConsentBook.check`)."""
    book = ConsentBook(settings.consent.mode)
    reader = ConsentReader(settings.kafka.bootstrap, book, settings.kafka.client, lambda _error: None)
    try:
        reader.read()
    except ConsentError:
        pass
    finally:
        reader.stop()
    return book


def totals(settings: Settings) -> str:
    """How many people have said what, without a name. Raises BrokerError."""
    book = book_of(settings)
    found = [consent for person in book.people if (consent := book.get(person)) is not None]
    lines = (
        ("yes to everything", sum(c.granted is True and not c.scopes for c in found)),
        ("yes, with exceptions", sum(c.granted is True and bool(c.scopes) for c in found)),
        ("no, with exceptions", sum(c.granted is not True and any(s.granted for s in c.scopes) for c in found)),
        ("no", sum(c.granted is not True and not any(s.granted for s in c.scopes) for c in found)),
        ("erased before", sum(c.erased_us is not None for c in found)),
        ("records that cannot be read", len(book.unreadable)),
    )
    return f"{report.table(('people', 'count'), lines)}\n\n{_silence(book.mode)}"


def shown(settings: Settings, name: str) -> str:
    """What holds for one person now. Raises BrokerError, ConsentError, SettingsError."""
    keys = keys_of(settings)
    book = book_of(settings)
    book.check()
    key = person_key(keys.identity, name)
    consent = book.get(key)
    lines = [("record", "none" if consent is None else f"version {consent.version}")]
    if consent is not None:
        lines.append(("everything", {True: "yes", False: "no", None: "nothing said"}[consent.granted]))
        lines += [("part", scope_text(scope)) for scope in consent.scopes]
        if consent.since_us:
            lines.append(("from", time_text(consent.since_us)))
        if consent.until_us is not None:
            lines.append(("before", time_text(consent.until_us)))
        if consent.erased_us is not None:
            lines.append(("erased", time_text(consent.erased_us)))
    now_us = time.time_ns() // 1000
    sources = sorted({scope.source for scope in consent.scopes} if consent else set())
    for source in ["", *(source for source in sources if source)]:
        for surface in SURFACES:
            answer = book.decide(key, now_us, surface, source, now_us // 1000 + 1)
            word = "read" if isinstance(answer, Admitted) else f"not read: {answer.reason}"
            lines.append((f"now {surface}{'@' + source if source else ''}", word))
    return f"{report.table(('what', 'word'), lines)}\n\n{_silence(book.mode)}"


def _silence(mode: ConsentMode) -> str:
    return f"Silence means {'yes' if mode is ConsentMode.OPT_OUT else 'no'}: consent.mode is {mode.value} here."
