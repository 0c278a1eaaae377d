"""One event, scrubbed: every text of its data replaced, ids re-keyed, as the row that the rest of Redline sees. Pure.

All texts of an event are looked at together, metadata and the keys of tool arguments included, and all surrogates of an
interaction have one scope: a suggestion, its decision and its edit get the same ones, whichever worker does them. What
finds personal data is given (`Analyze`); what cannot be scrubbed raises, and nothing of it passes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from schemas import events, rows
from schemas.errors import ScrubError
from schemas.rows import Finding, Interaction, Source, Subject
from streams.identity import keyed_id, person
from streams.surrogates import SECRET, Found, Style, Surrogates

if TYPE_CHECKING:
    from schemas.events import Event
    from schemas.records import Coordinate

SCRUB_VERSION = "2"

Analyze = Callable[[Sequence[str], str | None], list[list[Found]]]
"""Findings of each text of one event, whose subject may be known; ranges may overlap."""

# Columns of the row or ids that are re-keyed: they do not stand in `data` again.
_NOT_DATA = frozenset(
    {"session_id", "surface", "tool", "interaction_id", "document_id", "thread_id", "channel_id", "reply_to"}
)
# Words of a closed vocabulary: the codec has checked them, no text can be in them.
_CLOSED = frozenset({"task", "verdict", "origin", "kind", "state"})
# Versions look like dates and addresses: `claude-code/2.1.20`, `gpt-4o-2024-08-06`.
_METADATA = frozenset({"tool", "model", "language", "tool_name"})
_VERSIONISH = frozenset({"DATE_TIME", "IP_ADDRESS", "US_SSN", "UUID", "MAC_ADDRESS"})
_SESSION_STEPS = (events.Suggestion, events.Decision, events.Edit, events.Step, events.Session)
_SECRET_KEY = re.compile(
    r"(?:^|[_\-. ])(?:passwd|password|passphrase|pwd|secret|token|api_?key|apikey|access_?key|private_?key|auth_?key|"
    r"credentials?|client_?secret|authorization|cookie)\Z|[a-z](?:Password|Secret|Token|ApiKey|AccessKey|PrivateKey)\Z",
    re.IGNORECASE,
)
_LONG_NUMBER = 1_000_000  # from seven digits on a number may be a phone, a card, an account
_KEY_SHOWN = 40  # characters of a field's name that are given to the analysis as context
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys: `identity` for ids, for as long as the tables live; `surrogate` for one epoch, then destroyed."""

    identity: bytes = field(repr=False)
    surrogate: bytes = field(repr=False)
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One admitted event, where it came from and the consent it was admitted under. Holds raw text."""

    event: Event = field(repr=False)
    coordinate: Coordinate
    consent_version: str


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


@dataclass(slots=True)
class _Text:
    """One text on its way: what is analysed is `shown`, of which the text begins at `shift`."""

    value: str
    shift: int = 0
    shown: str = ""
    metadata: bool = False
    secret: bool = False
    alone: bool = False


def scrub(job: Job, analyze: Analyze, keys: Keys, style: Style = "natural") -> Scrubbed:
    """The event without personal data.

    Raises:
        ScrubError: the analysis or the encoding failed; names the type of the fault only.
    """
    try:
        return _scrub(job, analyze, keys, style)
    except Exception as error:  # noqa: BLE001 - fails closed; the cause may quote the text, so only its type goes on
        fault = type(error).__name__
    raise ScrubError(f"scrub: needed findings for every text of the event, came {fault}; the event is dead-lettered")


def _scrub(job: Job, analyze: Analyze, keys: Keys, style: Style) -> Scrubbed:
    event, data = job.event, job.event.data
    interaction_id = getattr(data, "interaction_id", None)
    thread_id, document_id = getattr(data, "thread_id", None), getattr(data, "document_id", None)
    record_id = keyed_id(keys.identity, "event", event.source, event.id)
    scope = keyed_id(keys.identity, "scope", interaction_id or data.session_id)
    surrogates = Surrogates(keys.surrogate, keys.epoch, scope.encode(), style)

    fields = {name: value for name, value in msgspec.to_builtins(data).items() if name not in _NOT_DATA}
    texts = [_Text(data.tool, metadata=True), *_texts(fields)]
    if interaction_id is not None:
        _set_apart(texts, fields)
    clean, counts = _replace(texts, analyze, event.subject, surrogates)
    tool = next(clean)
    fields = _rebuild(fields, clean)
    if isinstance(data, events.ThreadMessage):
        if data.channel_id:
            fields["channel_key"] = keyed_id(keys.identity, "channel", data.channel_id)
        if data.reply_to:
            fields["reply_key"] = keyed_id(keys.identity, "message", data.reply_to)

    def key(kind: str, value: Any) -> str | None:
        return None if value is None else keyed_id(keys.identity, kind, value)

    source, event_date = Source.of(job.coordinate), (_EPOCH + timedelta(microseconds=event.time_us)).date().isoformat()
    row = Interaction(
        record_id=record_id,
        scrub_version=SCRUB_VERSION,
        sources=[source],
        event_date=event_date,
        event_type=event.type,
        event_time=event.time_us,
        surface=data.surface,
        tool=tool,
        session_key=keyed_id(keys.identity, "session", data.session_id),
        interaction_key=key("interaction", interaction_id),
        thread_key=key("thread", thread_id),
        document_key=key("document", document_id),
        data=msgspec.json.encode(fields, order="sorted").decode(),
        findings=[Finding(entity, counts[entity]) for entity in sorted(counts)],
        key_epoch=keys.epoch,
        consent_version=job.consent_version,
    )
    clean_key = row.interaction_key or row.thread_key or row.document_key or row.session_key
    return Scrubbed(
        identity=record_id.encode(),
        clean_key=clean_key.encode(),
        step_key=row.session_key.encode() if isinstance(data, _SESSION_STEPS) else None,
        interaction=rows.encode(row),
        subject=_subject(event, row, source, keys),
        record_id=record_id,
        event_date=event_date,
        event_time_us=event.time_us,
        findings=tuple(row.findings),
    )


def _subject(event: Event, row: Interaction, source: Source, keys: Keys) -> bytes | None:
    if event.subject is None or not event.subject.strip():
        return None
    subject = Subject(
        record_id=row.record_id,
        scrub_version=SCRUB_VERSION,
        sources=[source],
        event_date=row.event_date,
        pseudonym=keyed_id(keys.surrogate, "subject", keys.epoch, person(event.subject)),
        key_epoch=keys.epoch,
    )
    return rows.encode(subject)


def _texts(value: Any, name: str = "", *, top: bool = True) -> Iterator[_Text]:
    """Every text in the data, in a fixed order: strings, long numbers, and the keys of free-form objects."""
    if isinstance(value, dict):
        for key in sorted(value):
            if not top:
                yield _Text(key)
            if not (top and _is_closed(key, value[key])):
                yield from _texts(value[key], key, top=False)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, name, top=False)
    elif isinstance(value, str):
        yield _text(value, name)
    elif _is_long(value):
        yield _text(str(value), name)


def _set_apart(texts: Sequence[_Text], fields: dict[str, Any]) -> None:
    """Mark the texts that are compared across the events of an interaction.

    What is found in them must depend on them alone: a name that only the prompt gives away would be replaced in the
    suggestion and not in the edit, and the diff would see an edit nobody made.
    """
    compared = {fields[name] for name in _COMPARED if isinstance(fields.get(name), str)}
    for text in texts:
        text.alone = not text.metadata and not text.shown and text.value in compared


_COMPARED = ("text", "before", "accepted_text")


def _text(value: str, name: str) -> _Text:
    if name in _METADATA:
        return _Text(value, metadata=True)
    if name in _TEXT_FIELDS or not name:
        return _Text(value)
    # A field's name says what is in it: shown in front, it is context for the analysis ("phone", "author", "token").
    shown = f'{name[:_KEY_SHOWN]}: "'
    return _Text(value, len(shown), f'{shown}{value}"', secret=_SECRET_KEY.search(name) is not None)


_TEXT_FIELDS = frozenset(
    ("text", "before", "after", "prompt", "content", "path", "accepted_text", "outcome", "reason", "role", "revision")
)


def _is_closed(key: str, value: Any) -> bool:
    """True for the event's own fields that hold no text: words of a vocabulary, and typed numbers."""
    return key in _CLOSED or (key != "arguments" and isinstance(value, int))


