"""Does every raw offset have exactly one fate? Pure, on numpy arrays: 10 million offsets take seconds.

Two levels, for every raw partition and every offset in [low, high):

1. it is in `interactions`, or in `rejects` of the stages scrub and dedupe: in one of them, once;
2. an interaction whose type leads to a table (`books.ROUTES`) is in the sources of one row of that table, or in
   `rejects` of that table's stage, or open in that stage's state: in one of them, once.

Offsets below `low` have left Kafka and are not asked for; one at or beyond `high` in any table is a conflict.
Quarantine counts as the table it was kept from, unless the table holds the offset too (another revision of the row
passed). State that stays open behind a row (a run that can be continued) is joined, not open: the table wins.

An offset that is nowhere may not exist in Kafka (transaction markers, compaction). So what is `missing` is a candidate:
look for `Balance.candidates` on the topic, and reconcile again with those that are not there as `nonexistent`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from quality.books import EVENT_TYPES, ROUTES
from schemas.records import Coordinate, Partition

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy.typing as npt

    from quality.books import Book, Offsets

    Marks = npt.NDArray[np.bool_]

# Stage that decides about the events of a table.
STAGES: Mapping[str, str] = MappingProxyType({"pairs": "join", "trajectories": "session", "revisions": "revisions"})
_EARLY = ("scrub", "dedupe")
BESIDE = "collaboration"
"""The stage that counts events which end in `interactions`, and rejects those that it does not count."""

_COUNTED = "redline.message.v1"

# Enough to see a pattern, short enough for a terminal; counts are always full.
LISTED = 100

Kind = Literal["missing", "duplicated", "conflicting"]


class Fate(NamedTuple):
    """`kind` is published, joined, dropped, dead_lettered, open or quarantined; `detail` the table or the reason."""

    kind: str
    detail: str


class Problem(NamedTuple):
    """One offset whose fate is not exactly one; `where` says in which tables that shows."""

    kind: Kind
    coordinate: Coordinate
    where: str


@dataclass(frozen=True, slots=True)
class Balance:
    """The answer. `offsets` = sum of fates + missing + conflicting; a duplicated offset keeps its fate as well."""

    offsets: int
    fates: Mapping[Fate, int]
    missing: int
    duplicated: int
    conflicting: int
    problems: tuple[Problem, ...]
    """The first `LISTED` of every kind."""
    candidates: Mapping[Partition, Offsets] = field(repr=False)
    """Every offset that nothing is known of: to be looked for in Kafka."""

    @property
    def balanced(self) -> bool:
        """True if every offset has exactly one fate."""
        return not (self.missing or self.duplicated or self.conflicting)


def reconcile(books: Collection[Book], nonexistent: Collection[Coordinate] = ()) -> Balance:
    """Balance all books, leaving out offsets that are not in Kafka.

    Read the tables first and the watermarks after: what arrives in between must not look like one from the future.
    Memory: some 30 bytes for every offset of the largest partition.
    """
    gone: dict[Partition, list[int]] = {}
    for topic, partition, offset in nonexistent:
        gone.setdefault(Partition(topic, partition), []).append(offset)
    fates: Counter[Fate] = Counter()
    counts: Counter[str] = Counter()
    problems: list[Problem] = []
    candidates: dict[Partition, Offsets] = {}
    for book in books:
        audit = _Audit(book)
        audit.run(np.asarray(gone.get(book.partition, ()), dtype=np.int64))
        fates.update(audit.fates)
        counts.update(audit.counts)
        problems += audit.problems
        if len(audit.candidates):
            candidates[book.partition] = audit.candidates
    return Balance(
        offsets=counts["offsets"],
        fates=dict(sorted(fates.items())),
        missing=counts["missing"],
        duplicated=counts["duplicated"],
        conflicting=counts["conflicting"],
        problems=_listed(problems),
        candidates=candidates,
    )


def _listed(problems: list[Problem]) -> tuple[Problem, ...]:
    seen: Counter[str] = Counter()
    listed = []
    for problem in sorted(problems):
        seen[problem.kind] += 1
        if seen[problem.kind] <= LISTED:
            listed.append(problem)
    return tuple(listed)


class _Audit:
    """One partition. Marks are booleans, one for every offset from `low` on."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._size = max(0, book.high - book.low)
        self._marks: dict[str, Marks] = {k: self._blank() for k in ("missing", "duplicated", "conflicting")}
        self._beyond: set[int] = set()
        self._ends: list[tuple[Marks, Fate]] = []
        self.problems: list[Problem] = []
        self.fates: Counter[Fate] = Counter()
        self.counts: Counter[str] = Counter()
        self.candidates: Offsets = np.empty(0, dtype=np.int64)

    def run(self, nonexistent: Offsets) -> None:
        book = self._book
        published = self._table(book.interactions.offsets, "interactions")
        held = self._inside(book.held.offsets) & ~published
        self._check_rejects()
        early = self._rejected(_EARLY)
        known = {cause.stage for cause in book.rejects.causes} & {*_EARLY, *STAGES.values(), BESIDE}
        self._note(
            "conflicting", self._inside(book.rejects.offsets) & ~self._rejected(known), "rejects, of an unknown stage"
        )

        admitted = published | held
        self._note("conflicting", admitted & early, "interactions and rejects")
        types = np.full(self._size, -1, dtype=np.int8)
        for typed in (book.held, book.interactions):
            here = self._here(typed.offsets)
            types[typed.offsets[here] - book.low] = typed.types[here]
        self._note("conflicting", published & (types < 0), "interactions, of an unknown type")

        seen = admitted | early
        beside = self._rejected({BESIDE})
        counted = types == EVENT_TYPES.index(_COUNTED)
        self._note(
            "conflicting", beside & seen & ~counted, f"rejects of {BESIDE}, of an event that does not lead there"
        )
        for place, event_type in enumerate(EVENT_TYPES):
            if ROUTES[event_type] is None:
                ended = published & (types == place) & ~beside
                self._ends.append((ended, Fate("published", "interactions")))
        for table, stage in STAGES.items():
            self._settle(table, stage, types, admitted, seen)
        leads = np.isin(types, [n for n, name in enumerate(EVENT_TYPES) if ROUTES[name]])
        self._ends.append((held & ~leads & ~beside, Fate("quarantined", "interactions")))
        self._end_rejects(beside & counted, {BESIDE})
        self._end_rejects(early, _EARLY)

        exists = ~self._inside(nonexistent)
        lost = exists & ~seen
        self._note("missing", lost, "interactions and rejects")
        self.candidates = np.flatnonzero(lost & ~self._marks["conflicting"]) + book.low
        self._sum(exists | seen)

    def _settle(self, table: str, stage: str, types: npt.NDArray[np.int8], admitted: Marks, seen: Marks) -> None:
        """The second level, for one table."""
        book, none = self._book, np.empty(0, dtype=np.int64)
        wanted = admitted & np.isin(types, [n for n, name in enumerate(EVENT_TYPES) if ROUTES[name] == table])
        joined = self._table(book.joined.get(table, none), table)
        kept = self._inside(book.quarantined.get(table, none)) & ~joined
        rejected = self._rejected({stage})
        waiting = self._inside(book.open.get(table, none)) & ~(joined | kept)
        self._note("conflicting", (joined | kept) & rejected, f"{table} and rejects of {stage}")
        self._note("conflicting", waiting & rejected & wanted, f"rejects of {stage} and its open state")
        self._note("conflicting", (joined | kept) & seen & ~wanted, f"{table}, of an event that does not lead there")
        self._note(
            "conflicting", rejected & seen & ~wanted, f"rejects of {stage}, of an event that does not lead there"
        )
        self._note("missing", wanted & ~(joined | kept | rejected | waiting), table)
        self._ends.append((joined & wanted, Fate("joined", table)))
        self._ends.append((kept & wanted, Fate("quarantined", table)))
        self._ends.append((waiting & wanted, Fate("open", table)))
        self._end_rejects(rejected & wanted, {stage})

    def _blank(self) -> Marks:
        return np.zeros(self._size, dtype=np.bool_)

    def _here(self, offsets: Offsets) -> Marks:
        """Which of `offsets` are in the range; those at or beyond its end are conflicts."""
        here: Marks = (offsets >= self._book.low) & (offsets < self._book.high)
        if here.all():
            return here
        self._beyond.update(np.unique(offsets[offsets >= self._book.high]).tolist())
        return here

    def _inside(self, offsets: Offsets) -> Marks:
        marks = self._blank()
        here = self._here(offsets)
        marks[(offsets if here.all() else offsets[here]) - self._book.low] = True
        return marks

    def _table(self, offsets: Offsets, where: str) -> Marks:
        """Marks of a table's offsets; none may be there twice."""
        marks = self._inside(offsets)
        here = offsets[self._here(offsets)]
        if np.count_nonzero(marks) < len(here):
            here = np.sort(here)
            twice = self._blank()
            twice[here[1:][here[1:] == here[:-1]] - self._book.low] = True
            self._note("duplicated", twice, where)
        return marks

    def _rejected(self, stages: Collection[str]) -> Marks:
        rejects = self._book.rejects
        codes = [n for n, cause in enumerate(rejects.causes) if cause.stage in stages]
        return self._inside(rejects.offsets[np.isin(rejects.codes, codes)])

    def _check_rejects(self) -> None:
        """An offset twice in rejects: with one cause it is duplicated, with two it has two fates."""
        rejects = self._book.rejects
        causes = max(1, len(rejects.causes))
        single = np.unique(rejects.offsets * causes + rejects.codes) // causes
        two_fates = self._blank()
        here = single[self._here(single)]
        two_fates[here[1:][here[1:] == here[:-1]] - self._book.low] = True
        self._note("conflicting", two_fates, "rejects, with two fates")
        self._table(rejects.offsets, "rejects")

    def _note(self, kind: Kind, marks: Marks, where: str) -> None:
        places = np.flatnonzero(marks)
        self._marks[kind][places] = True
        self.problems += [Problem(kind, self._at(place + self._book.low), where) for place in places[:LISTED].tolist()]

    def _at(self, offset: int) -> Coordinate:
        return Coordinate(*self._book.partition, offset)

    def _end_rejects(self, marks: Marks, stages: Collection[str]) -> None:
        rejects = self._book.rejects
        for code, cause in enumerate(rejects.causes):
            if cause.stage in stages:
                here = self._inside(rejects.offsets[rejects.codes == code])
                self._ends.append((here & marks, Fate(cause.fate, cause.reason)))

    def _sum(self, there: Marks) -> None:
        """Counts of every kind; an offset in conflict is only that."""
        bad = self._marks["conflicting"]
        self.problems += [
            Problem("conflicting", self._at(offset), "beyond the end of the partition")
            for offset in sorted(self._beyond)[:LISTED]
        ]
        low = self._book.low
        self.problems = [p for p in self.problems if p.kind != "missing" or not bad[p.coordinate.offset - low]]
        settled = ~(bad | self._marks["missing"])
        for marks, fate in self._ends:
            if count := int(np.count_nonzero(marks & settled)):
                self.fates[fate] += count
        self.counts["missing"] = int(np.count_nonzero(self._marks["missing"] & ~bad))
        self.counts["duplicated"] = int(np.count_nonzero(self._marks["duplicated"]))
        self.counts["conflicting"] = int(np.count_nonzero(bad)) + len(self._beyond)
        self.counts["offsets"] = int(np.count_nonzero(there | bad)) + len(self._beyond)
