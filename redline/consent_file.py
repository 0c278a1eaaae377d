"""Lists of what people have said: one person per line, or a CSV with a header. Pure.

Columns: `person`, and any of `granted` (yes, no, or empty: no word on everything), `scopes`, `from`, `until`,
`version`. Faults name lines and columns, never what stands there.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from redline.consent_words import scope_of, time_us
from schemas.errors import InputError
from streams.consent import Consent
from streams.identity import person

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = ("person", "granted", "scopes", "from", "until", "version")
_LISTED = 20


def words(lines: Iterable[str], version: str) -> dict[str, Consent]:
    """Person -> all that they have said. Without a header everybody has agreed. `version`: where a line has none.

    Raises:
        InputError: a line is no such line; every one of the first 20 is named, and none may be used.
    """
    text = list(lines)
    if not text or text[0].split(",")[0].strip().lstrip("\ufeff").casefold() != "person":
        return {
            name: Consent(granted=True, version=version) for line in text if (name := line.strip().lstrip("\ufeff"))
        }
    header = [name.strip().lstrip("\ufeff").casefold() for name in text[0].split(",")]
    if unknown := len(set(header) - set(COLUMNS)) or len(header) - len(set(header)):
        raise InputError(f"line 1: needed columns of {', '.join(COLUMNS)}, came {unknown} others or doubles")
    found: dict[str, Consent] = {}
    seen: dict[str, int] = {}
    faults: list[str] = []
    for number, line in enumerate(text[1:], start=2):
        if not line.strip():
            continue
        try:
            (cells,) = csv.reader([line], strict=True)
            name, consent = _row(header, cells, version)
            key = _once(name, seen)
        except (InputError, csv.Error, ValueError) as error:
            told = str(error) if isinstance(error, InputError) else "needed one row of a CSV"
            faults.append(f"line {number}: {told}")
        else:
            seen[key], found[name] = number, consent
    if faults:
        more = f"\n{len(faults) - _LISTED:,} more lines" if len(faults) > _LISTED else ""
        raise InputError("nothing was written\n" + "\n".join(faults[:_LISTED]) + more)
    return found


def _once(name: str, seen: dict[str, int]) -> str:
    key = person(name)
    if key in seen:
        raise InputError(f"the person of line {seen[key]} again")
    return key


def _row(header: list[str], cells: list[str], version: str) -> tuple[str, Consent]:
    if len(cells) != len(header):
        raise InputError(f"needed {len(header)} cells, came {len(cells)}")
    row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    if not row["person"]:
        raise InputError("person: needed a name, came nothing")
    scopes = tuple(scope_of(text) for text in row.get("scopes", "").split(";") if text.strip())
    if len({(scope.surface, scope.source) for scope in scopes}) < len(scopes):
        raise InputError("scopes: needed one word on each, came two on the same")
    given = row.get("granted", "yes").casefold()
    if given not in {"yes", "no", ""} or not (given or scopes):
        raise InputError("granted: needed yes or no, or nothing beside scopes")
    try:
        since = time_us(row["from"]) if row.get("from") else 0
    except InputError as error:
        raise InputError(f"from: {error}") from None
    try:
        until = time_us(row["until"], end=True) if row.get("until") else None
    except InputError as error:
        raise InputError(f"until: {error}") from None
    if until is not None and until <= since:
        raise InputError("until: needed a time after from")
    return row["person"], Consent(
        granted=None if not given else given == "yes",
        version=row.get("version") or version,
        since_us=since,
        until_us=until,
        scopes=tuple(sorted(scopes, key=lambda scope: (scope.surface, scope.source))),
    )
