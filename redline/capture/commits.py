"""A commit -> what the person kept of each proposal in it. Pure.

The proposals are laid over the file as it was before the commit, in their order; the difference from that to what was
committed is what people did. A proposal the commit does not hold stays open: it may come with the next one, or be on
another branch. What only a formatter has changed is the proposal as it was.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import Indel

from redline.capture import notebook
from schemas.sources.claude_code.proposals import Piece
from schemas.sources.regions import Region, carry, replaced, same_but_layout

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_TAKEN = 0.25  # of the tokens that a proposal brought; fewer are there by chance
_TOKEN = re.compile(r"\w+|[^\w\s]")
_MOST_PLACES = 200  # of one piece; each costs a copy of the file
_CHARACTERS = 20_000  # up to there texts are compared by characters, some 5 ms; longer ones by lines


class Offer(NamedTuple):
    """One accepted proposal for a file: pieces one after the other, all of the file where `before` is empty."""

    interaction_id: str
    pieces: tuple[Piece, ...]
    cell: str = ""
    """The cell of a notebook that it replaces."""


class Kept(NamedTuple):
    """What stands in the commit where a proposal was."""

    interaction_id: str
    text: str


@dataclass(slots=True)
class Said:
    """What a commit says of the proposals for one file."""

    kept: list[Kept] = field(default_factory=list)
    overtaken: list[str] = field(default_factory=list)
    """Of these nothing will ever be known: a later proposal that the commit holds was written over them."""
    undone: list[str] = field(default_factory=list)
    """Where these stood, the commit reads as before them: undone, or not committed yet."""


def said(offers: Sequence[Offer], parent: str, committed: str) -> Said:
    """What this commit says of these proposals; texts in line ends as the proposal has them.

    Args:
        offers: accepted proposals for this file, in the order they were made.
        parent: the file before the commit, empty if it is new.
        committed: the file in it.
    """
    found = _in_cells([offer for offer in offers if offer.cell], parent, committed)
    draft = _Draft(_lf(parent))
    placed = [offer for offer in offers if not offer.cell and draft.lay(offer)]
    images = iter(carry(draft.text, _lf(committed), [place.at for place in draft.places if place.at is not None]))
    seen: dict[str, list[list[str]]] = {offer.interaction_id: [[] for _ in offer.pieces] for offer in placed}
    for place in draft.places:
        if place.at is not None and (image := next(images)) is not None:
            seen[place.interaction_id][place.piece].append(_lf(committed)[image.start : image.end])
    for offer in placed:
        _judge(offer, seen[offer.interaction_id], found)
    kept = {one.interaction_id for one in found.kept}
    found.overtaken += [early for early, late in draft.overtaken.items() if late in kept and early not in kept]
    return found


@dataclass(slots=True)
class _Place:
    interaction_id: str
    piece: int
    at: Region | None


@dataclass(slots=True)
class _Draft:
    """A file with proposals laid over it, and where each piece of them stands."""

    text: str
    places: list[_Place] = field(default_factory=list)
    overtaken: dict[str, str] = field(default_factory=dict)
    """Proposal -> the one that was first written over a part of it."""

    def lay(self, offer: Offer) -> bool:
        """Lay a proposal over it, whole or not at all."""
        before = _Draft(self.text, [_Place(p.interaction_id, p.piece, p.at) for p in self.places], dict(self.overtaken))
        for number, piece in enumerate(offer.pieces):
            starts = _starts(self.text, _lf(piece.before))
            if not starts or len(starts) > (_MOST_PLACES if piece.every else 1):
                self.text, self.places, self.overtaken = before.text, before.places, before.overtaken
                return False
            old, new = len(_lf(piece.before)) or len(self.text), _lf(piece.text)
            for start in (start + nth * (len(new) - old) for nth, start in enumerate(starts)):
                self._replace(start, start + old, new, _Place(offer.interaction_id, number, None))
        return True

    def _replace(self, start: int, end: int, new: str, by: _Place) -> None:
        for place in self.places:
            if place.at is not None:
                place.at = replaced(place.at, start, end, len(new))
                if place.at is None and place.interaction_id != by.interaction_id:
                    self.overtaken.setdefault(place.interaction_id, by.interaction_id)
        self.text = self.text[:start] + new + self.text[end:]
        by.at = Region(start, start + len(new))
        self.places.append(by)


def _starts(text: str, before: str) -> list[int]:
    """Where a piece is laid: at every place of `before`, or over everything."""
    return [found.start() for found in re.finditer(re.escape(before), text)] if before else [0]


def _in_cells(offers: Sequence[Offer], parent: str, committed: str) -> Said:
    """The same for cells of a notebook, which keep their ids wherever they are moved."""
    found = Said()
    if not offers:
        return found
    then, now = notebook.cells(parent), notebook.cells(committed)
    last = {offer.cell: offer for offer in offers}
    for cell, offer in last.items():
        if cell in now:
            whole = Offer(offer.interaction_id, (Piece(then.get(cell, ""), offer.pieces[0].text),))
            _judge(whole, [[_lf(now[cell])]], found)
    kept = {one.interaction_id for one in found.kept}
    found.overtaken += [
        one.interaction_id for one in offers if last[one.cell] is not one and last[one.cell].interaction_id in kept
    ]
    return found


def _judge(offer: Offer, seen: Sequence[Sequence[str]], found: Said) -> None:
    """The person's text, or that what was before stands there again; nothing where it cannot be told."""
    texts = [_agreed(_lf(piece.text), texts) for piece, texts in zip(offer.pieces, seen, strict=True)]
    if None in texts:
        return
    now = "\n".join(text for text in texts if text is not None)
    before, proposed = ("\n".join(_lf(text) for text in side) for side in _sides(offer))
    written = "\n".join(piece.text for piece in offer.pieces)
    if same_but_layout(proposed, now):
        found.kept.append(Kept(offer.interaction_id, written))
    elif now == before and now.strip():
        found.undone.append(offer.interaction_id)
    elif not same_but_layout(before, now) and now.strip() and _made_of(now, before, proposed):
        found.kept.append(Kept(offer.interaction_id, now.replace("\n", "\r\n") if "\r\n" in written else now))


def _sides(offer: Offer) -> tuple[list[str], list[str]]:
    return [piece.before for piece in offer.pieces], [piece.text for piece in offer.pieces]


def _agreed(proposed: str, seen: Sequence[str]) -> str | None:
    """What stands at most of the places of one piece; None where there are none, or no text stands at most."""
    counts = Counter(proposed if same_but_layout(proposed, text) else text for text in seen)
    text, places = counts.most_common(1)[0] if counts else ("", 0)
    return text if 2 * places > len(seen) else None


def _made_of(now: str, before: str, proposed: str) -> bool:
    """Whether a text comes from the proposal: some of what is new in that is new in it too, or it is more like it."""
    old, new = Counter(_TOKEN.findall(before)), Counter(_TOKEN.findall(proposed))
    brought = new - old
    taken = brought & (Counter(_TOKEN.findall(now)) - old)
    return taken.total() > _LEAST_TAKEN * brought.total() or _likeness(now, proposed) > _likeness(now, before)


def _likeness(a: str, b: str) -> float:
    if max(len(a), len(b)) <= _CHARACTERS:
        return Indel.normalized_similarity(a, b)
    return Indel.normalized_similarity(a.splitlines(), b.splitlines())


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n")
