"""How often a letter follows another in words, against chance: tells words from random letters. Pure.

The table is made by `bench/secrets/letters.py` from the words of Python's standard library; nothing in it is text.
"""

from __future__ import annotations

# One row for each first letter, one digit for each second: 8 is as often as by chance, each step half a bit.
_ROWS = (
    "6bcb3693907dcd0a0ece876672"
    "a6739210961b43850774801060"
    "c476b41c80ba74e4197c831050"
    "a568e640c11845a40897831030"
    "c6deab84714cbe6a7ffd598c71"
    "81459a40c00834a30976800030"
    "7134c257800737630984621001"
    "b123b100900433a10636500030"
    "98caa8a0113cagc90acd090709"
    "30005000101000300000400000"
    "5123a140700504300173203020"
    "c369e522d03c34c603998400a0"
    "c726d300a02673ab0185700060"
    "c4bcc9d4a17757b614cd873040"
    "69bb5781617bbe9b0daab89511"
    "c245c426903a23a80b89703080"
    "00000000000000000100900000"
    "d599f682c06898c709cb865080"
    "94a5e56ac068659a34beb35070"
    "d597f72ce02876c80dba945394"
    "79869750700a9c590aaa100000"
    "a220c100800010500110000000"
    "90347105900306710663000100"
    "41636402600330180129000630"
    "23535300400556380277012042"
    "40019000500000400000000005"
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ZERO = 8
PAIRS: dict[str, int] = {
    a + b: int(_ROWS[26 * i + j], 26) - _ZERO for i, a in enumerate(_LETTERS) for j, b in enumerate(_LETTERS)
}
"""Pair of lower-case letters -> half bits for (positive) or against (negative) a word."""


def word_score(letters: str) -> float:
    """Mean of the pairs of `letters`, all ASCII and lower-case: above 0 like a word, below like chance."""
    if len(letters) < 2:  # noqa: PLR2004 - no pair
        return 0.0
    return sum(PAIRS[letters[at : at + 2]] for at in range(len(letters) - 1)) / (len(letters) - 1)
