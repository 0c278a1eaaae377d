"""`redline capture git`: what a commit says of the open proposals becomes final edits and rejections in the spool."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from redline.capture import append, commits, git
from redline.capture.events import EVENT, read
from redline.capture.proposals import Proposals
from redline.capture.spool import Spool, config
from schemas import codec
from schemas.events import Decision, Edit, Event

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from redline.capture.proposals import Proposal

_SOURCE = "redline-capture-git"


def capture(folder: Path, repository: Path, commit: str) -> int:
    """Add what a commit says of the open proposals: final edits of those it holds, rejections of those undone.

    Gives how many these are.
    Nothing is added while git itself makes commits (rebase, cherry-pick, revert, merge): nobody has edited then.

    Raises:
        InputError: no repository, no such commit, or no git.
        OSError: the spool cannot be written.
    """
    place = git.Repository(repository)
    if place.rewriting():
        return 0
    conf, added = config(folder), 0
    with Proposals(folder) as proposals:
        for frame in Spool(folder).frames():  # proposals that are not shipped yet are proposals too
            proposals.remember(read(frame, subject=conf.subject).events)
        for file in [*place.changed(commit), *place.unchanged(commit, proposals.paths())]:
            known = {one.interaction_id: one for one in proposals.of([file.path, file.old_path])}
            said = commits.said([_offer(one) for one in known.values()], file.before, file.after)
            made = [_edit(known[one.interaction_id], one.text) for one in said.kept]
            if said.undone and place.undone(file, commit, min(known[one].time_us for one in said.undone)):
                made += [_rejection(known[one]) for one in said.undone]
            for event in made:
                append.append(str(folder), EVENT, codec.encode_structured(event).value or b"")
            proposals.settle([*_interactions(made), *said.overtaken])
            added += len(made)
    return added


def _offer(proposal: Proposal) -> commits.Offer:
    return commits.Offer(proposal.interaction_id, proposal.pieces, proposal.cell)


def _interactions(events: Iterable[Event]) -> list[str]:
    return [event.data.interaction_id for event in events if isinstance(event.data, Edit | Decision)]


def _edit(proposal: Proposal, text: str) -> Event:
    data = Edit(
        session_id=proposal.session_id,
        surface=proposal.surface,  # type: ignore[arg-type]  # it was one when the suggestion was decoded
        tool=proposal.tool,
        interaction_id=proposal.interaction_id,
        text=text,
        final=True,
        origin="commit",
    )
    return _event(proposal, f"edit/{proposal.interaction_id}", "redline.edit.v1", data)


def _rejection(proposal: Proposal) -> Event:
    """What was taken over and then undone before it was ever committed is rejected after all."""
    data = Decision(
        session_id=proposal.session_id,
        surface=proposal.surface,  # type: ignore[arg-type]  # likewise
        tool=proposal.tool,
        interaction_id=proposal.interaction_id,
        verdict="rejected",
    )
    return _event(proposal, f"undone/{proposal.interaction_id}", "redline.decision.v1", data)


def _event(proposal: Proposal, name: str, kind: str, data: Edit | Decision) -> Event:
    time_us = max(time.time_ns() // 1000, proposal.time_us + 2)  # after the decision to take it over
    return Event(source=_SOURCE, id=name, type=kind, time_us=time_us, subject=proposal.subject or None, data=data)
