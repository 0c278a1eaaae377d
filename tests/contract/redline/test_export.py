"""Exports of a real data folder: what is in them, that they come out the same, and what becomes of them afterwards."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.office import Office, office

from redline import audit
from redline.export import run, work
from redline.export.listing import listing
from redline.export.manifest import Manifest
from redline.export.plan import Asked
from redline.export.run import export, row_key
from redline.export.verify import Verified, verify
from redline.sections import Privacy
from redline.settings import Settings
from schemas.errors import InputError
from sinks.export.formats import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

FEW = Privacy(k=1)
SPLITS = {"train": 0.6, "validation": 0.2, "test": 0.2}
ASKED = Asked(format="trl-kto", seed=3, splits=SPLITS, shard_rows=20, with_record_ids=True)


@pytest.fixture(scope="module")
def people() -> Office:
    return office()


@pytest.fixture(scope="module")
def shared(people: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For tests that leave the tables as they are."""
    return people.publish(tmp_path_factory.mktemp("office"), commits=3)


def lines(folder: Path, split: str) -> list[dict[str, Any]]:
    return [
        json.loads(line) for path in sorted(folder.glob(f"{split}-*.jsonl")) for line in path.read_text().splitlines()
    ]


def ids(folder: Path, split: str) -> list[str]:
    return [i for path in sorted(folder.glob(f"{split}-*.ids")) for i in path.read_text().split()]


def data_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def verified(data: Path, folder: Path, *, render: bool = True) -> Verified:
    where = Settings(data=str(data))
    return verify(where, folder, key=row_key(where), render=render, steps=lambda *_: lambda _rows: None)


def test_an_export_is_what_its_manifest_says_and_is_known(shared: Path, people: Office, tmp_path: Path) -> None:
    where = Settings(data=str(shared))
    made = export(where, ASKED, tmp_path / "out")
    counts = made.counts
    assert counts.read == len(people.pairs)
    reasons = sum(one.rows for one in counts.no_example)
    assert reasons > 0
    left = counts.read - counts.filtered_out - sum(counts.cut.values()) - reasons - counts.exact_duplicates
    assert left <= counts.written <= 2 * left
    for split in SPLITS:
        found = lines(tmp_path / "out", split)
        assert len(found) == counts.splits[split] == len(ids(tmp_path / "out", split))
        assert all(set(example) == {"prompt", "completion", "label"} for example in found)
    assert sum(file.rows for file in made.files if file.split) == counts.written
    assert max(file.rows for file in made.files) == ASKED.shard_rows
    assert msgspec.json.decode((tmp_path / "out" / "manifest.json").read_bytes(), type=Manifest) == made
    assert (tmp_path / "out" / "README.md").read_text().startswith("---\nlicense: other\n")
    assert not (tmp_path / "out" / ".partial").exists()
    assert not work.unfinished(where.state)
    assert str(tmp_path / "out") in listing(where)
    assert "trl-kto" in audit.listing(where, action="export")
    once = verified(shared, tmp_path / "out")
    assert not once.broken
    assert "byte for byte the same" in once.lines[-1]


def test_the_same_rows_give_the_same_bytes_however_they_lie(
    people: Office, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = people.publish(tmp_path / "data", commits=2, seed=9)
    asked = msgspec.structs.replace(ASKED, balance="label", cap_per_session=3, near_duplicates=0.9)
    export(Settings(data=str(shared)), asked, tmp_path / "one")
    monkeypatch.setattr(run, "_FEW_ROWS", 0)  # other processes render and write
    export(Settings(data=str(other)), asked, tmp_path / "two", processes=2)
    one, two = data_files(tmp_path / "one"), data_files(tmp_path / "two")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] in ([], ["README.md", "manifest.json"])  # Delta versions
    export(Settings(data=str(shared)), msgspec.structs.replace(asked, seed=4), tmp_path / "three")
    assert ids(tmp_path / "three", "train") != ids(tmp_path / "one", "train")


