"""`python -m bench.privacy [--people N] [--data FOLDER] [--history REPOSITORY]...`: the attack, against chance.

`--data` keeps the tables, or attacks those that an earlier call with the same `--people` has left there. Without
`--history` the part with real writing is left out. On two cores the company takes two minutes, the history half a one.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import record
from bench.privacy import company, history, linkage, publish
from bench.privacy import features as look
from sinks.decisions import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.privacy.company import Worker
    from bench.privacy.linkage import View
    from bench.privacy.publish import Row
    from sinks.decisions import Columns

    Views = dict[str, list[View]]

_SEED = 1
_SAMPLES = 20  # of each person, twice: some forty short texts, as a mailbox or a chat would give
_K = 10  # the default of privacy.k
_STATED = (*COLUMNS, "label")
_FORMS: tuple[Columns, ...] = ("full", "cells", "coarse")
_READINGS: dict[str, Callable[[str], str]] = {
    "words masked: style alone": look.style_of,
    "style masked: words alone": look.content_of,
    "as it is": str,
}


def main() -> None:
    """Attack, and write the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.privacy")
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--history", type=Path, action="append", default=[])
    given = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="redline-privacy-") as folder:
        data = given.data or Path(folder) / "data"
        workers = company.staff(_SEED, given.people)
        planned = company.events(_SEED, workers)
        if not data.exists():
            publish.run(planned, data)
        every = publish.published(data, planned)
        rows = publish.told(every, "cells")  # the default, where nothing else is said
        sessions = publish.sessions(data, planned)
        figures["company"] = {"people": len(workers), "events": len(planned), "pairs": len(rows), "k": _K}
        figures["rows_that_keep"] = {name: _kept(rows, name) for name in COLUMNS}
        figures["pairs_in_a_published_session_word_for_word"] = linkage.in_sessions(rows, sessions)
    figures["fewest_people_in_a_cell_of_a_day"] = _fewest(rows, COLUMNS)
    view = linkage.views(rows)
    figures["columns_of_rows_of_one_cell_in_two_weeks"] = within_cells(every)
    figures["columns_in_two_weeks"] = across_cells(every)
    figures["sessions_of_the_same_person_in_two_weeks"] = of_sessions(sessions)
    figures["same_person_in_two_weeks"] = across_weeks(rows, view)
    figures["same_person_in_one_day_and_surface"] = within_days(rows, view)
    figures["find_a_known_person"] = known_people(rows, workers)
    if given.history:
        figures["real_writing"] = real_writing(given.history)
    record.write("privacy", figures)


def within_cells(every: Sequence[Row]) -> dict[str, Any]:
    """Rows that agree in the five columns of a cell, one of each week: do the other columns tell whose they are?"""
    attacks: dict[str, tuple[Sequence[Row], list[View], Any]] = {}
    for form in _FORMS[:2]:
        rows = publish.told(every, form)
        view, pairs = linkage.views(rows), linkage.across(rows, cell=COLUMNS)
        attacks[f"{form}: all other columns, and where the row stands"] = (
            rows, _of(view, "outcome", "time", "place"), pairs
        )  # fmt: skip
        attacks[f"{form}: label, similarity, spans, number of events"] = rows, _of(view, "outcome"), pairs
        attacks[f"{form}: time to the decision"] = rows, _of(view, "time"), pairs
        attacks[f"{form}: where the row stands"] = rows, _of(view, "place"), pairs
    return _judged(attacks)


def across_cells(every: Sequence[Row]) -> dict[str, Any]:
    """Any row of each week: what the columns tell in each form of publishing, and each column by itself."""
    attacks: dict[str, tuple[Sequence[Row], list[View], Any]] = {}
    for form in _FORMS:
        rows = publish.told(every, form)
        view, pairs = linkage.views(rows), linkage.across(rows)
        beside = _of(view, "kind of work", "model, language, tool", "time", "place")
        attacks[f"{form}: all columns but text"] = rows, beside + _of(view, "outcome"), pairs
        attacks[f"{form}: all but label, similarity, spans, number of events"] = rows, beside, pairs
    rows = publish.told(every, "full")
    for name, columns in linkage.by_column(rows, (*COLUMNS, "decision_ms_bucket", "label")).items():
        attacks[f"{name} by itself"] = rows, columns, linkage.across(rows)
    return _judged(attacks)


