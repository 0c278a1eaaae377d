"""Phone numbers on sight: shapes that need no context word.

Presidio scores phones 0.4, so at the usual threshold a number without a word such as "phone" near it stays. `written`
finds the shapes that are phone numbers on sight.
"""

from __future__ import annotations

import re

from streams.surrogates import Found

_DIGITS = re.compile(r"\d")
_MOST = 15  # digits, E.164
_ENOUGH = re.compile(r"(?:\d[^\w\n]{0,8}){4}")
_SHAPES = re.compile(
    r"""(?<![\w+.\-=])(?<![^\d]/)(?:
      (?:\+|00)[1-9]\d{0,2}(?:[ .\-/\u00a0\u2011]{0,2}\(?\d{1,5}\)?){1,6}[ .\-]?\d\d   # +49 (0)30 123456
    | (?:\+?1[\-. ])?(?:\([2-9]\d\d\)[ \-.]?|[2-9]\d\d[\-. ])[2-9]\d\d[\-. ]\d{4}  # 212-867-5309, (212) 867-5309
    | 0[1-9](?:[ .\-]\d\d){4}                                                     # 01 23 45 67 89
    | 0\d{2,4}[ \-/]\d{3,4}[ \-]?\d{3,4}                                          # 020 7946 0958, 0171/1234567
    | 0\d{3,4}[ \-/]\d{5,8}                                                       # 07911 123456, 0170/12345678
    )(?![\w])(?!\.\d)""",
    re.VERBOSE,
)
_SHORTEST = 8


def written(text: str) -> list[Found]:
    """Numbers whose very shape says phone: international, or grouped as people of some country group theirs."""
    if not _ENOUGH.search(text):
        return []
    found: list[Found] = []
    for match in _SHAPES.finditer(text):
        value = match.group()
        while len(_DIGITS.findall(value)) > _MOST and " " in value:  # two numbers in a row: the first
            value = value.rpartition(" ")[0].rstrip(" .-/")
        if _SHORTEST <= len(_DIGITS.findall(value)) <= _MOST:
            found.append(Found(match.start(), match.start() + len(value), "PHONE_NUMBER", 0.7))
    return found
