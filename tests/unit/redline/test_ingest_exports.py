from __future__ import annotations

import json
import mailbox
from collections import Counter
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

from redline.ingest import find
from redline.ingest.memory import Memory
from redline.ingest.run import dry_run, source

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, tree: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(tree))


def said(ts: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "text": "hello", "ts": ts} | more


@pytest.fixture
def export(tmp_path: Path) -> Path:
    root = tmp_path / "export"
    write(root / "channels.json", [{"id": "C1", "name": "general", "members": ["U1", "U2"]}])
    write(root / "users.json", [{"id": "U1", "profile": {"email": "anna@example.com"}}])
    write(root / "dms.json", [{"id": "D1", "members": ["U1", "U2"]}])
    write(root / "general" / "2025-10-06.json", [said("1759700000.000100"), said("1759700060.000200")])
    write(root / "D1" / "2025-10-06.json", [said("1759700000.000300")])
    return root


def passes(name: str, root: Path, memory: Memory, **options: Any) -> Counter[str]:
    """What one pass would send: events by type, and what is skipped."""
    reader = source(name, memory, **{"subject": "anna", **options})
    found: Counter[str] = Counter()
    for batch in reader.read(find.files([root], reader.suffixes)):
        found.update(event.type for event in batch.reading.events)
        found.update(batch.reading.skipped)
        found.update(fault.reason for fault in batch.reading.faults)
        memory.remember(batch.files, batch.sent, batch.held, batch.settled)
    return found


def test_channels_are_read_and_direct_messages_are_not(export: Path) -> None:
    report = dry_run("slack", [export], subject=None).tree()
    assert report["events"] == {"message": 2}
    assert report["skipped"] == {"not_a_channel": 1}
    assert report["rejects"] == {}


def test_a_day_that_grows_sends_only_what_is_new(export: Path, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state", "slack")
    assert passes("slack", export, memory)["redline.message.v1"] == 2
    assert passes("slack", export, memory) == Counter()
    day = export / "general" / "2025-10-06.json"
    write(day, [*json.loads(day.read_text()), said("1759700090.000400")])
    assert passes("slack", export, Memory(tmp_path / "state", "slack"))["redline.message.v1"] == 1


def test_what_could_not_be_sent_is_sent_in_the_next_pass(export: Path, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state", "slack")
    reader = source("slack", memory, subject=None)
    files = [export / "general" / "2025-10-06.json"]
    assert [len(batch.records) for batch in reader.read(files)] == [2]  # and not remembered: Kafka was away
    reader.start_again()
    assert [len(batch.records) for batch in reader.read(files)] == [2]


def test_mails_are_read_from_an_mbox(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "all.mbox")
    for number in range(3):
        mail = EmailMessage()
        mail["From"], mail["To"] = f"p{number}@example.com", "q@example.com"
        mail["Date"], mail["Message-ID"] = "Fri, 10 Oct 2025 10:00:00 +0200", f"<m{number}@x>"
        mail.set_content("Hello\n\nFrom here on.\n")
        box.add(mail)
    box.close()
    memory = Memory(tmp_path / "state", "mbox")
    theirs = passes("mbox", tmp_path, Memory(None, "mbox"), subject="p1@example.com")
    assert theirs == Counter({"redline.message.v1": 1, "bad_value": 2})
    assert passes("mbox", tmp_path, memory, subject=None) == Counter({"redline.message.v1": 3})
    assert passes("mbox", tmp_path, memory) == Counter()


def test_each_revision_but_the_first_is_an_edit(tmp_path: Path) -> None:
    for name, text in {"9.md": "one", "10.md": "two", "11.md": "two"}.items():
        (tmp_path / "docs" / "plan").mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / "plan" / name).write_text(text)
    found = passes("revisions", tmp_path / "docs", Memory(None, "revisions"))
    assert found == Counter({"redline.revision.v1": 1, "first_revision": 1, "unchanged": 1})
