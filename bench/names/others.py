"""People in texts that others labelled, read from clones to measure by: never trained on, and nothing of them is kept.

GUM (Zeldes, 2017; annotations CC BY 4.0, texts of mixed licences), the seed of CEREC (Dakle, Desai and Moldovan, 2020;
Enron mail) and Worldwide Newswire (Shan, Bauer, Carlson and Manning, 2023). Titles are no part of a name here.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.names.corpora import sentence
from streams.privacy.listed import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_WEB = words("interview news voyage whow vlog conversation letter podcast essay threat esports")
_NEWS_SHARE = 3  # one article in so many
_NO_NAMES = words(
    "mr mrs ms miss dr prof professor president senator king queen prince princess sir lord lady captain general "
    "colonel major judge justice rev reverend father sister brother pope bishop coach officer chairman ceo secretary "
    "mayor mom dad grandma grandpa god mother uncle aunt chancellor man governor attorney student pilot manager "
    "libertarian viking beginner guest petitioner speaker madam appellee congresswoman congressman vice chair director "
    "doctor creator"
)
_PRONOUNS = words(
    "i you he she we they me him her us them my your his our their mine yours it its who whom whose this that"
)
_GROUP = re.compile(r"(?:ican|ans|ish|ese)\Z")
_HEADER = re.compile(r"(?:X ?-|Date:|Mime|Message|Content|From:|To:|Cc:|Bcc:|Sent:)", re.IGNORECASE)
_ENTITY = re.compile(r"\(?[^()]+\)?")


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence, its people, and what may or may not be called one (`Ford` in `Ford Motors`)."""

    document: str
    text: str
    people: tuple[tuple[int, int], ...]
    either: tuple[tuple[int, int], ...] = ()

    @property
    def part(self) -> str:
        """`dev`, which may be looked at, or `test`: by document."""
        return "dev" if zlib.crc32(self.document.encode()) % 2 else "test"


def web(folder: Path) -> Iterator[Case]:
    """GUM: interviews, news, travel, how-tos, vlogs, conversations, letters, podcasts, essays."""
    return _gum(folder, web=True)


def books(folder: Path) -> Iterator[Case]:
    """GUM: fiction, biographies, speeches, court, textbooks, academic."""
    return _gum(folder, web=False)


def mail(folder: Path) -> Iterator[Case]:
    """Mail of Enron without its headers."""
    for path in sorted((folder / "emailcoref").rglob("*.conll")):
        for case in _mail(path):
            if not _HEADER.match(case.text):
                yield case


def world(folder: Path) -> Iterator[Case]:
    """News of papers outside the West, a third of the articles."""
    for path in sorted((folder / "en-worldwide-newswire").rglob("*.tsv")):
        name = f"processed_annotated/{path.name}"
        if zlib.crc32(f"x{name}".encode()) % _NEWS_SHARE:
            continue
        for block in path.read_text("utf-8").split("\n\n"):
            rows = [row.split("\t") for row in block.splitlines() if row.strip()]
            tagged = [
                (row[0], f"{row[1][0]}-PER" if row[1:] and row[1].strip().endswith("Person") else "O") for row in rows
            ]
            if tagged:
                yield _case(name, tagged)


SETS: dict[str, Callable[[Path], Iterator[Case]]] = {"web": web, "mail": mail, "world": world, "books": books}


def _case(document: str, rows: list[tuple[str, str]]) -> Case:
    made = sentence(rows, hyphens=True)
    return Case(document, made.text, tuple((start, end) for start, end, _ in made.spans))


def _mail(path: Path) -> Iterator[Case]:
    name = "/".join(path.parts[-4:])
    rows: list[tuple[str, str]] = []
    inside: list[str] = []  # the chains whose mentions are open, the innermost last
    for line in [*path.read_text("utf-8").splitlines(), ""]:
        columns = line.split("\t")
        if line.startswith("#"):
            continue
        if not line.strip():
            if rows:
                yield _case(name, rows)
            rows = []
            continue
        word, marks = columns[0], columns[2] if len(columns) > 2 else "-"
        pieces = re.split(r"\s*\|\s*", marks)
        opened = [piece.strip("()*") for piece in pieces if piece.startswith("(")]
        closed = [piece.strip("()*") for piece in pieces if piece.endswith(")")]
        inside += opened
        named = bool(inside) and inside[-1].startswith("P") and word[:1].isupper() and "@" not in word
        named = named and word.lower() not in _PRONOUNS and word.rstrip(".").lower() not in _NO_NAMES
        goes_on = bool(rows) and rows[-1][1] != "O" and not (opened and opened[-1] == inside[-1])
        dot = word == "." and goes_on and bool(inside) and inside[-1].startswith("P") and not closed
        rows.append((word, ("I-PER" if goes_on else "B-PER") if named or dot else "O"))
        for chain in closed:
            if chain in inside:
                del inside[len(inside) - 1 - inside[::-1].index(chain)]


