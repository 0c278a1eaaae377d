"""What gates said, batch by batch: files of the state folder, for the summary and `redline status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDER = "verdicts"
MOST_BYTES = 8_000_000  # of one file: some 50,000 batches; the one before it is kept as well


class VerdictLog:
    """One sink's: a JSON line per checked batch, with counts and names of expectations. The newest 8 to 16 MB stay."""

    def __init__(self, state: Path, name: str, *, most: int = MOST_BYTES) -> None:
        folder = state / _FOLDER
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / f"{name}.jsonl"
        self._before = folder / f"{name}.before.jsonl"
        self._most = most

    def add(self, verdict: Verdict) -> None:
        """A batch was checked. Raises OSError."""
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(verdict) + b"\n")
            full = file.tell() >= self._most
        if full:
            self._path.replace(self._before)


def verdicts(state: Path) -> Iterator[Verdict]:
    """Every verdict that the sinks of a data folder have written down and kept; a torn line is left out."""
    folder = state / _FOLDER
    for path in sorted(folder.glob("*.jsonl")) if folder.exists() else ():
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:  # it has just become the one before
            continue
        for line in lines:
            try:
                yield msgspec.json.decode(line, type=Verdict)
            except msgspec.DecodeError:
                continue
