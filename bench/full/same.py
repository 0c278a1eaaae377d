"""Findings of the engine against findings kept earlier, part by part, on texts of many kinds.

python -m bench.full.same keep FILE      before a change
python -m bench.full.same compare FILE   after it; exits 1 on any difference

The texts are kept with the findings, so that packages that come and go make no difference.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.formats.texts import texts as formatted
from bench.people import mentions
from bench.people.company import staff
from bench.people.measure import written
from bench.scrub import corpus, mutations
from redline.company import Company
from schemas.codec import decode
from schemas.errors import DecodeError
from schemas.records import Coordinate, Record
from streams.privacy.directory.matcher import Directory
from streams.privacy.engine import OURS, Engine
from streams.privacy.views import views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from streams.surrogates import Found

PEOPLE = 70_000
_CHARACTERS = 250_000  # of each kind of the corpus
_EVENTS = 3_000
_SHOWN = 5  # differences of a part


@click.group()
def main() -> None:
    """Keep findings, or compare with those kept."""


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def keep(file: Path) -> None:
    """Keep texts and findings in FILE."""
    with _parts() as parts, gzip.open(file, "wt", compresslevel=1) as out:
        count = 0
        for text in dict.fromkeys(_texts()):
            out.write(json.dumps([text, {name: find(text) for name, find in parts.items()}]) + "\n")
            count += 1
    print(f"{count:,} texts")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--only", default="", help="Some parts, by commas.")
def compare(file: Path, only: str) -> None:
    """Compare the findings of now with those in FILE."""
    differ: Counter[str] = Counter()
    count = 0
    with _parts() as parts, gzip.open(file, "rt") as lines:
        for line in lines:
            text, kept = json.loads(line)
            count += 1
            for name, find in parts.items():
                if only and name not in only.split(","):
                    continue
                now, before = find(text), kept[name]
                if now != before:
                    differ[name] += 1
                    if differ[name] <= _SHOWN:
                        _show(name, text, before, now)
    print(f"{count:,} texts; texts that differ by part: {dict(differ) or 'none'}")
    if differ:
        sys.exit(1)


def _show(name: str, text: str, before: list[Any], now: list[Any]) -> None:
    """The places that differ; every text is made up or of an installed package."""
    for label, some, others in (("only before", before, now), ("only now", now, before)):
        for one in some:
            if one not in others:
                start, end = one[:2]
                value = text[max(0, start - 20) : end + 20] if isinstance(start, int) else start
                print(f"{name}: {label} {one}: {value!r}")


@contextlib.contextmanager
def _parts() -> Iterator[dict[str, Callable[[str], list[Any]]]]:
    """Every part of the engine that finds something, by name, and the engine as a whole."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(staff(PEOPLE), Path(folder))
        engine, directory = Engine(directory=path), Directory.load(path)
        parts: dict[str, Callable[[str], list[Any]]] = {}
        for name, _, find in OURS:
            parts[name] = lambda text, find=find: _listed(find(text))
        parts["directory"] = lambda text: _listed(directory.find(text))
        parts["views"] = lambda text: [[view.text, *view.back(0, len(view.text))] for view in views(text)]
        parts["engine"] = lambda text: _whole(engine, text)
        yield parts


def _whole(engine: Engine, text: str) -> list[Any]:
    try:
        return _listed(engine.everything([text], "jane.doe@corp-zeta.com")[0])
    except ValueError:  # Presidio's checksums fail on some digits outside ASCII: such a text is refused
        return [["refused"]]


def _listed(found: Iterable[Found]) -> list[Any]:
    return sorted([one.start, one.end, one.entity, one.score] for one in found)


def _texts() -> Iterator[str]:
    for kind in corpus.KINDS:
        yield from corpus.texts(kind, 900, _CHARACTERS)
    yield from _company()
    people = staff(PEOPLE)
    for one in (*mentions.planted(people, 2_000, 3), *mentions.strangers(people, 500, 3), *mentions.decoys()):
        yield one.text
    for half in ("tune", "read"):
        yield from (text for text, _ in formatted(half, 1_000, 3))
    chooser = random.Random(3)  # noqa: S311 - which text, not a secret
    yield from (mutations.text(chooser) for _ in range(2_000))


def _company() -> Iterator[str]:
    for number, one in enumerate(Company(3, _EVENTS, 1_767_600_000_000_000)):
        try:
            event = decode(Record(Coordinate("events", 0, number), one.key, one.value, one.headers))
        except DecodeError:
            continue
        yield from _strings(event.data)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
    elif hasattr(value, "__struct_fields__"):
        for name in value.__struct_fields__:
            yield from _strings(getattr(value, name))


if __name__ == "__main__":
    main()
