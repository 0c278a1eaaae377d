"""Bursts of work by known people, published: where a row stands in the table must not say whose it is."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
import pytest
from support import rows as make

from bench.privacy import linkage
from bench.privacy.publish import Row
from schemas.rows import Source
from schemas.tables import PAIRS
from sinks import reader
from sinks.committer import Committer
from sinks.decisions import Decisions
from sinks.layout import Layout
from sinks.locks import hold
from sinks.release import Release
from sinks.rewrite import rewrite
from streams.identity import keyed_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.privacy.linkage import Verdict

PEOPLE, BURSTS, BURST, BATCH = 24, 1, 10, 24
DAYS = make.DATES


def worked() -> Iterator[tuple[int, str]]:
    """Who made a pair on which day, in order of arrival: each in bursts, a few people at a time."""
    rng = Random(4)  # noqa: S311 - repeatable
    for day in DAYS:
        bursts = [person for person in range(PEOPLE) for _ in range(BURSTS)]
        rng.shuffle(bursts)
        for at in range(0, len(bursts), 2):
            both = [person for person in bursts[at : at + 2] for _ in range(BURST)]
            rng.shuffle(both)
            yield from ((person, day) for person in both)


def published(data: Path) -> dict[str, tuple[int, int]]:
    """Publish them in small commits; the owner and the raw offset of each row, by its id."""
    hold(Layout(data).locks, "sink-0")  # alive until the test ends
    committer = Committer(
        data_dir=data,
        table=PAIRS,
        sink="sink-0",
        gate=make.passing,
        alert=make.no_alert,
        crash=lambda _step: None,
        seal=make.SEAL,
        release=Release(Decisions(data), make.SEAL),
    )
    owners: dict[str, tuple[int, int]] = {}
    rows = []
    for offset, (person, day) in enumerate(worked()):
        name = keyed_id(b"k" * 32, "pair", offset)
        owners[name] = person, offset
        plain = make.pair(0, date=day)
        rows.append(msgspec.structs.replace(plain, record_id=name, sources=[Source("redline.events", 0, offset)]))
    for at in range(0, len(rows), BATCH):
        committer.commit(make.batch(rows[at : at + BATCH], start=at), lambda _offsets: None)
    return owners


def judged(data: Path, owners: dict[str, tuple[int, int]], *, coordinates: bool) -> Verdict:
    """How well pairs of one person are told, by the rows' places or by their raw coordinates."""
    rows = []
    commits = {
        Path(action["add"]["path"]).name: int(path.stem)
        for path in sorted((Layout(data).dataset("pairs") / "_delta_log").glob("*.json"))
        for action in map(json.loads, path.read_text("utf-8").splitlines())
        if "add" in action
    }
    for number, name in enumerate(sorted(reader.files(data, "pairs"))):
        found: list[dict[str, Any]] = pq.ParquetFile(name).read().to_pylist()
        day = name.partition("event_date=")[2].partition("/")[0]
        for place, row in enumerate(found):
            person, offset = owners[row["record_id"]]
            values = row | {"event_date": day, "surface": "other"}
            raw = {"partition": 0, "offset": offset, "model": "", "language": "", "tool": ""}
            rows.append(Row(person, 0, values, number, place, len(found), commits[Path(name).name], 0, raw))
    views = linkage.views(rows)
    return linkage.judge(rows, views["coordinates" if coordinates else "place"], linkage.within(rows))


@pytest.mark.timeout(120)
def test_where_a_row_stands_says_nothing_of_whose_it_is_once_its_day_is_decided(tmp_path: Path) -> None:
    owners = published(tmp_path)
    assert judged(tmp_path, owners, coordinates=True).auc.low > 0.7  # the attack can: unsealed, a burst shows
    for day in DAYS:
        assert Decisions(tmp_path).save("pairs", day, {}, k=10)
    release = Release(Decisions(tmp_path), make.SEAL)
    rewrite(tmp_path, PAIRS, lambda rows: release.disclosed(rows, PAIRS), name="other", merge=True, fence=True)
    verdict = judged(tmp_path, owners, coordinates=False).auc
    assert verdict.low < 0.5 < verdict.high
    assert verdict.value < 0.55
    tokens = [token for row in reader.read(tmp_path, "pairs", ["sources"]).to_pylist() for token in row["sources"]]
    assert len(set(map(repr, tokens))) == len(tokens)
