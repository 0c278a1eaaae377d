from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from redline import audit
from redline.cli import main
from redline.sections import AuditSettings
from redline.settings import Settings
from schemas.errors import AuditError
from schemas.records import Partition
from schemas.verdict import Failure, Severity
from sinks import audit_table, halts
from sinks.batch import Range
from sinks.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


def settings(folder: Path, who: str = "") -> Settings:
    return Settings(data=str(folder), audit=AuditSettings(who=who))


def run(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, args)
    return done.exit_code, done.output


def test_what_was_recorded_is_listed_and_whole(tmp_path: Path) -> None:
    assert run("audit", "verify", "--data", str(tmp_path)) == (0, "audit: nothing is recorded\n")
    assert run("audit", "list", "--data", str(tmp_path)) == (0, "nothing is recorded\n")
    assert list(tmp_path.iterdir()) == []  # to look makes nothing, no key either
    audit.record(settings(tmp_path), "consent.grant", {"people": 3, "version": "2026-01-05", "scopes": ["ide", "chat"]})
    audit.record(settings(tmp_path, "  DPO\n on call "), "keys.rotate", {"epoch": 2, "by_schedule": False})
    first, second = audit_table.entries(tmp_path)
    assert json.loads(first.details) == {"people": 3, "version": "2026-01-05", "scopes": ["ide", "chat"]}
    assert first.at_us > 1_700_000_000_000_000
    assert second.who == f"{first.who} as DPO on call"
    code, listed = run("audit", "list", "--data", str(tmp_path), "--action", "keys")
    assert (code, listed.count("keys.rotate"), listed.count("consent")) == (0, 1, 0)
    code, said = run("audit", "verify", "--data", str(tmp_path))
    assert (code, said.splitlines()[1]) == (0, f"head: 1:{second.hash}")


@pytest.mark.parametrize(
    ("action", "details"),
    [
        ("Consent", {}),
        ("consent withdraw", {}),
        ("consent.withdraw", {"person": "jo@corp.example"}),
        ("consent.withdraw", {"person": "Jo Lindqvist"}),
        ("consent.withdraw", {"people": ["ok", "Jo Lindqvist"]}),
        ("consent.withdraw", {"person": "Jörg"}),
        ("consent.withdraw", {"Jo Lindqvist": 1}),
        ("release", {"table": "x" * 201}),
        ("release", {"table": "a\nb"}),
    ],
)
def test_what_could_be_content_or_a_person_is_refused_and_not_repeated(
    tmp_path: Path, action: str, details: dict[str, Any]
) -> None:
    with pytest.raises(AuditError) as caught:
        audit.record(settings(tmp_path), action, details)
    assert not any(word in str(caught.value) for word in ("Jo", "corp", "xxx"))
    assert list(tmp_path.iterdir()) == []


def test_a_noted_head_finds_a_folder_that_was_put_back_to_an_older_state(tmp_path: Path) -> None:
    data, kept = tmp_path / "data", tmp_path / "kept"
    audit.record(settings(data), "release", {"table": "pairs"})
    shutil.copytree(data, kept)
    noted = f"1:{audit.record(settings(data), 'release', {'table': 'rejects'}).hash}"
    assert run("audit", "verify", "--data", str(data), "--head", noted)[0] == 0
    shutil.rmtree(data)
    kept.rename(data)
    assert run("audit", "verify", "--data", str(data))[0] == 0  # a whole table, only an older one
    code, said = run("audit", "verify", "--data", str(data), "--head", noted)
    assert (code, "entry 1  is not the one that was noted" in said) == (1, True)
    shutil.rmtree(Layout(data).audit)
    Layout(data).audit_head.unlink()
    assert run("audit", "verify", "--data", str(data), "--head", noted)[0] == 1
    assert run("audit", "verify", "--data", str(data), "--head", "1:zz")[0] == 2


def test_a_release_is_recorded_with_its_offsets_and_one_of_nothing_is_not(tmp_path: Path) -> None:
    ranges = {Partition("redline.pairs", 2): Range(10, 20)}
    halts.record(tmp_path, "pairs", (Failure("no_personal_data", "final", Severity.CRITICAL),), ranges)
    assert run("release", "rejects", "--data", str(tmp_path))[0] == 1
    assert run("release", "pairs", "--quarantine", "--data", str(tmp_path))[0] == 0
    [entry] = audit_table.entries(tmp_path)
    assert (entry.action, json.loads(entry.details)) == (
        "release",
        {"table": "pairs", "quarantine": True, "offsets": ["redline.pairs/2:10-20"]},
    )


def test_without_a_record_nothing_is_released(tmp_path: Path) -> None:
    halts.record(tmp_path, "pairs", (Failure("no_personal_data", "final", Severity.CRITICAL),), {})
    audit.record(settings(tmp_path), "release", {})
    for path in (Layout(tmp_path).audit / "_delta_log").iterdir():
        path.write_text("")
    code, said = run("release", "pairs", "--data", str(tmp_path))
    assert (code, ".broken" in said) == (2, True)
    assert run("audit", "list", "--data", str(tmp_path))[0] == 2
    assert run("audit", "verify", "--data", str(tmp_path))[0] == 1
    assert [halt.table for halt in halts.halted(tmp_path)] == ["pairs"]


def test_a_cut_tail_is_told_to_whoever_writes_next(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for table in ("pairs", "rejects"):
        audit.record(settings(tmp_path), "release", {"table": table})
    assert caplog.text == ""
    shutil.rmtree(Layout(tmp_path).audit)
    audit.record(settings(tmp_path), "release", {"table": "pairs"})
    assert "redline audit verify" in caplog.text
    caplog.clear()
    audit.record(settings(tmp_path), "release", {"table": "pairs"})
    assert caplog.text == ""  # it is on record now


def test_a_damaged_table_is_told_by_list_with_the_command_that_looks(tmp_path: Path) -> None:
    audit.record(settings(tmp_path), "release", {"table": "pairs"})
    for path in Layout(tmp_path).audit.glob("*.parquet"):
        path.write_bytes(b"PAR1")
    code, said = run("audit", "list", "--data", str(tmp_path))
    assert (code, "redline audit verify" in said) == (2, True)
    assert run("audit", "verify", "--data", str(tmp_path))[0] == 1
