"""A commit -> what the person kept of each proposal in it. Pure.

The proposals are laid over the file as it was before the commit, in their order; the difference from that to what was
committed is what people did. A proposal the commit does not hold stays open: it may come with the next one, or be on
another branch. What only a formatter has changed is the proposal as it was.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import Indel

from schemas.sources.regions import Region, carry, replaced, same_but_layout

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_TAKEN = 0.25  # of the tokens that a proposal brought; fewer are there by chance
_TOKEN = re.compile(r"\w+|[^\w\s]")
_CHARACTERS = 20_000  # up to there texts are compared by characters, some 5 ms; longer ones by lines


class Offer(NamedTuple):
    """One accepted proposal for a file: `text` for `before`, all of the file where `before` is empty."""

    interaction_id: str
    before: str
    text: str


class Kept(NamedTuple):
    """What stands in the commit where a proposal was."""

    interaction_id: str
    text: str


def kept(offers: Sequence[Offer], parent: str, committed: str) -> list[Kept]:
    """What was kept of the proposals that this commit holds, in line ends as the proposal has them.

    Args:
        offers: accepted proposals for this file, in the order they were made.
        parent: the file before the commit, empty if it is new.
        committed: the file in it.
    """
    text, committed = _lf(parent), _lf(committed)
    placed: list[tuple[Offer, Region]] = []
    for offer in offers:
        region = _place(text, _lf(offer.before))
        if region is None:
            continue
        new = _lf(offer.text)
        still = [(earlier, replaced(at, region.start, region.end, len(new))) for earlier, at in placed]
        placed = [(earlier, at) for earlier, at in still if at is not None]
        text = text[: region.start] + new + text[region.end :]
        placed.append((offer, Region(region.start, region.start + len(new))))
    images = carry(text, committed, [region for _, region in placed])
    return [
        Kept(offer.interaction_id, final)
        for (offer, _), image in zip(placed, images, strict=True)
        if image is not None and (final := _final(offer, committed[image.start : image.end])) is not None
    ]


def _place(text: str, before: str) -> Region | None:
    """What a proposal replaces: the only place of `before`, or everything."""
    if not before:
        return Region(0, len(text))
    start = text.find(before)
    return None if start < 0 or text.find(before, start + 1) >= 0 else Region(start, start + len(before))


def _final(offer: Offer, now: str) -> str | None:
    """The person's text, or None where nothing says that the proposal is in it."""
    proposed, before = _lf(offer.text), _lf(offer.before)
    if same_but_layout(proposed, now):
        return offer.text
    if same_but_layout(before, now) or not now.strip() or not _made_of(now, before, proposed):
        return None
    return now.replace("\n", "\r\n") if "\r\n" in offer.text else now


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
