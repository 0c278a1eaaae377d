"""State made anew, and everything made anew from the raw topic: the same rows, the same books."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest
from support.stories import ended, opened

from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Command

pytestmark = [pytest.mark.broker, pytest.mark.timeout(1500)]


def rows(data: Path, table: str) -> list[dict[str, Any]]:
    found = reader.read(data, table).to_pylist()
    for row in found:
        row.pop("sources")  # of a second coming in Kafka, sorted tokens
    return sorted(found, key=lambda row: str(row["record_id"]))


def test_state_and_then_everything_is_made_anew(redline: Callable[..., Command], tmp_path: Path) -> None:
    data = tmp_path / "live"

    def type_(*words: str, code: int = 0) -> str:
        return redline(*words, "--data", str(data)).end(code)

    people = tmp_path / "people.txt"
    people.write_text("".join(f"p{number}@corp.example\n" for number in range(3)), "utf-8")

    def run(lines: list[str]) -> None:
        path = tmp_path / "events.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        assert "ledger balances" in type_("run", str(path), "--consent-file", str(people))

    first = [line for number in range(12) for line in opened(number)] + [ended(number) for number in range(4)]
    run(first)
    broker = redline("broker", "--data", str(data))
    broker.until(r"127\.0\.0\.1:\d+")
    assert "join" in type_("state", "show")
    assert "28 events are known" in type_("state", "rebuild")
    assert "needed no rows" in type_("state", "reset", "--yes", code=2)
    broker.process.send_signal(signal.SIGINT)
    broker.end(0)

    # What was open is open still, and what was there is a duplicate still.
    run([*first, *(ended(number) for number in range(4, 12))])
    pairs = rows(data, "pairs")
    assert [row["label"] for row in pairs] == ["edited"] * 12
    assert all(f"Mine {row['suggestion'].split()[1]}" == row["final"] for row in pairs)
    assert reader.read(data, "rejects").column("reason").to_pylist() == ["duplicate"] * len(first)
    events, rejects = rows(data, "interactions"), rows(data, "rejects")
    assert "0 differ" in type_("rebuild", "pairs")

    # The disk with the tables is gone; keys and Kafka's raw topic are there.
    for folder in ("dataset", "quarantine", "_staging", "state/rocksdb", "state/index", "state/cells"):
        shutil.rmtree(data / folder, ignore_errors=True)
    assert "topics behind redline.events are new" in type_("state", "reset", "--yes")
    run([])
    assert rows(data, "interactions") == events
    assert rows(data, "rejects") == rejects
    again = rows(data, "pairs")
    for row in (*pairs, *again):
        row.pop("revision")  # how often it was published before it was whole
    assert again == pairs