def of_sessions(rows: Sequence[Row]) -> dict[str, Any]:
    """Two rows of `trajectories`, one of each week."""
    view, pairs = linkage.session_views(rows), linkage.across(rows)
    shuffled = _shuffled(rows)
    return {"sessions": len(rows)} | _judged(
        {
            "surface, tool, closed_by": (rows, _of(view, "columns"), pairs),
            "and numbers and kinds of steps": (rows, _of(view, "columns", "course"), pairs),
            "text, words masked: style alone": (rows, _of(view, "style"), pairs),
            "everything": (rows, _of(view, *view), pairs),
            "control: everything, with people shuffled": (shuffled, _of(view, *view), linkage.across(shuffled)),
        }
    )


def across_weeks(rows: Sequence[Row], view: Views) -> dict[str, Any]:
    """Pairs of a row of each week: what each group of columns, and all of them, gives away."""
    anywhere, here = linkage.across(rows), linkage.across(rows, cell=("surface",))
    columns = _of(view, "kind of work", "model, language, tool", "outcome", "time", "place")
    texts = _of(view, "style", "content", "text")
    attacks: dict[str, tuple[Sequence[Row], list[View], Any]] = {
        "all columns but text": (rows, columns, anywhere),
        "surface and task": (rows, _of(view, "kind of work"), anywhere),
        "model, language, tool": (rows, _of(view, "model, language, tool"), anywhere),
        "model, language, tool; of one surface": (rows, _of(view, "model, language, tool"), here),
        "label, similarity, spans, number of events": (rows, _of(view, "outcome"), anywhere),
        "file, place in it, Delta log, ids; of one surface": (rows, _of(view, "place"), here),
        "text, words masked: style alone": (rows, _of(view, "style"), anywhere),
        "text, style masked: words alone": (rows, _of(view, "content"), anywhere),
        "text as it is": (rows, _of(view, "style", "content", "text"), anywhere),
        "everything": (rows, columns + texts, anywhere),
        "unsealed: coordinates; of one surface": (rows, _of(view, "coordinates"), here),
        "unsealed: model, language, tool as they came; of one surface": (
            rows, _of(view, "raw model, language, tool"), here
        ),
        "unsealed: model, language, tool as they came": (rows, _of(view, "raw model, language, tool"), anywhere),
        "unsealed: all columns but text": (
            rows, columns + _of(view, "coordinates", "raw model, language, tool"), anywhere
        ),
    }  # fmt: skip
    shuffled = _shuffled(rows)
    attacks["control: everything, with people shuffled"] = shuffled, columns + texts, linkage.across(shuffled)
    return _judged(attacks)


def within_days(rows: Sequence[Row], view: Views) -> dict[str, Any]:
    """Pairs of rows of one day and surface: does a burst of work show?"""
    pairs = linkage.within(rows)
    groups = ("model, language, tool", "outcome", "place")
    return _judged(
        {
            "all columns but text": (rows, _of(view, *groups), pairs),
            **{name: (rows, _of(view, name), pairs) for name in groups},
            "everything": (rows, _of(view, *groups, "style", "content", "text"), pairs),
            "unsealed: coordinates": (rows, _of(view, "coordinates"), pairs),
            "unsealed: all columns but text": (
                rows,
                _of(view, *groups, "coordinates", "raw model, language, tool"),
                pairs,
            ),
        }
    )


