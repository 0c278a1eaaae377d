"""One event, scrubbed: every text of its data replaced, ids re-keyed, as the row that the rest of Redline sees. Pure.

All texts of an event are looked at together, metadata and the keys of tool arguments included, and all surrogates of an
interaction have one scope: a suggestion, its decision and its edit get the same ones, whichever worker does them. The
names found here go on as marks (`streams.marks`), for the other events of the interaction. What finds personal data is
given (`Analyze`); what cannot be scrubbed raises, and nothing of it passes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from schemas import events, rows
from schemas.errors import ScrubError
from schemas.rows import Finding, Interaction, Source, Subject, Variant
from streams.identity import event_id, keyed_id, person_key, pseudonym
from streams.marks import Hashes, Repair, marks_of
from streams.privacy import people
from streams.privacy.views import reads_as
from streams.surrogates import Found, Style, Surrogates, merge
from streams.texts import Text, own, rebuilt, set_apart, texts_of

if TYPE_CHECKING:
    from schemas.events import Event
    from schemas.records import Coordinate
    from schemas.rows import Mark
    from streams.epochs import Keys
    from streams.marks.words import ScopeHashes

SCRUB_VERSION = "3"

Analyze = Callable[[Sequence[str], str | None, Container[int] | None], list[list[Found]]]
"""Findings of each text of one event, whose subject may be known, or of those at some places; ranges may overlap."""

# Columns of the row or ids that are re-keyed: they do not stand in `data` again.
_NOT_DATA = frozenset(
    {
        "session_id",
        "surface",
        "tool",
        "interaction_id",
        "document_id",
        "thread_id",
        "channel_id",
        "reply_to",
        "message_id",
        "call_id",
        "agent_id",
        "parent_call_id",
    }
)
_CALLS = {"call_id": "call", "agent_id": "agent", "parent_call_id": "call"}
_SESSION_STEPS = (events.Suggestion, events.Decision, events.Edit, events.Step, events.Session)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHORT = 16  # hex digits: among the people of one day no two are alike


@dataclass(frozen=True, slots=True)
class Job:
    """One admitted event, where it came from and the consent it was admitted under. Holds raw text.

    `timestamp_ms`: of its Kafka record; decides the epoch.
    """

    event: Event = field(repr=False)
    coordinate: Coordinate
    consent_version: str
    timestamp_ms: int = 0


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A scrubbed event: rows as bytes and the keys they travel under."""

    identity: bytes
    """Key of (source, id): duplicates have the same."""
    clean_key: bytes
    step_key: bytes | None
    interaction: bytes = field(repr=False)
    subject: bytes | None = field(repr=False)
    record_id: str
    event_date: str
    event_time_us: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """An event that could not be scrubbed. `reason` is one of `schemas.rows.REASONS`; nothing here is text."""

    reason: str
    path: str = "$"
    expected: str = "text that can be scrubbed"


def scrub(job: Job, analyze: Analyze, keys: Keys, style: Style = "natural", *, beside: Sequence[Keys] = ()) -> Scrubbed:
    """The event without personal data.

    Args:
        job: the event.
        analyze: what finds personal data; asked once for each text.
        keys: those of the event's epoch.
        style: how surrogates look.
        beside: earlier epochs under which the event is also written.

    Raises:
        ScrubError: the analysis or the encoding failed; names the type of the fault only.
    """
    try:
        return _scrub(job, analyze, (keys, *beside), style)
    except Exception as error:  # noqa: BLE001 - fails closed; the cause may quote the text, so only its type goes on
        fault = type(error).__name__
    raise ScrubError(f"scrub: needed findings for every text of the event, came {fault}; the event is dead-lettered")


def _scrub(job: Job, analyze: Analyze, epochs: Sequence[Keys], style: Style) -> Scrubbed:
    event, data, keys = job.event, job.event.data, epochs[0]
    interaction_id = getattr(data, "interaction_id", None)
    thread_id, document_id = getattr(data, "thread_id", None), getattr(data, "document_id", None)
    record_id = event_id(keys.identity, event.source, event.id)
    fields = {name: value for name, value in msgspec.to_builtins(data).items() if name not in _NOT_DATA}
    texts = [Text(data.tool, metadata=True), *texts_of(fields)]
    if interaction_id is not None:
        set_apart(texts, fields)
    places = _places(texts, analyze, event.subject)

    def key(kind: str, value: Any) -> str | None:
        return None if value is None else keyed_id(keys.identity, kind, value)

    session_key, interaction_key = key("session", data.session_id) or "", key("interaction", interaction_id)
    scope = keyed_id(keys.identity, "scope", interaction_id or data.session_id)
    hashes = Hashes(keys.identity).within(interaction_key or session_key)
    is_joined = isinstance(data, _SESSION_STEPS)
    # The two texts of a revision are compared: a name that one of them gives away goes from both.
    repairing = hashes if is_joined or isinstance(data, events.Revision) else None
    versions = []
    for one in epochs if is_joined else epochs[:1]:
        surrogates = Surrogates(one.surrogate, one.epoch, scope.encode(), style)
        versions.append(_written(texts, places, surrogates, repairing, event.subject))
    event_date = (_EPOCH + timedelta(microseconds=event.time_us)).date().isoformat()
    told = _told(event, keys, event_date)
    own, *others = [_variant(fields, told, one, using.epoch) for one, using in zip(versions, epochs, strict=False)]
    counts = versions[0].counts
    source = Source.of(job.coordinate)
    row = Interaction(
        record_id=record_id,
        scrub_version=SCRUB_VERSION,
        sources=[source],
        event_date=event_date,
        event_type=event.type,
        event_time=event.time_us,
        surface=data.surface,
        tool=own.tool,
        session_key=session_key,
        interaction_key=interaction_key,
        thread_key=key("thread", thread_id),
        document_key=key("document", document_id),
        data=own.data,
        findings=[Finding(entity, counts[entity]) for entity in sorted(counts)],
        marks=own.marks,
        subject_mark=hashes.of_subject(event.subject) if event.subject else None,
        variants=others,
        key_epoch=keys.epoch,
        consent_version=job.consent_version,
    )
    clean_key = row.interaction_key or row.thread_key or row.document_key or row.session_key
    return Scrubbed(
        identity=record_id.encode(),
        clean_key=clean_key.encode(),
        step_key=row.session_key.encode() if is_joined else None,
        interaction=rows.encode(row),
        subject=_subject(event, row, source, keys),
        record_id=record_id,
        event_date=event_date,
        event_time_us=event.time_us,
        findings=tuple(row.findings),
    )


