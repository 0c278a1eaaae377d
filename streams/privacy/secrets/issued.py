"""Keys without a prefix, by what stands before them: the name of an issuer, of a service, any name. Pure.

They are read from right to left, from the value to its name.
"""

from __future__ import annotations

import re
from itertools import pairwise

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
_LEAST_HEX = 32
_ASSIGNED = re.compile(r"[\"'`]?[ \t]{0,3}>?[=:][=:]?[ \t]{0,3}[\"'`]?\Z")
_DRAWN = re.compile(r"[0-9A-Za-z_\-+/]+={0,2}\Z")
_LEAST_DRAWN, _MOST_DRAWN, _DRAWN_DIGITS, _DRAWN_CHANGES, _DRAWN_WORDS = 24, 100, 3, 0.38, 0.3
_BASE16 = re.compile(r"[0-9a-fA-F]+\Z")
_SIGN = re.compile(r"[=:>,|(]")
_DOCKER = re.compile(r"\b(?:ENV|ARG) \S+\Z")
_EDGE = re.compile(r"[\s\"'`;,<)\]}\\&]|\Z")
_SERVICE_KEY = re.compile(r"(?=[^\s]*\d)[\w\-+/=.]{16,128}\Z", re.ASCII)
_APART = re.compile(r"[ \t]{0,2}[\"'`(]?[ \t]?\Z")  # between the words of a sentence and a key, read from the key
_KEY_WORD = re.compile(r"(?i:secret|token|key|private|access)\Z")
_JOINED = re.compile(r"(?i:secret|token|key|private|access|pat)[_\-.](?P<v>[0-9a-zA-Z][0-9A-Za-z\-]{19,})\Z")


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
    signed = _SIGN.search(gap[0]) is not None or _DOCKER.search(label) is not None
    if not signed:
        return Found(start, end, SECRET, 0.6) if _is_told(label, gap[0], value) else None
    if names.is_about_something_else(_last(label)) and not label.lower().endswith("id"):
        return None
    if names.keyed(label, value) and _is_key(value):
        return Found(start, end, SECRET, 0.85)
    if names.holds_service(label) and not names.is_of_data(_last(label)) and _is_service_key(value):
        return Found(start, end, SECRET, 0.7)
    if _ASSIGNED.match(gap[0]) and not names.is_of_data(label) and _is_drawn(value):
        return Found(start, end, SECRET, 0.55)
    return None


def _is_jointed(value: str) -> bool:
    """More joints than chance sets among 64 characters."""
    return sum(value.count(joint) for joint in "-_/+.") > len(value) // 10


def _is_drawn(value: str) -> bool:
    """True for what only a generator writes: 24 to 100 letters and digits in a mixture that no name or digest has."""
    if not _LEAST_DRAWN <= len(value) <= _MOST_DRAWN or _DRAWN.match(value) is None or _BASE16.match(value):
        return False
    if _is_jointed(value):
        return False
    kinds = [2 if c.isdigit() else c.isupper() if c.isalpha() else 3 for c in value]
    counts = [kinds.count(kind) for kind in range(3)]
    if counts[2] < _DRAWN_DIGITS or (min(counts[:2]) < _DRAWN_DIGITS and min(counts[:2]) > 0):
        return False
    changes = sum(1 for a, b in pairwise(kinds) if a != b)
    return changes >= _DRAWN_CHANGES * len(value) and is_random(value) and word_share(value) < _DRAWN_WORDS


def joined(text: str, start: int, end: int) -> Found | None:
    """The key in a run that says so itself: `acme-secret-4f0c…`."""
    match = _JOINED.search(text, start, end) if end - start < _WINDOW else None
    if match is None or not _EDGE.match(text, end):
        return None
    value = match["v"]
    return Found(match.start("v"), end, SECRET, 0.6) if _is_service_key(value) else None


def _is_told(label: str, gap: str, value: str) -> bool:
    """True for a key that stands after a word and a space only: `shodan 4f0c…`, `private key 4f0c…`, `acme '4f0c…'`."""
    if _APART.match(gap) is None:
        return False
    if names.ends_in_service(label):
        return _is_service_key(value)
    if names.is_of_data(label):
        return False
    if _KEY_WORD.search(label):
        return _is_service_key(value)
    return len(gap.strip()) > 0 and _is_drawn(value)


def _is_service_key(value: str) -> bool:
    """A key as most services give them out: a UUID, 32 or more of base 16, 16 or more letters and digits at random."""
    if _SERVICE_KEY.match(value) is None or value.isdigit():
        return False
    if UUID.match(value):
        return entropy(value) >= _UUID_BITS
    if _is_jointed(value) or word_share(value) >= _DRAWN_WORDS:
        return False  # a model, a release
    return is_random(value) and (len(value) >= _LEAST_HEX or not _BASE16.match(value))


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
