"""`python -m bench.names.outside FOLDER [--part dev|test] [--write]`: people in what others wrote and labelled.

FOLDER holds clones of GUM (`gum`), CEREC (`emailcoref`) and Worldwide Newswire (`en-worldwide-newswire`). Each sentence
is a text of its own, found in by the model and the cues, exact spans at the default threshold, no directory. The texts
are split by document: `dev` chose the settings, of `test` only figures are printed. Nothing of them is trained on.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.names.others import SETS, Case
from streams.privacy import cues
from streams.privacy.names import find
from streams.surrogates import Found, merge

if TYPE_CHECKING:
    from collections.abc import Iterable

_RESULTS = Path("bench/results/names-outside.json")
_MOST = 2500  # sentences of a set
_THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9)
_BINS = (0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0)

Row = tuple[Case, list[Found]]


def main() -> None:
    """Print the figures of the sets that there are; `--write` keeps those of test and of dev."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--part", choices=("dev", "test"), default="dev")
    options.add_argument("--write", action="store_true")
    given = options.parse_args()
    parts = ("dev", "test") if given.write else (given.part,)
    figures = {part: of_part(given.folder, part) for part in parts}
    shown = json.dumps(figures, indent=2) + "\n"
    sys.stdout.write(shown)
    if given.write:
        _RESULTS.write_text(shown)


def of_part(folder: Path, part: str) -> dict[str, Any]:
    """Figures of each set, and of all together by threshold and by score."""
    figures: dict[str, Any] = {}
    every: list[Row] = []
    for name, read in SETS.items():
        cases = list({case.text: case for case in read(folder)}.values())
        cases = [case for case in cases if case.part == part]
        random.Random(5).shuffle(cases)  # noqa: S311 - a seeded choice, not a secret
        rows = [(case, people(case)) for case in cases[:_MOST]]
        figures[name] = scores(rows, 0.0)
        every += rows
    figures["all, by threshold"] = {str(least): scores(every, least) for least in _THRESHOLDS}
    figures["all, by score"] = reliability(every)
    return figures


def people(case: Case) -> list[Found]:
    """The people found in a sentence, but where it is open whether that is one."""
    found = merge([*find.find(case.text), *cues.people(case.text)])
    return [
        one
        for one in found
        if one.entity == cues.PERSON and not any(one.start < b and a < one.end for a, b in case.either)
    ]


def scores(rows: Iterable[Row], least: float) -> dict[str, Any]:
    """Exact precision, recall and F1 of what has a score of `least` or more, and recall by any overlap."""
    gold = found = exact = touched = 0
    for case, everybody in rows:
        spans = {(one.start, one.end) for one in everybody if one.score >= least}
        gold += len(case.people)
        found += len(spans)
        exact += len(spans & set(case.people))
        touched += sum(any(a < end and start < b for start, end in spans) for a, b in case.people)
    return {
        "gold": gold,
        "found": found,
        "F1": round(2 * exact / max(1, gold + found), 3),
        "P": round(exact / max(1, found), 3),
        "R": round(exact / max(1, gold), 3),
        "R any overlap": round(touched / max(1, gold), 3),
    }


def reliability(rows: Iterable[Row]) -> list[dict[str, float]]:
    """How many of the findings with a score between two bounds are exactly right."""
    findings = [(one.score, (one.start, one.end) in case.people) for case, everybody in rows for one in everybody]
    table = []
    for low, high in pairwise(_BINS):
        inside = [right for score, right in findings if low <= score < high]
        table.append({"from": low, "found": len(inside), "right": round(sum(inside) / max(1, len(inside)), 3)})
    return table


if __name__ == "__main__":
    main()