@dataclass(slots=True)
class _Token:
    form: str
    kind: str
    plural: bool
    head: int
    relation: str
    sentence: int


@dataclass(slots=True)
class _Mention:
    chain: str
    kind: str
    first: int
    last: int = -1


@dataclass(slots=True)
class _Document:
    tokens: list[_Token] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)  # of each sentence, its first token
    mentions: list[_Mention] = field(default_factory=list)


def _gum(folder: Path, *, web: bool) -> Iterator[Case]:
    for path in sorted((folder / "gum" / "dep").glob("*.conllu")):
        genre = path.name.split("_")[1]
        if genre != "reddit" and (genre in _WEB) == web:  # the text of Reddit's is blanked
            yield from _sentences(f"dep/{path.name}", _read(path))


def _read(path: Path) -> _Document:
    document, open_ = _Document(), list[_Mention]()
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# text = "):
            document.texts.append(line[9:])
            document.firsts.append(len(document.tokens))
        columns = line.split("\t")
        if line.startswith("#") or not columns[0].isdigit():
            continue
        at = len(document.tokens)
        document.tokens.append(
            _Token(columns[1], columns[3], columns[4] == "NNPS", int(columns[6]), columns[7], len(document.texts) - 1)
        )
        marks = re.search(r"Entity=([^|\t]*)", columns[9])
        for piece in _ENTITY.findall(marks[1]) if marks else ():
            parts = piece.strip("()").split("-")
            if piece.startswith("("):
                open_.append(_Mention(parts[0], parts[1], at))
                document.mentions.append(open_[-1])
            if piece.endswith(")"):
                for mention in reversed(open_):
                    if mention.chain == parts[0]:
                        mention.last = at
                        open_.remove(mention)
                        break
    return document


def _sentences(name: str, document: _Document) -> Iterator[Case]:
    innermost: dict[int, _Mention] = {}
    for mention in sorted(document.mentions, key=lambda one: one.first - one.last):
        innermost |= dict.fromkeys(range(mention.first, mention.last + 1), mention)
    ends = [*document.firsts[1:], len(document.tokens)]
    for number, (text, first, end) in enumerate(zip(document.texts, document.firsts, ends, strict=True)):
        starts, at = [], 0
        for token in document.tokens[first:end]:
            at = text.find(token.form, at)
            if at < 0:
                break
            starts.append(at)
            at += len(token.form)
        if at < 0:
            continue
        people: set[tuple[int, int]] = set()
        either: set[tuple[int, int]] = set()
        for mention in document.mentions:
            if mention.kind == "person" and document.tokens[mention.first].sentence == number:
                for run in _runs(document, mention, innermost, first, end):
                    span = starts[run[0] - first], starts[run[-1] - first] + len(document.tokens[run[-1]].form)
                    after = document.tokens[run[-1] + 1] if run[-1] + 1 < end else None
                    longer = after is not None and after.kind == "PROPN" and text[span[1] : span[1] + 1] == " "
                    glued = text[span[1] : span[1] + 1] == "-" or text[span[0] - 1 : span[0]] == "-"
                    if not _GROUP.search(text[slice(*span)]):
                        (either if longer or glued else people).add(span)
        yield Case(name, text, tuple(sorted(people)), tuple(sorted(either)))


def _runs(
    document: _Document, mention: _Mention, innermost: dict[int, _Mention], first: int, end: int
) -> Iterator[list[int]]:
    """The names that are, or stand beside, the head of a mention of a person."""
    runs: list[list[int]] = []
    for i in range(mention.first, min(mention.last + 1, end)):
        token = document.tokens[i]
        named = (token.kind == "PROPN" and not token.plural) or (
            token.relation.startswith("flat") and token.form[0].isupper()
        )
        if innermost[i] is mention and named:
            if runs and runs[-1][-1] == i - 1:
                runs[-1].append(i)
            else:
                runs.append([i])
    for found in runs:
        run = found
        heads = [
            i
            for i in run
            if not mention.first <= first + document.tokens[i].head - 1 <= mention.last
            or document.tokens[i].relation.startswith(("flat", "appos"))
        ]
        while run and document.tokens[run[0]].form.rstrip(".").lower() in _NO_NAMES:
            run = run[1:]
        if heads and run and document.tokens[run[-1]].form.lower() not in _NO_NAMES:
            yield run
