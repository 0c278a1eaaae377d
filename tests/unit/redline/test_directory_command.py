"""`redline directory`: lists in, a file for the scrubbers out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from redline import directory_command as command
from redline.commands import directory as _registered  # noqa: F401 - puts the commands on the group
from redline.commands.root import main
from schemas.errors import InputError
from streams.privacy.directory.matcher import Directory

if TYPE_CHECKING:
    from pathlib import Path

LIST = "name,mail,login\nJane Doe,jane@corp.com,jdoe\nCher,,\nJohn Roe,broken,jroe\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(LIST, "utf-8")
    return path


def test_an_import_makes_a_secret_file_that_finds_people(source: Path, tmp_path: Path) -> None:
    state = tmp_path / "data" / "state"
    report = command.import_people(source, state)
    path = command.path_of(state)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in state.iterdir()] == [path.name]
    assert (report.people, report.unusable) == (2, (3,))
    text = "Jane Doe and JOHN ROE"
    assert [text[one.start : one.end] for one in Directory.load(path).find(text)] == ["Jane Doe", "JOHN ROE"]


def test_a_report_counts_and_names_places_only(source: Path, tmp_path: Path) -> None:
    lines = list(command.import_people(source, tmp_path).lines())
    assert lines[0].startswith("2 people, ")
    assert lines[1] == "1 people without a full name, mail or login to look for: line 3"
    assert lines[2] == "line 4, column mail: needed an address such as name@host"
    assert not any(word in " ".join(lines) for word in ("Jane", "Cher", "broken", "jroe"))


def test_a_second_import_replaces_the_first(source: Path, tmp_path: Path) -> None:
    command.import_people(source, tmp_path)
    source.write_text("name\nAda Lovelace\n", "utf-8")
    command.import_people(source, tmp_path)
    directory = Directory.load(command.path_of(tmp_path))
    assert directory.people == 1
    assert not directory.find("Jane Doe")
    assert directory.find("Ada Lovelace")


def test_a_list_of_nobody_leaves_the_old_file(source: Path, tmp_path: Path) -> None:
    command.import_people(source, tmp_path)
    before = command.path_of(tmp_path).read_bytes()
    source.write_text("name\nCher\n", "utf-8")
    with pytest.raises(InputError, match="came 1 lines"):
        command.import_people(source, tmp_path)
    assert command.path_of(tmp_path).read_bytes() == before


def test_the_commands_say_what_is_and_exit_2_on_what_is_not(source: Path, tmp_path: Path) -> None:
    run = CliRunner()
    data = str(tmp_path / "data")
    nothing = run.invoke(main, ["directory", "show", "--data", data])
    assert nothing.exit_code == 2
    assert "redline directory import" in nothing.output

    checked = run.invoke(main, ["directory", "check", str(source)])
    assert checked.exit_code == 0
    assert not command.path_of(tmp_path / "data" / "state").exists()

    imported = run.invoke(main, ["directory", "import", str(source), "--data", data])
    assert imported.exit_code == 0
    assert imported.output == checked.output
    shown = run.invoke(main, ["directory", "show", "--data", data])
    assert shown.output.startswith("2 people, ")
