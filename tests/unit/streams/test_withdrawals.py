"""Consent that changes while events are open: nothing of who said no is published, and each event has one fate."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.stage import Commit, DiedError
from support.world import HASHES, SECOND, event

from schemas import rows, topics
from schemas.records import Coordinate, Record
from schemas.rows import Interaction, Pair, Reject, Trajectory
from streams import keyed_stage
from streams.consent import Admitted, Consent, ConsentBook, ConsentMode, encode
from streams.epochs import Epoch, KeyRing
from streams.join import Join
from streams.keyed_stage import KeyedStage, open_sources
from streams.owners import Owners, Tags
from streams.session import Sessions
from streams.watermark import WatermarkPolicy
from streams.withdrawals import Purges

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streams.delivery import Out
    from streams.keyed import KeyedLogic

RING = KeyRing(b"i" * 32, (Epoch(1, 0, b"1" * 32),))
DESTROYED = KeyRing(b"i" * 32, (Epoch(1, 0, None), Epoch(2, 10, b"2" * 32)))
PEOPLE = ("ann", "bo")
NOW_S = 10_000.0
FLUSH, PURGE = topics.TICK_FLUSH, topics.TICK_PURGE


class Watched(Commit):
    """Nothing that leaves may be of somebody who has said no by then."""

    def __init__(self, desk: Desk, dies_in: int | None) -> None:
        super().__init__(dies_in)
        self._desk = desk

    async def write(self, outs: Sequence[Out]) -> None:
        if self.dies_in is None and not self._desk.deaths:
            for one in outs:
                if one.topic in {topics.PAIRS, topics.TRAJECTORIES}:
                    assert not self._desk.refused(source["offset"] for source in rows.decode_map(one.value)["sources"])
        await super().write(outs)


@dataclass
class Desk:
    """A keyed stage over a log of records, a book that people write into, and the tables behind."""

    logic: KeyedLogic
    dies_in: int | None = None
    book: ConsentBook = field(default_factory=lambda: ConsentBook(ConsentMode.OPT_IN))
    log: list[Record] = field(default_factory=list)
    owners: dict[int, str] = field(default_factory=dict)
    read: int = 0
    deaths: int = 0
    after_death: Sequence[tuple[str, bool]] = ()
    ring: KeyRing = RING
    crash: Callable[[int], None] = lambda _step: None

    def __post_init__(self) -> None:
        self.commit = Watched(self, self.dies_in)
        self.stage = self._new()
        for name in PEOPLE:
            self.say(name, granted=True)

    def _new(self) -> KeyedStage:
        owners = Owners(self.book, lambda: self.ring)
        return KeyedStage(
            topics.CLEAN, self.logic, WatermarkPolicy(), lambda: int(NOW_S * SECOND), owners, crash=self.crash
        )

    def say(self, name: str, *, granted: bool) -> None:
        value = encode(Consent(granted=granted, version="v"))
        self.book.put(name.encode(), value, self.book.position + 1)

    def refused(self, offsets: object) -> bool:
        answers = [self.book.decide(self.owners[one].encode(), 0, "ide", "", 1) for one in offsets]  # type: ignore[attr-defined]
        return not all(isinstance(answer, Admitted) for answer in answers)

    def put(self, row: Interaction, name: str) -> None:
        """An event that was admitted when it came by."""
        tags = Tags(b"1" * 32, 1)
        place = {"event_us": 0, "arrived_ms": 1, "surface": "ide", "source": ""}
        tag = tags.of(name.encode(), consent=self.book.position, **place)  # type: ignore[arg-type]
        self.owners[row.sources[0].offset] = name
        self._append(rows.encode(row), (topics.HEADER_PERSON, tag))

    def tick(self, value: bytes) -> None:
        self._append(b"", (topics.TICK_HEADER, value))

    def _append(self, value: bytes, *headers: tuple[str, bytes]) -> None:
        self.log.append(Record(Coordinate(topics.CLEAN, 0, len(self.log)), b"", value, headers))

    def work(self) -> None:
        """Handle all that has come; whoever dies is started again and reads on from where it has acknowledged."""
        while self.read < len(self.log):
            try:
                asyncio.run(self.stage.handle(self.log[self.read :], self.commit))
            except DiedError:
                self.deaths += 1
                self.stage = self._new()
                for name, granted in self.after_death:
                    self.say(name, granted=granted)
            else:
                self.read = len(self.log)

    def fates(self) -> dict[int, list[str]]:
        """Offset -> its fates, as the ledger counts them; a table wins over open state."""
        found: dict[int, list[str]] = {offset: [] for offset in self.owners}
        for one in {reject.record_id: reject for reject in reversed(self.commit.said(topics.REJECTS, Reject))}.values():
            found[one.sources[0].offset].append(one.reason)
        latest: dict[str, Pair | Trajectory] = {}
        for row in (*self.commit.said(topics.PAIRS, Pair), *self.commit.said(topics.TRAJECTORIES, Trajectory)):
            if row.record_id not in latest or row.revision > latest[row.record_id].revision:
                latest[row.record_id] = row
        for row in latest.values():
            for source in row.sources:
                found[source.offset].append("joined")
        for source in open_sources(dict(self.commit.store)):
            if "joined" not in found[source.offset]:
                found[source.offset].append("open")
        return found

    def reasons(self) -> Counter[str]:
        assert all(len(one) == 1 for one in self.fates().values()), self.fates()
        return Counter(one for fate in self.fates().values() for one in fate)


def suggested(desk: Desk, *, key: str = "i", by: str = "ann", offset: int = 1, at_s: float = 0) -> None:
    desk.put(event("suggestion", at_s, key=key, offset=offset, text="draft", task="edit"), by)


def kept(desk: Desk, *, key: str = "i", by: str = "ann", offset: int = 2, at_s: float = 5) -> None:
    desk.put(event("edit", at_s, key=key, offset=offset, text="mine", final=True), by)


def test_a_withdrawal_drops_the_whole_interaction_and_no_other() -> None:
    desk = Desk(Join(HASHES))
    suggested(desk)
    kept(desk, by="bo")
    suggested(desk, key="j", by="bo", offset=3)
    kept(desk, key="j", by="bo", offset=4)
    desk.work()
    desk.say("ann", granted=False)
    desk.tick(PURGE)
    desk.work()
    assert desk.fates() == {1: ["consent_withdrawn"], 2: ["consent_withdrawn"], 3: ["open"], 4: ["open"]}
    kept(desk, by="bo", offset=5)
    desk.tick(str(int(100 * SECOND)).encode())
    desk.work()
    assert desk.fates()[5] == ["late"]
    assert desk.reasons() == {"consent_withdrawn": 2, "joined": 2, "late": 1}


@pytest.mark.parametrize("tick", [str(100 * SECOND).encode(), FLUSH])
def test_nothing_is_published_before_the_purge_has_come_by(tick: bytes) -> None:
    desk = Desk(Join(HASHES))
    suggested(desk)
    kept(desk)
    desk.work()
    desk.say("ann", granted=False)
    desk.tick(tick)
    desk.work()
    assert desk.reasons() == {"consent_withdrawn": 2}


def test_an_event_on_its_way_is_dropped_with_all_that_waits_for_it() -> None:
    desk = Desk(Join(HASHES))
    suggested(desk, by="bo")
    kept(desk, by="ann")
    desk.say("ann", granted=False)
    desk.work()
    assert desk.reasons() == {"consent_withdrawn": 2}


def test_what_was_published_stays_until_it_is_erased() -> None:
    desk = Desk(Join(HASHES))
    suggested(desk)
    desk.tick(FLUSH)
    kept(desk)
    desk.work()
    desk.say("ann", granted=False)
    desk.tick(PURGE)
    desk.tick(FLUSH)
    desk.work()
    assert desk.fates() == {1: ["joined"], 2: ["consent_withdrawn"]}


def test_of_a_session_the_steps_are_rejected_and_the_rest_is_left_to_the_join() -> None:
    desk = Desk(Sessions(HASHES))
    desk.put(event("step", 0, offset=1, role="user", kind="message", content="hello"), "ann")
    desk.put(event("suggestion", 1, offset=2, text="draft", task="edit"), "ann")
    desk.put(event("session", 2, offset=3, state="ended"), "ann")
    desk.work()
    desk.say("ann", granted=False)
    desk.tick(PURGE)
    desk.work()
    assert desk.fates() == {1: ["consent_withdrawn"], 2: [], 3: ["consent_withdrawn"]}
    assert not [name for name in desk.commit.store if name[:1] in {b"o", b"d", b"s", b"p"}]


def test_an_event_without_a_tag_is_nobodys() -> None:
    desk = Desk(Join(HASHES))
    desk.log.append(
        Record(Coordinate(topics.CLEAN, 0, 0), b"", rows.encode(event("suggestion", 0, offset=1, text="x")))
    )
    desk.owners[1] = "ann"
    desk.tick(PURGE)
    desk.work()
    assert desk.reasons() == {"open": 1}


@pytest.mark.parametrize("dies_in", range(25))
@pytest.mark.parametrize("last", [str(100 * SECOND).encode(), FLUSH])
@pytest.mark.parametrize("after_death", [False, True])
def test_the_first_answer_counts_wherever_a_worker_dies(dies_in: int, last: bytes, *, after_death: bool) -> None:
    desk = Desk(Join(HASHES), dies_in, after_death=[("ann", after_death)])
    suggested(desk)
    desk.tick(FLUSH)
    kept(desk)
    suggested(desk, key="j", offset=3)
    kept(desk, key="j", offset=4)
    if after_death:
        desk.work()
        desk.say("ann", granted=False)
    desk.tick(last)
    desk.work()
    desk.tick(PURGE)
    desk.tick(last)
    desk.work()
    assert desk.reasons().keys() <= {"joined", "consent_withdrawn", "late"}


PURGED = 5  # keys, dropped one by one


@pytest.mark.parametrize("again", [False, True], ids=["no", "yes after all"])
@pytest.mark.parametrize("kind", [Join, Sessions])
@pytest.mark.parametrize("dies_in", range(3 * (1 + PURGED)))
def test_a_purge_that_is_killed_at_any_of_its_steps_is_done_or_not_begun(
    monkeypatch: pytest.MonkeyPatch, kind: type[Join | Sessions], dies_in: int, *, again: bool
) -> None:
    """Three steps of a write: before its outputs, before its state, after both. The first write holds the marks."""
    monkeypatch.setattr(keyed_stage, "_SETTLE_CHUNK", 1)
    desk = Desk(kind(HASHES), after_death=[("ann", again)])
    for number in range(PURGED + 1):
        by = "bo" if number == PURGED else "ann"
        if kind is Join:
            suggested(desk, key=f"k{number}", by=by, offset=number + 1)
        else:
            said = {"role": "user", "kind": "message", "content": "x"}
            desk.put(event("step", number, session=f"s{number}", offset=number + 1, **said), by)
    desk.work()
    desk.say("ann", granted=False)
    desk.tick(PURGE)
    desk.commit.dies_in = dies_in + 3  # taking over writes once, with nothing to say
    desk.work()
    assert desk.deaths == 1
    marked = dies_in > 1
    desk.tick(PURGE)
    desk.work()
    wanted = {"open": 1, "consent_withdrawn": PURGED} if marked or not again else {"open": PURGED + 1}
    assert desk.reasons() == wanted
    assert not [name for name in desk.commit.store if name[:1] == b"d"], "no mark is left"


def test_the_steps_of_a_purge_are_told_in_order() -> None:
    told: list[int] = []
    desk = Desk(Join(HASHES), crash=lambda step: told.append(step + 10 * len(desk.commit.said(topics.REJECTS, Reject))))
    suggested(desk)
    desk.work()
    assert told == []
    desk.say("ann", granted=False)
    desk.tick(PURGE)
    desk.work()
    assert told == [1, 12], "marked and nothing said; then one event rejected"


@pytest.mark.parametrize("kind", [Join, Sessions])
def test_a_destroyed_epoch_is_asked_about_and_its_open_work_goes(kind: type[Join | Sessions]) -> None:
    desk = Desk(kind(HASHES))
    if kind is Join:
        suggested(desk)
    else:
        desk.put(event("step", 0, offset=1, role="user", kind="message", content="hello"), "ann")
    desk.work()
    owners = desk.stage.owners
    assert owners is not None
    purges = Purges(owners.narrowed, takeovers=False)
    assert purges.due([0], 1, owners.narrowed) == []
    desk.ring = DESTROYED
    assert purges.due([0], 1, owners.narrowed) == [0]
    desk.tick(PURGE)
    desk.work()
    assert desk.reasons() == {"key_destroyed": 1}


STEPS = st.one_of(
    st.tuples(st.just("suggestion"), st.sampled_from("ij"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("edit"), st.sampled_from("ij"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("say"), st.sampled_from(PEOPLE), st.booleans()),
    st.tuples(st.just("tick"), st.sampled_from((FLUSH, PURGE, str(30 * SECOND).encode(), str(90 * SECOND).encode()))),
    st.tuples(st.just("work")),
)


@settings(max_examples=300)
@given(
    st.lists(STEPS, max_size=14),
    st.none() | st.integers(0, 30),
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.booleans()), max_size=2),
)
def test_each_event_has_one_fate_whatever_is_said_and_whenever_a_worker_dies(
    steps: list[tuple[object, ...]], dies_in: int | None, after_death: list[tuple[str, bool]]
) -> None:
    desk = Desk(Join(HASHES), dies_in, after_death=after_death)
    for offset, step in enumerate(steps):
        match step:
            case ("suggestion", str(key), str(name)):
                suggested(desk, key=key, by=name, offset=offset, at_s=offset)
            case ("edit", str(key), str(name)):
                kept(desk, key=key, by=name, offset=offset, at_s=offset)
            case ("say", str(name), bool(granted)):
                desk.say(name, granted=granted)
            case ("tick", bytes(value)):
                desk.tick(value)
            case _:
                desk.work()
    desk.tick(PURGE)
    desk.tick(FLUSH)
    desk.work()
    desk.reasons()


def test_every_partition_is_asked_once_for_each_change_and_each_takeover() -> None:
    live = Purges(5, takeovers=True)
    assert live.due([0, 1], 1, 5) == [0, 1]
    live.sent([0], 1, 5)
    assert live.due([0, 1], 1, 5) == [1]
    live.sent([1], 1, 5)
    assert live.due([0, 1], 1, 5) == []
    assert live.due([0, 1], 1, 6) == [0, 1]
    assert live.due([1], 2, 5) == [1]
    bounded = Purges(5, takeovers=False)
    assert bounded.due([0, 1], 1, 5) == []
    assert bounded.due([0, 1], 1, 6) == [0, 1]
