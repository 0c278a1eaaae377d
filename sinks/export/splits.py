"""Which split a session, a document and a person are in, so that none of them is in two. Pure.

What is connected by a session, a document or a person is a *component*, and goes into one split as a whole. Where a
document that everybody edits, or a session of many people, connects more of the events than `LARGEST` of the smallest
split, the component is cut, by as little as is enough:

1. documents no longer connect: sessions that share a person, and people who share a session, stay together;
2. if that is still too large, sessions no longer connect either, and every person is alone.

A session (document) whose people (sessions) are then in several splits belongs to the one that has most of its events:
so the fewest are lost. A row is cut, that is, in no split, unless its session and all of its people and documents are
in the same one.

A component's split is drawn by the least keyed hash of its people. It does not depend on the other components, on
filters, or on the table that is exported: with one seed and the same shares a person is in the same split of every
export. When components grow together, the split of one of them becomes that of both; when one grows beyond the limit
it is cut. Everybody else stays where they were. Shares are met on average, not to the row; what is cut is mostly of the
small splits, as most of a shared document's events are in the large one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from sinks.export.disjoint import Disjoint
from sinks.export.shingles import mixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sinks.export.shingles import Hashes

LARGEST = 0.1  # of the smallest share: more in one piece would make that share a matter of luck
Numbers = npt.NDArray[np.int64]
Splits = npt.NDArray[np.int8]
_FAR = np.uint64(0xFFFFFFFFFFFFFFFF)


class Links(NamedTuple):
    """Which sessions have to do with which documents (or people): numbers of both, and by how many events."""

    sessions: Numbers
    others: Numbers
    events: Numbers


class Assigned(NamedTuple):
    """The split of each session, document and person; `cut` says how many components were cut, at either step."""

    sessions: Splits
    documents: Splits
    people: Splits
    cut: int


def seeded(codes: Hashes, seed: int) -> Hashes:
    """Hashes of codes with a seed. The codes are keyed hashes themselves: a seed alone tells nobody's split."""
    return mixed(mixed(codes + np.uint64(seed)) ^ np.uint64(seed))


def split_of(hashes: Hashes, shares: Sequence[float]) -> Splits:
    """The split that each hash draws: the first one where all are below the first share, and so on."""
    bounds = np.cumsum(shares)[:-1]
    drawn = (mixed(hashes) >> np.uint64(11)).astype(np.float64) / float(1 << 53)
    return np.searchsorted(bounds, drawn, "right").astype(np.int8)


def assign(
    sessions: Hashes,
    documents: Hashes,
    people: Hashes,
    *,
    with_document: Links,
    with_person: Links,
    events: Numbers,
    shares: Sequence[float],
) -> Assigned:
    """Splits of everything.

    Args:
        sessions: a hash with the seed (`seeded`) of each session.
        documents: likewise.
        people: likewise.
        with_document: which session has which documents.
        with_person: which session has which people.
        events: how many events each session has.
        shares: of the splits, at least one, greater than 0; they add up to 1.
    """
    count, docs = len(sessions), len(documents)
    every = np.concatenate([sessions, documents, people])
    session_part, person_part = slice(0, count), slice(count + docs, None)
    total = len(every)
    most = LARGEST * min(shares) * events.sum() if len(shares) > 1 else np.inf

    people_only = Disjoint(total)
    people_only.unite(with_person.sessions, with_person.others + count + docs)
    by_people = people_only.sets()
    whole = people_only
    whole.unite(with_document.sessions, with_document.others + count)
    by_all = whole.sets()

    all_large = _size(by_all, events, total) > most
    people_large = _size(by_people, events, total) > most
    cut_once = all_large[by_all]
    cut_twice = cut_once & people_large[by_people]
    unit = np.where(cut_once, by_people, by_all)
    unit = np.where(cut_twice, np.arange(total), unit)

    # A person leads if there is one, else a session.
    leads = np.full(total, _FAR)
    np.minimum.at(leads, unit[person_part], people)
    alone = leads[unit[session_part]] == _FAR
    np.minimum.at(leads, unit[session_part][alone], sessions[alone])
    drawn = split_of(leads[unit], shares)
    of_sessions, of_people = drawn[session_part].copy(), drawn[person_part]

    shared = cut_twice[with_person.sessions]
    _majority(of_sessions, Links(*(column[shared] for column in with_person)), of_people, len(shares))
    of_documents = np.zeros(docs, np.int8)
    by_document = Links(with_document.others, with_document.sessions, with_document.events)
    _majority(of_documents, by_document, of_sessions, len(shares))
    cut = len(np.unique(by_all[cut_once])) + len(np.unique(by_people[cut_twice]))
    return Assigned(of_sessions, of_documents, of_people, cut)


def _size(sets: npt.NDArray[np.int32], events: Numbers, total: int) -> npt.NDArray[np.float64]:
    """Events of each set, by its name."""
    return np.bincount(sets[: len(events)], events, minlength=total).astype(np.float64)


def _majority(splits: Splits, links: Links, of_others: Splits, count: int) -> None:
    """Each session of `links` gets the split that most of its events have by the others; of equals the first."""
    if not len(links.sessions):
        return
    named, place = np.unique(links.sessions, return_inverse=True)
    votes = np.zeros((len(named), count))
    np.add.at(votes, (place, of_others[links.others]), links.events)
    splits[named] = votes.argmax(axis=1)
