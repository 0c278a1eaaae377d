"""What an assistant has proposed for which file, until a commit shows what became of it: one SQLite file, mode 0600."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from schemas.events import Decision, Step, Suggestion
from schemas.sources.claude_code import identity
from schemas.sources.claude_code.proposals import Piece, proposal
from schemas.sources.claude_code.vocabulary import PROPOSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    from schemas.events import Event

# Made, taken over by the person, and known how it ended: then its texts are gone, and it is not made again.
_MADE, _ACCEPTED, _SETTLED = 0, 1, 2

_TABLE = """
create table if not exists proposals (
  interaction_id text primary key, session_id text, surface text, tool text, subject text,
  path text, text text, before text, time_us integer, place integer, state integer,
  pieces text not null default '', cell text not null default ''
);
create index if not exists by_path on proposals (path);
create table if not exists prompts (prompt_id text primary key, text text, time_us integer);
"""


class Proposal(NamedTuple):
    """One proposal that nobody has said the end of. `path` is absolute; texts are raw."""

    interaction_id: str
    session_id: str
    surface: str
    tool: str
    subject: str
    path: str
    text: str
    before: str
    time_us: int
    pieces: tuple[Piece, ...]
    """What it replaces by what, one after the other; what is said as `before` and `text` is all of it together."""
    cell: str
    """The cell of a notebook that it replaces."""


class _Call(NamedTuple):
    pieces: tuple[Piece, ...]
    cell: str
    tellable: bool


class Proposals:
    """The open proposals of one capture folder. A context manager; safe to open from several processes.

    Raises:
        sqlite3.Error: the file cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "proposals.sqlite"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._db = sqlite3.connect(path, timeout=10.0)
        self._db.executescript(_TABLE)
        for column in ("pieces", "cell"):  # a file of an older Redline has neither
            with contextlib.suppress(sqlite3.OperationalError):
                self._db.execute(f"alter table proposals add column {column} text not null default ''")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def remember(self, events: Iterable[Event]) -> None:
        """Keep the suggestions among these that name a file, and what was decided; again changes nothing."""
        calls: dict[str, _Call] = {}
        for event in events:
            data = event.data
            if isinstance(data, Step) and data.kind == "tool_call" and event.source == identity.SOURCE:
                calls |= _called(event.id, data)
            elif isinstance(data, Suggestion) and Path(data.path).is_absolute():
                call = calls.get(data.interaction_id, _Call((Piece(data.before, data.text),), "", tellable=True))
                if call.tellable:
                    self._made(event, data, call)
            elif isinstance(data, Decision):
                self._decided(data)
        self._db.commit()

    def prompts(self) -> dict[str, str]:
        """What was asked, by the tool's own id of it."""
        with closing(self._db.execute("select prompt_id, text from prompts")) as cursor:
            return dict(cursor.fetchall())

    def remember_prompts(self, prompts: Mapping[str, str], now_us: int) -> None:
        """Keep what was asked; again changes nothing."""
        rows = [(name, text, now_us) for name, text in prompts.items()]
        with self._db:
            self._db.executemany("insert or ignore into prompts values (?, ?, ?)", rows)

    def of(self, paths: Sequence[str]) -> list[Proposal]:
        """The accepted proposals for these files of which nobody knows the end, in the order they were made."""
        query = (
            "select interaction_id, session_id, surface, tool, subject, path, text, before, time_us, pieces, cell"
            " from proposals where path in (select value from json_each(?)) and state = ? order by time_us, place"
        )
        with closing(self._db.execute(query, [json.dumps(list(paths)), _ACCEPTED])) as cursor:
            return [Proposal._make((*row[:9], _pieces(row), row[10])) for row in cursor]

    def paths(self) -> list[str]:
        """The files of the accepted proposals of which nobody knows the end."""
        with closing(self._db.execute("select distinct path from proposals where state = ?", [_ACCEPTED])) as cursor:
            return [path for (path,) in cursor]

    def settle(self, interaction_ids: Iterable[str]) -> None:
        """The end of these is known: their texts are forgotten."""
        self._db.executemany(
            "update proposals set state = ?, text = '', before = '', pieces = '' where interaction_id = ?",
            [(_SETTLED, one) for one in interaction_ids],
        )
        self._db.commit()

    def _made(self, event: Event, data: Suggestion, call: _Call) -> None:
        path = Path(data.path)
        path = Path(os.path.realpath(path.parent)) / path.name  # as git names it: a link at the end stays one
        self._db.execute(
            "insert or ignore into proposals "
            "select ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(max(place), 0) + 1, ?, ?, ? from proposals",
            (
                data.interaction_id,
                data.session_id,
                data.surface,
                data.tool,
                event.subject or "",
                str(path),
                data.text,
                data.before,
                event.time_us,
                _MADE,
                json.dumps(call.pieces),
                call.cell,
            ),
        )

    def _decided(self, data: Decision) -> None:
        if data.verdict in {"rejected", "dismissed"}:
            self.settle([data.interaction_id])
        else:
            self._db.execute(
                "update proposals set state = ? where interaction_id = ? and state = ?",
                (_ACCEPTED, data.interaction_id, _MADE),
            )

    def expire(self, before_us: int) -> None:
        """Forget what was proposed before that time (microseconds since 1970): raw text is not kept for ever."""
        with self._db:
            self._db.execute("delete from proposals where time_us < ?", (before_us,))
            self._db.execute("delete from prompts where time_us < ?", (before_us,))


def _called(name: str, step: Step) -> dict[str, _Call]:
    """The call of a tool that writes, by its id. A cell that is inserted or deleted has no text to be found again."""
    call = name.removeprefix("step/").removesuffix("/call")
    arguments = step.arguments if isinstance(step.arguments, dict) else {}
    proposed = proposal(call, step.tool_name, arguments) if step.tool_name in PROPOSING else None
    if proposed is None:
        return {}
    cell = ""
    if proposed.cell and arguments.get("edit_mode", "replace") == "replace":
        cell = str(arguments.get("cell_id") or "")
    return {call: _Call(proposed.pieces, cell, tellable=bool(cell) or not proposed.cell)}


def _pieces(row: tuple[Any, ...]) -> tuple[Piece, ...]:
    text, before, pieces = row[6], row[7], row[9]
    return tuple(Piece(*piece) for piece in json.loads(pieces)) if pieces else (Piece(before, text),)
