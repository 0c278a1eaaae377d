"""One table that can be made anew: from which events, by which logic, and what of a row is compared."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from redline.worker import join_policy, session_policy
from schemas.tables import PAIRS, REVISIONS, TRAJECTORIES
from streams import join, session, trajectory
from streams.keyed import Admission, Members, Settlement, derived_id
from streams.revisions import REVISION, revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from redline.settings import Settings
    from schemas.rows import Interaction
    from schemas.tables import Table
    from streams.keyed import Emit, KeyedLogic
    from streams.marks import Hashes

_ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Made:
    """How one table is made of `interactions`.

    Args:
        table: the table.
        logic: the stage's; its name is what rejects of the stage say.
        types: the events it takes.
        key: the column of `interactions` that its key is.
        first_id: the record id of a key's row, or of the first of several.
        kin: how many leading digits the ids of all rows of a key share; at least 8, which choose the bucket.
        waits: what a key without a row waits for.
        stateful: False for a stage that keeps nothing: none of its keys is ever open.
        unequal: columns that tell what the stream did, not what the events were.
        values: column -> what of its value is compared.
        seen: which of a key's events the streamed rows can have been made of, for a stage that leaves out late events
            without a reject.
    """

    table: Table
    logic: KeyedLogic
    types: frozenset[str]
    key: str
    first_id: Callable[[bytes], str]
    kin: int = _ID_DIGITS
    waits: str = "nothing to make a row of"
    stateful: bool = True
    unequal: frozenset[str] = frozenset({"revision"})
    values: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    seen: Callable[[Sequence[Interaction], Sequence[Mapping[str, Any]]], list[Interaction]] | None = None

    def family(self, record_id: str) -> str:
        """What the ids of a key's rows have in common."""
        return record_id[: self.kin]


def pairs(settings: Settings, hashes: Hashes) -> Made:
    """Pairs, by the join."""
    return Made(
        table=PAIRS,
        logic=join.Join(hashes, join_policy(settings)),
        types=join.TYPES,
        key="interaction_key",
        first_id=lambda key: derived_id("pair", key),
        waits="no suggestion or no kept text yet",
    )


def trajectories(settings: Settings, hashes: Hashes) -> Made:
    """Trajectories, by sessions. Whether a session without an end has closed yet is the stream's to say."""
    return Made(
        table=TRAJECTORIES,
        logic=session.Sessions(hashes, session_policy(settings)),
        types=session.TYPES,
        key="session_key",
        first_id=lambda key: trajectory.part_id(key, 0),
        kin=trajectory.KIN_DIGITS,
        waits="no step of its own",
        values={"closed_by": lambda value: "inactivity" if value == "end_of_input" else value},
        seen=partial(_shown, hashes),
    )


def _shown(hashes: Hashes, members: Sequence[Interaction], streamed: Sequence[Mapping[str, Any]]) -> list[Interaction]:
    """The session's events without those of the join's that no step shows.

    They came when the session had closed, which rejects only its own. What it had is in the order of the steps.
    """
    proposals: dict[str | None, set[str]] = defaultdict(set)
    told = trajectory.told(members, hashes)
    for member, step in told:
        if step.kind == "suggestion":
            proposals[member.interaction_key].add(step.content)
    shown = deque(_shown_steps(streamed))
    unseen: set[str] = set()
    again: set[tuple[str | None, str]] = set()
    for member, step in told:
        said = (step.kind, step.outcome, step.content)
        once = (member.interaction_key, step.content)
        if member.event_type in trajectory.OWN:
            if shown:
                shown.popleft()
        elif (
            shown and shown[0][0] == said and (shown[0][1] is None or shown[0][1] in proposals[member.interaction_key])
        ):
            shown.popleft()
            if step.kind == "suggestion":
                again.add(once)
        elif step.kind != "suggestion" or once not in again:
            unseen.add(member.record_id)
    return [member for member in members if member.record_id not in unseen]


def _shown_steps(streamed: Sequence[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str, str], str | None]]:
    """Kind, outcome and text of each step of a session, and the text that it corrects, if it says so."""
    for row in sorted(streamed, key=lambda row: row["part"] or 0):
        for step in row["steps"]:
            at = step["corrects"]
            yield (step["kind"], step["outcome"], step["content"]), None if at is None else row["steps"][at]["content"]


def revisions(settings: Settings, hashes: Hashes) -> Made:
    """Revisions, each of its event alone. Those of the first schema came before the table, if they have no row."""
    del settings, hashes
    return Made(
        table=REVISIONS,
        logic=Revisions(),
        types=frozenset({REVISION}),
        key="record_id",
        first_id=lambda key: derived_id("revision", key),
        stateful=False,
        unequal=frozenset(),
        seen=lambda members, streamed: [one for one in members if one.schema_version > 1 or streamed],
    )


class Revisions:
    """A stage that keeps nothing, in the form of one that does: an event is a key, and its row."""

    name = "revisions"

    def key_of(self, row: Interaction) -> bytes | None:
        """The event itself."""
        return row.record_id.encode()

    def admit(self, key: bytes, header: bytes | None, row: Interaction, *, known: bool) -> Admission:
        """Every event is enough."""
        del header, row, known
        return Admission(header=key, keep=True)

    def forgotten(self, row: Interaction) -> tuple[Emit, ...]:
        """Nothing is ever late."""
        del row
        return ()

    def due(self, header: bytes) -> int:
        """At once."""
        del header
        return 0

    def wants_flush(self, header: bytes) -> bool:
        """Nothing waits."""
        del header
        return False

    def settle(self, key: bytes, header: bytes, members: list[Interaction], *, final: bool) -> Settlement:
        """The row of the event."""
        del key, header, final
        return Settlement(None, Members.DROP, tuple(revision(one) for one in members))

    def drop(self, header: bytes, members: list[Interaction], reason: str) -> Settlement:
        """Nothing is open."""
        del header, members, reason
        return Settlement(None, Members.DROP)


KINDS: Mapping[str, Callable[[Settings, Hashes], Made]] = {
    "pairs": pairs,
    "trajectories": trajectories,
    "revisions": revisions,
}
"""What `redline rebuild` knows to make."""