def _is_long(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _LONG_NUMBER


def _replace(
    texts: list[_Text], analyze: Analyze, subject: str | None, surrogates: Surrogates
) -> tuple[Iterator[str], Counter[str]]:
    counts: Counter[str] = Counter()
    findings = analyze([text.shown or text.value for text in texts], subject)
    for place, text in enumerate(texts):
        if text.alone and len(texts) > 1:
            findings[place] = analyze([text.value], subject)[0]
    return (
        iter([surrogates.apply(t.value, _own(t, found), counts) for t, found in zip(texts, findings, strict=True)]),
        counts,
    )


def _own(text: _Text, found: Sequence[Found]) -> list[Found]:
    """The findings that lie in the text itself, in its own offsets."""
    if text.secret and len(text.value) > 3 and not text.value.startswith("<SECRET_"):  # noqa: PLR2004 - "yes", "on"
        return [Found(0, len(text.value), SECRET, 1.0)]
    own: list[Found] = []
    for start, end, entity, score in found:
        if text.metadata and entity in _VERSIONISH:
            continue
        first, last = max(0, start - text.shift), min(len(text.value), end - text.shift)
        if first < last:
            own.append(Found(first, last, entity, score))
    return own


def _rebuild(value: Any, clean: Iterator[str], *, top: bool = True) -> Any:
    """The data with each text replaced, taken in the order in which `_texts` gave them."""
    if isinstance(value, dict):
        rebuilt: dict[str, Any] = {}
        for key in sorted(value):
            name = key if top else _free(next(clean), rebuilt)
            rebuilt[name] = (
                value[key] if top and _is_closed(key, value[key]) else _rebuild(value[key], clean, top=False)
            )
        return rebuilt
    if isinstance(value, list):
        return [_rebuild(one, clean, top=False) for one in value]
    if isinstance(value, str):
        return next(clean)
    if _is_long(value):
        replaced = next(clean)
        return value if replaced == str(value) else replaced
    return value


def _free(name: str, taken: dict[str, Any]) -> str:
    """`name`, or `name_2`… where two keys have become one: no field may be lost."""
    free, n = name, 1
    while free in taken:
        n += 1
        free = f"{name}_{n}"
    return free
