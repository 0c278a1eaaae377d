"""Whatever the engine remembers, it remembers within bounds: memory stays flat over any number of texts."""

from __future__ import annotations

import functools
import gc
import os
import random
import sys
from typing import TYPE_CHECKING, Any

import pytest

from streams.privacy.directory.roster import Person, Roster, in_words
from streams.privacy.directory.table import compiled
from streams.privacy.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TEXTS = 250
LIMITS = ("_KEPT", "_BLOCK", "_MEMORY", "_LINES")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    roster = Roster()
    roster.add(Person((in_words("Qzwxul", "Vbtnko"),), (), ("qzwxul@corp-zeta.com",), ("qvbtnko",), ()))
    path = tmp_path_factory.mktemp("memory") / "people.directory"
    path.write_bytes(compiled(roster.forms, salt=os.urandom(16), people=1, head=""))
    path.chmod(0o600)
    return path


def made(dice: random.Random, number: int) -> str:
    """A text with words, names, numbers and signs that no other one has."""

    def word(letters: str = _LETTERS) -> str:
        return "".join(dice.choices(letters, k=9))

    chinese = chr(0x4E00 + dice.randrange(20_000)) * 3
    name = f"{word().title()} {word().title()}"
    return (
        f"Dear {name}, {word()} {word()} the {word()} {chinese} {chr(0x100 + number)} in {word().title()}.\n"
        f"call me at +1 {dice.randrange(200, 999)}-{dice.randrange(200, 999)}-{dice.randrange(1000, 9999)} or mail "
        f"{word()}@{word()}.com; {name} said so to {word()}\n"
        f"{word()} = {word()}({word()!r}) # card {dice.randrange(10**15, 10**16)} {word().encode().hex()}\n"
    )


def sizes(engine: Engine) -> dict[str, int]:
    """The length of every container that the engine or a module of its package holds, by where it is held."""
    found: dict[str, int] = {}
    seen: set[int] = set()

    def look(one: Any, where: str, depth: int) -> None:
        if id(one) in seen or depth > 8:
            return
        seen.add(id(one))
        if isinstance(one, dict | set | list):
            found[where] = len(one)
        if isinstance(one, dict) and len(one) < 300:
            for key, value in list(one.items()):
                look(value, f"{where}[{key!r:.20}]", depth + 1)
        elif isinstance(one, list | tuple) and len(one) < 300:
            for at, value in enumerate(one):
                look(value, f"{where}[{at}]", depth + 1)
        elif type(one).__module__.startswith(("streams.", "presidio_analyzer")):
            names = (*getattr(one, "__dict__", {}), *getattr(type(one), "__slots__", ()))
            for name in names:
                look(getattr(one, name, None), f"{where}.{name}", depth + 1)

    look(engine, "engine", 0)
    for name, module in list(sys.modules.items()):
        if name.startswith("streams.privacy"):
            for key, value in list(vars(module).items()):
                if not key.startswith("__"):
                    look(value, f"{name}.{key}", 1)
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every limit that a module of the package names, so small that the texts below go beyond it."""
    for name, module in list(sys.modules.items()):
        for limit in LIMITS if name.startswith("streams.privacy") else ():
            if isinstance(getattr(module, limit, None), int):
                monkeypatch.setattr(module, limit, 60)


@pytest.mark.usefixtures("small")
def test_no_memory_grows_with_the_texts(directory: Path) -> None:
    dice = random.Random(9)  # noqa: S311 - which text, not a secret
    engine = Engine(memo=20, directory=directory)
    for number in range(_TEXTS):
        engine.analyze([made(dice, number)], f"user{number}@corp-zeta.com")
    before = sizes(engine)
    assert len(before) > 100
    assert before["engine._memo"] == 20
    for number in range(_TEXTS, 2 * _TEXTS):
        engine.analyze([made(dice, number)], f"user{number}@corp-zeta.com")
    grown = {where: (before.get(where, 0), size) for where, size in sizes(engine).items()}
    assert not {where: both for where, both in grown.items() if both[1] - both[0] > _TEXTS // 2}


def caches() -> Iterator[Any]:
    return (one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper))


def test_every_cache_of_calls_has_a_limit_or_no_arguments(engine: Engine) -> None:
    engine.analyze(["Jane Doe called"])
    ours = [one for one in caches() if getattr(one, "__module__", "").startswith("streams.")]
    assert len(ours) > 5
    for one in ours:
        code = getattr(one.__wrapped__, "__code__", None)
        assert one.cache_info().maxsize is not None or (code is not None and not code.co_argcount), one
