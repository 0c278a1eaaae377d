"""`redline quarantine list` and `show`: how many rows there are, and what each is. No text unless it is asked for."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from quality import report
from redline import audit
from redline.published import seal_of
from redline.quarantine import journal
from schemas.tables import TABLES
from sinks.quarantine import REASON, quarantine_of

if TYPE_CHECKING:
    from redline.quarantine.choice import Choice
    from redline.settings import Settings

_PLACES = 4  # of a row that was made from hundreds of events
_KEYS = frozenset({"record_id", "scrub_version", REASON.name})


def listing(settings: Settings, choice: Choice) -> str:
    """Rows of quarantine by table, reason and day. Raises SinkError: a table cannot be read."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for table in choice.tables:
        part = choice.whole(settings.data_dir, table, ["record_id", REASON.name, "event_date"])
        days = part["event_date"].cast(pa.string()).to_pylist()
        counts.update((table, reason, day) for reason, day in zip(part[REASON.name].to_pylist(), days, strict=True))
    lines = [(*key, count) for key, count in sorted(counts.items())]
    said = report.table(("table", "reason", "day", "rows"), lines) if lines else "quarantine holds none"
    left = journal.load(settings.state)
    if left is not None:
        said += f"\n\n{left.action} of {left.table} was killed: the next release or discard finishes it"
    return said


def showing(settings: Settings, choice: Choice, *, limit: int, text: bool) -> str:
    """Rows one by one: id, reason, day, raw coordinates, lengths of texts; with `text` their columns as JSON lines.

    Texts are scrubbed, but they failed a gate: reading them is recorded in the audit table first.

    Raises:
        AuditError, OSError: it could not be recorded; nothing is shown.
        SettingsError: the keys are gone that open coordinates.
        SinkError: a table cannot be read.
    """
    if text:
        audit.record(settings, "quarantine.show", {**choice.told(), "limit": limit})
    seal = seal_of(settings)
    shown: list[str] = []
    for table in choice.tables:
        texts = [] if text else _texts(table)
        columns = quarantine_of(TABLES[table]).schema.names if text else ["record_id", REASON.name, "event_date"]
        asked = columns if text else [*columns, "sources", *texts]
        for part in choice.parts(settings.data_dir, table, asked, rows=1_000, seal=seal):
            rows = part.slice(0, limit - len(shown))
            lengths = {name: pc.utf8_length(rows[name]).to_pylist() for name in texts}
            for place, row in enumerate(rows.select([name for name in asked if name not in texts]).to_pylist()):
                shown.append(
                    _lines(table, row) if text else _line(table, row, {n: found[place] for n, found in lengths.items()})
                )
            if len(shown) >= limit:
                return "\n".join([*shown, f"the first {limit}; --limit shows more, --id one"])
    return "\n".join(shown) if shown else "quarantine holds none"


def _texts(table: str) -> list[str]:
    """Columns of text. Keys and versions are none."""
    schema = quarantine_of(TABLES[table]).schema
    return [field.name for field in schema if pa.types.is_string(field.type) and field.name not in _KEYS]


def _line(table: str, row: dict[str, Any], lengths: dict[str, int | None]) -> str:
    told = " ".join(f"{name}={length}" for name, length in lengths.items() if length)
    return f"{table} {row['record_id']} {row['event_date']} {row[REASON.name]}\n  from {_places(row)}\n  lengths {told}"


def _lines(table: str, row: dict[str, Any]) -> str:
    return printable(json.dumps({"table": table, **row}, default=str, ensure_ascii=False))


def _places(row: dict[str, Any]) -> str:
    places = [f"{one['topic']}/{one['partition']}/{one['offset']}" for one in row["sources"] or ()]
    rest = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    return (", ".join(places[:_PLACES]) or "coordinates that this key does not open") + rest


def printable(text: str) -> str:
    """The text with what a terminal would obey, or show as something else, as escapes."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
