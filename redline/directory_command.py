"""The logic of `redline directory`: a list of people compiled into the file that scrubbers read. Knows no command line.

The file holds hashes, no names (see `streams/privacy/directory/table.py`), and is a secret still. It is written whole
and moved into place, so that a running scrubber reads the old one or the new one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redline import private_file
from schemas.errors import InputError
from streams.privacy.directory import listing, table
from streams.privacy.directory.matcher import Directory
from streams.privacy.directory.roster import Roster
from streams.privacy.options import DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SALT = 16


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a list.

    Attributes:
        people: lines with somebody who can be looked for.
        unusable: lines with nobody who can, by number.
        forms: names, logins, mails and extensions that will be found.
        faults: cells left out, as lines of text without values.
        used: fields that the header has.
        unknown: how many columns were not understood.
    """

    people: int
    unusable: tuple[int, ...]
    forms: int
    faults: tuple[str, ...]
    used: tuple[str, ...]
    unknown: int

    def lines(self) -> Iterator[str]:
        """For people to read."""
        yield f"{self.people:,} people, {self.forms:,} forms, from the columns {', '.join(self.used)}"
        if self.unknown:
            yield f"{self.unknown} columns were not understood and left out"
        if self.unusable:
            first = ", ".join(map(str, self.unusable[:10])) + (", …" if len(self.unusable) > 10 else "")  # noqa: PLR2004
            yield f"{len(self.unusable):,} people without a full name, mail or login to look for: line {first}"
        yield from self.faults


def path_of(state: Path) -> Path:
    """Where the compiled directory of a data folder is."""
    return state / DIRECTORY


def import_people(source: Path, state: Path) -> Report:
    """Compile a list of people and put it in place of the one that is there.

    Raises:
        InputError: the list cannot be read, or nobody in it can be looked for; the old file stays.
        OSError: a file cannot be read or written; the old file stays.
    """
    report, content = _compiled(source)
    private_file.write(path_of(state), content)
    return report


def check_people(source: Path) -> Report:
    """What an import would say; nothing is written. Raises as `import_people`."""
    return _compiled(source)[0]


def show(state: Path) -> list[str]:
    """What the directory in use holds, as lines; names nobody.

    Raises:
        InputError: there is none.
        SettingsError: it is broken, or open to others.
    """
    path = path_of(state)
    if not path.exists():
        raise InputError(f"{path}: needed a directory, there is none; run `redline directory import FILE`")
    directory = Directory.load(path)
    size = path.stat().st_size
    return [f"{directory.people:,} people, {directory.forms:,} forms, {size / 1e6:.1f} MB: {path}"]


def _compiled(source: Path) -> tuple[Report, bytes]:
    found = listing.read(source.read_bytes(), str(source))
    roster = Roster()
    unusable = tuple(line for line, person in found.people if not roster.add(person))
    if not roster.people:
        raise InputError(
            f"{source}: needed people with a first and last name, a mail or a login; came {len(found.people):,} lines"
            " with none; run `redline directory check` on it"
        )
    head = "".join(sorted(roster.firsts))
    content = table.compiled(roster.forms, salt=secrets.token_bytes(_SALT), people=roster.people, head=head)
    used, others = found.columns
    report = Report(roster.people, unusable, len(roster.forms), tuple(listing.told(found.faults)), used, len(others))
    return report, content
