"""Joining a suggestion to what the person finally kept, pure.

An interaction is a *set* of events: suggestion, decision, edits, in any order, late or twice. Its deadline in event
time is

    min(first final edit or rejection + grace, suggestion + window)

(an end that seems to stand before its suggestion counts from the suggestion), and only shrinks as events come in. When
the partition's watermark passes the deadline the interaction settles: events up to the deadline make the pair, later
ones are rejects (`late`). Every answer is a function of the set, so any order and any duplication give the same pairs.
At the end of a bounded run a pair is published as it stands, and the state stays open: if the next run knows more, a
higher revision replaces the row.

A name that one event gave away is replaced in the texts of all of them (`streams.marks`) before anything is compared.
Events on both sides of a rotation of keys are read under one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from schemas import topics
from schemas.rows import Interaction, Pair
from streams import licences, similarity
from streams.edit_metrics import measure
from streams.keyed import Admission, Emit, Members, Settlement, derived_id, event_order, turned_away, withdrawn
from streams.marks import Hashes, Union, in_one_epoch

if TYPE_CHECKING:
    from collections.abc import Callable

_HOUR = 3_600_000_000
SUGGESTION = "redline.suggestion.v1"
DECISION = "redline.decision.v1"
EDIT = "redline.edit.v1"
TYPES = frozenset({SUGGESTION, DECISION, EDIT})
_REFUSALS = frozenset({"rejected", "dismissed"})

# Upper bounds in milliseconds: fine enough to tell a reflex from a reading, too coarse to recognise a person by.
_BUCKETS = ((1_000, "<1s"), (5_000, "1-5s"), (30_000, "5-30s"), (120_000, "30s-2m"), (600_000, "2-10m"))


@dataclass(frozen=True, slots=True)
class JoinPolicy:
    """Event-time limits in microseconds."""

    window_us: int = 24 * _HOUR
    grace_us: int = 60_000_000  # a decision and a last save may trail the final edit by a minute
    keep_us: int = 7 * 24 * _HOUR  # how long a settled interaction is remembered, to tell late events


class _Header(msgspec.Struct, array_like=True):
    first_us: int
    suggested_us: int | None = None
    ended_us: int | None = None
    revision: int = -1
    dirty: bool = True
    settled: bool = False


class _Message(msgspec.Struct):
    role: str
    content: str


class _Payload(msgspec.Struct):
    """What the join reads of an event's scrubbed data, whatever its type."""

    text: str = ""
    before: str = ""
    prompt: str | list[_Message] = ""
    task: str = ""
    model: str = ""
    language: str = ""
    licence: str = ""
    verdict: str = ""
    accepted_text: str | None = None
    after_ms: int | None = None
    final: bool = False


class _Mark(msgspec.Struct):
    final: bool = False
    verdict: str = ""


_encode = msgspec.msgpack.Encoder().encode
_header = msgspec.msgpack.Decoder(_Header).decode
_payload = msgspec.json.Decoder(_Payload).decode
_mark = msgspec.json.Decoder(_Mark).decode


class Join:
    """`KeyedLogic` for interactions. `hashes` are those that the scrubber made its marks with."""

    name = "join"

    def __init__(self, hashes: Hashes, policy: JoinPolicy | None = None) -> None:
        self._hashes = hashes
        self._policy = policy or JoinPolicy()

    def key_of(self, row: Interaction) -> bytes | None:
        """The re-keyed interaction id; None for events that belong to no interaction."""
        if row.event_type not in TYPES or row.interaction_key is None:
            return None
        return row.interaction_key.encode()

    def admit(self, key: bytes, header: bytes | None, row: Interaction, *, known: bool) -> Admission:
        """Take an event into its interaction, or reject it if that has settled."""
        del key
        if known:
            return Admission()
        state = _Header(first_us=row.event_time) if header is None else _header(header)
        if state.settled:
            return Admission(emits=(_late(row),))
        state.first_us = min(state.first_us, row.event_time)
        if row.event_type == SUGGESTION:
            state.suggested_us = _least(state.suggested_us, row.event_time)
        else:
            mark = _mark(row.data)
            if mark.final or mark.verdict in _REFUSALS:
                state.ended_us = _least(state.ended_us, row.event_time)
        state.dirty = True
        return Admission(header=_encode(state), keep=True)

    def forgotten(self, row: Interaction) -> tuple[Emit, ...]:
        """Late, however much later."""
        return (_late(row),)

    def due(self, header: bytes) -> int:
        """The deadline, or the time a settled interaction may be forgotten."""
        state = _header(header)
        return self._deadline(state) + (self._policy.keep_us if state.settled else 0)

    def wants_flush(self, header: bytes) -> bool:
        """True for an interaction with a suggestion and something new since its last row."""
        state = _header(header)
        return state.dirty and not state.settled and state.suggested_us is not None

    def settle(self, key: bytes, header: bytes, members: list[Interaction], *, final: bool) -> Settlement:
        """The pair and the late rejects of this set; orphans if the suggestion never came."""
        state = _header(header)
        if state.settled:
            return Settlement(None, Members.DROP)
        if not members:  # a zombie's old header over a settled key: its members are marks, its row is published
            state.settled = True
            return Settlement(_encode(state), Members.KEEP)
        deadline = self._deadline(state)
        on_time = sorted((m for m in members if m.event_time <= deadline), key=event_order)
        emits = [_late(m) for m in members if m.event_time > deadline]
        if state.suggested_us is None:
            if not final:
                return Settlement(header, Members.KEEP)
            emits += [_orphan(m) for m in on_time]
        elif state.dirty:
            state.revision += 1
            emits.append(_pair(key, on_time, state.revision, self._hashes))
        state.dirty = False
        state.settled = final
        return Settlement(_encode(state), Members.MARK if final else Members.KEEP, tuple(emits))

    def drop(self, header: bytes, members: list[Interaction], reason: str) -> Settlement:
        """Nothing of it is published any more; late events stay late."""
        state = _header(header)
        state.dirty, state.settled = False, True
        return Settlement(
            _encode(state), Members.MARK, tuple(withdrawn(m, stage=self.name, reason=reason) for m in members)
        )

    def _deadline(self, state: _Header) -> int:
        if state.suggested_us is None:
            return state.first_us + self._policy.window_us
        window = state.suggested_us + self._policy.window_us
        if state.ended_us is None:
            return window
        # With skewed clocks an end may seem to stand before its suggestion.
        return min(window, max(state.ended_us, state.suggested_us) + self._policy.grace_us)


