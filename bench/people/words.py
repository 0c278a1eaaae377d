"""Makes `streams/privacy/directory/words.txt.gz`: words of English prose and of programs, to tell `Will` from `will`.

Counted over the standard library, the documentation and sources of the installed packages, the headers of C and the
manuals of Perl where there are any, and the lower-case words of the corpora in ../shared/data/ner; and all lower-case
words of SCOWL (Debian's package wamerican; its notice is in `streams/privacy/directory/words.LICENSE`). A word counts
if it stands in lower case in several files; a first or last name known to Faker must also stand in lower case more
often than capitalised inside a sentence, or it is a name ("john") and no word. Only the words go into the list, in
three blocks (everyday, frequent, other), no counts and no text.

    apt-get download wamerican && dpkg-deb -x wamerican_*.deb /tmp/wamerican
    nice -n 10 .venv/bin/python -m bench.people.words /tmp/wamerican/usr/share/dict/american-english
"""

# ruff: noqa: SIM905, S311 - names are words; a seeded sample is no secret

from __future__ import annotations

import gzip
import importlib
import random
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import faker.providers.person as faker_names

from streams.privacy.directory.words import ALSO_WORDS, FILE, FUNCTION_WORDS

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data" / "ner"
_FILES = 24_000
_CHARS = 60_000  # of one file
_IN_FILES = 4  # fewer is a misspelling, or somebody
_MOST = 36_000
_EVERYDAY, _FREQUENT = 2_500, 7_000  # the most common of them
_ELSEWHERE = (("/usr/include", "*.h"), ("/usr/share/perl", "*.p[mo]*"))
# People of examples and of bylines: in lower case often, and no words for that.
_NO_WORDS = frozenset(
    (
        "alice anderson anna bartlett bob bohman bradford brent brian carol charlie dave eve faust fiedler guido "
        "hazen helena hilbert igor isabelle ivar jacobi jane joe john jolie kendall krogh kung kurt lange laurent lee "
        "leonardo marco mario mary mike mohamed montgomery oliver peter sanders simpson singh smirnov smith spence "
        "stephen steve tim tom wiener"
    ).split()
)
_SEED = 11
_RUN = re.compile(r"[A-Za-z]+")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_INSIDE = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
_LOWER = re.compile(r"(?<![\w.@/\\-])[a-z]+(?![\w@/\\])")


def names() -> set[str]:
    """First and last names that Faker knows, in lower case, of all locales in Latin letters."""
    found: set[str] = set()
    folder = Path(str(faker_names.__file__)).parent
    for locale in sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name[0] != "_"):
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for key in dir(provider):
            if key.startswith(("first_names", "last_names")) and isinstance(values := getattr(provider, key), Iterable):
                found |= {word.lower() for value in values for word in _RUN.findall(str(value))}
    return found


def texts() -> list[str]:
    """Sources and documentation, a seeded sample."""
    library = Path(sysconfig.get_path("stdlib"))
    packages = Path(sysconfig.get_path("purelib"))
    files = [path for path in sorted(library.rglob("*.py")) if "site-packages" not in path.parts]
    others = sorted(path for kind in ("*.py", "*.md", "*.rst", "*.txt") for path in packages.rglob(kind))
    others = [path for path in others if "faker" not in path.parts and "lang" not in path.parts]
    random.Random(_SEED).shuffle(others)
    files += [path for folder, kind in _ELSEWHERE for path in sorted(Path(folder).rglob(kind)) if path.is_file()]
    return [path.read_text("utf-8", "replace")[:_CHARS] for path in (files + others)[:_FILES]]


def corpora() -> list[str]:
    """The labelled corpora, a hundred tokens a text."""
    rows = [row.split()[0] for path in sorted(SHARED.glob("*.*")) if path.suffix in {".train", ".dev", ".conll"}
            for row in path.read_text("utf-8").splitlines() if row.strip()]  # fmt: skip
    return [" ".join(rows[at : at + 100]) for at in range(0, len(rows), 100)]


def main() -> None:
    """Count, choose, write."""
    files: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for text in texts() + corpora():
        files.update({part.lower() for run in set(_RUN.findall(text)) for part in _PART.findall(run) if len(part) > 1})
        lower.update(set(_LOWER.findall(text)))
        inside.update({word.lower() for word in _INSIDE.findall(text)})
    known = names()
    chosen = [
        word
        for word, count in files.most_common()
        if count >= (_IN_FILES if word in known else 2)
        and (word not in known or lower[word] >= _IN_FILES)
        and (word not in known or (lower[word] > inside[word] and word not in _NO_WORDS))
    ][:_MOST]
    dictionary = {word for word in Path(sys.argv[1]).read_text("utf-8").split() if re.fullmatch("[a-z]+", word)}
    words = ({*chosen} | (dictionary - known) | ALSO_WORDS | FUNCTION_WORDS) - _NO_WORDS
    ranked = sorted(words, key=lambda word: -files[word])
    everyday = {*ranked[:_EVERYDAY]} | FUNCTION_WORDS
    frequent = {*ranked[:_FREQUENT]} - everyday
    blocks = (everyday, frequent, words - everyday - frequent)
    FILE.write_bytes(gzip.compress("\n\n".join("\n".join(sorted(block)) for block in blocks).encode(), 9, mtime=0))
    sys.stdout.write(f"{len(words):,} words, {FILE.stat().st_size:,} bytes, {len(known & words):,} also names\n")


if __name__ == "__main__":
    main()
