"""Recall per form, what is found in decoys, speed and memory of the directory's matcher.

nice -n 10 taskset -c 1 .venv/bin/python -m bench.people.measure [--people 70000] [--texts 4000] [--misses]
"""

# ruff: noqa: S311 - a seeded order is no secret

from __future__ import annotations

import argparse
import os
import random
import re
import sysconfig
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from bench.people import mentions
from bench.people.company import Member, staff
from streams.privacy.directory.matcher import Directory
from streams.privacy.directory.roster import Person, Roster, in_words
from streams.privacy.directory.table import compiled

_KB = 1000
_BYLINE = re.compile(
    r"(?i)\b(?:author|by|copyright|contributed|thanks|maintainer|from|mail|written|credits?)\b|@|[A-Z][a-z]+ [A-Z]"
)


def written(people: list[Member], folder: Path) -> Path:
    """The compiled directory of these people."""
    roster = Roster()
    for one in people:
        names = (in_words(one.first, one.last),)
        nicks = (one.nickname,) if one.nickname else ()
        roster.add(Person(names, nicks, (one.mail,), (one.login,), (one.extension,)))
    path = folder / "people.directory"
    head = "".join(sorted(roster.firsts))
    path.write_bytes(compiled(roster.forms, salt=os.urandom(16), people=roster.people, head=head))
    path.chmod(0o600)
    return path


def resident() -> float:
    """MB of this process in memory."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def sources() -> list[str]:
    """Pieces of 1,000 characters of the standard library."""
    texts = [path.read_text("utf-8") for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))]
    return [text[at : at + _KB] for text in texts for at in range(0, len(text) - _KB, 9 * _KB)]


def table(directory: Directory, texts: list[mentions.Text], *, misses: bool) -> None:
    """Print recall per form and what was found that was not there."""
    asked: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    false: dict[str, list[str]] = defaultdict(list)
    missed: dict[str, list[str]] = defaultdict(list)
    found_all = true = 0
    for one in texts:
        found = directory.find(one.text)
        asked[one.form] += 1
        good = [f for f in found if any(min(f.end, b) - max(f.start, a) >= (b - a) / 2 for a, b in one.spans)]
        touching = [f for f in found if any(f.start < b and a < f.end for a, b in one.spans)]
        found_all += len(found)
        true += len(touching)
        if one.spans and good:
            hit[one.form] += 1
        elif one.spans:
            missed[one.form].append(one.text)
        false[one.form] += [one.text[f.start : f.end] + " in " + one.text for f in found if f not in touching]
    for form in sorted(asked):
        recall = f"{hit[form] / asked[form]:.4f}" if not form.startswith("decoy") else "      "
        print(f"{form:18} texts {asked[form]:5} recall {recall} false {len(false[form])}")
    planted = sum(count for form, count in asked.items() if not form.startswith("decoy"))
    print(
        f"all: recall {sum(hit.values()) / planted:.4f}"
        f" precision {true / max(found_all, 1):.4f} of {found_all} findings"
    )
    if misses:
        for name, lists in (("missed", missed), ("false", false)):
            for form, examples in sorted(lists.items()):
                for example in examples[:8]:
                    print(f"  {name} {form}: {example!r}")


def speed(directory: Directory, kind: str, texts: list[str]) -> None:
    """Print CPU time per 1,000 characters, first pass and second."""
    size = sum(map(len, texts)) / _KB
    took = []
    for _ in range(3):
        start = time.process_time()
        for text in texts:
            directory.find(text)
        took.append((time.process_time() - start) / size * 1e6)
    print(f"{kind}: {took[0]:.0f} us per 1,000 characters on the first pass, {min(took):.0f} at best")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=70_000)
    parser.add_argument("--texts", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--misses", action="store_true")
    asked = parser.parse_args()
    people = staff(asked.people)
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        path = written(people, Path(folder))
        print(f"compiled {len(people):,} people in {time.process_time() - start:.1f} s: {path.stat().st_size:,} bytes")
        before, start = resident(), time.process_time()
        directory = Directory.load(path)
        print(f"loaded in {time.process_time() - start:.2f} s, {resident() - before:.0f} MB more resident")
    planted = list(mentions.planted(people, asked.texts, asked.seed))
    code = sources()
    texts = [
        *planted,
        *mentions.strangers(people, asked.texts // 4, asked.seed),
        *mentions.decoys(),
        *mentions.unplanted(code, lambda line: _BYLINE.search(line) is not None),
    ]
    random.Random(asked.seed).shuffle(texts)
    table(directory, texts, misses=asked.misses)
    speed(directory, "code (standard library)", code)
    chat = [one.text for one in planted]
    speed(
        directory, "chat and code, a mention in each", ["\n".join(chat[at : at + 16]) for at in range(0, len(chat), 16)]
    )
    print(f"{resident() - before:.0f} MB more resident than before loading")


if __name__ == "__main__":
    main()
