"""Real writing by known authors: the commit messages of repositories on this machine, before and after the scrubber.

What the company's habits cannot say is how strong habits are in life. Authors are numbers here; no message, name or
address leaves this process, only figures do. Messages are short and technical, and some are written with an AI's
help: people's letters may give away more, or less.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING

from bench.privacy.publish import Row
from schemas.events import Event, Revision
from schemas.records import Coordinate
from schemas.rows import decode_interaction
from streams.epochs import Keys
from streams.privacy.engine import Engine
from streams.scrub import Job, scrub

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_NOT_WRITTEN = re.compile(
    r"^(?:[A-Za-z-]+-by:.*|-{3,}|(?:\* )?Merge .*|Revert \".*|This reverts commit .*|Change-Id:.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_NUMBERED = re.compile(r"\(?#\d+\)?")
_MACHINES = re.compile(r"bot\b|\[bot\]|action|dependabot|renovate|snyk|agent|^test|release|github", re.IGNORECASE)
_WORDS = 60  # one row: as many messages of one author, one after the other, as make so many words
_ROWS = 8  # of each period; who has fewer is left out
_KEPT = 20


def rows(folders: Sequence[Path]) -> tuple[list[Row], list[str], list[str]]:
    """Rows of two periods by known authors, their raw texts, and the same scrubbed."""
    found: list[Row] = []
    raw: list[str] = []
    authors = 0
    for number, folder in enumerate(folders):
        for said in _by_author(folder):
            pieces = _pieces(said)
            half = len(pieces) // 2
            if half < _ROWS:
                continue
            for period, part in enumerate((pieces[:half][-_KEPT:], pieces[half:][:_KEPT])):
                for text in part:
                    found.append(Row(authors, period, {"repository": number}, number, 0, 1, 0, 0, {}))
                    raw.append(text)
            authors += 1
    return found, raw, _scrubbed(raw)


def _by_author(folder: Path) -> list[list[str]]:
    """Messages in order of time, by author; whoever shares a first name in a repository is taken for one person."""
    command = ["git", "-C", str(folder), "log", "--no-merges", "--reverse", "--format=%an%x00%B%x01"]
    log = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace")
    said: dict[str, list[str]] = defaultdict(list)
    for entry in log.split("\x01"):
        name, _, message = entry.strip().partition("\0")
        if not name or _MACHINES.search(name):
            continue
        text = _NUMBERED.sub("", _NOT_WRITTEN.sub("", message)).strip()
        if text:
            said[name.casefold().split()[0]].append(text)
    return list(said.values())


def _pieces(messages: Iterable[str]) -> list[str]:
    pieces: list[str] = []
    words, part = 0, []
    for message in dict.fromkeys(messages):
        part.append(message[:2_000])
        words += len(message[:2_000].split())
        if words >= _WORDS:
            pieces.append("\n".join(part))
            words, part = 0, []
    return pieces


def _scrubbed(texts: Sequence[str]) -> list[str]:
    """Each text through the scrubber, as the revision of a document of its own."""
    analyze, keys = Engine().analyze, Keys(identity=b"i" * 32, surrogate=b"s" * 32, epoch=1)
    clean = []
    for number, text in enumerate(texts):
        data = Revision(
            session_id=str(number),
            surface="doc",
            tool="git/2",
            document_id=str(number),
            revision=1,
            before="",
            after=text,
        )
        event = Event(source="/git", id=str(number), type="redline.revision.v1", time_us=0, subject=None, data=data)
        row = decode_interaction(scrub(Job(event, Coordinate("events", 0, number), "1"), analyze, keys).interaction)
        clean.append(json.loads(row.data)["after"])
    return clean