def known_people(rows: Sequence[Row], workers: Sequence[Worker]) -> dict[str, Any]:
    """Rows of the second week of people of whom one has raw writing, or knows the habits of the week before."""
    second = [row for row in rows if row.period == 1]
    written = [(worker.number, text) for worker in workers for text in company.sample(_SEED, worker, _SAMPLES)]
    owners = np.array([number for number, _ in written])
    found: dict[str, Any] = {}
    for name, read in _READINGS.items():
        texts = [read(text) for _, text in written] + [read(look.human(row)) for row in second]
        table = look.grams(texts)
        found[f"by writing, {name}"] = linkage.find(table[: len(written)], owners, table[len(written) :], second)
    first = [row for row in rows if row.period == 0]
    before = [row.values | _came(row) for row in first]
    knows = np.array([row.worker for row in first])
    for name, after in (
        ("by columns", [row.values for row in second]),
        ("by columns, unsealed", [row.values | _came(row) for row in second]),
    ):
        table = look.stated([*before, *after], _STATED)
        found[name] = linkage.find(table[: len(before)], knows, table[len(before) :], second)
    for name, result in found.items():
        print(f"find: {name:40} {result}", flush=True)
    return found


def real_writing(folders: Sequence[Path]) -> dict[str, Any]:
    """The same questions about commit messages of real authors, two periods each; pairs are of one repository."""
    rows, raw, scrubbed = history.rows(folders)
    figures: dict[str, Any] = {
        "authors": len({row.worker for row in rows}),
        "repositories": [folder.parent.name if folder.name == "repo" else folder.name for folder in folders],
        "rows": len(rows),
        "words_in_a_row": round(sum(len(text.split()) for text in raw) / max(len(raw), 1)),
    }
    first = [number for number, row in enumerate(rows) if row.period == 0]
    second = [number for number, row in enumerate(rows) if row.period == 1]
    owners = np.array([rows[number].worker for number in first])
    pairs = linkage.across(rows, cell=("repository",))
    for state, texts in (("raw", raw), ("scrubbed", scrubbed)):
        attacks, found = {}, {}
        for name, read in _READINGS.items():
            table = look.grams([read(text) for text in texts])
            manner = [look.apart(look.manner(texts))] if name.startswith("words masked") else []
            attacks[f"{state}, {name}"] = rows, [look.alike(table), *manner], pairs
            known = look.grams([read(raw[number]) for number in first] + [read(texts[number]) for number in second])
            found[name] = linkage.find(known[: len(first)], owners, known[len(first) :], [rows[n] for n in second])
            print(f"find, {state}: {name:40} {found[name]}", flush=True)
        figures[state] = {"same_author_in_two_periods": _judged(attacks), "find_a_known_author": found}
    return figures


def _judged(attacks: Mapping[str, tuple[Sequence[Row], list[View], Any]]) -> dict[str, Any]:
    found = {}
    for name, (rows, views, pairs) in attacks.items():
        verdict = linkage.judge(rows, views, pairs)
        print(f"{name:85} AUC {verdict.auc}  right {verdict.accuracy}  {verdict.pairs:,} pairs", flush=True)
        found[name] = verdict.as_json()
    return found


def _kept(rows: Sequence[Row], name: str) -> float:
    """The share of rows that say in a column exactly what came in: not withheld, not made coarser."""
    return round(sum(row.values[name] == row.raw[name] for row in rows) / len(rows), 4)


def _came(row: Row) -> dict[str, Any]:
    return {name: row.raw[name] for name in ("model", "language", "tool")}


def _fewest(rows: Sequence[Row], names: Sequence[str]) -> int:
    """By the judge's truth: people behind the smallest group of rows that agree in the day and these columns."""
    cells: dict[tuple[str, ...], set[int]] = {}
    for row in rows:
        cells.setdefault((str(row.values["event_date"]), *(row.values[name] for name in names)), set()).add(row.worker)
    return min(map(len, cells.values()))


def _of(view: Views, *names: str) -> list[View]:
    return [one for name in names for one in view[name]]


def _shuffled(rows: Sequence[Row]) -> list[Row]:
    """The rows with their people dealt out anew."""
    owners = [row.worker for row in rows]
    Random(3).shuffle(owners)  # noqa: S311 - a control, repeatable
    return [replace(row, worker=worker) for worker, row in zip(owners, rows, strict=True)]


if __name__ == "__main__":
    main()
