"""Makes the table of letter pairs in `streams/privacy/secrets/letters.py` from the words of Python's standard library.

Counts each pair of letters in the distinct lower-case words of the sources (identifiers, comments, docstrings), and
prints, for each first letter, one digit per second letter: how much more often the pair stands in words than in random
letters, 0 for 1/16 and less, 8 for as often, 9 and letters for more (half a bit each).
"""

from __future__ import annotations

import math
import re
import sysconfig
from collections import Counter
from pathlib import Path
from string import ascii_lowercase

_WORD = re.compile(r"[A-Za-z][a-z]{2,19}")
_DIGITS = "0123456789abcdefghijklmnop"


def rows() -> list[str]:
    """One row of 26 digits for each first letter."""
    words: Counter[str] = Counter()
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if "site-packages" not in path.parts:
            words.update(word.lower() for word in _WORD.findall(path.read_text("utf-8", "replace")))
    pairs: Counter[str] = Counter()
    for word, times in words.items():
        if times > 2:
            for at in range(len(word) - 1):
                pairs[word[at : at + 2]] += 1
    total = sum(pairs.values())
    return ["".join(_digit((pairs[a + b] + 0.5) / total * 676) for b in ascii_lowercase) for a in ascii_lowercase]


def _digit(ratio: float) -> str:
    return _DIGITS[min(len(_DIGITS) - 1, max(0, round(8 + 2 * math.log2(ratio))))]


if __name__ == "__main__":
    print("\n".join(rows()))
