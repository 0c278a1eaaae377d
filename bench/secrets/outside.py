"""`python -m bench.secrets.outside FOLDER [--part dev|test] [--show N] [--write]`: measured by what others wrote.

FOLDER holds clones of the repositories in `others.SOURCES`, those that there are. Their cases are split by the hash of
the issuer's name: `dev` may be looked at (`--show`), of `test` only figures are printed. A case is found if any finding
lies in its text, whole if the value that its authors name is covered. Cases whose values are all made up to be seen
through (`abcdef123456…`, `xxxx`, `EXAMPLE`), which many authors count as secrets, have a row of their own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import record
from bench.secrets.others import SOURCES, Case, commit
from streams.privacy import secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ISSUER = re.compile(r"[a-z0-9]+")
_SAID = re.compile(r"x{4,}|example|fake|your|password|secret", re.IGNORECASE)
_COMMON = {"detected"}  # the first word of every rule of semgrep


def part(rule: str) -> str:
    """`dev` or `test`: all cases of an issuer are in the same part, whoever wrote them."""
    words = [word for word in _ISSUER.findall(rule.lower()) if word not in _COMMON] or [rule]
    return "dev" if hashlib.sha256(words[0].encode()).digest()[0] % 2 else "test"


def cases(folder: Path) -> list[Case]:
    """All cases of the clones in `folder`, each text once.

    Raises:
        FileNotFoundError: `folder` holds none of them.
    """
    found: dict[str, Case] = {}
    for name, read in SOURCES.items():
        if (folder / name).exists():
            for case in read(folder / name):
                found.setdefault(case.text.strip(), case)
    if not found:
        raise FileNotFoundError(f"{folder}: none of {', '.join(SOURCES)} is there: clone one of them into it")
    return list(found.values())


def is_made_up(value: str) -> bool:
    """True if the value is mostly sequences and repeats, or says that it is none; fixed before anything was tuned."""
    steps = sum(1 for a, b in pairwise(value) if -1 <= ord(b) - ord(a) <= 1)
    return 2 * steps >= len(value) - 1 or _SAID.search(value) is not None


def spans(text: str) -> list[tuple[int, int]]:
    """Where something is found."""
    return [(one.start, one.end) for one in secrets.find(text)]


def is_whole(case: Case, found: Sequence[tuple[int, int]]) -> bool:
    """True if every value that stands in the text is covered by one finding."""
    places = [(at, at + len(value)) for value in case.values if value and (at := case.text.find(value)) >= 0]
    return all(any(start <= first and last <= end for start, end in found) for first, last in places)


def measure(of: Iterable[Case], show: int = 0) -> dict[str, Any]:
    """Figures per source, for secrets and for what is none; prints the first `show` misses and false alarms."""
    n: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for case in of:
        found = spans(case.text)
        for group in (case.source, "all"):
            made_up = bool(case.values) and all(map(is_made_up, case.values))
            key = f"{group} {'none' if not case.secret else 'made up' if made_up else 'secrets'}"
            n[key] += 1
            hit[key] += bool(found)
            whole[key] += bool(found) and is_whole(case, found)
        if bool(found) != case.secret and show > 0:
            show -= 1
            print("MISS" if case.secret else "FALSE", case.source, case.rule, repr(case.text[:400]))
    return {
        key: {"cases": n[key], "found": round(hit[key] / n[key], 3)}
        | ({} if key.endswith("none") else {"whole": round(whole[key] / n[key], 3)})
        for key in sorted(n)
    }


def main(arguments: Sequence[str]) -> None:
    """Measure and print; `--write` keeps the figures beside those of the first time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", choices=("dev", "test"))
    parser.add_argument("--show", type=int, default=0, help="of the dev part only")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args(arguments)
    everything = cases(asked.folder)
    figures: dict[str, Any] = {
        "commits": {name: commit(asked.folder / name) for name in SOURCES if (asked.folder / name).exists()}
    }
    for which in ("dev", "test") if asked.part is None else (asked.part,):
        chosen = [case for case in everything if part(case.rule) == which]
        figures[which] = measure(chosen, asked.show if which == "dev" else 0)
        for key, row in figures[which].items():
            print(f"{which:5} {key:22} {row}")
    if asked.write:
        record.write("secrets", {"first sight": _first_sight() or figures, "now": figures})


def _first_sight() -> dict[str, Any] | None:
    """What was written at first, before anything was changed by it, which stays."""
    path = record.RESULTS / "secrets.json"
    first: dict[str, Any] | None = (
        json.loads(path.read_text("utf-8"))["figures"]["first sight"] if path.exists() else None
    )
    return first


if __name__ == "__main__":
    main(sys.argv[1:])
