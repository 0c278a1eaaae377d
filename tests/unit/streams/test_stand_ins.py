"""Units that were no event: each counts once, however often its stand-in is sent or read."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from support.stage import Commit

from schemas import rows, topics
from schemas.codec import decode, stand_in, unit_name
from schemas.records import Coordinate, Record
from schemas.sources.reading import Fault
from streams.consent import ConsentBook, ConsentMode
from streams.dedupe_stage import DedupeStage
from streams.epochs import Epoch, KeyRing
from streams.scrub_stage import ScrubStage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.delivery import Out

RING = KeyRing(b"i" * 32, (Epoch(1, 0, b"1" * 32),))
DAY_MS = 1_760_000_000_000


def sent(*names: str) -> list[Record]:
    """Stand-ins as they lie on the raw topic; an empty name is one without a name."""
    fault = Fault("not_json", "$", "JSON")
    named = [stand_in(fault, unit_name(name.encode()) if name else "") for name in names]
    return [Record(Coordinate(topics.EVENTS, 0, at), None, b"", one.headers, DAY_MS) for at, one in enumerate(named)]


async def told(records: Sequence[Record], dedupe: Commit) -> list[Out]:
    """What both stages write to `redline.rejects`."""

    async def never(_jobs: object) -> list[object]:
        raise AssertionError

    scrub = Commit(None)
    book = ConsentBook(ConsentMode.OPT_OUT)
    await ScrubStage(decode, book, lambda: RING, never, lambda _e: None).handle(records, scrub)  # type: ignore[arg-type]
    outs = list(scrub.outs)
    moved = [one for one in outs if one.topic == topics.SCRUBBED]
    onward = [Record(Coordinate(topics.SCRUBBED, 0, at), o.key, o.value, o.headers) for at, o in enumerate(moved)]
    before = len(dedupe.outs)
    await DedupeStage().handle(onward, dedupe)
    return [one for one in [*outs, *dedupe.outs[before:]] if one.topic == topics.REJECTS]


def by_offset(outs: Sequence[Out]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for one in outs:
        row = rows.decode_map(one.value or b"")
        found.setdefault(row["sources"][0]["offset"], set()).add(row["reason"])
    return found


@given(st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=8), st.integers(0, 8))
def test_each_unit_counts_once_and_a_replay_says_the_same(names: list[str], cut: int) -> None:
    records, dedupe = sent(*names), Commit(None)
    outs = asyncio.run(told(records[:cut], dedupe)) + asyncio.run(told(records, dedupe))
    found = by_offset(outs)
    assert found.keys() == set(range(len(names)))
    assert all(len(reasons) == 1 for reasons in found.values())
    counts = Counter(next(iter(found[at])) for at, name in enumerate(names) if name)
    different = len(set(names) - {""})
    assert counts["not_json"] == different
    assert counts["duplicate"] == len([name for name in names if name]) - different
    assert all(found[at] == {"not_json"} for at, name in enumerate(names) if not name)
