"""The labelled corpora of ../shared/data/ner as texts with spans: BTC, W-NUT 17 and Wikigold (all CC BY 4.0)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Span = tuple[int, int, str]
_TYPES = {"PER": "PER", "person": "PER", "LOC": "LOC", "location": "LOC"}
_OTHERS = ("ORG", "corporation", "group", "MISC", "creative-work", "product")
_NO_SPACE_BEFORE = re.compile(r"(?:[.,;:!?)\]}%]+|['\u2019](?:s|S|re|ve|ll|d|m)|n['\u2019]t|\.\.+)\Z")
_TITLE = re.compile(
    r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|President|Senator|Sen|Rep|Gov|Governor|Judge|Justice|Rev|Reverend|Pastor"
    r"|General|Gen|Colonel|Col"
    r"|Captain|Capt|Lieutenant|Lt|Sergeant|Sgt|Coach"
    r"|Chancellor|Premier|Minister|Sheikh|Ayatollah)\b\.? (?=\S)"
)
_NO_SPACE_AFTER = re.compile(r"[(\[{$#\u201c]\Z")
_JOINTS = ("-", "'", "\u2019", "\u201d")
_TAIL = re.compile(r"(?:s|S|re|ve|ll|d|m|t)\Z")


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and where it names somebody (PER), a place (LOC) or something else (ORG)."""

    text: str
    spans: tuple[Span, ...]
    edited: bool = False  # written with care, as an encyclopedia is, and no tweet


def read(path: Path) -> list[list[Sample]]:
    """Documents of one file: sentences, by `-DOCSTART-` where there is one, else each sentence is a document."""
    documents: list[list[Sample]] = [[]]
    rows: list[tuple[str, str]] = []
    marked = False
    for row in [*path.read_text("utf-8").splitlines(), ""]:
        parts = row.split("\t") if "\t" in row else row.split(" ")
        if len(parts) < 2 or not parts[0].strip():
            if rows:
                documents[-1].append(sentence(rows))
                rows = []
                if not marked:
                    documents.append([])
        elif parts[0] == "-DOCSTART-":
            marked = True
            if documents[-1]:
                documents.append([])
        else:
            rows.append((parts[0], parts[-1].strip()))
    return [document for document in documents if document]


def sentence(rows: list[tuple[str, str]], *, hyphens: bool = False) -> Sample:
    """A text with the usual spaces of words and their tags; with `hyphens`, `Chih` `-` `ching` is one word again."""
    text, previous = "", "O"
    spans: list[Span] = []
    previous_word = ""
    quotes = 0
    for word, tag in rows:
        handle = previous_word in ("@", "#")  # BTC has "@", "name"; and calls every one of them a person
        glued = handle or bool(_NO_SPACE_BEFORE.match(word)) or bool(_NO_SPACE_AFTER.search(text))
        if word == '"':
            quotes += 1
            glued = quotes % 2 == 0
        elif (text.endswith('"') and quotes % 2 == 1) or (hyphens and _joined(text, word)):
            glued = True
        text += "" if glued or not text else " "
        start = len(text)
        text += word
        kind = "O" if word[0] == "@" or previous_word == "@" else _kind(tag)
        previous_word = word
        if kind != "O":
            if spans and previous == kind and tag[0] == "I":
                spans[-1] = (spans[-1][0], len(text), kind)
            else:
                spans.append((start, len(text), kind))
        previous = kind
    return Sample(text, tuple(_untitled(text, span) for span in spans))


def _joined(text: str, word: str) -> bool:
    return word in _JOINTS or text[-1:] == "-" or (text[-1:] in _JOINTS and _TAIL.match(word) is not None)


def _untitled(text: str, span: Span) -> Span:
    """A person without the title in front: the corpora differ among themselves."""
    start, end, kind = span
    title = _TITLE.match(text, start, end)
    return (title.end(), end, kind) if kind == "PER" and title else span


def _kind(tag: str) -> str:
    name = tag[2:]
    return _TYPES.get(name) or ("ORG" if name in _OTHERS else "O")