def _told(event: Event, keys: Keys, event_date: str) -> dict[str, Any]:
    """What else of the ids of an event goes into its data, re-keyed."""
    data = event.data
    told: dict[str, Any] = {}
    for name, kind in _CALLS.items():
        if value := getattr(data, name, None):  # the same id in another session is another call
            told[f"{name.removesuffix('_id')}_key"] = keyed_id(keys.identity, kind, data.session_id, value)
    if isinstance(data, events.ThreadMessage):
        told["message_key"] = keyed_id(keys.identity, "message", data.message_id or event.id)
        if event.subject is not None and event.subject.strip():
            # Who wrote what, for as long as a day: `collaboration` counts people, and nothing leads to another day.
            whose = person_key(keys.identity, event.subject).decode()
            told["day_person"] = keyed_id(keys.identity, "day_person", whose, event_date)[:_SHORT]
        if data.channel_id:
            told["channel_key"] = keyed_id(keys.identity, "channel", data.channel_id)
        if data.reply_to:
            told["reply_key"] = keyed_id(keys.identity, "message", data.reply_to)
    return told


def _subject(event: Event, row: Interaction, source: Source, keys: Keys) -> bytes | None:
    if event.subject is None or not event.subject.strip():
        return None
    subject = Subject(
        record_id=row.record_id,
        scrub_version=SCRUB_VERSION,
        sources=[source],
        event_date=row.event_date,
        pseudonym=pseudonym(keys.surrogate, keys.epoch, person_key(keys.identity, event.subject)),
        key_epoch=keys.epoch,
    )
    return rows.encode(subject)


def _places(texts: list[Text], analyze: Analyze, subject: str | None) -> list[list[Found]]:
    """What is to be replaced in each text."""
    apart = {place for place, text in enumerate(texts) if text.alone} if len(texts) > 1 else set()
    wanted = set(range(len(texts))) - apart if apart else None
    findings = analyze([text.shown or text.value for text in texts], subject, wanted)
    for place in apart:
        findings[place] = analyze([texts[place].value], subject, None)[0]
    return [merge(own(text, found)) for text, found in zip(texts, findings, strict=True)]


@dataclass(frozen=True, slots=True)
class _Written:
    """The texts of an event under the key of one epoch."""

    texts: list[str]
    marks: list[Mark]
    counts: Counter[str]


def _written(
    texts: list[Text],
    places: list[list[Found]],
    surrogates: Surrogates,
    hashes: ScopeHashes | None,
    subject: str | None,
) -> _Written:
    """The texts with their findings replaced; with `hashes`, also by what the event's own names say."""
    counts: Counter[str] = Counter()
    names: list[str] = []
    scrubbed: list[str] = []
    for text, found in zip(texts, places, strict=True):
        names += [reads_as(text.value[one.start : one.end]) for one in found if one.entity == "PERSON"]
        scrubbed.append(surrogates.apply(text.value, found, counts))
    marks: list[Mark] = []
    if names and hashes is not None:
        marks = marks_of(names, hashes, surrogates, partial(_is_subject, subject))
        repair = Repair(marks, hashes)
        scrubbed = [t if text.metadata else repair.text(t, counts) for text, t in zip(texts, scrubbed, strict=True)]
    return _Written(scrubbed, marks, counts)


def _variant(fields: dict[str, Any], told: dict[str, Any], written: _Written, epoch: int) -> Variant:
    clean = iter(written.texts)
    tool = next(clean)
    data = {**rebuilt(fields, clean), **told}
    return Variant(epoch, tool, msgspec.json.encode(data, order="sorted").decode(), written.marks)


def _is_subject(subject: str | None, name: str) -> bool:
    """If a name is one of the spellings of the event's subject."""
    whole = (0, len(name))
    return bool(subject) and any(one[:2] == whole for one in people.of_subject(subject or "").find(name))
