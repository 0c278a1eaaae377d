"""Texts written by us, in the manner of the web, to choose by: `dev.txt`, with `<P …>`, `<L …>` and `<O …>` marked."""

from __future__ import annotations

import re
from pathlib import Path

from bench.names.corpora import Sample

_MARK = re.compile(r"<([PLO]) ([^>]+)>")
_KINDS = {"P": "PER", "L": "LOC", "O": "ORG"}


def samples() -> list[Sample]:
    """One text a line."""
    rows = Path(__file__).with_name("dev.txt").read_text("utf-8").splitlines()
    return [_sample(row) for row in rows if row and not row.startswith("#")]


def languages() -> dict[str, list[Sample]]:
    """Sentences in six languages other than English, one a text, by language (`languages.txt`)."""
    sections: dict[str, list[Sample]] = {}
    for row in Path(__file__).with_name("languages.txt").read_text("utf-8").splitlines():
        if row.startswith("["):
            current = sections.setdefault(row.strip("[]"), [])
        elif row and row[0] != "#":
            current.append(_sample(row))
    return sections


def _sample(row: str) -> Sample:
    text, spans, done = "", [], 0
    for mark in _MARK.finditer(row):
        text += row[done : mark.start()]
        spans.append((len(text), len(text) + len(mark[2]), _KINDS[mark[1]]))
        text += mark[2]
        done = mark.end()
    return Sample(text + row[done:], tuple(spans))