def _pair(key: bytes, members: list[Interaction], revision: int, hashes: Hashes) -> Emit:
    """The row of one interaction. `members` are in event order, a suggestion among them."""
    # A regenerated suggestion replaces the one before it, up to the first decision.
    decided_us = next((m.event_time for m in members if m.event_type == DECISION), None)
    proposed = [place for place, m in enumerate(members) if m.event_type == SUGGESTION]
    offered = [at for at in proposed if decided_us is None or members[at].event_time <= decided_us] or proposed[:1]
    members = in_one_epoch(members, members[offered[-1]])
    read = [(m, _payload(m.data)) for m in members]
    decisions = [(m, p) for m, p in read if m.event_type == DECISION]
    edits = [(m, p) for m, p in read if m.event_type == EDIT]
    decision = decisions[-1] if decisions else None
    verdict = decision[1].verdict if decision else ""
    union = Union(members, hashes)
    head, proposal = _fullest(read[offered[-1]], [read[place] for place in proposed], union)
    repaired = union.of(head)
    offer, before = repaired(proposal.text), repaired(proposal.before)
    saved = next((x for x in reversed(edits) if x[1].final), edits[-1] if edits else None)
    partly = next((x for x in reversed(decisions) if x[1].accepted_text is not None), None)
    final = None if saved is None else union.of(saved[0])(saved[1].text)
    own = final if final is not None or partly is None else union.of(partly[0])(partly[1].accepted_text or "")
    if verdict in _REFUSALS:
        label, kept = "rejected", before if final is None else final
    elif own is not None:
        kept = own
        label = "accepted" if kept == offer else "edited"
        if not verdict and kept == before != offer:
            label = "ignored"
    elif verdict == "accepted":
        label, kept = "accepted", offer
    else:
        # Never decided; or partly accepted and what was kept never came, which tells a trainer no more than silence.
        label, kept = "ignored", before
    edit = measure(offer, kept, language=proposal.language, surface=head.surface)
    row = Pair(
        record_id=derived_id("pair", key),
        scrub_version=head.scrub_version,
        sources=sorted(source for m in members for source in m.sources),
        event_date=head.event_date,
        revision=revision,
        surface=head.surface,
        task=proposal.task,
        label=label,
        prompt=_conversation(proposal.prompt, repaired),
        before=before,
        suggestion=offer,
        final=kept,
        similarity=edit.similarity,
        retention_4gram=edit.retention_4gram,
        no_revert=similarity.no_revert(before, offer, kept),
        kept_spans=edit.kept_spans,
        edited_spans=edit.edited_spans,
        decision_ms_bucket=_bucket(head, decision),
        model=proposal.model,
        language=proposal.language,
        tool=head.tool,
        key_epoch=head.key_epoch,
        licence=licences.kind(proposal.licence),
        edit_kind=edit.kind if label in {"accepted", "edited"} else None,
        words=edit.words,
        segments=edit.segments,
        kept_segments=edit.kept_segments,
        edited_segments=edit.edited_segments,
        identifier_match=edit.identifier_match,
        edit_rate=edit.edit_rate,
    )
    return Emit(topics.PAIRS, key, row)


def _fullest(
    last: tuple[Interaction, _Payload], proposals: list[tuple[Interaction, _Payload]], union: Union
) -> tuple[Interaction, _Payload]:
    """Of the suggestions with the text of `last`, the one that says most; `last` where none says more.

    Several channels may tell the same proposal: a live one first, without prompt or model, a transcript all of it.
    """
    if len(proposals) == 1:
        return last
    text = union.of(last[0])(last[1].text)
    same = [last, *(x for x in reversed(proposals) if union.of(x[0])(x[1].text) == text)]
    return max(same, key=lambda x: (bool(x[1].prompt), bool(x[1].model), bool(x[1].before), "/" in x[0].tool))


def _conversation(prompt: str | list[_Message], repaired: Callable[[str], str]) -> str:
    turns = [_Message("user", prompt)] if isinstance(prompt, str) and prompt else prompt or []
    return msgspec.json.encode([_Message(repaired(turn.role), repaired(turn.content)) for turn in turns]).decode()


def _bucket(head: Interaction, decision: tuple[Interaction, _Payload] | None) -> str:
    if decision is None:
        return "none"
    row, payload = decision
    took_ms = payload.after_ms if payload.after_ms is not None else (row.event_time - head.event_time) // 1000
    return next((name for bound, name in _BUCKETS if took_ms < bound), ">10m")


def _least(known: int | None, new: int) -> int:
    return new if known is None else min(known, new)


def _late(row: Interaction) -> Emit:
    return turned_away(row, stage="join", reason="late", expected="an event before its interaction closed")


def _orphan(row: Interaction) -> Emit:
    return turned_away(
        row,
        stage="join",
        reason="orphan",
        path="$.data.interaction_id",
        expected="a suggestion with the same interaction_id",
    )
