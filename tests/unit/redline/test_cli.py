"""The command line: help for everything, errors of one line, no values in them."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner, Result
from support import rows as make
from support.folder import day, publish

import redline.status
from redline import faults
from redline.cli import main
from schemas.verdict import Failure, Severity
from sinks import halts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _hooks_as_they_were(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The command line sets hooks of its process; here the process is the tests'."""
    voice = logging.getLogger("great_expectations")
    before = threading.excepthook, voice.propagate, list(voice.handlers)
    monkeypatch.chdir(tmp_path)
    yield
    threading.excepthook, voice.propagate, voice.handlers = before


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


COMMANDS = dict(commands())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_every_option_has_help(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in {"events", "seed"}:
            assert option.help or option.name == "data", option.name


def test_a_redline_error_is_one_line_on_standard_error_and_exit_code_2(tmp_path: Path) -> None:
    for arguments in (
        ("rebuild", "pairs", "--data", f"{tmp_path}/none"),
        ("check", "pears"),
        ("check", "--data", f"{tmp_path}/none"),
        ("sql", "selec"),
        ("emit", f"{tmp_path}/events.jsonl"),
        ("--config", f"{tmp_path}/none.toml", "settings"),
        ("worker",),
        ("sink",),
    ):
        result = run(*arguments)
        assert result.exit_code == 2, arguments
        assert result.stdout == ""
        assert result.stderr.startswith("redline: ")
        assert result.stderr.count("\n") == 1, result.stderr


def test_a_wrong_flag_is_a_usage_error() -> None:
    for arguments in (("run",), ("run", "x", "--consent", "maybe"), ("nonsense",), ("demo", "--events", "0")):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "Usage: " in result.stderr
        assert "Traceback" not in result.output


def test_a_fault_of_ours_is_told_by_type_and_place_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise ValueError("XYZZY, the words of somebody")

    monkeypatch.setattr(redline.status, "status", broken)
    result = run("status")
    assert result.exit_code == 3
    assert result.stderr.startswith("redline: a fault of Redline: ValueError at redline/test_cli.py:")
    assert "XYZZY" not in result.output
    assert result.stderr.count("\n") == 1


def test_a_file_that_cannot_be_opened_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> str:
        raise PermissionError(13, "Permission denied", str(tmp_path / "x"))

    monkeypatch.setattr(redline.status, "status", refused)
    result = run("status")
    assert (result.exit_code, result.stderr) == (2, f"redline: {tmp_path}/x: Permission denied; run `redline doctor`\n")


def test_log_lines_tell_exceptions_by_type_and_place() -> None:
    formatter = faults.Formatter("%(message)s")
    try:
        {}["XYZZY"]
    except KeyError as error:
        record = logging.LogRecord(
            "redline", logging.ERROR, "", 0, "a batch failed", None, (type(error), error, error.__traceback__)
        )
    text = formatter.format(record)
    assert "KeyError at redline/test_cli.py:" in text
    assert "XYZZY" not in text


def test_a_thread_that_dies_is_logged_by_type_and_place(caplog: pytest.LogCaptureFixture) -> None:
    faults.log_to_stderr()

    def die() -> None:
        raise KeyError("XYZZY")

    thread = threading.Thread(target=die, name="reader")
    thread.start()
    thread.join()
    assert "reader ended: KeyError at " in caplog.text
    assert "XYZZY" not in caplog.text


def test_settings_are_shown_as_they_come_together(tmp_path: Path) -> None:
    (tmp_path / "redline.toml").write_text('[kafka]\npartitions = 8\n[alerts]\nwebhook = "http://x/XYZZY"\n')
    result = CliRunner(env={"REDLINE_KAFKA_BOOTSTRAP": "env:1"}).invoke(main, ["settings"])
    assert result.exit_code == 0
    lines = dict(line.split(" = ", 1) for line in result.output.splitlines())
    assert (lines["kafka.partitions"], lines["kafka.bootstrap"], lines["alerts.webhook"]) == ("8", "env:1", "(hidden)")
    assert "XYZZY" not in result.output


def test_an_unknown_setting_is_refused_without_its_value(tmp_path: Path) -> None:
    (tmp_path / "redline.toml").write_text('[kafka]\nbootstap = "XYZZY:9092"\n')
    result = run("settings")
    assert result.exit_code == 2
    assert "bootstap" in result.stderr
    assert "XYZZY" not in result.output


def test_a_rebuild_exits_1_on_a_difference_unless_told_not_to_compare(tmp_path: Path) -> None:
    made = day(2, 20)
    made.publish(tmp_path)
    assert run("rebuild", "pairs", "--data", str(tmp_path)).exit_code == 0
    publish(tmp_path, "pairs", [make.pair(1)])
    assert run("rebuild", "pairs", "--data", str(tmp_path)).exit_code == 1
    written = tmp_path / "rebuilt.parquet"
    result = run("rebuild", "pairs", "--data", str(tmp_path), "--no-compare", "--to", str(written))
    assert result.exit_code == 0
    assert written.exists()


def test_check_status_and_sql_print_to_standard_output(tmp_path: Path) -> None:
    day(2, 20).publish(tmp_path)
    result = run("check", "--data", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "check passed" in result.stdout
    assert "rows  in quarantine" in run("status", "--data", str(tmp_path)).stdout
    asked = run("sql", "--data", str(tmp_path), "select count(*) as n from pairs where label = 'edited'")
    assert asked.stdout.split()[0] == "n"


def test_a_halted_table_is_released_once(tmp_path: Path) -> None:
    halts.record(tmp_path, "pairs", (Failure("schema_is_the_tables", None, Severity.CRITICAL),), {})
    result = run("release", "pairs", "--data", str(tmp_path))
    assert (result.exit_code, result.stdout) == (0, "pairs goes on\n")
    result = run("release", "pairs", "--data", str(tmp_path))
    assert (result.exit_code, result.stdout) == (1, "pairs is not halted\n")


def test_a_list_of_people_that_is_no_text_is_refused_before_anything_starts(tmp_path: Path) -> None:
    people = tmp_path / "people.txt"
    people.write_bytes(b"jo@corp.example\n\xff\xfe")
    events = tmp_path / "events.jsonl"
    events.write_text("")
    for arguments in (("run", str(events), "--consent-file", str(people)), ("consent", "import", str(people))):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "needed UTF-8 text" in result.stderr
        assert "jo@corp" not in result.output
