"""Keys without a prefix, where an issuer's name stands before them: read from right to left. Pure."""

from __future__ import annotations

import re

from streams.privacy.secrets import names
from streams.privacy.secrets.values import (
    UUID,
    entropy,
    is_code,
    is_random,
    is_sequence,
    is_stand_in,
    word_share,
)
from streams.surrogates import SECRET, Found

_UUID_BITS = 2.5  # bits per character: less have only those that stand for one
_KEY_BITS, _KEY_WORDS = 3.0, 0.4  # bits per character, share in words: of a key whose name speaks for it

# What may stand between a name and its value, and the name, with words beside it.
_GAP = re.compile(r"[\s\"'`=@\\>:,|?(\-]{1,12}")
_REVERSED_NAME = re.compile(
    r"(?:[\w&'<>\[\]*?. ]{1,30}[ \t]{0,2}:[ \t]{0,2}|(?:gnirts|rts|rahc|tsnoc|gnirtS)[ \t]*[*:]?[ \t]*)?[\])\"'`]{0,3}"
    r"(?:eulav[\"']?[\s,\"'\-]{1,40}(?=[\w\-]))?"
    r"(?P<n>[\w.\-]{1,60}(?:[ \t]{1,2}[\w.\-]{1,30}){0,3})",
    re.ASCII,
)
_WINDOW = 120
_SIGN = re.compile(r"[=:>,|(]")
_DOCKER = re.compile(r"\b(?:ENV|ARG) \S+\Z")
_EDGE = re.compile(r"[\s\"'`;,<)\]}\\&]|\Z")


def of_issuer(text: str, start: int, end: int) -> Found | None:
    """The run from `start` to `end` as a key, if the name before it holds an issuer with keys of that shape."""
    if not _EDGE.match(text, end):
        return None
    window = text[max(0, start - _WINDOW) : start][::-1]
    gap = _GAP.match(window)
    if gap is None:
        return None
    name = _REVERSED_NAME.match(window, gap.end())
    if name is None:
        return None
    label, value = name["n"][::-1], text[start:end]
    if not _SIGN.search(gap[0]) and not _DOCKER.search(label):
        return None
    if names.is_about_something_else(_last(label)) and not label.lower().endswith("id"):
        return None
    if not names.keyed(label, value) or not _is_key(value):
        return None
    return Found(start, end, SECRET, 0.85)


def _last(label: str) -> str:
    return label.rsplit(maxsplit=1)[-1].rsplit(".", maxsplit=1)[-1]


def _is_key(value: str) -> bool:
    if value.isdigit():
        return not is_sequence(value) and len(set(value)) > 3  # noqa: PLR2004 - "0000…"
    return (
        (UUID.match(value) is not None and entropy(value) >= _UUID_BITS)
        or is_random(value)
        or (
            entropy(value) >= _KEY_BITS
            and word_share(value) < _KEY_WORDS
            and not is_stand_in(value)
            and not is_sequence(value)
            and not is_code(value)
        )
    )
