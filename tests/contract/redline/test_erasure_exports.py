"""Rows dropped from exported files, by their sidecars: exactly those, and whatever happens in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redline.erasure import exports
from redline.erasure.exports import Export, File, holding, register, registered
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

IDS = [f"{n:032x}" for n in range(10)]
GONE = {IDS[2], IDS[7], "f" * 32}


class Killed(BaseException):
    pass


def jsonl(path: Path, numbers: Sequence[int]) -> None:
    # A line may end otherwise, or hold letters that other readers take for the end of a line.
    path.write_bytes(b"".join(json.dumps({"n": n, "text": "a\u2028b"}).encode() + b"\r\n" for n in numbers))


def parquet(path: Path, numbers: Sequence[int]) -> None:
    pq.write_table(pa.table({"n": list(numbers)}, metadata={"purpose": "training"}), path)


def numbers(path: Path) -> list[int]:
    if path.suffix == ".parquet":
        assert pq.read_schema(path).metadata[b"purpose"] == b"training"
        return pq.read_table(path).column(0).to_pylist()  # type: ignore[no-any-return]
    return [json.loads(line)["n"] for line in path.read_bytes().split(b"\r\n") if line]


def made(state: Path, folder: Path, name: str = "first") -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.jsonl", folder / f"{name}.parquet"]
    jsonl(paths[0], range(6))
    parquet(paths[1], range(6, 10))
    files = tuple(File(str(path), path.suffix[1:], f"{path.name}.ids") for path in paths)
    register(state, Export(name, "2026-01-05T00:00:00+00:00", "training", "pairs", files), [IDS[:6], IDS[6:]])
    return paths


def test_files_that_hold_rows_are_listed_and_left_alone(tmp_path: Path) -> None:
    assert holding(tmp_path, GONE, rewrite=True) == []
    paths = made(tmp_path, tmp_path / "out")
    made(tmp_path, tmp_path / "out", "second")
    assert [export.name for export in registered(tmp_path)] == ["first", "second"]
    held = holding(tmp_path, GONE, rewrite=False)
    assert [(h.export.name, h.rows, h.dropped) for h in held] == [
        (n, 1, False) for n in ("first",) * 2 + ("second",) * 2
    ]
    assert "--rewrite" in str(held[0])
    assert [numbers(path) for path in paths] == [list(range(6)), list(range(6, 10))]


def test_exactly_the_rows_go_and_only_once(tmp_path: Path) -> None:
    paths = made(tmp_path, tmp_path / "out")
    assert [(h.rows, h.dropped) for h in holding(tmp_path, GONE, rewrite=True)] == [(1, True), (1, True)]
    assert [numbers(path) for path in paths] == [[0, 1, 3, 4, 5], [6, 8, 9]]
    assert holding(tmp_path, GONE, rewrite=True) == []
    holding(tmp_path, {IDS[0], IDS[9]}, rewrite=True)
    assert [numbers(path) for path in paths] == [[1, 3, 4, 5], [6, 8]]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["first.jsonl", "first.parquet"]


@pytest.mark.parametrize("at", range(1, 8))
def test_killed_between_any_two_moves_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    paths = made(tmp_path, tmp_path / "out")
    steps = 0
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        nonlocal steps
        steps += 1
        if steps == at:
            raise Killed
        moved = real(self, target)
        steps += 1
        if steps == at:
            raise Killed
        return moved

    monkeypatch.setattr(Path, "replace", replace)
    try:
        holding(tmp_path, GONE, rewrite=True)
    except Killed:
        pass
    else:
        assert at > 8 or steps < at
    monkeypatch.setattr(Path, "replace", real)
    holding(tmp_path, GONE, rewrite=True)
    assert [numbers(path) for path in paths] == [[0, 1, 3, 4, 5], [6, 8, 9]]
    assert holding(tmp_path, GONE, rewrite=False) == []


def test_what_cannot_be_done_is_told_and_the_rest_is_done(tmp_path: Path) -> None:
    first = made(tmp_path, tmp_path / "out")
    second = made(tmp_path, tmp_path / "out", "second")
    first[0].unlink()
    jsonl(second[0], range(5))  # somebody changed it
    (tmp_path / exports.FOLDER / "second.parquet.ids").unlink()
    held = holding(tmp_path, GONE, rewrite=True)
    assert [h.dropped for h in held] == [False, True, False, False]
    for one, word in zip(held, ("not where", "dropped", "other rows", "sidecar"), strict=True):
        assert word in str(one)
    assert numbers(second[0]) == list(range(5))
    assert numbers(first[1]) == [6, 8, 9]


def test_a_registry_with_a_torn_line_is_refused(tmp_path: Path) -> None:
    made(tmp_path, tmp_path / "out")
    with (tmp_path / exports.REGISTRY).open("ab") as file:
        file.write(b'{"name":')
    with pytest.raises(InputError, match="repair"):
        holding(tmp_path, GONE, rewrite=True)
    with pytest.raises(InputError, match="format"):
        register(tmp_path, Export("x", "", "training", "pairs", (File("/x", "csv", "x"),)), [[]])
