"""`redline capture git`: what a commit says of the open proposals becomes final edits in the spool."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from redline.capture import append, commits, git
from redline.capture.events import EVENT, read
from redline.capture.proposals import Proposals
from redline.capture.spool import Spool, config
from schemas import codec
from schemas.events import Edit, Event

if TYPE_CHECKING:
    from pathlib import Path

    from redline.capture.proposals import Proposal

_SOURCE = "redline-capture-git"


def capture(folder: Path, repository: Path, commit: str) -> int:
    """Add a final edit for each proposal that this commit holds; gives how many.

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
        for file in place.changed(commit):
            known = {one.interaction_id: one for one in proposals.of([file.path, file.old_path])}
            offers = [commits.Offer(one.interaction_id, one.before, one.text) for one in known.values()]
            for found in commits.kept(offers, file.before, file.after):
                event = _edit(known[found.interaction_id], found.text)
                append.append(str(folder), EVENT, codec.encode_structured(event).value or b"")
                proposals.settle([found.interaction_id])
                added += 1
    return added


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
    return Event(
        source=_SOURCE,
        id=f"edit/{proposal.interaction_id}",
        type="redline.edit.v1",
        time_us=max(time.time_ns() // 1000, proposal.time_us + 1),
        subject=proposal.subject or None,
        data=data,
    )