def test_parquet_has_the_rows_of_jsonl(shared: Path, tmp_path: Path) -> None:
    for form in ("jsonl", "parquet"):
        export(Settings(data=str(shared)), msgspec.structs.replace(ASKED, form=form), tmp_path / form)
    held = [
        row
        for path in sorted((tmp_path / "parquet").glob("train-*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
    assert held == lines(tmp_path / "jsonl", "train")
    assert not verified(shared, tmp_path / "parquet").broken


@pytest.mark.parametrize("name", sorted(n for n, one in FORMATS.items() if one.table in {"pairs", "trajectories"}))
def test_every_format_comes_out_as_it_is_declared(shared: Path, people: Office, tmp_path: Path, name: str) -> None:
    asked = Asked(format=name, seed=3, splits=SPLITS, with_record_ids=True)
    for form in ("jsonl", "parquet") if FORMATS[name].parquet else ("jsonl",):
        made = export(Settings(data=str(shared)), msgspec.structs.replace(asked, form=form), tmp_path / form)
        assert made.counts.written > 0
        assert sum(made.counts.cut.values()) < made.counts.read / 2
        assert not verified(shared, tmp_path / form, render=False).broken
        for split in SPLITS:
            assert all(record_id in people.of for record_id in ids(tmp_path / form, split))


def test_what_is_there_twice_or_in_a_benchmark_goes(people: Office, tmp_path: Path) -> None:
    edited = [row for row in people.pairs if row.label == "edited"]
    one, other, third = edited[0], edited[1], edited[2]
    twice = msgspec.structs.replace(other, prompt=one.prompt, suggestion=one.suggestion, final=one.final)
    nearly = msgspec.structs.replace(
        third, prompt=one.prompt, suggestion=one.suggestion + " indeed", final=one.final + " indeed"
    )
    made = Office(
        [{other.record_id: twice, third.record_id: nearly}.get(row.record_id, row) for row in people.pairs],
        people.sessions,
        people.interactions,
        people.subjects,
    )
    data = made.publish(tmp_path / "data")
    benchmark = tmp_path / "benchmark.jsonl"
    prompt = json.loads(edited[3].prompt)[0]["content"]
    benchmark.write_text(json.dumps({"prompt": f"{prompt} {edited[3].suggestion}"}))
    asked = Asked(
        format="trl-sft",
        splits={"all": 1.0},
        near_duplicates=0.7,
        decontaminate=(str(benchmark),),
        with_record_ids=True,
    )
    found = export(Settings(data=str(data)), asked, tmp_path / "out")
    assert (found.counts.exact_duplicates, found.counts.near_duplicates, found.counts.contaminated) == (1, 1, 1)
    left = set(ids(tmp_path / "out", "all"))
    assert len(left & {one.record_id, other.record_id, third.record_id}) == 1
    assert edited[3].record_id not in left
    assert found.benchmarks[0].name == "benchmark.jsonl"
    assert "byte for byte" in verified(data, tmp_path / "out").lines[-1]
    benchmark.unlink()
    assert "not made again" in verified(data, tmp_path / "out").lines[-1]
    assert str(tmp_path) not in (tmp_path / "out" / "manifest.json").read_text()


WANTED = st.builds(
    Asked,
    format=st.sampled_from(["trl-kto", "trl-sft", "trl-preference"]),
    seed=st.integers(0, 2**63 - 1),
    label=st.lists(st.sampled_from(["accepted", "edited", "rejected"]), unique=True).map(tuple),
    min_similarity=st.sampled_from([None, 0.1, 0.3]),
    where=st.sampled_from(["", "similarity < 0.9", "label in ('edited', 'rejected') or similarity > 0.5"]),
    cap_per_session=st.integers(0, 3),
    balance=st.sampled_from(["", "label"]),
    max_rows=st.sampled_from([0, 0, 17]),
    splits=st.sampled_from([SPLITS, {"train": 0.5, "test": 0.5}, {"all": 1.0}]),
    with_record_ids=st.just(True),
)


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=WANTED)
def test_whatever_is_asked_for_splits_share_nobody_and_kinds_are_even(
    shared: Path, people: Office, tmp_path_factory: pytest.TempPathFactory, asked: Asked
) -> None:
    folder = tmp_path_factory.mktemp("out")
    try:
        made = export(Settings(data=str(shared), privacy=FEW), asked, folder)
    except InputError as error:
        assert "export: no row" in str(error)  # noqa: PT017 - an export of nothing is none
        return
    seen: dict[str, set[str]] = defaultdict(set)
    rows: Counter[str] = Counter()
    for split in asked.splits:
        for record_id in set(ids(folder, split)):
            session, document, person = people.of[record_id]
            rows[session] += 1
            for one in (f"session {session}", f"document {document}" if document else "", f"person {person}"):
                if one:
                    seen[one].add(split)
    assert all(len(splits) == 1 for splits in seen.values())
    if asked.cap_per_session:
        assert max(rows.values(), default=0) <= asked.cap_per_session
    if asked.max_rows:
        assert made.counts.written <= asked.max_rows
    if asked.balance and asked.format == "trl-kto":
        for split in asked.splits:
            kinds = Counter(example["label"] for example in lines(folder, split))
            assert max(kinds.values(), default=0) - min(kinds.values(), default=0) <= bool(asked.max_rows)
    by_id = {row.record_id: row for row in people.pairs}
    for split in asked.splits:
        for record_id in ids(folder, split):
            row = by_id[record_id]
            assert not asked.label or row.label in asked.label
            assert asked.min_similarity is None or row.similarity >= asked.min_similarity
